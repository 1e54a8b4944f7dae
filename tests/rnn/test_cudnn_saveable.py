"""The weights of a network as those of cells: saveables, restored by hand, and the classes of before 1.4."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell.v1.contrib.cudnn_rnn.python.ops import cudnn_rnn_ops as ops

cudnn = tf.contrib.cudnn_rnn
KINDS = {
    "LSTM": lambda: cudnn.CudnnCompatibleLSTMCell(4),
    "GRU": lambda: cudnn.CudnnCompatibleGRUCell(4),
    "RNNTanh": lambda: tf.nn.rnn_cell.BasicRNNCell(4),
    "RNNRelu": lambda: tf.nn.rnn_cell.BasicRNNCell(4, activation=tf.nn.relu),
}
LAYERS = 2
X = np.random.default_rng(0).normal(size=(5, 3, 2))


@pytest.fixture(autouse=True)
def graph() -> Any:
    with tf.Graph().as_default() as made:
        yield made


def cells(kind: str, direction: str, scope: str) -> Any:
    """Outputs of the cells of TF's own drivers that a checkpoint of a network under `scope` is meant for."""
    x = tf.constant(X)
    with tf.variable_scope(scope):
        made = [KINDS[kind]() for _ in range(LAYERS)]
        if direction == "unidirectional":
            cell = tf.nn.rnn_cell.MultiRNNCell(made)
            return tf.nn.dynamic_rnn(cell, x, dtype=tf.float64, time_major=True)[0]
        back = [KINDS[kind]() for _ in range(LAYERS)]
        run = tf.contrib.rnn.stack_bidirectional_dynamic_rnn
        return run(made, back, x, dtype=tf.float64, time_major=True)[0]


def values(saveable: Any, session: tf.Session) -> dict[str, np.ndarray]:
    """What a checkpoint would hold."""
    return {spec.name: session.run(spec.tensor) for spec in saveable.specs}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("direction", ["unidirectional", "bidirectional"])
class TestCheckpoint:
    def network(self, kind: str, direction: str, session: tf.Session) -> tuple[Any, Any]:
        layer = getattr(cudnn, f"Cudnn{kind}")(LAYERS, 4, direction=direction, dtype=tf.float64, name="net")
        outputs, _ = layer(tf.constant(X))
        size = layer.kernel.shape.num_elements()
        session.run(tf.assign(layer.kernel, np.random.default_rng(1).normal(size=size)))
        return layer, outputs

    def test_cells_read_it(self, kind: str, direction: str) -> None:
        with tf.Session() as session:
            layer, outputs = self.network(kind, direction, session)
            expected, saved = session.run(outputs), values(layer.saveable, session)
            with tf.Graph().as_default(), tf.Session() as other:
                same = cells(kind, direction, "net")
                variables = {v.op.name: v for v in tf.global_variables()}
                assert set(variables) == set(saved)
                other.run([tf.assign(variables[name], value) for name, value in saved.items()])
                np.testing.assert_allclose(other.run(same), expected, rtol=1e-10, atol=1e-12)

    def test_a_network_reads_cells(self, kind: str, direction: str) -> None:
        with tf.Session() as session:
            expected = cells(kind, direction, "net")
            session.run(tf.global_variables_initializer())
            saved = {v.op.name: session.run(v) for v in tf.global_variables()}
            wanted = session.run(expected)
        with tf.Graph().as_default(), tf.Session() as session:
            layer, outputs = self.network(kind, direction, session)
            saveable = layer.saveable
            given = [tf.constant(saved[spec.name]) for spec in saveable.specs]
            session.run(saveable.restore(given, None))
            np.testing.assert_allclose(session.run(outputs), wanted, rtol=1e-10, atol=1e-12)
            for name, value in values(saveable, session).items():
                np.testing.assert_array_equal(value, saved[name])

    def test_the_vector_survives_conversion(self, kind: str, direction: str) -> None:
        with tf.Session() as session:
            layer, outputs = self.network(kind, direction, session)
            converter = layer.saveable.format_converter
            weights, biases = converter.opaque_to_tf_canonical(layer.kernel)
            again = converter.tf_canonical_to_opaque([*weights, *biases])
            before = session.run(outputs)
            assert session.run(again).shape == tuple(layer.kernel.shape.as_list())
            session.run(tf.assign(layer.kernel, again))
            np.testing.assert_allclose(session.run(outputs), before, rtol=1e-10, atol=1e-12)

    def test_the_older_saveable_has_the_same_weights(self, kind: str, direction: str) -> None:
        with tf.Session() as session:
            layer, _ = self.network(kind, direction, session)
            driver = "rnn" if direction == "unidirectional" else "stack_bidirectional_rnn"
            model = getattr(ops, f"Cudnn{kind}")(LAYERS, 4, 2, direction=direction, dtype=tf.float64)
            older = cudnn.RNNParamsSaveable(
                model, model.params_to_canonical, model.canonical_to_params, [layer.kernel], f"net/{driver}"
            )
            saved, found = values(layer.saveable, session), values(older, session)
            assert saved.keys() == found.keys()
            for name, value in saved.items():
                np.testing.assert_array_equal(found[name], value)
            session.run(tf.assign(layer.kernel, tf.zeros_like(layer.kernel)))
            session.run(older.restore([tf.constant(value) for value in saved.values()], None))
            for name, value in values(layer.saveable, session).items():
                np.testing.assert_array_equal(value, saved[name])


