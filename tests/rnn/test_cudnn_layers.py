"""The layers of tf.contrib.cudnn_rnn at work: against torch's networks, and every argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.test_cudnn import module, states, theirs

import recell.v1 as tf

cudnn = tf.contrib.cudnn_rnn
LAYERS = {
    "lstm": cudnn.CudnnLSTM,
    "gru": cudnn.CudnnGRU,
    "rnn_tanh": cudnn.CudnnRNNTanh,
    "rnn_relu": cudnn.CudnnRNNRelu,
}
TIME, BATCH, DEPTH, UNITS = 5, 4, 3, 4


def vector(network: torch.nn.RNNBase, gradients: bool = False) -> np.ndarray:
    """torch's weights (or their gradients) as cuDNN keeps them: all matrices, then all biases."""
    named = [(name, value.grad if gradients else value) for name, value in network.named_parameters()]
    ordered = [v for name, v in named if "weight" in name] + [v for name, v in named if "bias" in name]
    return torch.cat([value.flatten() for value in ordered]).detach().numpy()


def run(layer: Any, weights: np.ndarray | None, *fetches: Any, **call: Any) -> list[Any]:
    """The layer's outputs and states on these weights, and what else is asked for."""
    x = call.pop("x")
    outputs, final = layer(tf.constant(x), **call)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        if weights is not None:
            session.run(tf.assign(layer.kernel, weights))
        return session.run([outputs, *final, *fetches])


@pytest.fixture(autouse=True)
def graph() -> Any:
    torch.manual_seed(5)
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize("mode", LAYERS)
@pytest.mark.parametrize(("layers", "direction"), [(2, "unidirectional"), (1, "bidirectional"), (2, "bidirectional")])
@pytest.mark.parametrize("lengths", [None, [5, 1, 3, 2]])
def test_values_and_gradients_are_torchs(mode: str, layers: int, direction: str, lengths: list[int] | None) -> None:
    both = direction == "bidirectional"
    network = module(mode, DEPTH, UNITS, num_layers=layers, bidirectional=both)
    x = torch.randn(TIME, BATCH, DEPTH, dtype=torch.float64, requires_grad=True)
    start = states(mode, layers * (1 + both), BATCH, UNITS, UNITS)
    expected = theirs(network, mode, x, start, None if lengths is None else torch.tensor(lengths))
    factors = [torch.randn_like(value) for value in expected]
    sum((value * factor).sum() for value, factor in zip(expected, factors, strict=True)).backward()

    layer = LAYERS[mode](layers, UNITS, direction=direction, dtype=tf.float64)
    inputs = tf.constant(x.detach().numpy())
    state = tuple(tf.constant(h.detach().numpy()) for h in start)
    outputs, final = layer(inputs, state, sequence_lengths=lengths)
    loss = tf.add_n([tf.reduce_sum(t * f.numpy()) for t, f in zip((outputs, *final), factors, strict=True)])
    gradients = tf.gradients(loss, [inputs, *state, layer.kernel])
    with tf.Session() as session:
        session.run(tf.assign(layer.kernel, vector(network)))
        got = session.run([outputs, *final, *gradients])
    want = [*expected, x.grad, *(h.grad for h in start), torch.from_numpy(vector(network, gradients=True))]
    for value, wanted in zip(got, want, strict=True):
        np.testing.assert_allclose(value, wanted.detach().numpy(), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("lengths", [None, [5, 0, 3, 2]])
def test_batches_first(lengths: list[int] | None) -> None:
    x = np.random.default_rng(0).normal(size=(TIME, BATCH, DEPTH)).astype("f")
    layer = cudnn.CudnnLSTM(2, UNITS, direction="bidirectional")
    h, c = (np.random.default_rng(k).normal(size=(4, BATCH, UNITS)).astype("f") for k in (1, 2))
    first = layer(tf.constant(x), (h, c), lengths)
    swapped = [value.swapaxes(0, 1) for value in (x, h, c)]
    second = layer(tf.constant(swapped[0]), (swapped[1], swapped[2]), lengths, time_major=False)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        (y, (h, c)), (y2, (h2, c2)) = session.run([first, second])
    for a, b in ((y, y2), (h, h2), (c, c2)):
        np.testing.assert_array_equal(a, b.swapaxes(0, 1))


def test_zeros_are_the_first_states_in_either_layout() -> None:
    x = np.ones([TIME, BATCH, DEPTH], "f")
    layer = cudnn.CudnnGRU(2, UNITS)
    fed = tf.placeholder(tf.float32, [None, None, DEPTH])
    outputs = [layer(fed), layer(tf.transpose(fed, [1, 0, 2]), time_major=False)]
    given = layer(fed, (tf.zeros([2, BATCH, UNITS]),))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        (y, (h,)), (y2, (h2,)), (y3, _) = session.run([*outputs, given], {fed: x})
    assert h.shape == (2, BATCH, UNITS)
    np.testing.assert_array_equal(y, y3)
    np.testing.assert_array_equal(y, y2.swapaxes(0, 1))
    np.testing.assert_array_equal(h, h2.swapaxes(0, 1))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(dtype: str) -> None:
    x = np.random.default_rng(0).normal(size=(TIME, BATCH, DEPTH))
    layer = cudnn.CudnnGRU(2, UNITS, dtype=dtype, direction="bidirectional")
    network = module("gru", DEPTH, UNITS, num_layers=2, bidirectional=True)
    start = [torch.zeros(4, BATCH, UNITS, dtype=torch.float64)]
    expected = theirs(network, "gru", torch.from_numpy(x), start, None)
    got = run(layer, vector(network).astype(dtype), x=x.astype(dtype))
    assert [value.dtype for value in got] == [np.dtype(dtype)] * 2
    tolerance = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}[dtype]
    for value, wanted in zip(got, expected, strict=True):
        np.testing.assert_allclose(value, wanted.detach().numpy(), atol=tolerance)


