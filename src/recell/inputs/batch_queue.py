"""How examples become batches: from the components of one example to a queue, its threads, and rows taken from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor
from recell.ops._attributes import as_list
from recell.ops.array_index import gather
from recell.ops.branches import cond
from recell.ops.comparison import where
from recell.ops.queues import FIFOQueue, PaddingFIFOQueue, QueueBase, listed_shapes
from recell.ops.sparse_elements import pack, unpack
from recell.ops.state import group, no_op
from recell.train.queue_runner import QueueRunner, add_queue_runner

Tensors = Any  # a list, a tuple or a dictionary of tensors


def batched(
    sources: Sequence[Tensors],
    keep_input: Any,
    batch_size: Any,
    make_queue: Callable[[list[Any], list[TensorShape]], QueueBase],
    summarize: Callable[[QueueBase], None],
    options: tuple[str, str | None, bool, Any, bool, int],
) -> Any:
    """The batch, and the queue and threads behind it.

    Args:
        sources: the components of an example, once for each operation that puts examples in.
        make_queue: makes the queue from the components' dtypes and shapes; `summarize` adds its summary.
        options: default name, name, whether examples come as rows, shapes, whether the last batch may be smaller, and
            how many threads there are for a single source.
    """
    default_name, name, many, shapes, smaller, threads = options
    components = [listed(source) for source in sources]
    if not components:
        raise ValueError("Expected at least one set of tensors")
    if isinstance(sources[0], Mapping) and any(sorted(source) != sorted(sources[0]) for source in sources[1:]):
        raise ValueError("All dictionaries in tensors_list must have the same keys")
    with name_scope(name, default_name, [t for tensors in components for t in _dense(tensors)]) as scope:
        converted = [[convert_to_tensor_or_sparse_tensor(t) for t in tensors] for tensors in components]
        kinds = _same_dtypes(converted)
        keep = kept_input(keep_input, many)
        packed = [[pack(t, many) for t in tensors] for tensors in converted]
        known = inferred_shapes(converted, packed, shapes, many)
        queue = make_queue([packed_dtype(p, k) for p, k in zip(packed[0], kinds, strict=True)], known)
        ops = [_enqueue(queue, tensors, keep, many) for tensors in packed]
        add_queue_runner(QueueRunner(queue, ops * threads if len(ops) == 1 else ops))
        summarize(queue)
        take = queue.dequeue_up_to if smaller else queue.dequeue_many
        values = unpack(as_list(take(batch_size, name=scope)), converted[0], many)
        return in_structure(values, sources[0])


def listed(tensors: Tensors) -> list[Any]:
    """The components of an example, those of a dictionary by the order of their keys. ValueError for none."""
    found = [tensors[key] for key in sorted(tensors)] if isinstance(tensors, Mapping) else list(tensors)
    if not found:
        raise ValueError("Expected at least one tensor in batch().")
    return found


def in_structure(values: list[Any], original: Tensors) -> Any:
    """Components as the program gave them: a dictionary, a list, or the one tensor of a list of one."""
    if isinstance(original, Mapping):
        return dict(zip(sorted(original), values, strict=True))
    return values[0] if len(values) == 1 else values


def _dense(tensors: Sequence[Any]) -> list[Tensor]:
    return [t for t in tensors if isinstance(t, Tensor)]


def packed_dtype(packed: Any, kind: Any) -> Any:
    """The dtype that a queue has for a component: a packed sparse tensor is a variant."""
    return dtypes.variant if packed.dtype is dtypes.variant else kind


def _same_dtypes(sets: Sequence[Sequence[Any]]) -> list[Any]:
    """The components' dtypes. TypeError when the sets of tensors do not agree in them."""
    kinds = [t.dtype.base_dtype for t in sets[0]]
    for other in sets[1:]:
        found = [t.dtype.base_dtype for t in other]
        if found != kinds:
            raise TypeError(
                f"Expected types to be consistent: {', '.join(k.name for k in found)} vs. "
                f"{', '.join(k.name for k in kinds)}"
            )
    return kinds


def kept_input(keep_input: Any, many: bool) -> Any:
    """`keep_input` as a tensor. ValueError for another shape than it may have."""
    keep = convert_to_tensor(keep_input, dtypes.bool, name="Const")
    if keep.shape.ndims is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if keep.shape.ndims and not many:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if keep.shape.ndims > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep


def inferred_shapes(
    originals: Sequence[Sequence[Any]], packed: Sequence[Sequence[Any]], shapes: Any, many: bool
) -> list[TensorShape]:
    """Shapes of the components of one example, from all the sets of tensors.

    ValueError for an unknown rank, and for shapes that cannot be the same.
    """
    if shapes is not None:
        return listed_shapes(shapes)
    found = []
    for position in range(len(packed[0])):
        if isinstance(originals[0][position], SparseTensor):
            found.append(TensorShape([]))
            continue
        shape = TensorShape(None)
        for tensors in packed:
            tensor = tensors[position]
            if tensor.shape.ndims is None:
                raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
            shape = shape.merge_with(tensor.shape.with_rank_at_least(1)[1:] if many else tensor.shape)
        found.append(shape)
    return found


def in_order(
    capacity: int, kinds: list[Any], shapes: list[TensorShape], dynamic_pad: bool, shared_name: str | None
) -> QueueBase:
    """A queue that gives examples in the order of their coming; a padding one where they differ in size."""
    if dynamic_pad:
        return PaddingFIFOQueue(capacity, kinds, shapes, shared_name=shared_name)
    return FIFOQueue(capacity, kinds, shapes, shared_name=shared_name)


def _enqueue(queue: QueueBase, tensors: Sequence[Any], keep: Any, many: bool) -> Any:
    if keep.shape.ndims:
        chosen = where(keep)[:, 0]
        return queue.enqueue_many([gather(t, chosen) for t in tensors])
    put = queue.enqueue_many if many else queue.enqueue
    return only_if(keep, lambda: put(tensors))


def only_if(keep: Tensor, put: Callable[[], Any]) -> Any:
    """The operation that `put` makes, without a branch where `keep`, a bool scalar, is known to be true."""
    kept = constant_value(keep)
    return put() if kept is not None and bool(kept) else group(cond(keep, put, no_op))
