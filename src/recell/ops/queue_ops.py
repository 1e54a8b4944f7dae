"""The operations behind the queues' methods. A queue's handle has its `QueueState` of the session as its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes, errors
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op
from recell.ops.queue_state import QueueState
from recell.ops.queue_stores import Element, Fifo, PaddingFifo, Prioritised, Shuffled, Store

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

# -- handles --------------------------------------------------------------------------------------------------------


def _opened(
    ctx: Any, shared_name: str | None, store: type, capacity: int, make: Any, uniform: bool = True
) -> QueueState:
    """The queue of this operation in this session, made at the first run; queues of one `shared_name` are one."""
    found: QueueState | None = ctx.state.get("queue")
    if found is not None:
        return found
    resources = ctx.resources
    name = shared_name or ctx.op.name
    key = f"queue/{'shared' if shared_name else 'own'}/{name}"
    with resources.lock:
        if resources.closed:  # meanwhile: nobody would ever close what is opened now
            raise errors.CancelledError(None, None, "Session has been closed.")
        found = resources.shared.get(key)
        if found is None:
            number = sum(isinstance(value, QueueState) for value in resources.shared.values())
            title = name if shared_name else f"_{number}_{name}"
            found = resources.shared[key] = QueueState(title, make(), capacity, resources.wait, uniform)
    if type(found.store) is not store:
        raise invalid(f"Expected {found.store.kind}, found {ctx.op.type}")
    if found.given_capacity != capacity:
        raise invalid(
            f"Shared queue '{name}' has capacity {found.given_capacity} but requested capacity was {capacity}"
        )
    ctx.state["queue"] = found
    return found


@op("FIFOQueueV2", shape=rules.scalar, dtype=dtypes.resource, stateful=True, differentiable=False)
def fifo_queue(ctx: Any, capacity: int, shared_name: str | None, uniform: bool = True) -> Any:
    """`uniform`: whether the shapes of elements are known."""
    return _opened(ctx, shared_name, Fifo, capacity, Fifo, uniform)


@op("PaddingFIFOQueueV2", shape=rules.scalar, dtype=dtypes.resource, stateful=True, differentiable=False)
def padding_fifo_queue(ctx: Any, capacity: int, shared_name: str | None) -> Any:
    return _opened(ctx, shared_name, PaddingFifo, capacity, PaddingFifo)


@op("PriorityQueueV2", shape=rules.scalar, dtype=dtypes.resource, stateful=True, differentiable=False)
def priority_queue(ctx: Any, capacity: int, shared_name: str | None) -> Any:
    return _opened(ctx, shared_name, Prioritised, capacity, Prioritised)


@op("RandomShuffleQueueV2", shape=rules.scalar, dtype=dtypes.resource, stateful=True, differentiable=False)
def random_shuffle_queue(
    ctx: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None,
    seed2: int | None,
    shared_name: str | None,
    uniform: bool = True,
) -> Any:
    if 0 <= capacity <= min_after_dequeue:
        raise invalid(f"min_after_dequeue {min_after_dequeue} must be < capacity {capacity}")

    def make() -> Store:
        return Shuffled(min_after_dequeue, ctx.words(seed or 0, seed2 or 0))

    return _opened(ctx, shared_name, Shuffled, capacity, make, uniform)


@op("QueueSelect", shape=rules.scalar, types={"index": dtypes.int32, "queues": ANY}, dtype=dtypes.resource)
def select_queue(index: Tensor, queues: list[Tensor]) -> Any:
    """One of several queues, chosen when run."""
    position = int(index)
    if not 0 <= position < len(queues):
        raise invalid(f"indices = {position} is not in [0, {len(queues)})")
    return queues[position]


def _state(handle: Any) -> QueueState:
    """What a handle is at run time."""
    return handle


# -- in and out -----------------------------------------------------------------------------------------------------


def _kept(value: Any) -> Any:
    """The value for keeping: nobody who holds the memory it came from can change it."""
    if isinstance(value, torch.Tensor):
        return (value.detach() if value.requires_grad else value).clone()
    return value.copy()


def _check(component: int, shape: TensorShape, value: Any, rows: bool) -> None:
    found = tuple(value.shape)
    if (found[1:] if rows else found) == shape.tuple:
        return  # the usual case; what follows takes longer than the copy
    wanted = TensorShape([found[0]]).concatenate(shape) if rows else shape
    if not wanted.is_compatible_with(found):
        shown = str(wanted).replace("(", "[").replace(")", "]").replace(" ", "").replace(",]", "]")
        raise invalid(
            f"Shape mismatch in tuple component {component}. Expected {shown}, got [{','.join(str(n) for n in found)}]",
        )


def _check_count(components: Sequence[Any], shapes: Sequence[TensorShape]) -> None:
    if len(components) != len(shapes):
        raise invalid(f"Wrong number of components in tuple. Expected {len(shapes)}, got {len(components)}")


_PUT: dict[str, Any] = {
    "shape": rules.none,
    "types": {"handle": ANY, "components": ANY},
    "dtype": [],
    "stateful": True,
    "defers": True,
}


@op("QueueEnqueueV2", **_PUT)
def enqueue(ctx: Any, handle: Tensor, components: list[Tensor], shapes: Any) -> Any:
    _check_count(components, shapes)
    for k, (value, shape) in enumerate(zip(components, shapes, strict=True)):
        _check(k, shape, value, False)
    return _state(handle).begin_put([tuple(_kept(value) for value in components)])


@op("QueueEnqueueManyV2", **_PUT)
def enqueue_many(ctx: Any, handle: Tensor, components: list[Tensor], shapes: Any) -> Any:
    _check_count(components, shapes)
    counts = set()
    for k, (value, shape) in enumerate(zip(components, shapes, strict=True)):
        if value.ndim == 0:
            raise invalid(f"Component {k} must have at least one dimension, but is []")
        _check(k, shape, value, True)
        counts.add(len(value))
    if len(counts) != 1:
        raise invalid(f"All components must have the same size in the 0th dimension, but they have {sorted(counts)}")
    return _state(handle).begin_put(list(zip(*(_rows(value) for value in components), strict=True)))


def _rows(value: Any) -> Sequence[Any]:
    kept = _kept(value)
    if isinstance(kept, np.ndarray):
        return [kept[row, ...] for row in range(len(kept))]
    return kept.unbind(0)


def _one_shapes(i: Any) -> list[TensorShape]:
    return list(i["shapes"])


def _some_shapes(i: Any) -> list[TensorShape]:
    count = i.value("n")
    if count is not None and int(count) < 0:
        raise i.mismatch(f"Input 'n' must be >= 0, but is {int(count)}")
    known = None if i["fewer"] or count is None else int(count)
    return [TensorShape([known]).concatenate(shape) for shape in i["shapes"]]


@op(
    "QueueDequeueV2",
    shape=_one_shapes,
    types={"handle": ANY},
    dtype="out_dtypes",
    stateful=True,
    differentiable=False,
    waits=True,
)
def dequeue(ctx: Any, handle: Tensor, out_dtypes: Any, shapes: Any) -> Any:
    element = _state(handle).dequeue()
    return element if len(element) > 1 else element[0]


def _dequeue_some(handle: Any, n: Any, fewer: bool, out_dtypes: Any, shapes: Any) -> Any:
    if not handle.uniform:
        raise invalid(
            f"{handle.store.kind}'s DequeueMany and DequeueUpTo require the components to have specified shapes. Give "
            "the queue its shapes when it is made.",
        )
    count = int(n)
    if count < 0:
        raise invalid(f"{handle.store.kind}.dequeue_many: {count} elements requested")
    elements = handle.take(count, fewer)
    pad = isinstance(handle.store, PaddingFifo)
    found = [_joined(k, elements, d, s, pad) for k, (d, s) in enumerate(zip(out_dtypes, shapes, strict=True))]
    return found if len(found) > 1 else found[0]


_SOME: dict[str, Any] = {
    "shape": _some_shapes,
    "types": {"handle": ANY, "n": dtypes.int32},
    "dtype": "out_dtypes",
    "stateful": True,
    "differentiable": False,
    "waits": True,
}


@op("QueueDequeueManyV2", **_SOME)
def dequeue_many(ctx: Any, handle: Tensor, n: Tensor, out_dtypes: Any, shapes: Any, fewer: bool = False) -> Any:
    return _dequeue_some(handle, n, False, out_dtypes, shapes)


@op("QueueDequeueUpToV2", **_SOME)
def dequeue_up_to(ctx: Any, handle: Tensor, n: Tensor, out_dtypes: Any, shapes: Any, fewer: bool = True) -> Any:
    return _dequeue_some(handle, n, True, out_dtypes, shapes)


def _joined(position: int, elements: Sequence[Element], dtype: Any, shape: TensorShape, pad: bool) -> Any:
    """One component of some elements, as rows; padded with zeros (empty strings) to the largest where that is meant."""
    values = [element[position] for element in elements]
    if values and dtype not in _BY_NUMPY and shape.is_fully_defined():
        return torch.stack(values)
    shapes = {tuple(value.shape) for value in values}
    if len(shapes) == 1 and dtype not in _BY_NUMPY:
        return torch.stack(values)
    if not values:
        return _blank([0, *(d or 0 for d in shape.tuple or ())], dtype)
    if len(shapes) > 1 and not pad:
        raise invalid(f"Elements of component {position} differ in shape: {', '.join(map(str, sorted(shapes)))}")
    if dtype not in _BY_NUMPY and len({sizes[1:] for sizes in shapes}) == 1:  # sequences of different lengths
        return torch.nn.utils.rnn.pad_sequence(values, batch_first=True)
    largest = [max(sizes) for sizes in zip(*shapes, strict=True)]
    made = _blank([len(values), *largest], dtype)
    for row, value in zip(made if largest else range(len(values)), values, strict=True):
        if largest:
            row[tuple(slice(0, size) for size in value.shape)] = value
        else:
            made[row] = value.item()
    return made


_BY_NUMPY = (dtypes.string, dtypes.variant)


def _blank(shape: Sequence[int], dtype: Any) -> Any:
    if dtype in _BY_NUMPY:
        return np.full(tuple(shape), b"", dtype=object)
    return torch.zeros(tuple(shape), dtype=torch_dtype(dtype))


# -- closing and asking ---------------------------------------------------------------------------------------------


@op("QueueCloseV2", shape=rules.none, types={"handle": ANY}, dtype=[], stateful=True)
def close(ctx: Any, handle: Tensor, cancel_pending_enqueues: bool) -> Any:
    _state(handle).shut(cancel_pending_enqueues)


@op("QueueSizeV2", shape=rules.scalar, types={"handle": ANY}, dtype=dtypes.int32, stateful=True, differentiable=False)
def size(ctx: Any, handle: Tensor) -> Any:
    return torch.tensor(_state(handle).size(), dtype=torch.int32)


@op(
    "QueueIsClosedV2", shape=rules.scalar, types={"handle": ANY}, dtype=dtypes.bool, stateful=True, differentiable=False
)
def is_closed(ctx: Any, handle: Tensor) -> Any:
    return torch.tensor(_state(handle).is_closed())
