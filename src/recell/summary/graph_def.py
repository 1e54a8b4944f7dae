"""Graphs in files of their own, for people and tools."""

from __future__ import annotations

import os
from typing import Any

from recell.checkpoint import replacing
from recell.graph.graph import Graph
from recell.platform import file_errors, gfile
from recell.platform import graph_protos as protos
from recell.platform.graph_def import graph_to_graph_def


def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Writes a graph into a file. TF symbol: `tf.train.write_graph`.

    Args:
      graph_or_graph_def: a `tf.Graph`, a `tf.GraphDef` or a `tf.MetaGraphDef`.
      logdir: the folder, which is made if it is not there.
      as_text: whether to write the text of the message, or its bytes.

    Returns:
      The path of the file.

    Raises:
      TypeError: for what is no graph.
      A tf.errors exception when the file cannot be written.
    """
    from google.protobuf import text_format

    given = graph_or_graph_def
    definition = graph_to_graph_def(given) if isinstance(given, Graph) else given
    if not isinstance(definition, (protos.GraphDef, protos.MetaGraphDef)):
        raise TypeError(f"write_graph takes a tf.Graph or a tf.GraphDef, but got {type(given).__name__}: {given!r}")
    path = os.path.join(os.fsdecode(logdir), name)
    gfile.MakeDirs(os.path.dirname(path) or ".")
    if as_text:
        content = text_format.MessageToString(definition).encode()
    else:
        content = definition.SerializeToString(deterministic=True)  # or a node's attributes would stand in any order
    with file_errors.translated_errors(path), replacing(path) as file:
        file.write(content)
    return path


__all__ = ["write_graph"]