class TestInputModes:
    def by_identity(self, mode: str, input_mode: str) -> tuple[list[Any], list[Any], int, int]:
        """A network that skips its input, and one whose first matrices are identities with the other weights equal."""
        x = np.random.default_rng(0).normal(size=(TIME, BATCH, UNITS))
        skipping = LAYERS[mode](2, UNITS, input_mode=input_mode, direction="bidirectional", dtype=tf.float64)
        linear = LAYERS[mode](2, UNITS, direction="bidirectional", dtype=tf.float64)
        got, expected = skipping(tf.constant(x)), linear(tf.constant(x))
        canonical = [spec.tensor for spec in skipping.saveable.specs]
        same = linear.saveable.restore(canonical, None)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            size = skipping.kernel.shape.num_elements()
            session.run(tf.assign(skipping.kernel, np.random.default_rng(1).normal(size=size)))
            session.run(same)
            return *session.run([got, expected]), size, linear.kernel.shape.num_elements()

    @pytest.mark.parametrize("mode", LAYERS)
    @pytest.mark.parametrize("input_mode", ["skip_input", "auto_select"])
    def test_skipping_is_an_identity(self, mode: str, input_mode: str) -> None:
        got, expected, size, full = self.by_identity(mode, input_mode)
        for value, wanted in zip(*map(tf.contrib.framework.nest.flatten, (got, expected)), strict=True):
            np.testing.assert_allclose(value, wanted, rtol=1e-12)
        gates = {"lstm": 4, "gru": 3}.get(mode, 1)
        assert full - size == 2 * gates * UNITS * UNITS

    def test_auto_select_reads_another_depth_through_matrices(self) -> None:
        layer = cudnn.CudnnLSTM(1, UNITS, input_mode="auto_select")
        layer(tf.zeros([1, 1, DEPTH]))
        assert layer.kernel.shape.num_elements() == 4 * UNITS * (DEPTH + UNITS + 2)

    def test_another_depth_cannot_be_skipped(self) -> None:
        with pytest.raises(ValueError, match="must be num_units, but they are 3 and 4"):
            cudnn.CudnnLSTM(1, UNITS, input_mode="skip_input")(tf.zeros([1, 1, DEPTH]))


