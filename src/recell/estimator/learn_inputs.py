"""The input functions of `tf.contrib.learn`, which shuffle unless they are told not to."""

from __future__ import annotations

from typing import Any

from recell.estimator import inputs
from recell.estimator.inputs import InputFn


def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool = True,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> InputFn:
    """`tf.estimator.inputs.numpy_input_fn`, shuffled by default. TF: `tf.contrib.learn.io.numpy_input_fn`."""
    return inputs.numpy_input_fn(x, y, batch_size, num_epochs, shuffle, queue_capacity, num_threads)


def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool = True,
    queue_capacity: int = 1000,
    num_threads: int = 1,
    target_column: str = "target",
) -> InputFn:
    """`tf.estimator.inputs.pandas_input_fn`, shuffled by default. TF: `tf.contrib.learn.io.pandas_input_fn`."""
    return inputs.pandas_input_fn(x, y, batch_size, num_epochs, shuffle, queue_capacity, num_threads, target_column)
