"""Running a graph with the steps of its loops joined and with every step by itself."""

from __future__ import annotations

import contextlib

import numpy as np

import recell.v1 as tf
from recell.plan import compile as compiling
from recell.plan.chain_types import Joined

JOINED = compiling.joined
BATCH, DEPTH, UNITS = 2, 3, 4


def alone(order, scene):
    """In place of the pass: every operation by itself."""
    return order


@contextlib.contextmanager
def session_with(way):
    """A session with all variables set, whose plans are made with `way` in place of the pass."""
    compiling.joined = way
    try:
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            yield session
    finally:
        compiling.joined = JOINED


def assert_same(fetches, feeds=None):
    """Two runs each of two sessions, one with joined steps, give the same."""
    results = []
    for way in (alone, JOINED):
        with session_with(way) as session:
            results.append([session.run(fetches, feeds) for _ in range(2)])
    for plain, joined in zip(*results, strict=True):
        for expected, value in zip(plain, joined, strict=True):
            largest = np.max(np.abs(expected), initial=1.0)  # what its rounding is measured by
            np.testing.assert_allclose(value, expected, rtol=2e-5, atol=2e-6 * largest)


def joined_types(fetches, feeds=None):
    """The operation types that a plan joins, each with the number of operations, in order of type."""
    seen = []

    def watched(order, scene):
        units = JOINED(order, scene)
        seen.extend((unit.ops[0].type, len(unit.ops)) for unit in units if isinstance(unit, Joined))
        return units

    with session_with(watched) as session:
        del seen[:]
        session.run(fetches, feeds)
    return sorted(seen)


def joined_steps(fetches, feeds=None):
    """The lengths of the recurrences that a plan joins."""
    return [count for kind, count in joined_types(fetches, feeds) if kind.endswith("Step")]
