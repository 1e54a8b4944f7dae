"""Programs whose recurrence can run layer by layer, run that way and step by step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np

import recell.v1 as tf
from recell.plan.over_time import why_step_by_step

Build = Callable[[], Any]


def flat(values: Any) -> list[Any]:
    return tf.contrib.framework.nest.flatten(values)


def recurrences() -> list[Any]:
    """The recurrences of the default graph, in the order in which they were made."""
    return [op for op in tf.get_default_graph().get_operations() if op.type == "Recurrence"]


def reasons() -> list[str | None]:
    """Why each recurrence of the default graph runs step by step; None for one that does not."""
    return [why_step_by_step(op) for op in recurrences()]


@contextlib.contextmanager
def step_by_step() -> Iterator[None]:
    """Inside, recurrences are loops, whatever their step is."""
    with mock.patch("recell.rnn.recurrence_op.can_run_over_time", return_value=False):
        yield


def both_ways(build: Build, runs: int = 1, seed: int | None = 7) -> tuple[list[Any], list[Any]]:
    """The values that `build` fetches, in `runs` runs of one session: layer by layer, and step by step.

    Variables hold the same random numbers both times. Asserts that layers are what runs the first time.
    """
    found = []
    for context in (contextlib.nullcontext, step_by_step):
        with tf.Graph().as_default(), tf.Session() as session, context():
            tf.set_random_seed(seed)
            fetches = flat(build())
            assert set(reasons()) == {None}
            random = np.random.RandomState(1)
            for variable in tf.global_variables():
                value = random.uniform(-0.5, 0.5, variable.shape.as_list())
                variable.load(value.astype(variable.dtype.as_numpy_dtype), session)
            found.append([value for _ in range(runs) for value in session.run(fetches)])
    return found[0], found[1]


def with_gradients(outputs: Any, state: Any, sources: Any) -> list[Any]:
    """Outputs, final states, and the gradients of a function of both by `sources` and the variables."""
    leaves = [*flat(outputs), *flat(state)]
    loss = tf.add_n([tf.reduce_sum(tf.cast(leaf, tf.float64) ** 2 + tf.cast(leaf, tf.float64)) for leaf in leaves])
    xs = [*flat(sources), *tf.trainable_variables()]
    return leaves + [gradient for gradient in tf.gradients(loss, xs) if gradient is not None]


def assert_close(found: list[Any], wanted: list[Any], tolerance: float) -> None:
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        scale = max(1.0, float(np.abs(b, dtype=np.float64).max())) if b.size else 1.0
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)
