"""The value of a tensor array while a graph runs: elements that never change, so that every flow keeps its own."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes, errors
from recell.graph.dtypes import DType, runtime_name
from recell.ops._kernels import invalid

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

_BLOCK = 64  # elements copied by one write, beside one pointer for every block

Dims = tuple[int | None, ...] | None


@dataclass(frozen=True)
class ArraySpec:
    """What a tensor array was made to be. `alike`: all elements have one shape."""

    name: str
    dtype: DType
    dynamic: bool
    alike: bool


def brackets(dims: Dims) -> str:
    """Dims as TensorFlow's runtime prints them: `[2,?]` or `<unknown>`."""
    return "<unknown>" if dims is None else "[" + ",".join("?" if d is None else str(d) for d in dims) + "]"


def _dtype_of(value: Any) -> DType:
    return dtypes.string if isinstance(value, np.ndarray) else dtypes.as_dtype(str(value.dtype).removeprefix("torch."))


def _fits(dims: Dims, shape: tuple[int, ...]) -> bool:
    return dims is None or (
        len(dims) == len(shape) and all(d is None or d == n for d, n in zip(dims, shape, strict=True))
    )


def _merged(a: Dims, b: Dims) -> Dims:
    """What is known of one shape from two sides."""
    if a is None or b is None or len(a) != len(b):
        return b if a is None else a
    return tuple(n if m is None else m for m, n in zip(a, b, strict=True))


