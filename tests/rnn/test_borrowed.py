"""What programs borrow from TensorFlow's private modules, with the answers of TensorFlow 1.15."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf
from recell.v1.python.ops import rnn, rnn_cell_impl


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def test_sizes_are_joined():
    value = rnn_cell_impl._concat(tf.placeholder_with_default(3, []), tf.TensorShape([4, 5]))
    with tf.Session() as session:
        assert value.dtype == tf.int32
        assert session.run(value).tolist() == [3, 4, 5]
        assert session.run(rnn_cell_impl._concat(3, [4, 5])).tolist() == [3, 4, 5]
        assert session.run(rnn_cell_impl._concat(tf.constant([1, 2]), 4)).tolist() == [1, 2, 4]
    assert rnn_cell_impl._concat(3, [4, 5], static=True) == [3, 4, 5]
    assert rnn_cell_impl._concat(None, 4, static=True) is None
    with pytest.raises(ValueError, match="Provided a prefix or suffix of None: None and 4"):
        rnn_cell_impl._concat(None, 4)
    with pytest.raises(ValueError, match="prefix tensor must be either a scalar or vector, but saw tensor"):
        rnn_cell_impl._concat(tf.zeros([1, 1], tf.int32), 4)


def test_the_dtype_of_a_state():
    single, integer = tf.zeros([2]), tf.zeros([1], tf.int32)
    assert rnn._infer_state_dtype(tf.float64, [single, integer]) == tf.float64
    assert rnn._infer_state_dtype(None, [single, (single,)]) == rnn._infer_state_dtype(None, single) == tf.float32
    with pytest.raises(ValueError, match="State has tensors of different inferred_dtypes"):
        rnn._infer_state_dtype(None, [single, integer])
    with pytest.raises(ValueError, match="Unable to infer dtype from empty state"):
        rnn._infer_state_dtype(None, ())


def test_questions_about_cells_shapes_and_dtypes():
    assert not rnn._is_keras_rnn_cell(tf.nn.rnn_cell.GRUCell(3))
    assert rnn._is_keras_rnn_cell(tf.keras.layers.GRUCell(3))
    assert rnn._maybe_tensor_shape_from_tensor(tf.constant([3, 4])).as_list() == [3, 4]
    assert rnn._maybe_tensor_shape_from_tensor([3, None]).as_list() == [3, None]
    assert rnn._should_cache() is True
    message = "RNN cell only supports floating point inputs, but saw dtype: <dtype: 'int32'>"
    for check, of in (
        (rnn_cell_impl._check_supported_dtypes, tf.int32),
        (rnn_cell_impl._check_rnn_cell_input_dtypes, [tf.zeros([1], tf.int32)]),
    ):
        with pytest.raises(ValueError, match=message):
            check(of)
    rnn_cell_impl._check_supported_dtypes(None)
    assert (rnn_cell_impl._WEIGHTS_VARIABLE_NAME, rnn_cell_impl._BIAS_VARIABLE_NAME) == ("kernel", "bias")


def test_a_step_leaves_rows_alone_that_are_over():
    state, counter = tf.constant([[1.0], [2.0], [3.0]]), tf.constant(7)
    output, (new, count) = rnn._rnn_step(
        tf.constant(1),
        [1, 2, 3],
        1,
        3,
        tf.zeros([3, 2]),
        (state, counter),
        lambda: (tf.ones([3, 2]), (state * 10.0, counter + 1)),
        (1, tf.TensorShape([])),
        skip_conditionals=True,
    )
    with tf.Session() as session:
        values = session.run([output, new, count])
    assert values[0].tolist() == [[0, 0], [1, 1], [1, 1]]
    assert values[1].ravel().tolist() == [1, 20, 30]
    assert values[2] == 8
    assert output.shape.as_list() == [3, 2]


def test_steps_are_turned_round_up_to_their_lengths():
    steps = [(tf.constant([[t], [10 * t]]), tf.constant([t, -t])) for t in (1, 2, 3)]
    with tf.Session() as session:
        turned = session.run(rnn._reverse_seq(steps, [2, 3]))
    assert [a.ravel().tolist() for a, _ in turned] == [[2, 30], [1, 20], [3, 10]]
    assert np.array([b for _, b in turned]).tolist() == [[2, -3], [1, -2], [3, -1]]
    assert rnn._reverse_seq(steps, None)[0] is steps[2]


def test_weights_in_shards():
    from recell.v1.contrib.rnn.python.ops.rnn_cell import _get_concat_variable, _get_sharded_variable

    joined = _get_concat_variable("W", [5, 2], tf.float32, 2)
    assert (joined.name, joined.shape.as_list()) == ("W/concat:0", [5, 2])
    assert [v.name for v in tf.global_variables()] == ["W_0:0", "W_1:0"]
    assert [v.shape.as_list() for v in tf.global_variables()] == [[3, 2], [2, 2]]
    with pytest.raises(ValueError, match=r"Too many shards: shape=\[1, 2\], num_shards=3"):
        _get_sharded_variable("U", [1, 2], tf.float32, 3)


def test_star_imports_bring_the_modules_that_tensorflow_imports_there():
    for module in ("rnn_cell_impl", "rnn_cell", "rnn"):
        names: dict[str, object] = {}
        exec(f"from recell.v1.python.ops.{module} import *", names)
        assert names["vs"].get_variable is tf.get_variable
        assert names["nest"] is tf.nest
        assert names["math_ops"].tanh is tf.tanh
        assert names["array_ops"].concat is tf.concat


@pytest.mark.parametrize("kind", ["LSTMCell", "NASCell", "CoupledInputForgetGateLSTMCell", "GLSTMCell"])
def test_cells_of_programs_set_sizes_under_tensorflows_names(kind):
    class StatesAsOutputs(getattr(tf.contrib.rnn, kind)):  # type: ignore[misc]
        def __init__(self, *args):
            super().__init__(*args)
            self._output_size = self._state_size

        def __call__(self, inputs, state, scope=None):
            _, new = super().__call__(inputs, state)
            return new, new

    cell = StatesAsOutputs(4)
    assert cell.output_size == cell.state_size == (4, 4)
    (c, h), last = tf.nn.dynamic_rnn(cell, tf.ones([2, 3, 2]), dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        steps, end = session.run([(c, h), last])
    assert np.array_equal(steps[0][:, -1], end.c)
    assert np.array_equal(steps[1][:, -1], end.h)


@pytest.mark.parametrize("layer_norm", [True, False])
def test_a_layer_normalised_cell_is_made_again_of_its_parts(layer_norm):
    class Again(tf.contrib.rnn.LayerNormBasicLSTMCell):
        def call(self, inputs, state):
            c, h = state
            i, j, f, o = tf.split(self._linear(tf.concat([inputs, h], 1)), 4, axis=1)
            if self._layer_norm:
                i, j = self._norm(i, "input", dtype=tf.float32), self._norm(j, "transform", dtype=tf.float32)
                f, o = self._norm(f, "forget", dtype=tf.float32), self._norm(o, "output", dtype=tf.float32)
            assert (self._keep_prob, self._seed) == (1.0, 5)
            c = c * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * self._activation(j)
            c = self._norm(c, "state", dtype=tf.float32) if self._layer_norm else c
            h = self._activation(c) * tf.sigmoid(o)
            return h, tf.nn.rnn_cell.LSTMStateTuple(c, h)

    found = []
    for make in (tf.contrib.rnn.LayerNormBasicLSTMCell, Again):
        with tf.variable_scope(make.__name__, initializer=tf.random_uniform_initializer(seed=3)):
            cell = make(4, layer_norm=layer_norm, dropout_prob_seed=5)
            found.append(tf.nn.dynamic_rnn(cell, tf.ones([2, 3, 2]), dtype=tf.float32)[0])
    names = [v.op.name.split("_cell/")[-1].split("again/")[-1] for v in tf.global_variables()]
    half = len(names) // 2
    assert names[:half] == names[half:]
    assert half == (11 if layer_norm else 2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second = session.run(found)
    np.testing.assert_allclose(first, second, rtol=1e-6)
