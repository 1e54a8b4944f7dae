"""`tf.TensorArray`: a list of tensors that loops write to and read from.

The `flow` of an array carries its elements: every write gives a new flow, and what an old flow holds stays as it was.
So a branch not taken, a step computed again or a gradient finds the elements that belong to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.static import constant_value
from recell.graph.tensor import Operation
from recell.graph.tensor import Tensor as GraphTensor
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op
from recell.ops.state import identity, no_op
from recell.ops.tensor_array_store import ArraySpec, ArrayStore, Dims, rows_of, split_rows

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_FLOW = dtypes.float32
_numbers = itertools.count()


def _store(flow: Any) -> ArrayStore:
    """The elements that a flow's value is."""
    return flow


def _array_outputs(i: Any) -> list[TensorShape]:
    if i.shape("size").ndims not in (0, None):
        raise i.mismatch(f"Shape must be rank 0 but is rank {i.shape('size').ndims}")
    return [TensorShape([2]), TensorShape([])]


@op(
    "TensorArrayV3",
    shape=_array_outputs,
    types={"size": dtypes.int32},
    dtype=[dtypes.resource, _FLOW],
    differentiable=False,
)
def _make(
    size: Tensor, dtype: DType, element_shape: Dims, dynamic_size: bool, identical: bool, tensor_array_name: str
) -> Any:
    count = int(size)
    if count < 0:
        raise invalid("Size should be >= 0.")
    store = ArrayStore(ArraySpec(tensor_array_name, dtype, dynamic_size, identical), count, element_shape)
    return store, store


@op("TensorArrayFlow", shape=rules.scalar, types={"handle": ANY}, dtype=_FLOW, view=True, differentiable=False)
def _flow_of(handle: Tensor) -> Any:
    return handle


@op(
    "TensorArrayWriteV3",
    shape=rules.scalar,
    types={"flow_in": ANY, "index": dtypes.int32, "value": ANY},
    dtype=_FLOW,
    view=True,
)
def _write(flow_in: Tensor, index: Tensor, value: Tensor) -> Any:
    return _store(flow_in).with_items([(int(index), value)])


@op(
    "TensorArrayReadV3",
    shape=lambda i: TensorShape(i["element_shape"]),
    types={"flow_in": ANY, "index": dtypes.int32},
    dtype="dtype",
    view=True,
)
def _read(flow_in: Tensor, index: Tensor, dtype: DType, element_shape: Dims = None) -> Any:
    return _store(flow_in).get(int(index), element_shape)


@op(
    "TensorArrayGatherV3",
    shape=lambda i: _rows_shape(i["element_shape"]),
    types={"flow_in": ANY, "indices": dtypes.int32},
    dtype="dtype",
)
def _gather(flow_in: Tensor, indices: Tensor | None, dtype: DType, element_shape: Dims = None) -> Any:
    chosen = list(range(_store(flow_in).size)) if indices is None else indices.tolist()
    return _store(flow_in).stack(chosen, element_shape)


def _rows_shape(dims: Dims) -> TensorShape:
    return TensorShape(None) if dims is None else TensorShape([None, *dims])


@op(
    "TensorArrayConcatV3",
    shape=lambda i: TensorShape([None, *i["element_shape"][1:]]) if i["element_shape"] else TensorShape(None),
    types={"flow_in": ANY},
    dtype="dtype",
)
def _concat(flow_in: Tensor, dtype: DType, element_shape: Dims = None) -> Any:
    return _store(flow_in).concat(element_shape)


@op(
    "TensorArrayScatterV3",
    shape=rules.scalar,
    types={"flow_in": ANY, "value": ANY, "indices": dtypes.int32},
    dtype=_FLOW,
    view=True,
)
def _scatter(flow_in: Tensor, value: Tensor, indices: Tensor | None) -> Any:
    if not value.ndim:
        raise invalid("Input value for scatter must be at least a vector but received shape: []")
    rows = rows_of(value)
    places = list(range(len(rows))) if indices is None else indices.tolist()
    if len(places) != len(rows):
        raise invalid(f"Expected len(indices) == values.shape[0], but saw: {len(places)} vs. {len(rows)}")
    highest = max(places, default=-1)
    if highest >= _store(flow_in).size and not _store(flow_in).spec.dynamic:
        raise invalid(f"Max scatter index must be < array size ({highest} vs. {_store(flow_in).size})")
    return _store(flow_in).with_items(list(zip(places, rows, strict=True)))


