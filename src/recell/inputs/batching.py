"""Batches of single examples, gathered by threads: `tf.train.batch`, `tf.train.shuffle_batch`, and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.inputs.batch_queue import Tensors, batched, in_order
from recell.inputs.fullness import summarize_fullness
from recell.ops.queues import RandomShuffleQueue


def batch(
    tensors: Tensors,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Examples side by side, in their order. TF symbol: `tf.train.batch`.

    Args:
        tensors: the components of one example, a list or a dictionary (with `enqueue_many`, of several: rows).
        batch_size: how many examples: a number or an int32 scalar.
        num_threads: how many threads compute examples; with more than one their order is by chance.
        capacity: how many examples the queue holds.
        shapes: of the components of one example, where they are not known.
        dynamic_pad: pad dimensions that are not known with zeros to the longest of the batch.
        allow_smaller_final_batch: give the examples that are left at the end.

    Returns:
        Tensors `[batch_size, ...]` in the structure of `tensors`, a single one for a list of one; OutOfRangeError when
        run at the end of the input.

    Raises:
        ValueError: components whose shape (without `dynamic_pad`: every dimension of it) is not known.
    """
    return maybe_batch(
        tensors,
        True,
        batch_size,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_batch(
    tensors: Tensors,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch` of those examples for which `keep_input` is true. TF symbol: `tf.train.maybe_batch`.

    `keep_input`: a bool scalar, or with `enqueue_many` one for each row.
    """
    return batched(
        [tensors],
        keep_input,
        batch_size,
        lambda kinds, known: in_order(capacity, kinds, known, dynamic_pad, shared_name),
        lambda queue: summarize_fullness(queue, capacity),
        ("batch", name, enqueue_many, shapes, allow_smaller_final_batch, num_threads),
    )


def batch_join(
    tensors_list: Sequence[Tensors],
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch` of examples that come from several places, each with a thread of its own. TF: `tf.train.batch_join`.

    `tensors_list`: the components of an example, once for each thread.
    """
    return maybe_batch_join(
        tensors_list,
        True,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_batch_join(
    tensors_list: Sequence[Tensors],
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch_join` of those examples for which `keep_input` is true. TF symbol: `tf.train.maybe_batch_join`."""
    return batched(
        tensors_list,
        keep_input,
        batch_size,
        lambda kinds, known: in_order(capacity, kinds, known, dynamic_pad, shared_name),
        lambda queue: summarize_fullness(queue, capacity),
        ("batch_join", name, enqueue_many, shapes, allow_smaller_final_batch, 1),
    )


def shuffle_batch(
    tensors: Tensors,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Examples side by side, drawn at random. TF symbol: `tf.train.shuffle_batch`.

    `min_after_dequeue` examples stay in the queue to be drawn among; `seed` is that of the draws; the other arguments
    are those of `batch`. ValueError for a `capacity` that leaves no room beside `min_after_dequeue` examples.
    """
    return maybe_shuffle_batch(
        tensors,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        num_threads,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_shuffle_batch(
    tensors: Tensors,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch` of those examples for which `keep_input` is true. TF symbol: `tf.train.maybe_shuffle_batch`."""
    if capacity <= min_after_dequeue:
        raise ValueError(f"capacity {capacity} must be bigger than min_after_dequeue {min_after_dequeue}.")
    return batched(
        [tensors],
        keep_input,
        batch_size,
        lambda kinds, known: RandomShuffleQueue(
            capacity, min_after_dequeue, kinds, known, seed=seed, shared_name=shared_name
        ),
        lambda queue: summarize_fullness(queue, capacity, kept=min_after_dequeue),
        ("shuffle_batch", name, enqueue_many, shapes, allow_smaller_final_batch, num_threads),
    )


def shuffle_batch_join(
    tensors_list: Sequence[Tensors],
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch` of examples that come from several places. TF symbol: `tf.train.shuffle_batch_join`."""
    return maybe_shuffle_batch_join(
        tensors_list,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_shuffle_batch_join(
    tensors_list: Sequence[Tensors],
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch_join` of those for which `keep_input` is true. TF: `tf.train.maybe_shuffle_batch_join`."""
    return batched(
        tensors_list,
        keep_input,
        batch_size,
        lambda kinds, known: RandomShuffleQueue(
            capacity, min_after_dequeue, kinds, known, seed=seed, shared_name=shared_name
        ),
        lambda queue: summarize_fullness(queue, capacity, kept=min_after_dequeue),
        ("shuffle_batch_join", name, enqueue_many, shapes, allow_smaller_final_batch, 1),
    )


__all__ = [
    "batch",
    "batch_join",
    "maybe_batch",
    "maybe_batch_join",
    "maybe_shuffle_batch",
    "maybe_shuffle_batch_join",
    "shuffle_batch",
    "shuffle_batch_join",
]
