"""What branches and loops take and give: nestings of tensors, tensor arrays and rows, and bool scalars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes, nest
from recell.graph.convert import convert_to_tensor
from recell.graph.tensor import Tensor


def flatten_values(structure: Any) -> list[Any]:
    """All tensors of a nesting."""
    return [part for item in nest.flatten(structure) for part in leaf_tensors(item)]


def leaf_tensors(item: Any) -> list[Any]:
    """The tensors that one leaf of a nesting is made of: several for a tensor array or `IndexedSlices`."""
    components = getattr(item, "_loop_components", None)
    if components is not None:
        return components()[0]
    parts = getattr(item, "_fetch_components", None)
    return parts()[0] if parts is not None else [item]


def pack_values(structure: Any, tensors: Sequence[Tensor]) -> Any:
    """`tensors` in the nesting of `structure`, tensor arrays and rows put together again."""
    rest = list(tensors)
    leaves = []
    for item in nest.flatten(structure):
        count = len(leaf_tensors(item))
        leaves.append(_rebuilt(item, rest[:count]))
        rest = rest[count:]
    return nest.pack_sequence_as(structure, leaves)


def _rebuilt(item: Any, parts: list[Tensor]) -> Any:
    components = getattr(item, "_loop_components", None)
    if components is not None:
        return components()[1](parts)
    if hasattr(item, "_fetch_components"):
        return type(item)(*parts)
    return parts[0]


def scalar_bool(value: Any, what: str) -> Tensor:
    """`value` as a bool scalar. TypeError for another dtype, ValueError for another shape."""
    pred = convert_to_tensor(value)
    if pred.dtype.base_dtype is not dtypes.bool:
        raise TypeError(f"{what} must be a bool scalar, but {pred.name} has type {pred.dtype.name}.")
    if pred.shape.ndims not in (0, None):
        raise ValueError(
            f"Shape must be rank 0 but is rank {pred.shape.ndims}: {what.lower()} must be a bool scalar, but "
            f"{pred.name} has shape {pred.shape}."
        )
    return pred


__all__ = ["flatten_values", "leaf_tensors", "pack_values", "scalar_bool"]
