"""Summaries as operations, and their merging. TF symbols: `tf.summary.scalar`, `histogram`, `merge_all`, and the rest.

A summary's value is a serialized `tf.Summary`: a string scalar, for `tf.summary.FileWriter.add_summary`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_collection, name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Tensor
from recell.summary import kernels, protos
from recell.summary.tags import collect, summary_scope


def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of one number. TF symbol: `tf.summary.scalar`.

    Args:
      name: the tag, with the open name scopes before it and made unique as names of operations are.
      tensor: a real scalar; it is written as float32.
      collections: names of the collections that the summary is put into; None means `GraphKeys.SUMMARIES`.
      family: a name under which TensorBoard groups summaries; it stands before the tag.

    Returns:
      A string scalar.

    Raises:
      TypeError: for a tensor that is not real.
      InvalidArgumentError: when run, if the tensor is no scalar.
    """
    with summary_scope(name, family, [tensor]) as (tag, scope):
        values = convert_to_tensor(tensor, name="values")
        made = kernels.scalar_summary(tag, values, name=scope)
        return collect(made, collections)


def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of how the elements of a tensor are distributed. TF symbol: `tf.summary.histogram`.

    `values` is a real tensor of any shape. The other arguments are those of `scalar`. InvalidArgumentError, when run,
    if an element is not finite.
    """
    with summary_scope(name, family, [values]) as (tag, scope):
        numbers = convert_to_tensor(values, name="values", preferred_dtype=dtypes.float32)
        made = kernels.histogram_summary(tag, numbers, name=scope)
        return collect(made, collections)


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """A summary that holds a whole tensor of any dtype. TF symbol: `tf.summary.tensor_summary`.

    Args:
      summary_description, display_name: written into the summary's metadata.
      summary_metadata: a `tf.SummaryMetadata`; the two arguments above take the place of its fields.
      The others are those of `scalar`.
    """
    metadata = protos.SummaryMetadata()
    if summary_metadata is not None:
        metadata.CopyFrom(summary_metadata)
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with summary_scope(name, family, [tensor]) as (tag, scope):
        value = convert_to_tensor(tensor, name="tensor")
        made = kernels.tensor_summary(tag, value, metadata.SerializeToString(), name=scope)
        return collect(made, collections)


def text(name: str, tensor: Any, collections: Any = None) -> Tensor:
    """A summary of strings, which TensorBoard shows as Markdown. TF symbol: `tf.summary.text`.

    `tensor` holds strings, in any shape. The other arguments are those of `scalar`. ValueError for another dtype.
    """
    found = as_dtype(tensor.dtype).base_dtype if hasattr(tensor, "dtype") else dtypes.string
    if found is not dtypes.string:
        raise ValueError(f"Expected tensor {getattr(tensor, 'name', tensor)} to have dtype string, got {found}")
    plugin = protos.SummaryMetadata.PluginData(plugin_name="text")
    metadata = protos.SummaryMetadata(plugin_data=plugin)
    return tensor_summary(name, tensor, summary_metadata=metadata, collections=collections)


def merge(inputs: Sequence[Any], collections: Any = None, name: str | None = None) -> Tensor:
    """One summary of all values in several. TF symbol: `tf.summary.merge`.

    Args:
      inputs: a list of string tensors of serialized summaries.
      collections: names of the collections that the result is put into; none, if None.

    Raises:
      ValueError: for an empty list.
      InvalidArgumentError: when run, if two values have the same tag, or an input is no summary.
    """
    return merged(inputs, collections, name, "Merge")


def merged(inputs: Sequence[Any], collections: Any, name: str | None, scope: str) -> Tensor:
    """What `merge` does, in a name scope that is called `scope` unless `name` is given."""
    if not inputs:
        raise ValueError("List argument 'inputs' to 'MergeSummary' Op with length 0 shorter than minimum length 1.")
    with name_scope(name, scope, list(inputs)):
        return collect(kernels.merge_summary(list(inputs), name=name), collections, default=())


def merge_all(key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None) -> Tensor | None:
    """All summaries of a collection merged; None when there are none. TF symbol: `tf.summary.merge_all`.

    With `scope`, only those whose name matches it as a regular expression.
    """
    found = get_collection(key, scope)
    return merge(found, name=name) if found else None


def get_summary_description(node_def: Any) -> Any:
    """The `SummaryDescription` of a TensorSummary node. TF symbol: `tf.summary.get_summary_description`.

    ValueError for a node of another kind; a description that is written as JSON is what is read.
    """
    kind = getattr(node_def, "op", None) if isinstance(node_def, protos.NodeDef) else node_def.type
    if kind != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {kind}")
    fields = json.loads(node_def.attr["description"].s)
    return protos.SummaryDescription(type_hint=fields.get("typeHint", fields.get("type_hint", "")))