class TestDropout:
    x = np.random.default_rng(0).normal(size=(40, BATCH, DEPTH)).astype("f")

    def outputs(self, layer: Any, times: int = 1, **call: Any) -> list[Any]:
        outputs, _ = layer(tf.constant(self.x), **call)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return [session.run(outputs) for _ in range(times)]

    def test_drops_between_layers_while_training(self) -> None:
        layer = cudnn.CudnnRNNRelu(2, 64, dropout=0.5)
        outputs, _ = layer(tf.constant(self.x), training=True)
        plain, _ = layer(tf.constant(self.x), training=False)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            a, b, expected = session.run(outputs), session.run(outputs), session.run(plain)
        assert (a != b).any()
        assert (a != expected).any()

    def test_the_rate_and_the_scale(self) -> None:
        """A second layer that hands on what it reads shows what it was given."""
        layer = cudnn.CudnnRNNRelu(2, 8, dropout=0.25, dtype=tf.float64)
        x = np.abs(np.random.default_rng(0).normal(size=(500, BATCH, DEPTH))) + 1
        outputs, _ = layer(tf.constant(x))
        first = np.ones([8, DEPTH])
        parts = [first, np.zeros([8, 8]), np.eye(8), np.zeros([8, 8]), np.zeros(32)]
        with tf.Session() as session:
            session.run(tf.assign(layer.kernel, np.concatenate([part.ravel() for part in parts])))
            got = session.run(outputs)
        expected = np.repeat(x.sum(axis=2, keepdims=True), 8, axis=2)
        kept = got != 0
        np.testing.assert_allclose(got[kept], expected[kept] / 0.75)
        assert abs(kept.mean() - 0.75) < 0.02

    def test_a_seed_repeats_in_another_session(self) -> None:
        layer = cudnn.CudnnRNNTanh(3, UNITS, dropout=0.5, seed=3)
        (a, b), (c, d) = self.outputs(layer, times=2), self.outputs(layer, times=2)
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
        assert (a != b).any()

    def test_all_can_be_dropped(self) -> None:
        layer = cudnn.CudnnRNNTanh(2, UNITS, dropout=1.0)
        assert not self.outputs(layer)[0].any()

    def test_one_layer_has_nothing_between(self) -> None:
        layer = cudnn.CudnnRNNTanh(1, UNITS, dropout=0.9)
        a, b = self.outputs(layer, times=2)
        np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("rate", [1.5, -0.1])
    def test_no_such_rate(self, rate: float) -> None:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Dropout must be between 0 and 1"):
            self.outputs(cudnn.CudnnRNNTanh(2, UNITS, dropout=rate))


class TestRefusesInTheSession:
    def refuses(self, match: str, **call: Any) -> None:
        layer = cudnn.CudnnLSTM(2, UNITS)
        with pytest.raises(tf.errors.InvalidArgumentError, match=match):
            run(layer, None, x=np.zeros([TIME, BATCH, DEPTH], "f"), **call)

    @pytest.mark.parametrize("shape", [(2, BATCH + 1, UNITS), (0, BATCH, UNITS)])
    def test_states_of_another_shape(self, shape: tuple[int, ...]) -> None:
        self.refuses("Invalid input_h shape", initial_state=(np.zeros(shape, "f"),) * 2)

    @pytest.mark.parametrize("shape", [(1, BATCH, UNITS), (2, BATCH, UNITS + 1)])
    def test_states_of_another_network(self, shape: tuple[int, ...]) -> None:
        self.refuses("opaque weights", initial_state=(np.zeros(shape, "f"),) * 2)

    def test_a_memory_of_another_shape(self) -> None:
        state = np.zeros([2, BATCH, UNITS], "f"), np.zeros([2, BATCH + 1, UNITS], "f")
        self.refuses("Invalid input_c shape", initial_state=state)

    @pytest.mark.parametrize("lengths", [[1, 2, 3], [1, 2, 3, TIME + 1], [1, 2, 3, -1]])
    def test_lengths(self, lengths: list[int]) -> None:
        self.refuses("lengths must", sequence_lengths=lengths)


def test_a_state_of_another_number_of_tensors() -> None:
    h = tf.zeros([1, BATCH, UNITS])
    x = tf.zeros([TIME, BATCH, DEPTH])
    with pytest.raises(ValueError, match="the state of CudnnLSTM is a tuple of h and c, but has 1"):
        cudnn.CudnnLSTM(1, UNITS)(x, (h,))
    with pytest.raises(ValueError, match="the state of CudnnGRU is a tuple of h, but has 2"):
        cudnn.CudnnGRU(1, UNITS)(x, (h, h))


def test_a_network_without_layers() -> None:
    with pytest.raises(ValueError, match="one layer or more, but num_layers is 0"):
        cudnn.CudnnLSTM(0, UNITS)(tf.zeros([TIME, BATCH, DEPTH]))


def test_a_configuration_makes_it_again() -> None:
    made = cudnn.CudnnGRU(2, 3, direction="bidirectional", dropout=0.5, dtype=tf.float64, name="g")
    again = cudnn.CudnnGRU.from_config(made.get_config())
    assert again.get_config() == made.get_config()
    assert (again.num_layers, again.num_units, again.num_dirs, again.dtype) == (2, 3, 2, "float64")


def test_a_network_learns() -> None:
    x = np.random.default_rng(0).normal(size=(6, 16, 2)).astype("f")
    layer = cudnn.CudnnLSTM(2, 8, direction="bidirectional", dropout=0.1)
    outputs, _ = layer(tf.constant(x))
    guess = tf.layers.dense(outputs, 1)[..., 0]
    loss = tf.reduce_mean(tf.square(guess - np.cumsum(x[..., 0], axis=0)))
    train = tf.train.AdamOptimizer(0.02).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        losses = [session.run([loss, train])[0] for _ in range(80)]
    assert losses[-1] < 0.2 * losses[0]
