"""Values that flow through pipelines: torch tensors, numpy arrays of strings, sparse rows, and datasets.

What a pipeline keeps, it hands out as copies, so that nobody who changes a fetched array changes the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recell._lazy import lazy_module
from recell._torch import to_numpy, to_torch
from recell.graph import errors
from recell.ops._kernels import bracketed, invalid

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

Element = tuple[Any, ...]

Tensor = Any
"""What kernels of this room call their inputs: the decorator reads the name, and the values are of many kinds."""


class Sparse(NamedTuple):
    """A sparse tensor as one value: int64 `[n, rank]` indices, `[n]` values, int64 `[rank]` shape."""

    indices: Any
    values: Any
    dense_shape: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.dense_shape.tolist())


def clone(value: Any) -> Any:
    """A value of its own, equal to the given one."""
    if value.__class__ is torch.Tensor:
        return value.clone()
    if value.__class__ is np.ndarray:
        return value.copy()
    if value.__class__ is Sparse:
        return Sparse(*(clone(part) for part in value))
    return value


def length(table: Any) -> int:
    """How many rows a table has: a tensor, an array of strings, or a list of sparse rows."""
    return len(table)


def row(table: Any, position: int) -> Any:
    """A row, which may be a view of the table."""
    found = table[position]
    return strings(found) if table.__class__ is np.ndarray else found


def strings(value: Any) -> np.ndarray:
    """An array of strings even of what numpy gives as a bare `bytes`."""
    if value.__class__ is np.ndarray:
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def rows(table: Any, positions: list[int], index: Any) -> Any:
    """Several rows as one batch, in memory of its own; `index` is a tensor of the positions."""
    if table.__class__ is np.ndarray:
        return table[positions]
    if table.__class__ is torch.Tensor:
        return table.index_select(0, index)
    return stacked([table[position] for position in positions])


def stacked(values: Sequence[Any]) -> Any:
    """Values of one shape as one batch. InvalidArgumentError where the shapes differ."""
    first = values[0]
    if first.__class__ is Sparse:
        return _stacked_sparse(values)
    if not hasattr(first, "shape"):
        raise invalid("Datasets inside of elements cannot be put together to a batch.")
    for value in values:
        if value.shape != first.shape:
            raise invalid(
                "Cannot add tensor to the batch: number of elements does not match. Shapes are: "
                f"[tensor]: {bracketed(value)}, [batch]: {bracketed(first)}"
            )
    if first.__class__ is np.ndarray:
        batch = np.empty((len(values), *first.shape), dtype=object)
        for position, value in enumerate(values):
            batch[position] = value if value.ndim else value[()]
        return batch
    return torch.stack(tuple(values))


def _stacked_sparse(values: Sequence[Sparse]) -> Sparse:
    shapes = torch.stack([value.dense_shape for value in values])
    indices = [
        torch.cat([torch.full((len(value.indices), 1), number, dtype=torch.int64), value.indices], 1)
        for number, value in enumerate(values)
    ]
    joined = [value.values for value in values]
    merged = np.concatenate(joined) if joined[0].__class__ is np.ndarray else torch.cat(joined)
    shape = torch.cat([torch.tensor([len(values)]), shapes.amax(0)])
    return Sparse(torch.cat(indices), merged, shape)


def unstacked(value: Any) -> Any:
    """A batch as a table of rows. InvalidArgumentError for a scalar."""
    if not value.shape:
        raise invalid("All components must be at least vectors to have rows, but one is a scalar.")
    return sparse_rows(value) if value.__class__ is Sparse else value


def sparse_rows(value: Sparse) -> list[Sparse]:
    """The rows of a sparse tensor by its first axis, each a sparse tensor without that axis."""
    first = value.indices[:, 0] if len(value.indices) else torch.empty(0, dtype=torch.int64)
    if len(first) > 1 and bool((first[1:] < first[:-1]).any()):
        raise invalid("Indices of a sparse tensor must be sorted by their first axis to be sliced into elements.")
    count = int(value.dense_shape[0])
    ends = torch.searchsorted(first.contiguous(), torch.arange(count), right=True).tolist()
    shape, found, start = value.dense_shape[1:], [], 0
    for end in ends:
        found.append(Sparse(value.indices[start:end, 1:].clone(), value.values[start:end], shape))
        start = end
    return found


def padded(values: Sequence[Any], wanted: Sequence[int | None], filler: Any) -> Any:
    """Values as one batch, each filled up to the shape `wanted`; None there is the largest of the batch."""
    ranks = {len(value.shape) for value in values}
    if ranks != {len(wanted)}:
        raise invalid(
            "All elements in a batch must have the same rank as the padded shape for component: expected rank "
            f"{len(wanted)} but got element with rank {next(iter(ranks - {len(wanted)}))}"
        )
    sizes = [max(value.shape[axis] for value in values) if size is None else size for axis, size in enumerate(wanted)]
    if any(have > size for value in values for have, size in zip(value.shape, sizes, strict=True)):
        raise errors.DataLossError(None, None, "Attempted to pad to a smaller size than the input element.")
    # numpy, because it writes a small part of an array in a tenth of torch's time.
    arrays = [value if value.__class__ is np.ndarray else np.asarray(to_numpy(value, False)) for value in values]
    batch = np.empty((len(values), *sizes), dtype=arrays[0].dtype)
    batch[...] = to_numpy(filler, False)
    for position, array in enumerate(arrays):
        place: Any = (position, *(slice(0, have) for have in array.shape))
        batch[place] = array if array.ndim else array[()]
    return to_torch(batch)
