"""The rarer cells of tf.contrib.rnn: TensorFlow 1.15's answers, the formulas in NumPy, and their errors."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.rnn.golden_ntm import NTM, check_ntm
from tests.rnn.programs import graph, inputs, run

import recell.v1 as tf
from recell.rnn.cfn_cell import CFNCell
from recell.rnn.minimal_rnn_cell import MinimalRNNCell
from recell.rnn.ntm_cell import NTMCell

__all__ = ["graph"]

FILE = pathlib.Path(__file__).with_name("contrib_cell_cases.txt")
Contrib = tf.contrib.rnn
Pair = tf.nn.rnn_cell.LSTMStateTuple


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


@pytest.mark.parametrize("name", NTM)
def test_turing_machine_golden(name: str) -> None:
    check_ntm(tf, name)


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def softmax(x: Any) -> Any:
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


def softplus(x: Any) -> Any:
    return np.log1p(np.exp(x))


def stepped(cell: Any, x: np.ndarray, *states: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Output and new states of one step in float64, with variables that are all random, and those variables."""
    tensors = [tf.constant(state) for state in states]
    output, new = cell(tf.constant(x), tensors[0] if len(tensors) == 1 else Pair(*tensors))
    flat = tf.contrib.framework.nest.flatten([output, new])
    with tf.Session() as session:
        values = [inputs(tuple(v.shape.as_list()), seed).astype(x.dtype) for seed, v in enumerate(cell.variables)]
        for variable, value in zip(cell.variables, values, strict=True):
            variable.load(value, session)
        return session.run(flat), values


def drawn(*shape: int, seed: int = 7) -> np.ndarray:
    return inputs(shape, seed).astype(np.float64)


class TestFormulas:
    """The equations of the papers, in NumPy."""

    x, h = drawn(4, 3), drawn(4, 5, seed=8)

    def check(self, got: list[np.ndarray], expected: list[np.ndarray]) -> None:
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)

    def test_simple_recurrent_unit(self) -> None:
        got, (w, b) = stepped(Contrib.SRUCell(5, activation=tf.sigmoid), self.x, self.h)
        j, f, r, s = np.split(self.x @ w, 4, axis=1)
        f, r = sigmoid(f + b[:5]), sigmoid(r + b[5:])
        c = f * self.h + (1 - f) * j
        self.check(got, [r * sigmoid(c) + (1 - r) * s, c])

    def test_independent_units(self) -> None:
        got, (w, u, b) = stepped(Contrib.IndRNNCell(5), self.x, self.h)
        self.check(got, [np.tanh(self.x @ w + u * self.h + b)] * 2)

    def test_independent_gated_units(self) -> None:
        got, (w, past, b, wc, past_c, bc) = stepped(Contrib.IndyGRUCell(5), self.x, self.h)
        gates = sigmoid(self.x @ w + np.concatenate([self.h, self.h], axis=1) * past + b)
        r, u = np.split(gates, 2, axis=1)
        c = np.tanh(self.x @ wc + r * self.h * past_c + bc)
        self.check(got, [u * self.h + (1 - u) * c] * 2)

    def test_intersection(self) -> None:
        got, (p, q, w, b) = stepped(Contrib.IntersectionRNNCell(5, num_in_proj=5, forget_bias=0.5), self.x, self.h)
        x = self.x @ p + q
        gh, ch, gy, cy = np.split(np.concatenate([x, self.h], axis=1) @ w + b, 4, axis=1)
        gh, gy = sigmoid(gh + 0.5), sigmoid(gy + 0.5)
        self.check(got, [gy * x + (1 - gy) * np.maximum(cy, 0), gh * self.h + (1 - gh) * np.tanh(ch)])

    def test_minimal(self) -> None:
        got, (kernel, b) = stepped(MinimalRNNCell(5), self.x, self.h)
        phi = np.tanh(self.x @ kernel[:3])
        u = sigmoid(np.concatenate([phi, self.h], axis=1) @ kernel[3:] + b)
        self.check(got, [u * self.h + (1 - u) * phi] * 2)

    def test_chaos_free(self) -> None:
        got, (w, u, b) = stepped(CFNCell(5, activation="hard_sigmoid"), self.x, self.h)
        theta, eta = np.split(sigmoid(self.h @ u + self.x @ w[:, :10] + b), 2, axis=1)

        def hard(x: np.ndarray) -> np.ndarray:
            return np.clip(0.2 * x + 0.5, 0, 1)

        self.check(got, [theta * hard(self.h) + (1 - eta) * hard(self.x @ w[:, 10:])] * 2)

    def test_searched(self) -> None:
        c, m = drawn(4, 2), drawn(4, 3, seed=9)
        got, (r, w, b, p) = stepped(Contrib.NASCell(2, num_proj=3, use_bias=True), self.x, c, m)
        m1, m2, m3, m4, m5, m6, m7, m8 = np.split(m @ r + b, 8, axis=1)
        x1, x2, x3, x4, x5, x6, x7, x8 = np.split(self.x @ w, 8, axis=1)
        l1 = np.tanh(sigmoid(x1 + m1) * np.maximum(x2 + m2, 0))
        l2 = np.tanh(sigmoid(x3 + m3) + np.maximum(x4 * m4, 0))
        l3 = np.tanh(np.tanh(x5 + m5) * sigmoid(x6 + m6))
        l4 = sigmoid(np.tanh(x7 + m7) + sigmoid(x8 + m8))
        c = np.tanh(l1 + c) * l2
        m = np.tanh(c * np.tanh(l3 + l4)) @ p
        self.check(got, [m, c, m])

    def test_convolutional(self) -> None:
        x, c, h = drawn(2, 6, 2), drawn(2, 6, 1), drawn(2, 6, 1, seed=9)
        cell = Contrib.Conv1DLSTMCell(input_shape=[6, 2], output_channels=1, kernel_shape=[3], forget_bias=0.25)
        got, (w, b) = stepped(cell, x, c, h)
        padded = np.pad(np.concatenate([x, h], axis=2), [(0, 0), (1, 1), (0, 0)])
        gates = sum(padded[:, k : k + 6] @ w[k] for k in range(3)) + b
        i, j, f, o = np.split(gates, 4, axis=2)
        c = sigmoid(f + 0.25) * c + sigmoid(i) * np.tanh(j)
        h = sigmoid(o) * np.tanh(c)
        self.check(got, [h, c, h])


