"""Summaries of tensors, named after them, and of collections. TF symbols: `tf.contrib.layers.summarize_tensor`, ..."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from recell.graph import dtypes
from recell.graph.core import get_collection
from recell.graph.keys import GraphKeys
from recell.ops.comparison import greater, less
from recell.ops.math_cast import cast
from recell.ops.reductions import reduce_mean
from recell.summary import functions as summary


def summarize_tensor(tensor: Any, tag: str | None = None) -> Any:
    """A scalar summary of a scalar, a histogram of anything else, called `tag` or `<operation>_summary`.

    TF symbol: `tf.contrib.layers.summarize_tensor`.
    """
    name = tag or f"{tensor.op.name}_summary"
    return summary.scalar(name, tensor) if tensor.shape.ndims == 0 else summary.histogram(name, tensor)


def summarize_activation(op: Any) -> Any:
    """A histogram of an activation, and of a rectifier (or softplus) the share of its inputs below zero, or above six.

    TF symbol: `tf.contrib.layers.summarize_activation`. The names begin with that of the operation.
    """
    name = op.op.name
    if op.op.type in ("Relu", "Softplus", "Relu6"):
        _share(f"{name}/zeros", less(op.op.inputs[0], 0))
    if op.op.type == "Relu6":
        _share(f"{name}/sixes", greater(op.op.inputs[0], 6))
    return summary.histogram(f"{name}/activation", op)


def _share(name: str, condition: Any) -> None:
    summary.scalar(name, reduce_mean(cast(condition, dtypes.float32)))


def summarize_tensors(tensors: Iterable[Any], summarizer: Callable[[Any], Any] = summarize_tensor) -> list[Any]:
    """A summary of each. TF symbol: `tf.contrib.layers.summarize_tensors`."""
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(
    collection: str, name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_tensor
) -> list[Any]:
    """A summary of each member of a collection whose operation's name the filter matches at its beginning.

    TF symbol: `tf.contrib.layers.summarize_collection`.
    """
    members = get_collection(collection)
    if name_filter is not None:
        members = [member for member in members if re.match(name_filter, member.op.name)]
    return summarize_tensors(members, summarizer)


def summarize_activations(
    name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_activation
) -> list[Any]:
    """A summary of each tensor in the collection `activations`. TF: `tf.contrib.layers.summarize_activations`."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)


__all__ = [
    "summarize_activation",
    "summarize_activations",
    "summarize_collection",
    "summarize_tensor",
    "summarize_tensors",
]
