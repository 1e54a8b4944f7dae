"""Checkpoints of objects: what they hold is saved under the way to it. TF symbol: `tf.train.Checkpoint`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from recell import checkpoint
from recell.graph.core import get_default_graph, init_scope, name_scope
from recell.graph.dtypes import int64
from recell.graph.variables import Variable
from recell.ops.state import is_variable_initialized, placeholder
from recell.platform.text import as_text
from recell.train import object_graph, object_messages, object_status
from recell.train.checkpoint_management import write_checkpoint_state
from recell.train.object_graph import Holder
from recell.train.object_messages import GRAPH_KEY
from recell.train.object_status import the_session
from recell.train.saver_ops import save_v2, told_as_tensorflow


class Checkpoint(Holder):
    """Saves objects and what they hold. TF symbol: `tf.train.Checkpoint`.

    Args:
      kwargs: variables, layers, cells, optimizers or other checkpoints, by the names that they have in the file. More
        of them may be set as attributes later, also in lists and dicts. ValueError for anything else.

    Example:
      >>> import tempfile
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as sess, tempfile.TemporaryDirectory() as folder:
      ...     weights = tf.get_variable("weights", [2], initializer=tf.ones_initializer())
      ...     saved = tf.train.Checkpoint(weights=weights)
      ...     sess.run(tf.global_variables_initializer())
      ...     path = saved.save(f"{folder}/model")
      ...     sess.run(weights.assign([3.0, 4.0])).tolist()
      ...     saved.restore(path).assert_consumed().run_restore_ops()
      ...     sess.run(weights).tolist()
      ...     tf.train.list_variables(path)[-1]
      [3.0, 4.0]
      [1.0, 1.0]
      ('weights/.ATTRIBUTES/VARIABLE_VALUE', [2])
    """

    def __init__(self, **kwargs: Any) -> None:
        for name, value in sorted(kwargs.items()):
            if not object_graph.is_object(value):
                raise ValueError(
                    "`Checkpoint` was expecting a trackable object (an object derived from `TrackableBase`), got "
                    f"{value}. A variable, layer, cell, optimizer or checkpoint is one; lists and dicts of them can be "
                    "set as attributes afterwards."
                )
            setattr(self, name, value)
        self._save_counter: Any = None
        self._counting: Any = None
        self._written: dict[tuple[Any, bytes], tuple[Any, Any]] = {}

    def _held(self) -> Iterator[tuple[str, Any]]:
        """Names and values of what is saved."""
        yield from super()._held()
        if self._save_counter is not None:
            yield "save_counter", self._save_counter

    @property
    def save_counter(self) -> Any:
        """How often `save` was called, a variable, which is saved too."""
        if self._save_counter is None:
            with init_scope():
                self._save_counter = Variable(0, trainable=False, name="save_counter", dtype=int64, use_resource=True)
        return self._save_counter

    def _count(self, session: Any) -> int:
        """Adds one to the counter, which begins with 0 where it has no value yet."""
        if self._counting is None:
            counter = self.save_counter
            self._counting = is_variable_initialized(counter), counter.initializer, counter.assign_add(1)
        initialized, initializer, added = self._counting
        if not session.run(initialized):
            session.run(initializer)
        return int(session.run(added))

    def write(self, file_prefix: Any, session: Any = None) -> str:
        """Writes a checkpoint without counting it, and returns its prefix.

        FailedPreconditionError for variables without values; otherwise as `tf.train.Saver.save`.
        """
        session = the_session(session)
        prefix = as_text(os.fspath(file_prefix))
        message = object_graph.described(self).SerializeToString(deterministic=True)
        made = self._written.get((get_default_graph(), message))
        if made is None:
            made = self._written[get_default_graph(), message] = self._writer(message)
        filename, written = made
        session.run(written, {filename: prefix})
        return prefix

    def _writer(self, message: bytes) -> tuple[Any, Any]:
        saved = [node for node in object_graph.nodes(self) if isinstance(node.value, Variable)]
        with name_scope(None, "save_objects"):
            filename = placeholder("string", [], name="prefix")
            names = [GRAPH_KEY, *(node.key for node in saved)]
            values = [message, *(node.value._ref() for node in saved)]
            return filename, save_v2(filename, names, [""] * len(names), values)

    def save(self, file_prefix: Any, session: Any = None) -> str:
        """Writes a checkpoint whose prefix ends in how many there were, and makes it the newest of its folder.

        Raises as `write`.
        """
        session = the_session(session)
        number = self._count(session)
        path = self.write(f"{as_text(os.fspath(file_prefix))}-{number}", session)
        write_checkpoint_state(os.path.dirname(path), path, [path], save_relative_paths=True)
        return path

    def restore(self, save_path: Any) -> Any:
        """A status whose `run_restore_ops` gives what fits a checkpoint its values.

        For None, a status that only initializes. A Saver's checkpoint is read by the variables' names. NotFoundError
        when there is no checkpoint, DataLossError for a damaged one.
        """
        if save_path is None:
            return object_status.InitializationOnlyStatus(self)
        prefix = as_text(os.fspath(save_path))
        with told_as_tensorflow(prefix), checkpoint.Reader(prefix) as reader:
            if GRAPH_KEY not in reader:
                return object_status.NameBasedSaverStatus(self, prefix)
            message = object_messages.read(reader)
        _ = self.save_counter  # which the checkpoint has
        return object_status.CheckpointLoadStatus(self, prefix, message)


__all__ = ["Checkpoint"]