class TestTuringMachine:
    """Against a loop over rows, heads and shifts, as the paper puts it."""

    size, width, shift = 6, 2, 1

    def addressed(self, said: np.ndarray, before: np.ndarray, memory: np.ndarray) -> np.ndarray:
        """Where one row's head looks."""
        key, beta, g = np.tanh(said[: self.width]), softplus(said[self.width]), sigmoid(said[self.width + 1])
        s, gamma = softmax(said[self.width + 2 : -1]), 1 + softplus(said[-1])
        norms = np.linalg.norm(memory, axis=1) * np.linalg.norm(key)
        focus = g * softmax(beta * (memory @ key) / (norms + 1e-8)) + (1 - g) * before
        moved = np.zeros(self.size)
        for row in range(self.size):
            for number, by in enumerate([0, 1, -1]):
                moved[(row + by) % self.size] += s[number] * focus[row]
        return moved**gamma / (moved**gamma).sum()

    def test_steps(self) -> None:
        cell = NTMCell(tf.nn.rnn_cell.BasicRNNCell(3), self.size, self.width, 2, 1, output_dim=2, dtype=tf.float64)
        xs = drawn(3, 4, 2)
        state = cell.zero_state(4, tf.float64)
        outputs = []
        for x in xs:
            output, state = cell(tf.constant(x), state)
            outputs.append(output)
        assert state.time == 3
        with tf.Session() as session:
            for seed, variable in enumerate(tf.global_variables()):
                variable.load(drawn(*variable.shape.as_list(), seed=seed), session)
            weights = dict(zip([v.op.name for v in tf.global_variables()], session.run(tf.global_variables())))  # noqa: B905
            got, memory, where = session.run([outputs, state.M, state.w_list])
        for row in range(4):
            expected = self.unrolled(xs[:, row], {k.replace("ntm_cell/", ""): v for k, v in weights.items()})
            np.testing.assert_allclose([output[row] for output in got], expected[0], rtol=1e-10)
            np.testing.assert_allclose(memory[row], expected[1], rtol=1e-10)
            np.testing.assert_allclose([w[row] for w in where], expected[2], rtol=1e-10)

    def unrolled(self, xs: np.ndarray, v: dict[str, np.ndarray]) -> tuple[Any, Any, Any]:
        h, memory = np.zeros(3), v["memory"]
        reads = [np.tanh(v[f"initial_read_vector_{n}"][0]) for n in range(2)]
        where = [softmax(v[f"initial_address_weights_{n}"][0]) for n in range(3)]
        outputs = []
        for x in xs:
            joined = np.concatenate([x, *reads, h])
            h = np.tanh(joined @ v["basic_rnn_cell/kernel"] + v["basic_rnn_cell/bias"])
            said = np.clip(h @ v["parameters_kernel"] + v["parameters_bias"], -20, 20)
            heads = said[: 3 * 8].reshape(3, 8)
            where = [self.addressed(head, before, memory) for head, before in zip(heads, where, strict=True)]
            reads = [w @ memory for w in where[:2]]
            erase, add = sigmoid(said[24:26]), np.tanh(said[26:28])
            memory = memory * (1 - np.outer(where[2], erase)) + np.outer(where[2], add)
            output = np.concatenate([h, *reads]) @ v["output_kernel"] + v["output_bias"]
            outputs.append(np.clip(output, -20, 20))
        return outputs, memory, where

    def test_needs_no_static_batch_nor_output_dim(self) -> None:
        """TensorFlow 1.15 asks for both."""
        x = tf.placeholder(tf.float32, [None, None, 2])
        cell = NTMCell(tf.nn.rnn_cell.GRUCell(3), 5, 1, 1, 1)
        outputs, state = tf.nn.dynamic_rnn(cell, x, [3, 0], dtype=tf.float32)
        got, time = run([outputs, state.time], {x: inputs((2, 4, 2))})
        assert got.shape == (2, 4, 2)
        assert not got[0, 3].any()
        assert not got[1].any()
        assert time == 3

    def test_smaller_than_the_shifts(self) -> None:
        cell = NTMCell(tf.nn.rnn_cell.GRUCell(3), 4, 2, 1, 1, shift_range=2)
        with pytest.raises(ValueError, match="memory of 4 rows is smaller than the 5 shifts"):
            cell(tf.zeros([2, 2]), cell.zero_state(2, tf.float32))

    def test_dtype_of_the_state(self) -> None:
        cell = NTMCell(tf.nn.rnn_cell.GRUCell(3), 4, 2, 1, 1)
        with pytest.raises(TypeError, match="variables are float32, its state is not"):
            cell(tf.zeros([2, 2], tf.float64), cell.zero_state(2, tf.float64))

    def test_shift_range_of_none_strays_as_in_tensorflow(self) -> None:
        """It takes the last 0 shifts for all of them: what a row has goes one and two rows up."""
        cell = NTMCell(tf.nn.rnn_cell.GRUCell(3), 4, 2, 1, 1, shift_range=0)
        moves = run(cell._moves(tf.ones([1, 1])))[0]
        np.testing.assert_array_equal(moves, [[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1], [1, 0, 0, 0]])


