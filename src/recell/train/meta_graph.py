"""Whole graphs with their collections and Saver, as `MetaGraphDef` messages and in files.

TF symbols: `tf.train.export_meta_graph`, `tf.train.import_meta_graph`, and the functions of
`tensorflow.python.framework.meta_graph`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from recell import __version__
from recell.graph.core import get_default_graph
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.proto_functions import strip_name_scope
from recell.platform import graph_protos as protos
from recell.platform.graph_def import graph_to_graph_def, strip_graph_defaults, stripped_op_list, why_unportable
from recell.platform.graph_import import import_graph_def
from recell.train.meta_graph_collections import add_collection, restore_collections, unbound_inputs_missing
from recell.train.meta_graph_files import OURS, read_meta_graph_file, write_message
from recell.train.meta_graph_scopes import extraneous_saver_nodes, is_included, select_nodes

_TENSORFLOW = "1.15.0"
"""The release whose fields and meanings the messages have."""

_UNBOUND_INPUTS = "unbound_inputs"


def export_meta_graph(
    filename: Any = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Iterable[str] | None = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> Any:
    """A graph with its collections as a `MetaGraphDef`. TF symbol: `tf.train.export_meta_graph`.

    Args:
      filename: where to write it to, if anywhere.
      meta_info_def: a `MetaGraphDef.MetaInfoDef` to begin with.
      graph_def: the operations, if they are not to be those of the graph.
      saver_def: the Saver that `import_meta_graph` gives; `saver.export_meta_graph` gives its own.
      collection_list: keys of the collections that are written, all by default.
      as_text: whether the file holds the message's text, or its bytes.
      graph: the default graph unless given.
      export_scope: only what is in this scope, which is taken off the names. Inputs from outside are listed in the
        collection `unbound_inputs`, and must be given when it is imported.
      clear_devices: leaves out where operations were asked to be.
      clear_extraneous_savers: leaves out the operations of all Savers but this.
      strip_default_attrs: leaves out attributes that are as they are by default.
      save_debug_info: writes nothing more: TensorFlow's file of tracebacks is not made here.

    Returns:
      The message.

    Raises:
      TypeError: for arguments of other kinds.
      ValueError: for an operation that holds an object of the program's, which is in no file. Of a Python function
        (`tf.py_func`) there is the name, and the graph runs where it is not called.
      A tf.errors exception when the file cannot be written.
    """
    made, _ = export_scoped_meta_graph(
        filename,
        graph_def,
        graph,
        export_scope,
        as_text,
        clear_devices=clear_devices,
        saver_def=saver_def,
        clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs,
        save_debug_info=save_debug_info,
        meta_info_def=meta_info_def,
        collection_list=collection_list,
        **kwargs,
    )
    return made


def export_scoped_meta_graph(
    filename: Any = None,
    graph_def: Any = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    as_text: bool = False,
    unbound_inputs_col_name: str = _UNBOUND_INPUTS,
    clear_devices: bool = False,
    saver_def: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    meta_info_def: Any = None,
    collection_list: Iterable[str] | None = None,
) -> tuple[Any, dict[str, Any]]:
    """`export_meta_graph`, with the variables in it by name. TF symbol: `meta_graph.export_scoped_meta_graph`."""
    made, variables = describe_graph(
        graph_def,
        graph,
        export_scope,
        unbound_inputs_col_name,
        clear_devices=clear_devices,
        saver_def=saver_def,
        clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs,
        meta_info_def=meta_info_def,
        collection_list=collection_list,
    )
    check_portable(made.graph_def)
    if filename:
        write_message(made, os.fsdecode(filename), as_text)
    return made, variables


def check_portable(graph_def: Any) -> None:
    """ValueError for a graph with an operation that no file can hold."""
    for node in graph_def.node:
        why = why_unportable(node)
        if why is not None:
            raise ValueError(
                f"Operation '{node.name}' ({node.op}) cannot be exported: {why}, which no file holds. Leave it out of "
                "the scope that is exported, or keep the program that builds the graph and save a checkpoint alone."
            )


def describe_graph(
    graph_def: Any,
    graph: Graph | None,
    export_scope: str | None,
    unbound_inputs_col_name: str = _UNBOUND_INPUTS,
    *,
    clear_devices: bool = False,
    saver_def: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    meta_info_def: Any = None,
    collection_list: Iterable[str] | None = None,
) -> tuple[Any, dict[str, Any]]:
    """`export_scoped_meta_graph` also of a graph that cannot be imported again."""
    for value, kind, name in (
        (graph, Graph, "graph"),
        (meta_info_def, protos.MetaGraphDef.MetaInfoDef, "meta_info_def"),
        (graph_def, protos.GraphDef, "graph_def"),
        (saver_def, protos.SaverDef, "saver_def"),
    ):
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name} must be of type {kind.__name__}, not {type(value)}")
    graph = get_default_graph() if graph is None else graph
    written = graph_to_graph_def(graph, add_shapes=True) if graph_def is None else graph_def
    left_out = extraneous_saver_nodes(written, saver_def) if clear_extraneous_savers else frozenset()
    if export_scope or clear_extraneous_savers or clear_devices:
        written, unbound = select_nodes(written, export_scope, left_out, clear_devices)
        if unbound_inputs_col_name:
            graph.get_collection_ref(unbound_inputs_col_name)[:] = unbound
            if not unbound:
                graph._collections.pop(unbound_inputs_col_name)
    variables = {
        strip_name_scope(variable.name, export_scope): variable
        for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, export_scope)
        if is_included(variable, export_scope, left_out)
    }
    made = protos.MetaGraphDef(meta_info_def=meta_info_def, graph_def=written, saver_def=saver_def, whole=True)
    made.meta_info_def.tensorflow_version = _TENSORFLOW
    made.meta_info_def.tensorflow_git_version = f"{OURS}{__version__}"
    if not made.meta_info_def.stripped_op_list.op:
        made.meta_info_def.stripped_op_list.CopyFrom(stripped_op_list(written))
    if strip_default_attrs:
        strip_graph_defaults(made.graph_def)
        made.meta_info_def.stripped_default_attrs = True
    for key in graph.get_all_collection_keys() if collection_list is None else collection_list:
        if clear_extraneous_savers and key == GraphKeys.SAVERS:
            if saver_def is not None:
                made.collection_def[key].bytes_list.value.append(saver_def.SerializeToString())
        else:
            add_collection(made, key, graph, export_scope, left_out)
    return made, variables


def import_scoped_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Mapping[str, Any] | None = None,
    unbound_inputs_col_name: str = _UNBOUND_INPUTS,
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
) -> dict[str, Any]:
    """Puts a meta graph into a graph; the variables by name. TF symbol: `meta_graph.import_scoped_meta_graph`.

    Args:
      meta_graph_or_file: a `MetaGraphDef`, or the path of a file with one.
      clear_devices: leaves out where operations were asked to be.
      graph: the default graph unless given.
      import_scope: the scope that the names get.
      input_map: for names of tensors in it what their users take instead.
      unbound_inputs_col_name: the collection that names inputs which must be in `input_map`.
      restore_collections_predicate: `(key)`, whether a collection is restored.

    Raises:
      ValueError: for inputs that are missing, and what `tf.import_graph_def` says of graphs that cannot be imported.
      OSError: for a file that is not there, or holds no meta graph.
      KeyError: for a collection that names an operation which is not there.
    """
    return import_with_elements(
        meta_graph_or_file,
        clear_devices,
        graph,
        import_scope,
        input_map,
        unbound_inputs_col_name,
        restore_collections_predicate,
    )[0]


def import_with_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Mapping[str, Any] | None = None,
    unbound_inputs_col_name: str = _UNBOUND_INPUTS,
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
    return_elements: Sequence[str] | None = None,
) -> tuple[dict[str, Any], list[Any] | None]:
    """`import_scoped_meta_graph`, with the elements of the graph that are asked for by name."""
    message = as_meta_graph(meta_graph_or_file)
    missing = unbound_inputs_missing(message, unbound_inputs_col_name, input_map)
    if missing:
        raise ValueError(
            f"Graph contains unbound inputs: {','.join(missing)}. Must provide these inputs through input_map."
        )
    graph = get_default_graph() if graph is None else graph
    graph_def = message.graph_def
    if clear_devices:
        graph_def = protos.GraphDef.FromString(graph_def.SerializeToString())
        for node in graph_def.node:
            node.device = ""
    with graph.as_default():
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        elements = import_graph_def(graph_def, input_map, return_elements, import_scope or scope)
        restore_collections(message, graph, scope, unbound_inputs_col_name, restore_collections_predicate)
        found = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope)
    return {strip_name_scope(variable.name, scope): variable for variable in found}, elements


def as_meta_graph(meta_graph_or_file: Any) -> Any:
    """The message itself, or the one that a file holds."""
    if isinstance(meta_graph_or_file, protos.MetaGraphDef):
        return meta_graph_or_file
    return read_meta_graph_file(meta_graph_or_file)


def copy_scoped_meta_graph(
    from_scope: str, to_scope: str, from_graph: Graph | None = None, to_graph: Graph | None = None
) -> dict[str, Any]:
    """Copies what is in one scope to another; the new variables by name. TF: `meta_graph.copy_scoped_meta_graph`.

    ValueError for one scope of one graph.
    """
    from_graph = get_default_graph() if from_graph is None else from_graph
    to_graph = get_default_graph() if to_graph is None else to_graph
    if from_graph is to_graph and from_scope == to_scope:
        raise ValueError("'from_scope' and 'to_scope' need to be different when performing copy in the same graph.")
    message, _ = export_scoped_meta_graph(export_scope=from_scope, graph=from_graph)
    return import_scoped_meta_graph(message, graph=to_graph, import_scope=to_scope)


__all__ = [
    "copy_scoped_meta_graph",
    "export_meta_graph",
    "export_scoped_meta_graph",
    "import_scoped_meta_graph",
    "read_meta_graph_file",
]