class ArrayStore:
    """An immutable sequence of `size` elements, each a tensor or not yet written, of shape `dims` as far as known."""

    __slots__ = ("_blocks", "dims", "size", "spec")

    # A flow is a scalar to whoever holds one: a session that fetches it gets a float zero, as in TF1, and a recurrence
    # finds that it belongs to no row of the batch.
    requires_grad = False
    shape = ()
    dtype = None
    device = SimpleNamespace(type="cpu")

    def __init__(self, spec: ArraySpec, size: int, dims: Dims, blocks: list[list[Any]] | None = None) -> None:
        self.spec = spec
        self.size = size
        self.dims = dims
        self._blocks = [[None] * _BLOCK for _ in range(-(-size // _BLOCK))] if blocks is None else blocks

    def numpy(self) -> np.ndarray:
        return np.zeros((), np.float32)

    def dim(self) -> int:
        return 0

    def get(self, index: int, dims: Dims = None) -> Any:
        """The element; zeros when it was never written and the shape is known, from here or from `dims`."""
        if not 0 <= index < self.size:
            raise invalid(f"Tried to read from index {index} but array size is: {self.size}")
        value = self._blocks[index // _BLOCK][index % _BLOCK]
        return self._zeros(index, dims) if value is None else value

    def _zeros(self, index: int, dims: Dims) -> Any:
        known = self.dims if self.dims is not None and None not in self.dims else dims
        if known is None or None in known:
            raise invalid(
                f"TensorArray {self.spec.name}: Could not read from TensorArray index {index}.  Furthermore, the "
                f"element shape is not fully defined: {brackets(known)}.  Write the element first, or give the array a "
                "full element_shape: elements that were never written are zeros then."
            )
        if self.spec.dtype is dtypes.string:
            raise invalid(f"TensorArray {self.spec.name}: element {index} was never written, and strings have no zero.")
        return torch.zeros(known, dtype=torch_dtype(self.spec.dtype))  # type: ignore[arg-type]

    def with_items(self, items: list[tuple[int, Any]]) -> ArrayStore:
        """This one with some elements written."""
        blocks = list(self._blocks)
        size = max([self.size, *(index + 1 for index, _ in items)]) if self.spec.dynamic else self.size
        blocks.extend([None] * _BLOCK for _ in range(-(-size // _BLOCK) - len(blocks)))
        fresh: set[int] = set()
        dims = self.dims
        for index, value in items:
            self._check(index, value, dims, size)
            block, place = divmod(index, _BLOCK)
            if block not in fresh:
                blocks[block] = list(blocks[block])
                fresh.add(block)
            if blocks[block][place] is not None:
                raise invalid(
                    f"TensorArray {self.spec.name}: Could not write to TensorArray index {index} because it has "
                    "already been written to."
                )
            blocks[block][place] = value
            if self.spec.alike:
                dims = tuple(value.shape)
        return ArrayStore(self.spec, size, dims, blocks)

    def _check(self, index: int, value: Any, dims: Dims, size: int) -> None:
        spec = self.spec
        if not 0 <= index < size:
            fixed = "" if spec.dynamic else "array is not resizeable and "
            raise invalid(f"TensorArray {spec.name}: Tried to write to index {index} but {fixed}size is: {self.size}")
        given = _dtype_of(value)
        if given is not spec.dtype:
            raise invalid(
                f"TensorArray dtype is {runtime_name(spec.dtype)} but Op is trying to write dtype "
                f"{runtime_name(given)}."
            )
        if not _fits(dims, tuple(value.shape)):
            raise invalid(
                f"TensorArray {spec.name}: Could not write to TensorArray index {index} because the value shape is "
                f"{brackets(tuple(value.shape))} which is incompatible with the TensorArray's inferred element shape: "
                f"{brackets(dims)} (consider setting infer_shape=False)."
            )

    def stack(self, indices: list[int], dims: Dims) -> Any:
        """The elements as one tensor, `[len(indices), ...]`."""
        if not indices:
            known = _merged(self.dims, dims)
            if known is None or None in known:
                raise errors.UnimplementedError(
                    None,
                    None,
                    f"TensorArray has size zero, but element shape {brackets(known)} is not fully defined. "
                    "Currently only static shapes are supported when packing zero-size TensorArrays.",
                )
            return self._empty((0, *known))
        items = [self.get(index, dims) for index in indices]
        first = tuple(items[0].shape)
        for index, item in zip(indices, items, strict=True):
            if tuple(item.shape) != first:
                raise invalid(
                    f"TensorArray has inconsistent shapes.  Index {indices[0]} has shape: {brackets(first)} but index "
                    f"{index} has shape: {brackets(tuple(item.shape))}"
                )
        return np.stack(items) if isinstance(items[0], np.ndarray) else torch.stack(items)

    def concat(self, dims: Dims) -> Any:
        """The elements joined along their first axis."""
        if not self.size:
            tail = None if dims is None or not dims or None in dims[1:] else dims[1:]
            if tail is None:
                raise errors.UnimplementedError(
                    None,
                    None,
                    "TensorArray has size zero, but element_shape_except0 <unknown> is not fully defined. "
                    "Currently only static shapes are supported when concatenating zero-size TensorArrays.",
                )
            return self._empty((0, *tail))
        items = [self.get(index, dims) for index in range(self.size)]
        for index, item in enumerate(items):
            if not item.ndim:
                raise invalid(
                    f"Concat saw a scalar shape at index {index} but requires at least vectors.  "
                    "Did you mean to call pack?"
                )
            if tuple(item.shape[1:]) != tuple(items[0].shape[1:]):
                raise invalid(
                    "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                    f"{brackets(tuple(items[0].shape[1:]))} but index {index} has (excepting dimension 0) shape: "
                    f"{brackets(tuple(item.shape[1:]))}"
                )
        return np.concatenate(items) if isinstance(items[0], np.ndarray) else torch.cat(items)

    def _empty(self, shape: Any) -> Any:
        if self.spec.dtype is dtypes.string:
            return np.zeros(shape, object)
        return torch.zeros(shape, dtype=torch_dtype(self.spec.dtype))


def rows_of(value: Any) -> list[Any]:
    """The elements along the first axis."""
    if isinstance(value, np.ndarray):
        return [np.asarray(row, dtype=object) for row in value]
    return list(value.unbind(0))


def split_rows(value: Any, lengths: list[int]) -> list[Any]:
    """`value` cut along its first axis. InvalidArgumentError when the lengths do not add up."""
    if any(length < 0 for length in lengths) or sum(lengths) != value.shape[0]:
        raise invalid(
            "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
            f"{sum(lengths)} and value's shape is: {brackets(tuple(value.shape))}"
        )
    if isinstance(value, np.ndarray):
        ends = np.cumsum(lengths)
        return [value[end - length : end] for length, end in zip(lengths, ends, strict=True)]
    return list(value.split(lengths, 0))
