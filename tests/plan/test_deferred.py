"""Tensors that an operation computes when it chooses to, and the numbers that datasets draw."""

from __future__ import annotations

from itertools import islice

import numpy as np

import recell.v1 as tf
from recell.graph import dtypes
from recell.graph.deferred import Deferred
from recell.graph.tensor import Tensor
from recell.ops import rules
from recell.ops.op import op
from recell.plan.philox import PhiloxStream, philox_words, stateless_stream

made: list[int] = []


@op("TestCounted", shape=rules.scalar, dtype=dtypes.int32, stateful=True, differentiable=False)
def counted(ctx, x: Tensor):
    made.append(1)
    return x + len(made)


@op("TestLater", shape=rules.scalar, dtype=dtypes.int32, stateful=True, differentiable=False)
def later(ctx, compute):
    if "value" not in ctx.state:
        ctx.state["value"] = compute()
    return ctx.state["value"].clone()


def test_is_no_input_and_is_computed_when_asked_for():
    made.clear()
    with tf.Graph().as_default():
        tensor = counted(tf.constant(10))
        result = later(Deferred(tensor))
        assert list(result.op.inputs) == []
        with tf.Session() as sess:
            assert not made
            assert [sess.run(result) for _ in range(3)] == [11, 11, 11]
            assert len(made) == 1
        with tf.Session() as sess:
            assert sess.run(result) == 12


def test_one_by_one_words_are_those_of_the_stream():
    words = list(islice(philox_words(87654321, 5), 5000))
    stream = PhiloxStream(87654321, 5)
    integers = stream.random_uniform_int((64,), 0, 2**31 - 1)
    assert integers.tolist() == [word % (2**31 - 1) for word in words[:64]]
    assert words == list(islice(philox_words(87654321, 5), 5000))
    assert len(set(words)) > 4990


def test_words_without_seeds_are_nobodys():
    assert list(islice(philox_words(0, 0), 4)) != list(islice(philox_words(0, 0), 4))


def test_stateless_streams_depend_on_both_numbers():
    numbers = [stateless_stream(a, b).uniform((4,)).tolist() for a, b in ((1, 2), (1, 2), (2, 1), (1, 3))]
    assert numbers[0] == numbers[1]
    assert len({tuple(each) for each in numbers}) == 3


def test_stateless_numbers_are_tensorflows():
    # tf.random.stateless_uniform([4], seed=[1, 2]) of TensorFlow 1.15.
    expected = [0.8440604209899902, 0.19204533100128174, 0.9962232112884521, 0.16038739681243896]
    np.testing.assert_array_equal(stateless_stream(1, 2).uniform((4,)).numpy(), np.float32(expected))
