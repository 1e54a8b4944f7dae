"""Variables in several parts, and the functions that decide how many. TF symbol: `tf.fixed_size_partitioner` etc."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from recell.graph.core import get_default_graph, name_scope
from recell.graph.dtypes import DType, as_dtype, string
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.tensor import Tensor

Partitioner = Callable[..., list[int]]

_concat: list[Callable[..., Any]] = []
_split: list[Callable[..., Any]] = []


def set_joiners(concat: Callable[..., Any], split: Callable[..., Any]) -> None:
    """Tells how parts are put together, `concat(tensors, axis, name)`, and a value taken apart, `split(...)`."""
    _concat[:] = [concat]
    _split[:] = [split]


class PartitionInfo:
    """The shape of the whole, and where this part starts in it: what an initializer may ask about a part."""

    def __init__(self, full_shape: Sequence[int], var_offset: Sequence[int]) -> None:
        if len(full_shape) != len(var_offset):
            raise ValueError(f"Expected equal lengths, but got {len(full_shape)} sizes and {len(var_offset)} offsets.")
        for size, offset in zip(full_shape, var_offset, strict=True):
            if not 0 <= offset < max(size, 1):
                raise ValueError(f"Expected 0 <= offset < size, but got offset {offset} for size {size}.")
        self._full_shape = list(full_shape)
        self._var_offset = list(var_offset)

    @property
    def full_shape(self) -> list[int]:
        return self._full_shape

    @property
    def var_offset(self) -> list[int]:
        return self._var_offset

    def single_offset(self, shape: Sequence[int]) -> int:
        """The offset along the one dimension that is cut."""
        index = self.single_slice_dim(shape)
        return 0 if index is None else self._var_offset[index]

    def single_slice_dim(self, shape: Sequence[int]) -> int | None:
        """The one dimension that is cut; None for a whole. ValueError for a part cut along several."""
        if len(shape) != len(self._full_shape):
            raise ValueError(f"Expected equal lengths, but got a part of shape {shape} of {self._full_shape}.")
        cut = [k for k, (size, full) in enumerate(zip(shape, self._full_shape, strict=True)) if size != full]
        if len(cut) > 1:
            raise ValueError(f"Cannot use single_slice_dim() with shape {shape} and whole {self._full_shape}.")
        return cut[0] if cut else None


class PartitionPlan(NamedTuple):
    """Into how many parts each dimension is cut, and each part's offset and shape."""

    partitions: list[int]
    offsets: list[list[int]]
    shapes: list[list[int]]


def partition_plan(partitioner: Partitioner, shape: TensorShape, dtype: DType) -> PartitionPlan:
    """Asks `partitioner` how to cut `shape`, and checks the answer. ValueError when it cannot be done."""
    if not shape.is_fully_defined():
        raise ValueError(f"Shape of a new partitioned variable must be fully defined, but instead was {shape}.")
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    partitions = partitioner(shape=shape, dtype=dtype)
    if not isinstance(partitions, (list, tuple)):
        raise ValueError(f"Partitioner must return a sequence, but saw: {partitions}")
    if len(partitions) != len(shape):
        raise ValueError(
            f"Partitioner returned a partition list that does not match the Variable's rank: {partitions} vs. {shape}"
        )
    if any(count < 1 for count in partitions):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {partitions}")
    sizes: list[int] = [int(size) for size in shape.as_list()]  # type: ignore[arg-type]
    cut = [axis for axis, count in enumerate(partitions) if count > 1]
    if len(cut) > 1:
        raise ValueError(f"Can only slice a variable along one dimension: shape: {shape}, partitioning: {partitions}")
    axis = cut[0] if cut else 0
    if partitions[axis] > sizes[axis] and cut:
        raise ValueError(f"Partitioner returned more parts than dimension {axis} has rows: {partitions} for {shape}")
    offsets, shapes, start = [], [], 0
    for length in _lengths(sizes[axis], partitions[axis]):
        offsets.append([start if k == axis else 0 for k in range(len(sizes))])
        shapes.append([length if k == axis else size for k, size in enumerate(sizes)])
        start += length
    return PartitionPlan(list(partitions), offsets, shapes)


def _lengths(size: int, parts: int) -> list[int]:
    """`size` cut as evenly as it goes, the longer parts first."""
    short, longer = divmod(size, parts)
    return [short + 1] * longer + [short] * (parts - longer)


