"""`swap_memory=True`: the same values and gradients in less memory, and never a side effect twice."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from tests.rnn.programs import Cells, graph, inputs, run

import recell.v1 as tf

__all__ = ["graph"]

ROOT = pathlib.Path(__file__).parents[2]


def checkpointed() -> list[bool]:
    return [op.attrs["checkpoint"] for op in tf.get_default_graph().get_operations() if op.type == "Recurrence"]


@pytest.mark.parametrize("lengths", [None, [9, 4, 0, 12]])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Cells.LSTMCell(5, use_peepholes=True),
        lambda: Cells.MultiRNNCell([Cells.GRUCell(4), Cells.BasicRNNCell(3)]),
        lambda: Cells.DropoutWrapper(Cells.LSTMCell(5), 0.6, 0.7, 0.8, seed=5),
        lambda: Cells.DropoutWrapper(
            Cells.GRUCell(5, activation=lambda x: tf.nn.dropout(tf.tanh(x), 0.5)), 0.6, seed=2
        ),
    ],
)
def test_values_and_gradients_are_those_of_the_plain_loop(make: Any, lengths: Any) -> None:
    """Masks of seeded dropout too: the second computation draws them again, the next run draws new ones."""
    results = []
    for swap in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(7)
            fed = tf.constant(inputs((4, 9, 3)))
            outputs, state = tf.nn.dynamic_rnn(make(), fed, lengths, dtype=tf.float32, swap_memory=swap)
            assert checkpointed() == [swap]
            leaves = [outputs, *tf.contrib.framework.nest.flatten(state)]
            loss = tf.add_n([tf.reduce_sum(leaf**2) for leaf in leaves])
            gradients = tf.gradients(loss, [fed, *tf.trainable_variables()])
            for number, variable in enumerate(tf.trainable_variables()):
                variable.load(inputs(tuple(variable.shape.as_list()), number), session)
            results.append([session.run([*leaves, *gradients]) for _ in range(2)])
    for plain, swapped in zip(*results, strict=True):
        for a, b in zip(plain, swapped, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_unseeded_dropout_is_repeated_too() -> None:
    """The gradient of a sum of masked inputs is the mask itself, which the outputs show as well."""
    cell = Cells.DropoutWrapper(Cells.BasicRNNCell(3, activation="linear"), input_keep_prob=0.5)
    fed = tf.ones([4, 20, 3])
    outputs, _ = tf.nn.dynamic_rnn(cell, fed, dtype=tf.float32, swap_memory=True)
    gradient = tf.gradients(outputs, fed)[0]
    kernel = tf.trainable_variables()[0]
    with tf.Session() as session:
        kernel.load(np.concatenate([np.eye(3), np.zeros([3, 3])]).astype(np.float32), session)
        tf.trainable_variables()[1].load(np.zeros(3, np.float32), session)
        value, slope = session.run([outputs, gradient])
    assert set(np.unique(value)) == {0.0, 2.0}
    np.testing.assert_array_equal(slope, value)


def test_second_derivatives() -> None:
    results = []
    for swap in (False, True):
        with tf.variable_scope("", reuse=swap):
            fed = tf.constant(inputs((2, 6, 2)).astype(np.float64))
            cell = Cells.GRUCell(2, kernel_initializer=tf.constant_initializer(0.3), name="c")
            outputs, _ = tf.nn.dynamic_rnn(cell, fed, dtype=tf.float64, swap_memory=swap)
            first = tf.gradients(outputs, fed)[0]
            results.append(tf.gradients(tf.reduce_sum(first**2), fed)[0])
    plain, swapped = run(results)
    assert np.abs(plain).max() > 1e-4
    np.testing.assert_allclose(swapped, plain, rtol=1e-9, atol=1e-12)


def test_side_effects_happen_once() -> None:
    seen: list[float] = []

    def note(value: np.ndarray) -> np.ndarray:
        seen.append(float(value[0, 0]))
        return value

    class Noting(Cells.RNNCell):
        state_size = output_size = 1

        def call(self, inputs: Any, state: Any) -> Any:
            new = state + tf.reshape(tf.py_func(note, [inputs], tf.float32), [1, 1]) * inputs
            return new, new

    fed = tf.constant(np.arange(4, dtype=np.float32).reshape(1, 4, 1))
    outputs, _ = tf.nn.dynamic_rnn(Noting(), fed, dtype=tf.float32, swap_memory=True)
    assert checkpointed() == [False]
    run(tf.gradients(outputs, fed)[0])
    assert seen == [0, 1, 2, 3]


def test_the_peak_of_memory_is_lower() -> None:
    """Without, each of 500 steps keeps about 400 kB; with, some 23 of them do at a time.

    That is so of PyTorch's operations: a fused kernel keeps less by itself.
    """
    options = ["--time", "500", "--batch", "64", "--units", "128", "--repeat", "1"]
    plain = {**os.environ, "RECELL_KERNELS": "off"}
    peaks = []
    for swap in ([], ["--swap"]):
        command = [sys.executable, "-m", "benchmarks.swap_memory", "--measure", *options, *swap]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=plain)
        peaks.append(float(done.stdout.split()[0]))
    assert peaks[1] < 0.6 * peaks[0], peaks
