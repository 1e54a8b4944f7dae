"""Cells as TensorFlow 1.15 makes them: names, reuse, states, errors, configurations, users' own."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from tests.rnn.programs import Cells, graph, inputs, names, run

import recell.v1 as tf

__all__ = ["graph"]

GRU_NAMES = ["gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"]


def x2() -> Any:
    return tf.placeholder(tf.float32, [4, 3], name="x2")


def gru_names(*scopes: str) -> list[str]:
    return [f"{scope}/{name}" for scope in scopes for name in GRU_NAMES]


class TestNamesAndReuse:
    def test_a_cell_called_twice(self) -> None:
        cell = Cells.LSTMCell(5)
        state = cell.zero_state(4, tf.float32)
        _, state = cell(x2(), state)
        cell(x2(), state)
        assert names() == ["lstm_cell/kernel", "lstm_cell/bias"]

    def test_cells_called_directly_are_numbered(self) -> None:
        for _ in range(3):
            cell = Cells.GRUCell(5)
            cell(x2(), cell.zero_state(4, tf.float32))
        assert names() == gru_names("gru_cell", "gru_cell_1", "gru_cell_2")

    def test_named_cells_too(self) -> None:
        for _ in range(2):
            cell = Cells.GRUCell(5, name="g")
            cell(x2(), cell.zero_state(4, tf.float32))
        assert names() == gru_names("g", "g_1")

    def test_the_first_scope_stays(self) -> None:
        cell = Cells.GRUCell(5)
        for scope in ("a", "b"):
            with tf.variable_scope(scope):
                cell(x2(), cell.zero_state(4, tf.float32))
        assert names() == gru_names("a/gru_cell")

    def test_scope_argument(self) -> None:
        cell = Cells.GRUCell(5)
        cell(x2(), cell.zero_state(4, tf.float32), scope="zz")
        with tf.variable_scope("q") as q:
            pass
        other = Cells.GRUCell(5)
        other(x2(), other.zero_state(4, tf.float32), scope=q)
        assert names() == gru_names("zz", "q")

    def test_reuse_of_what_is_not_there(self) -> None:
        with pytest.raises(ValueError, match="Variable lstm_cell/kernel does not exist"):
            Cells.LSTMCell(5, reuse=True)(x2(), Cells.LSTMCell(5).zero_state(4, tf.float32))

    def test_hand_written_loop_with_reuse_variables(self) -> None:
        cell = Cells.BasicLSTMCell(3)
        state = cell.zero_state(4, tf.float32)
        with tf.variable_scope("RNN"):
            for step in range(3):
                if step > 0:
                    tf.get_variable_scope().reuse_variables()
                _, state = cell(x2(), state)
        assert names() == ["RNN/basic_lstm_cell/kernel", "RNN/basic_lstm_cell/bias"]

    def test_names_of_objects(self) -> None:
        found = [Cells.LSTMCell(2).name for _ in range(3)] + [Cells.GRUCell(2, name="foo").name for _ in range(2)]
        assert found == ["lstm_cell_1", "lstm_cell_2", "lstm_cell_3", "foo", "foo"]

    def test_scope_name_before_the_first_call(self) -> None:
        with pytest.raises(ValueError, match='No name available for layer scope because the layer "lstm_cell_1"'):
            Cells.LSTMCell(2).scope_name  # noqa: B018

    def test_weights(self) -> None:
        cell = Cells.LSTMCell(2)
        assert (cell.built, cell.weights) == (False, [])
        cell(x2(), cell.zero_state(4, tf.float32))
        assert cell.built
        assert [w.op.name for w in cell.trainable_weights] == names()
        assert (cell.name, cell.scope_name) == ("lstm_cell_1", "lstm_cell")

    def test_not_trainable(self) -> None:
        cell = Cells.LSTMCell(2, trainable=False)
        cell(x2(), cell.zero_state(4, tf.float32))
        assert tf.trainable_variables() == []
        assert [w.op.name for w in cell.non_trainable_weights] == names()

    def test_partitioned_weights(self) -> None:
        with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(2)):
            outputs, _ = tf.nn.dynamic_rnn(Cells.LSTMCell(4, num_proj=2), tf.ones([4, 6, 4]), dtype=tf.float32)
        parts = ["kernel/part_0", "kernel/part_1", "bias/part_0", "bias/part_1"]
        parts += ["projection/kernel/part_0", "projection/kernel/part_1"]
        assert names() == [f"s/rnn/lstm_cell/{part}" for part in parts]
        assert run(outputs).shape == (4, 6, 2)

    def test_shards(self) -> None:
        cell = Cells.LSTMCell(4, num_proj=4, num_unit_shards=2, num_proj_shards=2)
        cell(x2(), cell.zero_state(4, tf.float32))
        shapes = {v.op.name: v.shape.as_list() for v in tf.global_variables()}
        assert shapes == {
            "lstm_cell/kernel/part_0": [4, 16],
            "lstm_cell/kernel/part_1": [3, 16],
            "lstm_cell/bias": [16],
            "lstm_cell/projection/kernel/part_0": [2, 4],
            "lstm_cell/projection/kernel/part_1": [2, 4],
        }

    def test_initializers(self) -> None:
        with tf.variable_scope("s", initializer=tf.constant_initializer(0.5)):
            tf.nn.dynamic_rnn(Cells.LSTMCell(4), tf.ones([4, 6, 3]), dtype=tf.float32)
        assert [np.unique(v).tolist() for v in run(tf.global_variables())] == [[0.5], [0.0]]


class TestStates:
    def test_zero_state(self) -> None:
        cell = Cells.LSTMCell(2)
        zero = cell.zero_state(4, tf.float32)
        assert (zero.c.name, zero.h.name) == ("LSTMCellZeroState/zeros:0", "LSTMCellZeroState/zeros_1:0")
        assert cell.zero_state(4, tf.float32).c.name == "LSTMCellZeroState_1/zeros:0"
        assert Cells.LSTMCell(2, num_proj=3, state_is_tuple=False).zero_state(4, tf.float32).shape.as_list() == [4, 5]

    def test_zero_state_for_a_tensor(self) -> None:
        known = Cells.GRUCell(3).zero_state(tf.shape(x2())[0], tf.float64)
        assert (known.shape.as_list(), known.dtype) == ([4, 3], tf.float64)
        rows = tf.placeholder(tf.int32, [])
        fed = Cells.GRUCell(3).zero_state(rows, tf.float32)
        assert fed.shape.as_list() == [None, 3]
        assert run(fed, {rows: 7}).shape == (7, 3)

    def test_zero_state_for_a_placeholder_of_unknown_rank(self) -> None:
        # 1.15 refuses it, the tutorials of 1.0 rely on it
        rows = tf.placeholder(tf.int32)
        fed = Cells.GRUCell(3).zero_state(rows, tf.float32)
        assert fed.shape.as_list() == [None, 3]
        assert run(fed, {rows: 7}).shape == (7, 3)

    def test_zero_state_for_several_batch_dimensions(self) -> None:
        assert run(Cells.GRUCell(2).zero_state(tf.constant([4, 5]), tf.float32)).shape == (4, 5, 2)

    @pytest.mark.parametrize("rows", [4, np.int64(4), tf.Dimension(4), 4.0])
    def test_zero_state_for_numbers(self, rows: Any) -> None:
        assert Cells.GRUCell(2).zero_state(rows, tf.float32).shape.as_list() == [4, 2]

    def test_zero_state_without_a_number(self) -> None:
        with pytest.raises(ValueError, match="Provided a prefix or suffix of None: 4 and None"):
            Cells.LSTMCell(None).zero_state(4, tf.float32)
        with pytest.raises(ValueError, match="Provided a prefix or suffix of None: None and 3"):
            Cells.GRUCell(3).zero_state(None, tf.float32)

    def test_get_initial_state(self) -> None:
        assert str(Cells.GRUCell(2).get_initial_state(x2())) == (
            'Tensor("GRUCellZeroState/zeros:0", shape=(4, 2), dtype=float32)'
        )
        state = Cells.GRUCell(2).get_initial_state(batch_size=5, dtype=tf.float64)
        assert (state.shape.as_list(), state.dtype) == ([5, 2], tf.float64)
        unknown = Cells.GRUCell(2).get_initial_state(tf.placeholder(tf.float32, [None, 3]))
        assert unknown.shape.as_list() == [None, 2]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"batch_size": 5}, "batch_size and dtype cannot be None.*batch_size=5, dtype=None"),
            ({"inputs": [[1.0]] * 4, "batch_size": 5}, "Input tensor batch: 4, batch_size: 5"),
            ({"inputs": [[1.0]] * 4, "dtype": tf.float64}, "Input tensor dtype: tf.float32|float32"),
        ],
    )
    def test_get_initial_state_errors(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            Cells.GRUCell(2).get_initial_state(**options)

    def test_state_tuple(self) -> None:
        pair = Cells.LSTMStateTuple(tf.zeros([1]), tf.zeros([1], tf.float64))
        with pytest.raises(TypeError, match=r"Inconsistent internal state: .*float32.* vs .*float64"):
            pair.dtype  # noqa: B018
        assert Cells.LSTMStateTuple(tf.zeros([1]), tf.zeros([1])).dtype == tf.float32
        assert repr(Cells.LSTMStateTuple(2, 3)) == "LSTMStateTuple(c=2, h=3)"

    def test_sizes(self) -> None:
        assert Cells.LSTMCell(2, num_proj=3).state_size == Cells.LSTMStateTuple(2, 3)
        assert Cells.LSTMCell(2, num_proj=3, state_is_tuple=False).state_size == 5
        assert Cells.LSTMCell(2, num_proj=3).output_size == 3
        assert Cells.BasicLSTMCell(2, state_is_tuple=False).state_size == 4


class TestErrors:
    def test_dtype_of_the_state(self) -> None:
        cell = Cells.LSTMCell(2)
        message = r"Tensors in list passed to 'values' of 'ConcatV2' Op have types \[float32, float64\] that don't all"
        with pytest.raises(TypeError, match=message):
            cell(x2(), cell.zero_state(4, tf.float64))

    def test_dtype_of_the_cell(self) -> None:
        cell = Cells.LSTMCell(2, dtype=tf.float64)
        message = "Input 'b' of 'MatMul' Op has type float64 that does not match type float32 of argument 'a'"
        with pytest.raises(TypeError, match=message):
            cell(x2(), cell.zero_state(4, tf.float32))

    def test_integers(self) -> None:
        message = "RNN cell only supports floating point inputs, but saw dtype: .*int32"
        with pytest.raises(ValueError, match=message):
            Cells.GRUCell(2)(tf.zeros([4, 3], tf.int32), tf.zeros([4, 2], tf.int32))
        with pytest.raises(ValueError, match=message):
            Cells.GRUCell(2)(x2(), tf.zeros([4, 2], tf.int32))
        with pytest.raises(ValueError, match=message):
            Cells.LSTMCell(2, dtype=tf.int32)

    def test_rank(self) -> None:
        message = r"Input 0 of layer lstm_cell_1 is incompatible with the layer: expected ndim=2, found ndim=3"
        cell = Cells.LSTMCell(2)
        with pytest.raises(ValueError, match=message):
            cell(tf.zeros([4, 6, 3]), cell.zero_state(4, tf.float32))

    def test_depth_that_changes(self) -> None:
        cell = Cells.GRUCell(2)
        cell(x2(), tf.zeros([4, 2]))
        message = (
            r"Dimensions must be equal, but are 9 and 5 for 'gru_cell.*MatMul' \(op: 'MatMul'\) with input shapes: "
        )
        with pytest.raises(ValueError, match=message + r"\[4,9\], \[5,4\]"):
            cell(tf.zeros([4, 7]), tf.zeros([4, 2]))

    @pytest.mark.parametrize("make", [Cells.BasicRNNCell, Cells.GRUCell, Cells.BasicLSTMCell, Cells.LSTMCell])
    def test_depth_that_is_not_known(self, make: Any) -> None:
        cell = make(2)
        with pytest.raises(ValueError, match=r"Expected inputs.shape\[-1\] to be known, saw shape: \(4, None\)"):
            cell(tf.placeholder(tf.float32, [4, None]), cell.zero_state(4, tf.float32))

    def test_batch_of_the_state(self) -> None:
        message = (
            r"Dimension 0 in both shapes must be equal, but are 4 and 5. Shapes are \[4\] and \[5\]. for 'gru_cell/con"
        )
        with pytest.raises(ValueError, match=message):
            Cells.GRUCell(2)(x2(), tf.zeros([5, 2]))

    @pytest.mark.parametrize(
        ("make", "product"), [(Cells.BasicLSTMCell, "3 and 2 for '.*Mul'"), (Cells.LSTMCell, "2 and 3 for '.*mul'")]
    )
    def test_width_of_the_memory(self, make: Any, product: str) -> None:
        with pytest.raises(ValueError, match=f"Dimensions must be equal, but are {product}"):
            make(2)(x2(), [tf.zeros([4, 3]), tf.zeros([4, 2])])

    def test_a_tensor_where_a_pair_belongs(self) -> None:
        with pytest.raises(TypeError, match=r"iterating over"):
            Cells.BasicLSTMCell(2)(x2(), tf.zeros([4, 4]))

    def test_complex_numbers_have_no_default_initializer(self) -> None:
        x = tf.zeros([4, 3], tf.complex64)
        with pytest.raises(ValueError, match=r"An initializer for variable kernel of type .*complex64"):
            Cells.BasicRNNCell(2)(x, tf.zeros([4, 2], tf.complex64))

    def test_activation(self) -> None:
        with pytest.raises(ValueError, match="Unknown activation function:nope"):
            Cells.GRUCell(2, activation="nope")
        with pytest.raises(TypeError, match="Could not interpret activation function identifier: 3"):
            Cells.GRUCell(2, activation=3)

    def test_unknown_keyword(self) -> None:
        with pytest.raises(TypeError, match="Keyword argument not understood"):
            Cells.GRUCell(2, size=3)

    def test_abstract_cell(self) -> None:
        with pytest.raises(NotImplementedError, match="Abstract method"):
            Cells.RNNCell().state_size  # noqa: B018

    def test_residual(self) -> None:
        with pytest.raises(ValueError, match=r"Shapes \(4, 3\) and \(4, 2\) are incompatible"):
            Cells.ResidualWrapper(Cells.GRUCell(2))(x2(), tf.zeros([4, 2]))


class TestOptions:
    def test_clip_to_zero_really_clips(self) -> None:
        cell = Cells.LSTMCell(2, cell_clip=0.0)
        _, state = cell(tf.ones([4, 3]), Cells.LSTMStateTuple(tf.ones([4, 2]), tf.ones([4, 2])))
        assert not run(state.c).any()

    @pytest.mark.parametrize("make", [Cells.BasicRNNCell, Cells.GRUCell, Cells.BasicLSTMCell, Cells.LSTMCell])
    def test_activations_of_any_kind_agree(self, make: Any) -> None:
        """A builder, its name, a Python function of it and one that captures a tensor."""
        half = tf.constant(0.5)
        wanted = [tf.sigmoid, "sigmoid", lambda x: tf.sigmoid(x), lambda x: half + half * tf.tanh(x * half)]
        results = []
        for number, activation in enumerate(wanted):
            with tf.variable_scope("cell", reuse=number > 0):
                cell = make(3, activation=activation, name="c")
                results.append(tf.nn.dynamic_rnn(cell, tf.constant(inputs()), dtype=tf.float32)[0])
        gradients = [tf.gradients(result, tf.trainable_variables()[0])[0] for result in results]
        values, slopes = run([results, gradients])
        for value, slope in zip(values[1:], slopes[1:], strict=True):
            np.testing.assert_allclose(value, values[0], rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(slope, slopes[0], rtol=1e-4, atol=1e-4)

    def test_linear_activation(self) -> None:
        cell = Cells.BasicRNNCell(3, activation="linear", name="c")
        other = Cells.BasicRNNCell(3, activation=lambda x: x, name="c", reuse=True)
        a, _ = cell(tf.ones([4, 3]), tf.ones([4, 3]))
        b, _ = other(tf.ones([4, 3]), tf.ones([4, 3]))
        values = run([a, b])
        np.testing.assert_array_equal(values[0], values[1])
        assert np.abs(values[0]).max() > 0

    def test_an_activation_with_a_gradient_of_its_own(self) -> None:
        @tf.RegisterGradient("TestCellsDouble")
        def double(op: Any, gradient: Any) -> Any:
            return 2 * gradient

        cell = Cells.BasicRNNCell(3, activation=tf.identity)
        x = tf.ones([4, 3])
        with tf.get_default_graph().gradient_override_map({"Identity": "TestCellsDouble"}):
            output, _ = cell(x, tf.zeros([4, 3]))
        plain, _ = cell(x, tf.zeros([4, 3]))
        ours, theirs = run([tf.gradients(output, x)[0], tf.gradients(plain, x)[0]])
        np.testing.assert_allclose(ours, 2 * theirs, rtol=1e-6)

    def test_call_builds_a_new_cell(self) -> None:
        for make in (Cells.BasicRNNCell, Cells.BasicLSTMCell, Cells.LSTMCell, Cells.GRUCell):
            cell = make(3)
            state = cell.zero_state(4, tf.float32)
            output, new = cell.call(inputs=x2(), state=state)
            assert output.shape.as_list() == [4, 3]
            assert cell.built
            again, _ = cell.call(x2(), new)
            assert again.shape.as_list() == [4, 3]
        assert names()[:2] == ["basic_rnn_cell/kernel", "basic_rnn_cell/bias"]

    def test_keywords(self) -> None:
        cell = Cells.LSTMCell(2)
        assert cell(inputs=x2(), state=cell.zero_state(4, tf.float32))[0].shape.as_list() == [4, 2]

    def test_num_units_as_a_float(self) -> None:
        cell = Cells.LSTMCell(2.0)
        assert cell(x2(), cell.zero_state(4, tf.float32))[0].shape.as_list() == [4, 2]

    def test_numpy_inputs(self) -> None:
        output, _ = Cells.GRUCell(2)(np.ones([4, 3], np.float32), np.zeros([4, 2], np.float32))
        assert run(output).shape == (4, 2)

    def test_input_size_of_old_programs(self) -> None:
        assert Cells.BasicLSTMCell(2, input_size=3).output_size == 2

    def test_device_is_recorded(self) -> None:
        cell = Cells.DeviceWrapper(Cells.GRUCell(2), "/cpu:0")
        output, _ = cell(x2(), cell.zero_state(4, tf.float32))
        assert output.device.lower().endswith("cpu:0")


class TestCopiesAndConfigurations:
    def test_deepcopy(self) -> None:
        cell = Cells.GRUCell(3)
        twin = copy.deepcopy(cell)
        cell(x2(), tf.zeros([4, 3]))
        twin(x2(), tf.zeros([4, 3]))
        assert names() == gru_names("gru_cell", "gru_cell_1")

    def test_deepcopy_of_one_that_has_weights(self) -> None:
        cell = Cells.GRUCell(3)
        cell(x2(), tf.zeros([4, 3]))
        with pytest.raises(TypeError, match="copy"):
            copy.deepcopy(cell)

    def test_lstm(self) -> None:
        assert Cells.LSTMCell(2, use_peepholes=True, num_proj=3).get_config() == {
            "name": "lstm_cell_1",
            "trainable": True,
            "dtype": None,
            "num_units": 2,
            "use_peepholes": True,
            "cell_clip": None,
            "initializer": None,
            "num_proj": 3,
            "proj_clip": None,
            "num_unit_shards": None,
            "num_proj_shards": None,
            "forget_bias": 1.0,
            "state_is_tuple": True,
            "activation": "tanh",
            "reuse": None,
        }

    def test_others(self) -> None:
        assert Cells.GRUCell(2).get_config()["bias_initializer"] is None
        assert Cells.BasicLSTMCell(2, activation=tf.nn.relu).get_config()["activation"] == "relu"
        assert list(Cells.BasicRNNCell(2).get_config()) == [
            "name",
            "trainable",
            "dtype",
            "num_units",
            "activation",
            "reuse",
        ]
        assert Cells.DeviceWrapper(Cells.GRUCell(2), "/cpu:0").get_config()["device"] == "/cpu:0"

    def test_there_and_back(self) -> None:
        first = Cells.LSTMCell(2, use_peepholes=True)
        again = Cells.LSTMCell.from_config(first.get_config())
        assert again.state_size == Cells.LSTMStateTuple(2, 2)
        assert again.get_config() == first.get_config()


class Linear(Cells.RNNCell):
    """A user's cell: one weight."""

    state_size = property(lambda self: 2)
    output_size = property(lambda self: 2)

    def call(self, inputs: Any, state: Any) -> Any:
        w = tf.get_variable("w", [3, 2])
        output = tf.matmul(inputs, w) + state
        return output, output


