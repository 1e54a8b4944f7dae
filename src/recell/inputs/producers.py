"""Queues that are filled from a tensor, over and over: file names, numbers, slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Operation, Tensor
from recell.graph.variables import Variable
from recell.inputs.fullness import summarize_fullness
from recell.ops.array_index import gather
from recell.ops.array_make import range_
from recell.ops.array_shape import shape as shape_of
from recell.ops.array_shape import size
from recell.ops.comparison import greater
from recell.ops.logging_ops import Assert
from recell.ops.queues import FIFOQueue
from recell.ops.random import random_shuffle
from recell.ops.state import count_up_to, identity
from recell.train.queue_runner import QueueRunner, add_queue_runner


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """`tensor` again, `num_epochs` times in a session; then OutOfRangeError. TF symbol: `tf.train.limit_epochs`.

    The count is a local variable, `epochs`: run `tf.local_variables_initializer()`. None means no limit. ValueError for
    a limit that is not above 0.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name, "limit_epochs", [tensor]) as scope:
        zero = convert_to_tensor(0, dtypes.int64, name="Const")
        epochs = Variable(zero, name="epochs", trainable=False, collections=[GraphKeys.LOCAL_VARIABLES])
        counter = count_up_to(epochs, num_epochs)
        with control_dependencies([counter]):
            return identity(tensor, name=scope)


def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Operation | None = None,
) -> FIFOQueue:
    """A queue of the rows of `input_tensor`, filled by a queue runner again and again. TF: `tf.train.input_producer`.

    Args:
        input_tensor: `[n, ...]`.
        element_shape: of a row, where the tensor does not tell it.
        summary_name: of a scalar summary of how full the queue is; without one there is none.
        num_epochs: how often each row comes, then the queue is closed; None: without end. Counted in a local variable.
        shuffle: whether the rows of an epoch come in random order (`seed`).

    ValueError when the shape of a row is not known.
    """
    with name_scope(name, "input_producer", [input_tensor]):
        rows = convert_to_tensor(input_tensor, name="input_tensor")
        known = rows.shape[1:].merge_with(element_shape)
        if not known.is_fully_defined():
            raise ValueError(
                "Either `input_tensor` must have a fully defined shape or `element_shape` must be specified"
            )
        if shuffle:
            rows = random_shuffle(rows, seed=seed)
        rows = limit_epochs(rows, num_epochs)
        queue = FIFOQueue(
            capacity=capacity,
            dtypes=[rows.dtype.base_dtype],
            shapes=[known],
            shared_name=shared_name,
            name="FIFOQueueV2" if name is None else name,
        )
        add_queue_runner(QueueRunner(queue, [queue.enqueue_many([rows])], cancel_op=cancel_op))
        if summary_name is not None:
            summarize_fullness(queue, capacity, summary_name)
        return queue


def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Operation | None = None,
) -> FIFOQueue:
    """A queue of strings, file names say, as `input_producer`. TF symbol: `tf.train.string_input_producer`.

    ValueError for an empty list, InvalidArgumentError when run for a tensor that turns out empty.
    """
    message = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, (Tensor, Variable)) and not len(string_tensor):
        raise ValueError(message)
    with name_scope(name, "input_producer", [string_tensor]) as scope:
        strings = convert_to_tensor(string_tensor, dtypes.string, name="Const")
        with control_dependencies([Assert(greater(size(strings), 0), [message])]):
            strings = identity(strings)
        return input_producer(
            strings,
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
            cancel_op,
        )


def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> FIFOQueue:
    """A queue of the numbers from 0 up to `limit`, as `input_producer`. TF symbol: `tf.train.range_input_producer`."""
    with name_scope(name, "input_producer", [limit]) as scope:
        return input_producer(
            range_(limit), [], num_epochs, shuffle, seed, capacity, shared_name, f"fraction_of_{capacity}_full", scope
        )


def slice_input_producer(
    tensor_list: Sequence[Any],
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """The next row of each tensor, the same row of all. TF symbol: `tf.train.slice_input_producer`.

    `tensor_list`: tensors `[n, ...]`. ValueError for an empty list.
    """
    with name_scope(name, "input_producer", list(tensor_list)):
        tensors = [convert_to_tensor(tensor, name="Const") for tensor in tensor_list]
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        queue = range_input_producer(shape_of(tensors[0])[0], num_epochs, shuffle, seed, capacity, shared_name)
        index = queue.dequeue()
        return [gather(tensor, index) for tensor in tensors]


__all__ = [
    "input_producer",
    "limit_epochs",
    "range_input_producer",
    "slice_input_producer",
    "string_input_producer",
]