def test_a_saveable_of_a_variable_without_a_shape() -> None:
    size = cudnn.CudnnLSTM(1, 3, input_size=2).params_size()
    weights = tf.get_variable("weights", initializer=tf.random_uniform([size]), validate_shape=False)
    saveable = cudnn.CudnnLSTMSaveable(weights, 1, 3, 2, scope="a")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        kernel, bias = values(saveable, session).values()
        session.run(saveable.restore([kernel + 1, bias], None))
        np.testing.assert_array_equal(next(iter(values(saveable, session).values())), kernel + 1)


class TestTheClassesOfBefore:
    """`tf.contrib.cudnn_rnn.CudnnLSTM` with an input size."""

    @pytest.mark.parametrize("arguments", [{"input_size": 2}, {}])
    def test_is_the_older_class(self, arguments: dict[str, int]) -> None:
        made = cudnn.CudnnLSTM(1, 3, **arguments) if arguments else cudnn.CudnnLSTM(1, 3, 2)
        assert isinstance(made, ops.CudnnLSTM)
        assert (made.num_layers, made.num_units, made.input_size, made.rnn_mode) == (1, 3, 2, "lstm")
        assert isinstance(cudnn.CudnnLSTM(1, 3, "linear_input"), tf.layers.Layer)

    def test_is_training_may_follow_the_weights(self) -> None:
        """As before 1.13: later releases have sequence_lengths in its place."""
        model = cudnn.CudnnLSTM(num_layers=2, num_units=3, input_size=2, dropout=0.5)
        weights = tf.get_variable("w", initializer=tf.random_uniform([model.params_size()]), validate_shape=False)
        x, state = tf.ones([4, 3, 2]), tf.zeros([2, 3, 3])
        plain = model(x, state, state, weights, False)
        named = model(x, state, state, weights, is_training=False)
        dropped = model(x, state, state, weights, True)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            a, b, c = session.run([plain, named, dropped])
        for left, right in zip(a, b, strict=True):
            np.testing.assert_array_equal(left, right)
        assert (a[0] != c[0]).any()

    def test_lengths_may_follow_the_weights(self) -> None:
        model = ops.CudnnGRU(1, 3, 2)
        outputs, _ = model(tf.ones([4, 2, 2]), tf.zeros([1, 2, 3]), tf.ones([model.params_size()]), [4, 1])
        with tf.Session() as session:
            got = session.run(outputs)
        assert got[:, 0].all()
        assert not got[1:, 1].any()

    def test_a_language_model_trains_and_is_evaluated_on_the_same_weights(self) -> None:
        def model(training: bool) -> tuple[Any, Any]:
            words = tf.constant(np.arange(24).reshape(4, 6) % 7)
            embedding = tf.get_variable("embedding", [7, 5])
            lstm = cudnn.CudnnLSTM(num_layers=2, num_units=5, input_size=5, dropout=0.1 if training else 0)
            first = tf.random_uniform([lstm.params_size()], -0.1, 0.1)
            weights = tf.get_variable("lstm_params", initializer=first, validate_shape=False)
            state = tf.zeros([2, 4, 5])
            inputs = tf.transpose(tf.nn.embedding_lookup(embedding, words[:, :-1]), [1, 0, 2])
            outputs, _, _ = lstm(inputs, state, state, weights, training)
            logits = tf.layers.dense(tf.transpose(outputs, [1, 0, 2]), 7, name="words")
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=words[:, 1:], logits=logits)
            return tf.reduce_mean(loss), weights

        with tf.variable_scope("Model"):
            loss, weights = model(True)
        with tf.variable_scope("Model", reuse=True):
            checked, same = model(False)
        assert weights is same
        variables = tf.trainable_variables()
        gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5)
        train = tf.train.AdamOptimizer(0.02).apply_gradients(zip(gradients, variables, strict=True))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            before = session.run(checked)
            for _ in range(60):
                session.run(train)
            assert session.run(checked) < 0.3 * before