class TestUsersOwnCells:
    def test_call(self) -> None:
        cell = Linear()
        tf.nn.dynamic_rnn(cell, tf.constant(inputs()), dtype=tf.float32)
        assert names() == ["rnn/linear/w"]
        assert [w.op.name for w in cell.weights] == names()

    def test_called_by_hand_again_and_again(self) -> None:
        cell = Linear()
        state = cell.zero_state(4, tf.float32)
        for _ in range(3):
            _, state = cell(x2(), state)
        assert names() == ["linear/w"]

    def test_first_scope_stays(self) -> None:
        cell = Linear()
        for scope in ("a", "b"):
            with tf.variable_scope(scope):
                cell(x2(), cell.zero_state(4, tf.float32))
        assert names() == ["a/linear/w"]

    def test_overriding___call__(self) -> None:
        class Mine(Linear):
            def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
                with tf.variable_scope(scope or "mycell"):
                    w = tf.get_variable("w", [3, 2])
                    output = tf.matmul(inputs, w) + state
                return output, output

        tf.nn.dynamic_rnn(Mine(), tf.constant(inputs()), dtype=tf.float32)
        assert names() == ["rnn/mycell/w"]

    def test_without_a_constructor_call_of_the_base(self) -> None:
        class Bare(Cells.RNNCell):
            state_size = output_size = 2

            def __init__(self) -> None:
                self.size = 2

            def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
                return state, state

        outputs, _ = tf.nn.dynamic_rnn(Bare(), tf.constant(inputs()), dtype=tf.float32)
        assert outputs.shape.as_list() == [4, 6, 2]

    def test_what_only_looks_like_a_cell(self) -> None:
        class Duck:
            state_size = output_size = 2

            def zero_state(self, batch_size: Any, dtype: Any) -> Any:
                return tf.zeros([batch_size, 2], dtype)

            def __call__(self, inputs: Any, state: Any) -> Any:
                return state + 1, state + 1

        outputs, _ = tf.nn.dynamic_rnn(Duck(), tf.constant(inputs()), dtype=tf.float32)
        assert run(outputs)[0, :, 0].tolist() == [1, 2, 3, 4, 5, 6]

    def test_derived_from_a_known_cell(self) -> None:
        class Squashed(Cells.BasicLSTMCell):
            def call(self, inputs: Any, state: Any) -> Any:
                output, new_state = super().call(inputs, state)
                return tf.tanh(output), new_state

        outputs, state = tf.nn.dynamic_rnn(Squashed(3), tf.constant(inputs()), dtype=tf.float32)
        assert names() == ["rnn/squashed/kernel", "rnn/squashed/bias"]
        value, h = run([outputs[:, -1], state.h])
        np.testing.assert_allclose(value, np.tanh(h), rtol=1e-6)

    def test_layers_and_cells_inside(self) -> None:
        class Deep(Cells.RNNCell):
            state_size = output_size = 2

            def __init__(self) -> None:
                super().__init__()
                self.inner = Cells.GRUCell(2)

            def call(self, inputs: Any, state: Any) -> Any:
                return self.inner(tf.nn.relu(inputs), state)

        tf.nn.dynamic_rnn(Deep(), tf.constant(inputs()), dtype=tf.float32)
        assert names() == gru_names("rnn/deep/gru_cell")

    def test_a_counter_in_the_state(self) -> None:
        class Counting(Cells.RNNCell):
            output_size = 1
            state_size = (1, tf.TensorShape([]))

            def call(self, inputs: Any, state: Any) -> Any:
                total, count = state
                return total + count, (total + 1.0, count + 1.0)

        zero = (tf.zeros([4, 1]), tf.constant(0.0))
        outputs, (_, count) = tf.nn.dynamic_rnn(
            Counting(), tf.constant(inputs()), sequence_length=[1, 2, 0, 3], initial_state=zero
        )
        values, steps = run([outputs, count])
        assert values[3, :, 0].tolist() == [0, 2, 4, 0, 0, 0]
        assert steps == 3

    @pytest.mark.parametrize("kind", ["BasicLSTMCell", "LSTMCell"])
    def test_another_output_size_leaves_the_state_alone(self, kind: str) -> None:
        cell = type("Wider", (getattr(Cells, kind),), {"output_size": 7})(5)
        assert tuple(cell.state_size) == (5, 5)
        _, state = cell(x2(), cell.zero_state(4, tf.float32))
        assert state.h.shape.as_list() == [4, 5]