class PartitionedVariable:
    """A variable in parts along one dimension; used as a tensor, the parts put together.

    TF symbol: the result of `tf.get_variable(..., partitioner=...)`.
    """

    def __init__(
        self, name: str, shape: Any, dtype: Any, variable_list: Sequence[Any], partitions: Sequence[int]
    ) -> None:
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        if len(variable_list) != math.prod(partitions):
            raise ValueError(f"{len(variable_list)} variables do not make up partitions {list(partitions)}.")
        self._name = name
        self._shape = as_shape(shape)
        self._dtype = as_dtype(dtype)
        self._variable_list = list(variable_list)
        self._partitions = list(partitions)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        return self._shape

    def get_shape(self) -> TensorShape:
        return self._shape

    @property
    def graph(self) -> Any:
        return self._variable_list[0].graph

    def _get_variable_list(self) -> list[Any]:
        return self._variable_list

    def _get_partitions(self) -> list[int]:
        return self._partitions

    def _partition_axes(self) -> list[int]:
        """The dimensions that are cut; the first when none is."""
        if all(count == 1 for count in self._partitions):
            return [0]
        return [axis for axis, count in enumerate(self._partitions) if count > 1]

    def as_tensor(self) -> Tensor:
        """The whole, put together anew at each call: `name`, or `name_1`, `name_2`, ..."""
        axis = self._partition_axes()[0]
        values = [part.value() for part in self._variable_list]
        with name_scope(self._name + "/ConcatPartitions/"):
            whole = values[0] if len(values) == 1 else _concat[0](values, axis, name="concat")
        graph = get_default_graph()
        with name_scope(None):
            return graph.create_op("Identity", [whole], {}, self._name, groups={"input": whole}).outputs[0]

    def _as_tensor(self) -> Tensor:
        return self.as_tensor()

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Sets every part from its piece of `value`; the list of their assignments."""
        return self._each("assign", value, use_locking, name, read_value)

    def assign_add(
        self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        return self._each("assign_add", value, use_locking, name, read_value)

    def assign_sub(
        self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        return self._each("assign_sub", value, use_locking, name, read_value)

    def _each(self, method: str, value: Any, use_locking: bool, name: str | None, read_value: bool) -> list[Any]:
        axis = self._partition_axes()[0]
        if isinstance(value, (list, tuple)) and len(value) == len(self._variable_list) and _are_parts(value):
            pieces = list(value)
        else:
            sizes = [part.shape.as_list()[axis] for part in self._variable_list]
            pieces = _split[0](value, sizes, axis)
        return [
            getattr(part, method)(piece, use_locking=use_locking, name=name, read_value=read_value)
            for part, piece in zip(self._variable_list, pieces, strict=True)
        ]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._variable_list)

    def __len__(self) -> int:
        return len(self._variable_list)


def _are_parts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, Tensor) for value in values)


# -- partitioners ---------------------------------------------------------------------------------------------------


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """Cuts `axis` into `num_shards` parts, fewer when it is shorter. TF symbol: `tf.fixed_size_partitioner`."""

    def partitioner(shape: TensorShape, **_: Any) -> list[int]:
        partitions = [1] * len(shape)
        partitions[axis] = min(num_shards, int(shape.as_list()[axis] or 0))
        return partitions

    return partitioner


def variable_axis_size_partitioner(
    max_shard_bytes: int, axis: int = 0, bytes_per_string_element: int = 16, max_shards: int | None = None
) -> Partitioner:
    """Cuts `axis` until parts hold at most `max_shard_bytes`. TF symbol: `tf.variable_axis_size_partitioner`."""
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards is not None and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        shape, dtype = _described(shape, dtype)
        sizes = shape.as_list()
        element = bytes_per_string_element if dtype is string else dtype.size
        partitions = [1] * len(sizes)
        slice_bytes = max(1, shape.num_elements() // sizes[axis]) * element
        rows = max(1, max_shard_bytes // slice_bytes)
        count = math.ceil(sizes[axis] / rows)
        partitions[axis] = count if max_shards is None else min(max_shards, count)
        return partitions

    return partitioner


def min_max_variable_partitioner(
    max_partitions: int = 1, axis: int = 0, min_slice_size: int = 256 << 10, bytes_per_string_element: int = 16
) -> Partitioner:
    """Cuts `axis` into at most `max_partitions` parts of at least `min_slice_size` bytes.

    TF symbol: `tf.min_max_variable_partitioner`.
    """

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        if axis >= len(shape):
            raise ValueError(f"Cannot partition variable along axis {axis} when shape is only {shape}")
        shape, dtype = _described(shape, dtype)
        element = bytes_per_string_element if dtype is string else dtype.size
        wanted = max(1, shape.num_elements() * element // min_slice_size)
        partitions = [1] * len(shape)
        partitions[axis] = max(1, min(shape.as_list()[axis], max_partitions, math.ceil(wanted)))
        return partitions

    return partitioner


def _described(shape: Any, dtype: Any) -> tuple[Any, DType]:
    if not isinstance(shape, TensorShape):
        raise ValueError(f"shape is not a TensorShape: {shape}")
    if not shape.is_fully_defined():
        raise ValueError(f"shape is not fully defined: {shape}")
    return shape, as_dtype(dtype).base_dtype


__all__ = [
    "PartitionInfo",
    "PartitionedVariable",
    "fixed_size_partitioner",
    "min_max_variable_partitioner",
    "variable_axis_size_partitioner",
]
