"""Batches of examples that are alike, sequences of similar length say: `tf.contrib.training.bucket`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from recell.graph import dtypes, errors
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import convert_to_tensor_or_sparse_tensor
from recell.graph.static import constant_value
from recell.graph.tensor import Operation, Tensor
from recell.inputs.batch_queue import in_structure, inferred_shapes, kept_input, listed, only_if, packed_dtype
from recell.inputs.fullness import summarize_fullness, summarize_size
from recell.ops._attributes import as_list
from recell.ops.branches import cond
from recell.ops.comparison import equal, less, less_equal, logical_and, where
from recell.ops.math_cast import to_int32
from recell.ops.queues import FIFOQueue, PaddingFIFOQueue, QueueBase
from recell.ops.reductions import reduce_min
from recell.ops.sparse_elements import pack, unpack
from recell.ops.state import group, no_op
from recell.train.queue_runner import QueueRunner, add_queue_runner

Tensors = Any  # a list or a dictionary of tensors

_ENDED = (errors.OutOfRangeError, errors.CancelledError)
"""What ends the threads: the batches' thread finds the buckets closed, the buckets' thread the input at its end."""


def bucket(
    tensors: Tensors,
    which_bucket: Any,
    batch_size: Any,
    num_buckets: int,
    num_threads: int = 1,
    capacity: int = 32,
    bucket_capacities: Sequence[int] | None = None,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    keep_input: Any = True,
    shared_name: str | None = None,
    name: str | None = None,
) -> tuple[Tensor, Any]:
    """Batches of examples of one bucket each. TF symbol: `tf.contrib.training.bucket`.

    Args:
        tensors: the components of one example, a list or a dictionary.
        which_bucket: the example's bucket, an int32 scalar; an example of a bucket that is not there is left out.
        batch_size: of all buckets, or a list with one for each.
        bucket_capacities: how many examples each bucket holds; `capacity` is that of the queue of batches, and theirs
            if this is not given.
        keep_input: a bool scalar; examples for which it is false are left out.
        num_threads, shapes, dynamic_pad, allow_smaller_final_batch, shared_name: as of `tf.train.batch`.

    Returns:
        The bucket, an int32 scalar, and the batch in the structure of `tensors` (one tensor for a list of one). Start
        the queue runners; OutOfRangeError, when run, at the end of the input.

    Raises:
        ValueError: `num_buckets` below 1, lists of another length, components of unknown shape.
    """
    sizes = _per_bucket(batch_size, num_buckets, "batch_size")
    room = [capacity] * num_buckets if bucket_capacities is None else list(bucket_capacities)
    if len(room) != num_buckets:
        raise ValueError(
            f"The list bucket_capacities ({bucket_capacities}) must have exactly num_buckets ({num_buckets}) elements."
        )
    given = listed(tensors)
    with name_scope(name, "bucket", [t for t in given if isinstance(t, Tensor)]):
        originals = [convert_to_tensor_or_sparse_tensor(t) for t in given]
        packed = [pack(t) for t in originals]
        keep = kept_input(keep_input, False)
        known = inferred_shapes([originals], [packed], shapes, False)
        kinds = [packed_dtype(p, o.dtype.base_dtype) for p, o in zip(packed, originals, strict=True)]
        make = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        number = convert_to_tensor(which_bucket, dtypes.int32, name="which_bucket")
        buckets = [
            make(size, kinds, known, shared_name=_named(shared_name, k), name=f"bucket_queue_{k}")
            for k, size in enumerate(room)
        ]
        rows = [None if allow_smaller_final_batch else _known(size) for size in sizes]
        batched = [TensorShape([rows[0] if len(set(rows)) == 1 else None]).concatenate(shape) for shape in known]
        top = PaddingFIFOQueue(
            capacity, [dtypes.int32, *kinds], [TensorShape([]), *batched], shared_name=shared_name, name="top_queue"
        )
        _fill_buckets(buckets, packed, number, keep, num_threads, top, sizes, allow_smaller_final_batch)
        for queue in buckets:
            summarize_size(queue, f"bucket/{queue.name}/size")
        summarize_fullness(top, capacity, f"bucket/{top.name}/fraction_of_{capacity}_full")
        found = top.dequeue(name="dequeue_top")
        values = unpack(found[1:], originals)
        return found[0], in_structure(values, tensors)


def _known(size: Any) -> int | None:
    value = constant_value(size) if isinstance(size, Tensor) else size
    return None if value is None else int(value)


def _named(shared_name: str | None, number: int) -> str | None:
    return None if shared_name is None else f"{shared_name}_{number}"


def _per_bucket(batch_size: Any, num_buckets: int, what: str) -> list[Any]:
    if num_buckets < 1:
        raise ValueError(f"num_buckets must be at least 1, but is {num_buckets}.")
    if not isinstance(batch_size, (list, tuple)):
        return [batch_size] * num_buckets
    if len(batch_size) != num_buckets:
        raise ValueError(f"If {what} is a list it must have num_buckets elements")
    return list(batch_size)


def _fill_buckets(
    buckets: Sequence[QueueBase],
    components: Sequence[Any],
    number: Tensor,
    keep: Any,
    num_threads: int,
    top: QueueBase,
    sizes: Sequence[Any],
    smaller: bool,
) -> None:
    """Threads that sort examples into buckets, and one for each bucket that hands its batches on."""

    def into(position: int, queue: QueueBase) -> Any:
        return cond(equal(number, position), lambda: queue.enqueue(components), no_op)

    def sort() -> Operation:
        return group(*(into(k, queue) for k, queue in enumerate(buckets)), name="group_enqueues")

    put = only_if(keep, sort)
    hand_on = []
    for k, (queue, size) in enumerate(zip(buckets, sizes, strict=True)):
        take = queue.dequeue_up_to if smaller else queue.dequeue_many
        batch = as_list(take(size, name=f"read_bucket_{k}"))
        hand_on.append(top.enqueue([convert_to_tensor(k), *batch], name=f"enqueue_from_bucket_{k}"))
    add_queue_runner(QueueRunner(buckets[0], hand_on, top.close(), top.close(True), _ENDED))
    add_queue_runner(
        QueueRunner(
            top,
            [put] * num_threads,
            group(*(queue.close() for queue in buckets)),
            group(*(queue.close(cancel_pending_enqueues=True) for queue in buckets)),
            _ENDED,
        )
    )


def bucket_by_sequence_length(
    input_length: Any,
    tensors: Tensors,
    batch_size: Any,
    bucket_boundaries: Sequence[int],
    num_threads: int = 1,
    capacity: int = 32,
    bucket_capacities: Sequence[int] | None = None,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    keep_input: Any = True,
    shared_name: str | None = None,
    name: str | None = None,
) -> tuple[Tensor, Any]:
    """Batches of sequences of similar length. TF symbol: `tf.contrib.training.bucket_by_sequence_length`.

    Args:
        input_length: the example's length, an int32 scalar.
        bucket_boundaries: increasing lengths at which a new bucket begins: `[3, 6]` makes buckets of lengths below 3,
            from 3 to 5, and from 6 on.
        The others are those of `bucket`.

    Returns:
        The lengths, int32 `[batch_size]`, and the batch in the structure of `tensors`.

    Raises:
        TypeError: boundaries that are no list of integers. ValueError: an empty list, or one that does not increase.
    """
    if not isinstance(bucket_boundaries, (list, tuple)):
        raise TypeError(f"bucket_boundaries must be a list or tuple, but received: {bucket_boundaries}")
    if not bucket_boundaries:
        raise ValueError("bucket_boundaries must not be empty")
    for before, after in itertools.pairwise(bucket_boundaries):
        if not isinstance(before, int) or not isinstance(after, int):
            raise TypeError(f"bucket boundaries must be integers, but saw: {before} and {after}")
        if before >= after:
            raise ValueError(f"Buckets must contain sequential increasing lengths, but saw: {before} before {after}")
    keys = sorted(tensors) if isinstance(tensors, Mapping) else None
    given = listed(tensors)
    with name_scope(name, "bucket_by_sequence_length", [input_length, *given]):
        length = convert_to_tensor(input_length, dtypes.int32, name="input_length")
        least = [-(2**31), *bucket_boundaries]
        beyond = [*bucket_boundaries, 2**31 - 1]
        number = to_int32(reduce_min(where(logical_and(less_equal(least, length), less(length, beyond)))))
        _, (lengths, *values) = bucket(
            [length, *given],
            number,
            batch_size,
            len(bucket_boundaries) + 1,
            num_threads,
            capacity,
            bucket_capacities,
            None if shapes is None else [[], *shapes],
            dynamic_pad,
            allow_smaller_final_batch,
            keep_input,
            shared_name,
        )
        return lengths, values if keys is None else dict(zip(keys, values, strict=True))


__all__ = ["bucket", "bucket_by_sequence_length"]
