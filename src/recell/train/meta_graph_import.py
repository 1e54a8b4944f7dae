"""`tf.train.import_meta_graph`: a graph that was saved, and the Saver that gives its variables their values."""

from __future__ import annotations

from typing import Any

from recell.graph.variable_collections import _all_saveable_objects
from recell.platform import logging
from recell.train.meta_graph import as_meta_graph, import_with_elements
from recell.train.saver import Saver


def import_meta_graph(
    meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None, **kwargs: Any
) -> Saver | None:
    """Puts a graph that was saved into the default graph. TF symbol: `tf.train.import_meta_graph`.

    The program that built the graph is not needed: its operations are found by name, or in collections.

    Args:
      meta_graph_or_file: a `MetaGraphDef`, or the path of a file with one: `"model.ckpt-20.meta"`.
      clear_devices: leaves out where operations were asked to be.
      import_scope: the scope that all names get.
      input_map, return_elements, restore_collections_predicate, unbound_inputs_col_name: as those of
        `tf.import_graph_def` and of `meta_graph.import_scoped_meta_graph`.

    Returns:
      The Saver, whose `restore` gives the variables their values; None for a graph without variables.

    Raises:
      OSError: for a file that is not there or holds no meta graph.
      ValueError: for a graph that is damaged, that TensorFlow made, or that has a Python object in it.
        A Python function (`tf.py_func`) is missed when it is called: InvalidArgumentError.
      tf.errors.NotFoundError: for types of operations that are not known here.
      KeyError: for a collection that names an operation which is not there.

    Example:
      >>> import tempfile
      >>> import recell.v1 as tf
      >>> folder = tempfile.TemporaryDirectory()
      >>> with tf.Graph().as_default(), tf.Session() as sess:
      ...     x = tf.placeholder(tf.float32, [None], name="x")
      ...     y = tf.multiply(x, tf.get_variable("w", [], initializer=tf.ones_initializer()), name="y")
      ...     sess.run(tf.global_variables_initializer())
      ...     path = tf.train.Saver().save(sess, f"{folder.name}/model.ckpt")
      >>> with tf.Graph().as_default(), tf.Session() as sess:
      ...     saver = tf.train.import_meta_graph(path + ".meta")
      ...     saver.restore(sess, path)
      ...     sess.run("y:0", {"x:0": [1.0, 2.0]}).tolist()
      [1.0, 2.0]
      >>> folder.cleanup()
    """
    message = as_meta_graph(meta_graph_or_file)
    variables, _ = import_with_elements(message, clear_devices, import_scope=import_scope, **kwargs)
    if message.HasField("saver_def"):
        scope = import_scope
        for name, variable in variables.items():
            scope = variable.name.removesuffix(name)  # where a scope of that name was there already, it is another
            break
        return Saver(saver_def=message.saver_def, name=scope)
    if _all_saveable_objects(scope=import_scope):
        return Saver()
    logging.info("Saver not created because there are no variables in the graph to restore")
    return None


__all__ = ["import_meta_graph"]
