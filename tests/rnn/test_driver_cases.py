"""TensorFlow 1.15's answers about drivers: state saving, stacks of two directions, arrays in states, nestings."""

from __future__ import annotations

import pathlib
from typing import Any, ClassVar

import numpy as np
import pytest
from tests import figures
from tests.rnn.programs import Cells, graph, inputs, run

import recell.v1 as tf

__all__ = ["graph"]

FILES = [pathlib.Path(__file__).with_name(name) for name in ("driver_cases.txt", "nested_cases.txt")]


@pytest.mark.parametrize(("file", "name"), [(file, name) for file in FILES for name in figures.read_cases(file)])
def test_same_as_tensorflow(file: pathlib.Path, name: str) -> None:
    figures.check(figures.read_answers(file)[name], figures.answer(tf, figures.read_cases(file)[name]))


def test_transpose_of_unknown_rank() -> None:
    """TensorFlow 1.15 fails here with a TypeError."""
    x = tf.placeholder(tf.float32)
    turned = tf.contrib.rnn.transpose_batch_time(x)
    np.testing.assert_array_equal(run(turned, {x: inputs((2, 3, 4))}), inputs((2, 3, 4)).transpose(1, 0, 2))


def test_names_that_programs_import_by_themselves() -> None:
    rnn = tf.python.ops.rnn
    assert rnn._transpose_batch_time is tf.contrib.rnn.transpose_batch_time
    assert rnn._best_effort_input_batch_size is tf.contrib.rnn.best_effort_input_batch_size


class Pair(Cells.RNNCell):
    """Inputs, outputs and states in pairs."""

    state_size = property(lambda self: (3, 2))
    output_size = property(lambda self: {"h": 3, "k": tf.TensorShape([2, 1])})

    def call(self, inputs: Any, state: Any) -> Any:
        h, k = tf.tanh(inputs["a"] + state[0]), inputs["b"] * 0.5 + state[1]
        return {"h": h, "k": k[:, :, None]}, (h, k)


class TestWhatTensorFlowRejects:
    """Nestings that 1.15 stumbles over, and that later releases and ours take."""

    x: ClassVar = {"a": inputs((4, 5, 3)), "b": inputs((4, 5, 2), seed=1)}
    lengths = np.array([5, 2, 0, 1], np.int32)

    @pytest.mark.parametrize("ragged", [False, True])
    def test_nested_outputs_both_ways(self, ragged: bool) -> None:
        lengths = self.lengths if ragged else None
        outputs, states = tf.nn.bidirectional_dynamic_rnn(Pair(), Pair(), self.x, lengths, dtype=tf.float32)
        forward, end = tf.nn.dynamic_rnn(Pair(), self.x, lengths, dtype=tf.float32)
        turned = {
            key: np.array([np.r_[row[:n][::-1], row[n:]] for row, n in zip(value, self.ends(ragged), strict=True)])
            for key, value in self.x.items()
        }
        backward, start = tf.nn.dynamic_rnn(Pair(), turned, lengths, dtype=tf.float32)
        got, wanted = run([[outputs, states], [(forward, backward), (end, start)]])
        for key in ("h", "k"):
            np.testing.assert_array_equal(got[0][0][key], wanted[0][0][key])
            for row, expected, n in zip(got[0][1][key], wanted[0][1][key], self.ends(ragged), strict=True):
                np.testing.assert_array_equal(row[:n], expected[:n][::-1])
                assert not row[n:].any()
        for a, b in zip(tf.nest.flatten(got[1]), tf.nest.flatten(wanted[1]), strict=True):
            np.testing.assert_array_equal(a, b)

    def ends(self, ragged: bool) -> list[int]:
        return self.lengths.tolist() if ragged else [5] * 4

    def test_dictionaries_in_a_static_list(self) -> None:
        steps = [{key: value[:, t] for key, value in self.x.items()} for t in range(5)]
        outputs, state = tf.nn.static_rnn(Pair(), steps, dtype=tf.float32, sequence_length=self.lengths)
        expected, end = tf.nn.dynamic_rnn(Pair(), self.x, self.lengths, dtype=tf.float32)
        got, wanted = run([[outputs, state], [expected, end]])
        for key in ("h", "k"):
            np.testing.assert_allclose(np.stack([step[key] for step in got[0]], 1), wanted[0][key], rtol=1e-6)
        np.testing.assert_allclose(got[1][0], wanted[1][0], rtol=1e-6)

    def test_outputs_of_another_dtype_than_the_state(self) -> None:
        class Sign(Cells.RNNCell):
            state_size = output_size = property(lambda self: 3)

            def call(self, inputs: Any, state: Any) -> Any:
                return tf.cast(tf.sign(inputs), tf.int32), state

        outputs, _ = tf.nn.dynamic_rnn(Sign(), self.x["a"], self.lengths, dtype=tf.float32)
        expected = np.sign(self.x["a"]) * (np.arange(5) < self.lengths[:, None])[:, :, None]
        np.testing.assert_array_equal(run(outputs), expected)


def test_steps_nested_unlike_each_other() -> None:
    """The steps become one operation, so they are alike; TensorFlow 1.15 calls the cell once for each."""
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.nn.static_rnn(Cells.GRUCell(2), [tf.zeros([3, 3]), (tf.zeros([3, 3]),)], dtype=tf.float32)
