"""A graph as a file."""

from __future__ import annotations

import os
from typing import Any

from recell.checkpoint import replacing
from recell.graph.graph import Graph
from recell.summary.graph_def import graph_to_graph_def


def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Writes a graph's operations to file `name` in folder `logdir`, which is made if need be, and gives its path.

    As text, or else in the binary form of protocol buffers. TF symbols: `tf.train.write_graph`, `tf.io.write_graph`.
    """
    from google.protobuf import text_format

    definition = graph_or_graph_def
    if isinstance(definition, Graph):
        definition = graph_to_graph_def(definition)
    folder = os.fspath(logdir)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with replacing(path) as file:
        file.write(text_format.MessageToString(definition).encode() if as_text else definition.SerializeToString())
    return path


__all__ = ["write_graph"]