IMAGE = {"input_shape": [4, 2], "output_channels": 3, "kernel_shape": [3]}


def convolved(x: Any, c: Any, h: Any, **options: Any) -> Any:
    return Contrib.Conv1DLSTMCell(**IMAGE, **options)(x, Pair(c, h))


class TestErrors:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: Contrib.IntersectionRNNCell(3, name="mine"),
            lambda: Contrib.UGRNNCell(3, name="mine"),
            lambda: Contrib.IndRNNCell(3, trainable=False),
            lambda: Contrib.IndyGRUCell(3, trainable=False),
            lambda: Contrib.ConvLSTMCell(1, [5, 2], 2, [2], reuse=True),
            lambda: Contrib.Conv1DLSTMCell(conv_ndims=1, **IMAGE),
            lambda: Contrib.Conv1DLSTMCell(input_shape=[4, 2], output_channels=3),
            lambda: NTMCell(tf.nn.rnn_cell.GRUCell(4), 5, 2, 1, 2, reuse=True),
        ],
    )
    def test_arguments_that_a_cell_has_not(self, make: Any) -> None:
        with pytest.raises(TypeError, match=r"unexpected keyword argument|multiple values|missing 1 required"):
            make()

    @pytest.mark.parametrize("cell", [Contrib.UGRNNCell, Contrib.IntersectionRNNCell, Contrib.NASCell])
    def test_depth(self, cell: Any) -> None:
        state = Pair(tf.zeros([2, 3]), tf.zeros([2, 3])) if cell is Contrib.NASCell else tf.zeros([2, 3])
        for shape in ([2, None], None):
            with pytest.raises(ValueError, match=r"Could not infer input size from inputs\.get_shape"):
                cell(3)(tf.placeholder(tf.float32, shape), state)
        for shape in ([2], [2, 3, 3]):
            with pytest.raises(ValueError, match="must have rank 2"):
                cell(3)(tf.zeros(shape), state)

    def test_intersection_of_different_sizes(self) -> None:
        with pytest.raises(ValueError, match="Must have input size == output size for Intersection RNN"):
            Contrib.IntersectionRNNCell(3)(tf.zeros([2, 4]), tf.zeros([2, 3]))

    @pytest.mark.parametrize(
        "cell", [Contrib.SRUCell, Contrib.IndRNNCell, Contrib.IndyGRUCell, Contrib.IndyLSTMCell, Contrib.UGRNNCell]
    )
    def test_integers(self, cell: Any) -> None:
        with pytest.raises(TypeError):
            cell(3)(tf.zeros([2, 4], tf.int32), cell(3).zero_state(2, tf.int32))

    @pytest.mark.parametrize("cell", [Contrib.SRUCell, Contrib.IndRNNCell, Contrib.IndyGRUCell, MinimalRNNCell])
    def test_wide_state(self, cell: Any) -> None:
        with pytest.raises(ValueError, match="Dimensions must be equal, but are"):
            cell(3)(tf.zeros([2, 4]), tf.zeros([2, 4]))

    def test_no_activation(self) -> None:
        with pytest.raises(TypeError, match="y_activation must be a function or its name, not None"):
            Contrib.IntersectionRNNCell(3, y_activation=None)

    def test_joined_state_of_a_pair(self) -> None:
        with pytest.raises(TypeError):
            Contrib.NASCell(3)(tf.zeros([2, 3]), tf.zeros([2, 6]))

    def test_convolutions(self) -> None:
        zeros = tf.zeros
        state = zeros([1, 4, 3]), zeros([1, 4, 3])
        with pytest.raises(ValueError, match="expects 3D, 4D or 5D arguments"):
            convolved(zeros([1, 4]), *state)
        with pytest.raises(ValueError, match="all args to be of same Dimension"):
            convolved(zeros([1, 4, 2]), state[0], zeros([1, 4, 3, 3]))
        with pytest.raises(TypeError, match="channels of inputs and state must be known"):
            convolved(tf.placeholder(tf.float32, [1, 4, None]), *state)
        with pytest.raises(ValueError, match="Dimension 1 in both shapes must be equal"):
            convolved(zeros([1, 5, 2]), *state)
        with pytest.raises(TypeError):
            Contrib.Conv1DLSTMCell(**IMAGE)(zeros([1, 4, 2]), zeros([1, 4, 6]))

    def test_second_step_from_zeros_with_a_skip_connection(self) -> None:
        cell, x = Contrib.Conv1DLSTMCell(**IMAGE, skip_connection=True), tf.zeros([1, 4, 2])
        _, state = cell(x, cell.zero_state(1, tf.float32))
        with pytest.raises(ValueError, match="Trying to share variable conv_1d_lstm_cell/kernel"):
            cell(x, state)
        with pytest.raises(ValueError, match="Trying to share variable rnn/conv_1d_lstm_cell/kernel"):
            tf.nn.static_rnn(Contrib.Conv1DLSTMCell(**IMAGE, skip_connection=True), [x, x], dtype=tf.float32)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_configuration_of_a_convolution_has_no_dimension(number: int) -> None:
    kind = getattr(Contrib, f"Conv{number}DLSTMCell")
    cell = kind(input_shape=[4] * number + [2], output_channels=3, kernel_shape=[2] * number, skip_connection=True)
    again = kind.from_config(cell.get_config())
    assert again.get_config() == cell.get_config()
    assert "conv_ndims" not in cell.get_config()
    assert again.output_size.as_list() == [4] * number + [5]
    assert again.state_size.h.as_list() == [4] * number + [3]