@op(
    "TensorArraySplitV3",
    shape=rules.scalar,
    types={"flow_in": ANY, "value": ANY, "lengths": dtypes.int64},
    dtype=_FLOW,
    view=True,
)
def _split(flow_in: Tensor, value: Tensor, lengths: Tensor) -> Any:
    if not value.ndim:
        raise invalid("Expected value to be at least a vector, but received shape: []")
    store, parts = _store(flow_in), split_rows(value, lengths.tolist())
    if len(parts) != store.size and not store.spec.dynamic:
        raise invalid(
            f"TensorArray's size is not equal to the size of lengths ({store.size} vs. {len(parts)}), and the "
            "TensorArray is not marked as dynamically resizeable"
        )
    return store.with_items(list(enumerate(parts)))


@op("TensorArraySizeV3", shape=rules.scalar, types={"flow_in": ANY}, dtype=dtypes.int32, differentiable=False)
def _size(flow_in: Tensor) -> Any:
    return torch.tensor(_store(flow_in).size, dtype=torch.int32)


class TensorArray:
    """A list of tensors of one dtype, each written once. TF symbol: `tf.TensorArray`.

    Methods that write give a new array object, to go on with. Reading an element again is allowed.

    Args:
      dtype: of the elements.
      size: number of elements, an int or int32 scalar; with `dynamic_size` the array grows when written beyond it.
      clear_after_read: accepted; elements are freed when no flow holds them any more.
      tensor_array_name: for messages.
      handle, flow: of an existing array, instead of `size`.
      infer_shape: whether all elements have one shape, learnt from the first that is written.
      element_shape: that shape, where it is known; elements never written are then zeros.
      colocate_with_first_write_call: accepted.

    Raises:
      ValueError: `size` and `handle` both given or neither, or a value of another shape than the others.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: GraphTensor | None = None,
        flow: GraphTensor | None = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        if handle is not None and tensor_array_name:
            raise ValueError("Cannot construct with both handle and tensor_array_name")
        if handle is not None and not isinstance(handle, GraphTensor):
            raise TypeError("Handle must be a Tensor")
        if handle is None and size is None:
            raise ValueError("Size must be provided if handle is not provided")
        if handle is not None and size is not None:
            raise ValueError("Cannot provide both a handle and size at the same time")
        if handle is not None and element_shape is not None:
            raise ValueError("Cannot provide both a handle and element_shape at the same time")
        if handle is not None and dynamic_size is not None:
            raise ValueError("Cannot provide both a handle and dynamic_size at the same time")
        if handle is not None and clear_after_read is not None:
            raise ValueError("Cannot provide both a handle and clear_after_read at the same time")
        self._dtype = as_dtype(dtype).base_dtype
        self._dynamic_size = bool(dynamic_size)
        self._infer_shape = infer_shape or element_shape is not None
        # One list for all objects that stand for this array: what a loop's body learns is known after the loop.
        self._element_shape: list[TensorShape] = [] if element_shape is None else [as_shape(element_shape)]
        self._handle: GraphTensor
        self._flow: GraphTensor
        if handle is not None:
            self._handle = handle
            self._flow = _flow_of(handle) if flow is None else flow
        else:
            dims = self._dims()
            self._handle, self._flow = _make(
                size, self._dtype, dims, self._dynamic_size, self._infer_shape, "", name=name or "TensorArray"
            )
            self._handle.op.attrs["tensor_array_name"] = f"{tensor_array_name or 'TensorArray'}_{next(_numbers)}"

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def flow(self) -> GraphTensor:
        """A float32 scalar that whoever uses the elements depends on."""
        return self._flow

    @property
    def handle(self) -> GraphTensor:
        return self._handle

    @property
    def dynamic_size(self) -> bool:
        return self._dynamic_size

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of an element."""
        return self._element_shape[0] if self._element_shape else TensorShape(None)

    def _dims(self) -> Dims:
        return self._element_shape[0].tuple if self._element_shape else None

    def _learn(self, shape: TensorShape) -> None:
        if not self._infer_shape:
            return
        known = self.element_shape
        if not shape.is_compatible_with(known):
            raise ValueError(
                f"Inconsistent shapes: saw {shape} but expected {known} for the elements of TensorArray "
                f"'{self._handle.op.name}' (infer_shape=False allows elements of several shapes)."
            )
        self._element_shape[:] = [known.merge_with(shape)]

    def _with_flow(self, flow: GraphTensor) -> TensorArray:
        other = TensorArray.__new__(TensorArray)
        other.__dict__.update(self.__dict__)
        other._flow = flow
        return other

    def _loop_components(self) -> tuple[list[GraphTensor], Callable[[Sequence[GraphTensor]], TensorArray]]:
        """What goes through a loop or a branch, and the array made of it again."""
        return [self._flow], lambda parts: self._with_flow(parts[0])

    def _map_components(self, function: Callable[[GraphTensor], GraphTensor]) -> TensorArray:
        return self._with_flow(function(self._flow))

    def identity(self) -> TensorArray:
        """The same array, depending on the control dependencies that are open."""
        return self._with_flow(identity(self._flow))

    def read(self, index: Any, name: str | None = None) -> GraphTensor:
        """The element at `index`, an int32 scalar."""
        return _read(self._flow, index, self._dtype, self._dims(), name=name)

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value` at `index`. InvalidArgumentError, when run, if something is there already."""
        with name_scope(name, "TensorArrayWrite", [self._flow, value]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._learn(value.shape)
            return self._with_flow(_write(self._flow, index, value, name=name or "TensorArrayWriteV3"))

    def stack(self, name: str | None = None) -> GraphTensor:
        """All elements as one tensor `[size, ...]`."""
        with name_scope(name, "TensorArrayStack", [self._flow]):
            return self.gather(None, name=name)

    pack = stack

    def gather(self, indices: Any, name: str | None = None) -> GraphTensor:
        """The elements at `indices`, int32 `[n]`, as one tensor `[n, ...]`."""
        return _gather(self._flow, indices, self._dtype, self._dims(), name=name)

    def concat(self, name: str | None = None) -> GraphTensor:
        """The elements `[n_k, ...]` joined along their first axis."""
        return _concat(self._flow, self._dtype, self._dims(), name=name)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array with the rows of `value`, `[n, ...]`, as its elements."""
        with name_scope(name, "TensorArrayUnstack", [self._flow, value]):
            return self.scatter(None, value, name=name)

    unpack = unstack

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the rows of `value`, `[n, ...]`, at `indices`, int32 `[n]`."""
        with name_scope(name, "TensorArrayScatter", [self._flow, value]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            if value.shape.ndims == 0:
                raise ValueError(f"The rows of {value.name} cannot become elements of a TensorArray: it is a scalar.")
            self._learn(TensorShape(None) if value.shape.ndims is None else value.shape[1:])
            return self._with_flow(_scatter(self._flow, value, indices, name=name or "TensorArrayScatterV3"))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array with `value`, `[n, ...]`, cut along its first axis into pieces of `lengths`, `[size]`."""
        with name_scope(name, "TensorArraySplit", [self._flow, value, lengths]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            lengths = _as_int64(lengths)
            self._learn(_piece_shape(value, lengths))
            return self._with_flow(_split(self._flow, value, lengths, name=name or "TensorArraySplitV3"))

    def size(self, name: str | None = None) -> GraphTensor:
        """The number of elements, an int32 scalar."""
        return _size(self._flow, name=name)

    def close(self, name: str | None = None) -> Operation:
        """An operation after which the array is not used any more; its memory is freed anyway."""
        with control_dependencies([self._flow]):
            return no_op(name=name or "TensorArrayCloseV3")


def _as_int64(lengths: Any) -> GraphTensor:
    tensor = convert_to_tensor(lengths, preferred_dtype=dtypes.int64)
    if tensor.dtype.base_dtype is dtypes.int64:
        return tensor
    from recell.ops.math_cast import cast

    return cast(tensor, dtypes.int64)


def _piece_shape(value: GraphTensor, lengths: GraphTensor) -> TensorShape:
    """What is known of the shape of each piece."""
    if value.shape.ndims is None:
        return TensorShape(None)
    known = constant_value(lengths)
    same = known is not None and known.size and bool((known == known.flat[0]).all())
    return TensorShape([int(known.flat[0]) if same and known is not None else None, *value.shape.as_list()[1:]])


__all__ = ["TensorArray"]