class TestOperations:
    def test_another_size_of_weights_is_refused(self) -> None:
        with pytest.raises(ValueError, match="are 240 numbers, but 100 were given"):
            ops.CudnnLSTM(2, 3, 7).params_to_canonical(tf.zeros([100]))
        weights, _ = ops.CudnnLSTM(2, 3, 7).params_to_canonical(tf.placeholder_with_default(tf.zeros([100]), [None]))
        with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="but 100 were given"):
            session.run(weights[0])

    def test_as_many_weights_as_biases(self) -> None:
        model = ops.CudnnLSTM(1, 3, 7)
        weights, biases = model.params_to_canonical(tf.zeros([model.params_size()]))
        with pytest.raises(ValueError, match="with length 8 must match length 7"):
            model.canonical_to_params(weights[1:], biases)

    def test_projections(self) -> None:
        model = ops.CudnnLSTM(2, 3, 7, num_proj=2, direction="bidirectional")
        size = model.params_size()
        weights, biases = model.params_to_canonical(tf.range(480.0))
        assert [len(weights), len(biases), weights[8].shape.as_list()] == [36, 32, [2, 3]]
        again = model.canonical_to_params(weights, biases)
        state = tf.zeros([4, 5, 2]), tf.zeros([4, 5, 3])
        outputs, h, c = model(tf.ones([6, 5, 7]), *state, again * 0.001)
        with tf.Session() as session:
            assert session.run(size) == 480
            np.testing.assert_array_equal(session.run(again), np.arange(480.0))
            assert [value.shape for value in session.run([outputs, h, c])] == [(6, 5, 4), (4, 5, 2), (4, 5, 3)]

    @pytest.mark.parametrize("mode", ["gru", "rnn_tanh", "rnn_relu"])
    def test_the_functions_are_the_classes(self, mode: str) -> None:
        model = {"gru": ops.CudnnGRU, "rnn_tanh": ops.CudnnRNNTanh, "rnn_relu": ops.CudnnRNNRelu}[mode](1, 3, 2)
        function = ops.cudnn_gru if mode == "gru" else getattr(ops, f"cudnn_{mode}")
        weights = tf.random_normal([model.params_size()], seed=1)
        x, h = tf.ones([4, 2, 2]), tf.ones([1, 2, 3])
        runs = [model(x, h, weights), function(x, h, weights, True), ops._cudnn_rnn(x, h, (), weights, True, mode)[:2]]
        with tf.Session() as session:
            first, *others = session.run(runs)
        for other in others:
            for a, b in zip(first, other, strict=True):
                np.testing.assert_array_equal(a, b)
