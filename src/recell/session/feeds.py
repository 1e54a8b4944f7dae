"""What a caller feeds, checked and made values of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes, nest
from recell.graph.convert import to_numpy
from recell.graph.graph import Graph
from recell.graph.tensor import Operation, Tensor


def expand_feeds(graph: Graph, feed_dict: Mapping[Any, Any]) -> tuple[tuple[Tensor, ...], list[Any]]:
    """The fed tensors and their values. TypeError for a key that cannot be fed, ValueError for one of another graph."""
    tensors: list[Tensor] = []
    values: list[Any] = []
    for key, value in feed_dict.items():
        if key.__class__ is Tensor and key.graph is graph and key.op.body is None:
            tensors.append(key)
            values.append(value)
        else:
            _expand(graph, key, value, tensors, values)
    return tuple(tensors), values


def _expand(graph: Graph, key: Any, value: Any, tensors: list[Tensor], values: list[Any]) -> None:
    if isinstance(key, (tuple, list, dict)):
        keys, parts = nest.flatten(key), nest.flatten(value)
        if len(keys) != len(parts):
            raise ValueError(
                f"Could not flatten dictionary: the key had {len(keys)} elements, but value had "
                f"{len(parts)} elements. Key: {key}, value: {value}."
            )
        for inner, part in zip(keys, parts, strict=True):
            _expand(graph, inner, part, tensors, values)
        return
    components = getattr(key, "_feed_components", None)
    if components is not None:
        for tensor, part in components(value):
            _expand(graph, tensor, part, tensors, values)
        return
    try:
        tensor = graph.as_graph_element(key, allow_operation=False)
    except (TypeError, ValueError, KeyError) as error:
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error.args[0]}") from None
    if not graph.is_feedable(tensor):
        raise ValueError(f"Tensor {tensor} may not be fed.")
    tensors.append(tensor)
    values.append(value)


def feed_value(tensor: Tensor, value: Any) -> Any:
    """`value` as a value of `tensor`. TypeError for a wrong kind, ValueError for a wrong shape, in TF1's words."""
    dtype = tensor.dtype.base_dtype
    if value.__class__ is np.ndarray and value.dtype == dtype.as_numpy_dtype and value.dtype != object:
        array = value
    else:
        array = _as_array(tensor, value, dtype)
    declared = tensor.shape.tuple
    if declared is not None and (
        len(declared) != array.ndim or any(d is not None and d != n for d, n in zip(declared, array.shape, strict=True))
    ):
        raise ValueError(
            f"Cannot feed value of shape {array.shape!r} for Tensor {tensor.name!r}, which has shape '{tensor.shape!s}'"
        )
    return to_torch(array)


def _as_array(tensor: Tensor, value: Any, dtype: dtypes.DType) -> np.ndarray:
    if isinstance(value, (Tensor, Operation)) or hasattr(value, "_as_graph_element"):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, strings, "
            f"lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was {value!s} which was passed "
            f"to the feed with key {tensor!s}."
        )
    if dtype is dtypes.string:
        return to_numpy(value, dtype)
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, int) and not isinstance(value, bool):
        cast = np.asarray(value).astype(dtype.as_numpy_dtype)
        if cast.item() != value:
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type {dtype.name}. "
                "Try explicitly setting the type of the feed tensor to a larger type (e.g. int64)."
            )
        return cast
    try:
        return np.asarray(value, dtype=dtype.as_numpy_dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(
            f"Cannot feed {type(value).__name__} for Tensor {tensor.name!r} of type {dtype.name}, shape "
            f"{tensor.shape!s}: {error}"
        ) from None
