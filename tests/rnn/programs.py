"""What the tests of cells and drivers share: a fresh graph, a run, the names of the variables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf

Cells = tf.nn.rnn_cell


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    """A graph of its own for every test."""
    with tf.Graph().as_default() as fresh:
        yield fresh


def names() -> list[str]:
    return [variable.op.name for variable in tf.global_variables()]


def run(fetches: Any, feed_dict: Any = None) -> Any:
    """The values in a new session, after the initializers have run."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feed_dict)


def inputs(shape: tuple[int, ...] = (4, 6, 3), seed: int = 0) -> np.ndarray:
    return np.random.RandomState(seed).standard_normal(shape).astype(np.float32)


@contextlib.contextmanager
def release(version: str) -> Iterator[None]:
    """The behaviour of one release of TensorFlow."""
    from recell.graph import compat

    before = compat.get_version()
    compat.set_version(version)
    try:
        yield
    finally:
        compat.set_version(before)
