"""The drivers' rules, errors and static shapes, as TensorFlow 1.15 has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.rnn.programs import Cells, graph, inputs, names, run

import recell.v1 as tf

__all__ = ["graph"]

LSTM = ["lstm_cell/kernel", "lstm_cell/bias"]


def x() -> Any:
    return tf.placeholder(tf.float32, [4, 6, 3], name="x")


def under(scope: str) -> list[str]:
    return [f"{scope}/{name}" for name in LSTM]


def steps_that_ran(outputs: Any) -> list[list[int]]:
    return (np.abs(run(outputs)).sum(2) > 0).astype(int).tolist()


class TestScopes:
    def test_one_cell_twice(self) -> None:
        cell = Cells.LSTMCell(5)
        for _ in range(2):
            tf.nn.dynamic_rnn(cell, x(), dtype=tf.float32)
        assert names() == under("rnn")

    def test_one_cell_in_two_scopes(self) -> None:
        cell = Cells.LSTMCell(5)
        for scope in ("a", "b"):
            tf.nn.dynamic_rnn(cell, x(), dtype=tf.float32, scope=scope)
        assert names() == under("a")

    def test_two_cells_collide(self) -> None:
        tf.nn.dynamic_rnn(Cells.LSTMCell(5), x(), dtype=tf.float32)
        with pytest.raises(ValueError, match="Variable rnn/lstm_cell/kernel already exists, disallowed"):
            tf.nn.dynamic_rnn(Cells.LSTMCell(5), x(), dtype=tf.float32)

    def test_two_cells_share(self) -> None:
        tf.nn.dynamic_rnn(Cells.LSTMCell(5), x(), dtype=tf.float32)
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            tf.nn.dynamic_rnn(Cells.LSTMCell(5), x(), dtype=tf.float32)
        tf.nn.dynamic_rnn(Cells.LSTMCell(5, reuse=True), x(), dtype=tf.float32)
        assert names() == under("rnn")

    def test_auto_reuse(self) -> None:
        for _ in range(2):
            with tf.variable_scope("m", reuse=tf.AUTO_REUSE):
                tf.nn.dynamic_rnn(Cells.LSTMCell(5), x(), dtype=tf.float32)
        assert names() == under("m/rnn")

    def test_bidirectional(self) -> None:
        tf.nn.bidirectional_dynamic_rnn(Cells.LSTMCell(5), Cells.LSTMCell(5), x(), dtype=tf.float32)
        assert names() == under("bidirectional_rnn/fw") + under("bidirectional_rnn/bw")

    def test_bidirectional_with_one_cell(self) -> None:
        cell = Cells.LSTMCell(5)
        tf.nn.bidirectional_dynamic_rnn(cell, cell, x(), dtype=tf.float32)
        assert names() == under("bidirectional_rnn/fw")

    def test_static_bidirectional(self) -> None:
        steps = tf.unstack(x(), axis=1)
        tf.nn.static_bidirectional_rnn(Cells.LSTMCell(5), Cells.LSTMCell(5), steps, dtype=tf.float32)
        assert names() == under("bidirectional_rnn/fw") + under("bidirectional_rnn/bw")

    def test_names_of_before_1_0(self) -> None:
        steps = tf.unstack(x(), axis=1)
        tf.nn.rnn(Cells.LSTMCell(5), steps, dtype=tf.float32)
        tf.nn.bidirectional_rnn(Cells.LSTMCell(5), Cells.LSTMCell(5), steps, dtype=tf.float32)
        assert names() == under("RNN") + under("BiRNN/fw") + under("BiRNN/bw")

    def test_names_of_results(self) -> None:
        outputs, state = tf.nn.dynamic_rnn(Cells.GRUCell(2), x(), dtype=tf.float32)
        assert (outputs.name, state.name) == ("rnn/transpose_1:0", "rnn/while/Exit_3:0")
        both, states = tf.nn.bidirectional_dynamic_rnn(Cells.GRUCell(2), Cells.GRUCell(2), x(), dtype=tf.float32)
        assert both[0].name == "bidirectional_rnn/fw/fw/transpose_1:0"
        assert states[1].name == "bidirectional_rnn/bw/bw/while/Exit_3:0"

    def test_collections(self) -> None:
        tf.nn.dynamic_rnn(Cells.GRUCell(2), x(), dtype=tf.float32)
        assert len(tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)) == 4

    def test_variables_keep_what_a_loop_around_would_forget(self) -> None:
        """A cell made inside a branch or a loop has its variables outside of it."""
        with tf.control_dependencies([tf.no_op()]):
            outputs, _ = tf.nn.dynamic_rnn(Cells.GRUCell(2), tf.constant(inputs()), dtype=tf.float32)
        assert run(outputs).shape == (4, 6, 2)


class TestShapes:
    def test_unknown_batch_and_time(self) -> None:
        y = tf.placeholder(tf.float32, [None, None, 3])
        outputs, state = tf.nn.dynamic_rnn(Cells.LSTMCell(2), y, dtype=tf.float32)
        assert (str(outputs.shape), str(state.c.shape)) == ("(?, ?, 2)", "(?, 2)")
        for shape in ((4, 6, 3), (2, 9, 3), (1, 1, 3)):
            assert run(outputs, {y: inputs(shape)}).shape == (*shape[:2], 2)

    def test_time_major(self) -> None:
        outputs, state = tf.nn.dynamic_rnn(Cells.GRUCell(2), tf.zeros([6, 4, 3]), time_major=True, dtype=tf.float32)
        assert (outputs.shape.as_list(), state.shape.as_list()) == ([6, 4, 2], [4, 2])

    def test_joined_state(self) -> None:
        cell = Cells.LSTMCell(2, num_proj=3, state_is_tuple=False)
        outputs, state = tf.nn.dynamic_rnn(cell, x(), dtype=tf.float32)
        assert (str(outputs.shape), str(state.shape)) == ("(4, 6, 3)", "(4, 5)")

    def test_batch_known_from_the_state(self) -> None:
        y = tf.placeholder(tf.float32, [None, 6, 3])
        _, state = tf.nn.dynamic_rnn(Cells.GRUCell(2), y, initial_state=tf.zeros([4, 2]))
        assert state.shape.as_list() == [4, 2]

    @pytest.mark.parametrize("lengths", [None, [0, 0, 0, 0]])
    def test_no_steps(self, lengths: Any) -> None:
        start = tf.constant(inputs((4, 2)))
        outputs, state = tf.nn.dynamic_rnn(
            Cells.GRUCell(2), tf.zeros([4, 0, 3]), sequence_length=lengths, initial_state=start
        )
        assert outputs.shape.as_list() == [4, 0, 2]
        values = run([outputs, state])
        assert values[0].shape == (4, 0, 2)
        np.testing.assert_array_equal(values[1], inputs((4, 2)))

    def test_no_rows(self) -> None:
        for lengths in (None, tf.zeros([0], tf.int32)):
            with tf.variable_scope(None, default_name="s"):
                outputs, state = tf.nn.dynamic_rnn(
                    Cells.GRUCell(2), tf.zeros([0, 6, 3]), sequence_length=lengths, dtype=tf.float32
                )
            values = run([outputs, state])
            assert (values[0].shape, values[1].shape) == ((0, 6, 2), (0, 2))

    def test_numpy_inputs_and_states(self) -> None:
        outputs, _ = tf.nn.dynamic_rnn(Cells.GRUCell(2), inputs(), initial_state=np.zeros([4, 2], np.float32))
        assert run(outputs).shape == (4, 6, 2)

    def test_dictionaries(self) -> None:
        class Dicts(Cells.RNNCell):
            state_size = property(lambda self: {"h": 2, "k": tf.TensorShape([3, 2])})
            output_size = property(lambda self: {"y": 2, "z": tf.TensorShape([3, 2])})

            def call(self, inputs: Any, state: Any) -> Any:
                h = state["h"] + inputs["a"]
                k = state["k"] + tf.expand_dims(h, 1) * inputs["b"]
                return {"y": h, "z": k}, {"h": h, "k": k}

        feed = {"a": tf.constant(inputs((4, 6, 2))), "b": tf.constant(inputs((4, 6, 3, 2)))}
        outputs, state = tf.nn.dynamic_rnn(Dicts(), feed, sequence_length=[6, 6, 6, 2], dtype=tf.float32)
        assert outputs["z"].shape.as_list() == [4, 6, 3, 2]
        values, final = run([outputs, state])
        np.testing.assert_allclose(values["y"][:, -1][:3], np.cumsum(inputs((4, 6, 2)), 1)[:3, -1], rtol=1e-5)
        np.testing.assert_array_equal(final["k"][3], values["z"][3, 1])
        assert not values["z"][3, 2:].any()


class TestLengths:
    @pytest.mark.parametrize(
        "lengths", [[1, 2, 3, 0], [1, 2, 3, -1], np.array([1, 2, 3, 0]), np.array([1, 2, 3, 0], np.int64)]
    )
    def test_of_all_kinds(self, lengths: Any) -> None:
        outputs, _ = tf.nn.dynamic_rnn(Cells.GRUCell(2), tf.ones([4, 6, 3]), sequence_length=lengths, dtype=tf.float32)
        assert steps_that_ran(outputs) == [[1] * n + [0] * (6 - n) for n in (1, 2, 3, 0)]

    def test_beyond_the_time_axis(self) -> None:
        outputs, _ = tf.nn.dynamic_rnn(Cells.GRUCell(2), tf.ones([2, 6, 3]), sequence_length=[9, 2], dtype=tf.float32)
        assert steps_that_ran(outputs) == [[1] * 6, [1] * 2 + [0] * 4]

    def test_beyond_the_time_axis_both_ways(self) -> None:
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(
            Cells.GRUCell(2), Cells.GRUCell(2), tf.ones([2, 6, 3]), sequence_length=[7, 2], dtype=tf.float32
        )
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"seq_lens\(0\) > input.dims\(1\)"):
            run(outputs)

    def test_that_are_fed(self) -> None:
        lengths = tf.placeholder(tf.int64, [None])
        outputs, state = tf.nn.dynamic_rnn(
            Cells.LSTMCell(2), tf.constant(inputs()), sequence_length=lengths, dtype=tf.float32
        )
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            full = session.run(outputs, {lengths: [6] * 4})
            cut, end = session.run([outputs, state.h], {lengths: [1, 6, 0, 3]})
            for row, n in enumerate([1, 6, 0, 3]):
                np.testing.assert_allclose(cut[row, :n], full[row, :n], rtol=1e-6)
                assert not cut[row, n:].any()
                np.testing.assert_allclose(end[row], full[row, n - 1] if n else np.zeros(2), rtol=1e-6)
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"Expected shape for Tensor .*sequence_length"):
                session.run(outputs, {lengths: [1, 2]})

    @pytest.mark.parametrize(("lengths", "shown"), [(3, r"\(\)"), ([[3, 3, 3, 3]], r"\(1, 4\)")])
    def test_that_are_no_vector(self, lengths: Any, shown: str) -> None:
        message = f"sequence_length must be a vector of length batch_size, but saw shape: {shown}"
        with pytest.raises(ValueError, match=message):
            tf.nn.dynamic_rnn(Cells.GRUCell(2), x(), sequence_length=tf.constant(lengths), dtype=tf.float32)
        steps = tf.unstack(x(), axis=1)
        with pytest.raises(ValueError, match="sequence_length must be a vector of length batch_size"):
            tf.nn.static_rnn(Cells.GRUCell(2), steps, sequence_length=tf.constant(lengths), dtype=tf.float32)

    def test_too_few(self) -> None:
        message = (
            r"Dimension 0 in both shapes must be equal, but are 2 and 4. Shapes are \[2\] and \[4\]. for 'rnn/while/Sel"
        )
        with pytest.raises(ValueError, match=message):
            tf.nn.dynamic_rnn(Cells.GRUCell(2), x(), sequence_length=tf.constant([3, 2]), dtype=tf.float32)

    def test_all_empty_in_a_static_one(self) -> None:
        """No step runs, so not even a counter counts; a dynamic one always runs one."""

        class Counting(Cells.RNNCell):
            output_size = 2
            state_size = (2, tf.TensorShape([]))

            def call(self, inputs: Any, state: Any) -> Any:
                return state[0] + 1.0, (state[0] + 1.0, state[1] + 1.0)

        zero = (tf.ones([4, 2]), tf.constant(0.0))
        steps = tf.unstack(tf.ones([4, 3, 3]), axis=1)
        outputs, state = tf.nn.static_rnn(Counting(), steps, initial_state=zero, sequence_length=[0, 0, -1, 0])
        again, final = tf.nn.dynamic_rnn(Counting(), tf.ones([4, 3, 3]), sequence_length=[0] * 4, initial_state=zero)
        values = run([outputs, state, again, final])
        assert not np.any(values[0])
        assert (values[1][0].tolist(), values[1][1]) == ([[1, 1]] * 4, 0)
        assert not np.any(values[2])
        assert (values[3][0].tolist(), values[3][1]) == ([[1, 1]] * 4, 1)

    def test_padding_may_be_nan(self) -> None:
        value = np.ones([4, 6, 3], np.float32)
        value[:, 2:] = np.nan
        outputs, state = tf.nn.dynamic_rnn(
            Cells.GRUCell(2), tf.constant(value), sequence_length=[2, 2, 2, 2], dtype=tf.float32
        )
        gradients = tf.gradients(tf.reduce_sum(outputs) + tf.reduce_sum(state), tf.trainable_variables())
        assert not any(np.isnan(v).any() for v in run([outputs, state, *gradients]))

    def test_padding_of_a_shorter_row_reaches_the_weights_gradients_as_in_tensorflow(self) -> None:
        """Where PyTorch's operations run, as in float64: a fused kernel does not read what stands in the padding."""
        value = np.ones([4, 6, 3])
        value[0, 2:] = np.nan
        outputs, _ = tf.nn.dynamic_rnn(
            Cells.GRUCell(2), tf.constant(value), sequence_length=[2, 6, 6, 6], dtype=tf.float64
        )
        gradients = tf.gradients(tf.reduce_sum(outputs), tf.trainable_variables())
        assert [bool(np.isnan(v).any()) for v in run([outputs, *gradients])] == [False, True, True, True, True]


def cell_of(state: Any, output: Any, step: Any) -> Any:
    class Made(Cells.RNNCell):
        state_size, output_size = state, output

        def call(self, inputs: Any, state: Any) -> Any:
            return step(inputs, state)

    return Made()


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "message", "build"),
        [
            (
                ValueError,
                "If there is no initial_state, you must give a dtype",
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), x()),
            ),
            (
                ValueError,
                "If no initial_state is provided, dtype must be specified",
                lambda: tf.nn.static_rnn(Cells.LSTMCell(2), tf.unstack(x(), axis=1)),
            ),
            (
                ValueError,
                "Input size .depth of inputs. must be accessible via shape inference, but saw value None",
                lambda: tf.nn.dynamic_rnn(
                    Cells.LSTMCell(2), tf.placeholder(tf.float32, [4, 6, None]), dtype=tf.float32
                ),
            ),
            (
                ValueError,
                "Input size .dimension 0 of inputs. must be accessible via shape inference, but saw value None",
                lambda: tf.nn.static_rnn(Cells.LSTMCell(2), [tf.placeholder(tf.float32, [4, None])], dtype=tf.float32),
            ),
            (
                ValueError,
                r"Shape \(3, 4\) must have rank at least 3",
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), tf.zeros([4, 3]), dtype=tf.float32),
            ),
            (
                ValueError,
                r'Expected input tensor Tensor\("zeros:0", shape=\(3,\), dtype=float32\) to have rank at least 2',
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), tf.zeros([3]), dtype=tf.float32),
            ),
            (
                ValueError,
                "rank of the input must be known",
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), tf.placeholder(tf.float32), dtype=tf.float32),
            ),
            (
                TypeError,
                "is not an RNNCell: 'output_size' property is missing, 'state_size' property is missing, either",
                lambda: tf.nn.dynamic_rnn(lambda a, b: a, x(), dtype=tf.float32),
            ),
            (
                TypeError,
                r"The argument 'cell_bw' \(3\) is not an RNNCell: .*, is not callable",
                lambda: tf.nn.bidirectional_dynamic_rnn(Cells.LSTMCell(2), 3, x(), dtype=tf.float32),
            ),
            (TypeError, "inputs must be a sequence", lambda: tf.nn.static_rnn(Cells.GRUCell(2), x(), dtype=tf.float32)),
            (ValueError, "inputs must not be empty", lambda: tf.nn.static_rnn(Cells.GRUCell(2), [], dtype=tf.float32)),
            (
                ValueError,
                "Dimensions 3 and 4 are not compatible",
                lambda: tf.nn.static_rnn(Cells.GRUCell(2), [tf.zeros([3, 2]), tf.zeros([4, 2])], dtype=tf.float32),
            ),
            (
                ValueError,
                "Dimensions must be equal, but are",
                lambda: tf.nn.static_rnn(Cells.GRUCell(2), [tf.zeros([3, 2]), tf.zeros([3, 4])], dtype=tf.float32),
            ),
            (
                ValueError,
                r"Dimensions must be equal, but are 6 and 5 for 'rnn/while/gru_cell/MatMul' .* \[4,6\], \[5,4\]",
                lambda: tf.nn.dynamic_rnn(Cells.GRUCell(2), x(), initial_state=tf.zeros([4, 3])),
            ),
            (
                TypeError,
                "iterating over",
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), x(), initial_state=tf.zeros([4, 2])),
            ),
            (
                TypeError,
                "don't have the same sequence type",
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), x(), initial_state=(tf.zeros([4, 2]), tf.zeros([4, 2]))),
            ),
            (
                TypeError,
                "don't have the same sequence type",
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), x(), initial_state=[tf.zeros([4, 2]), tf.zeros([4, 2])]),
            ),
            (
                TypeError,
                r"'ConcatV2' Op have types \[float32, float64\] that don't all match",
                lambda: tf.nn.dynamic_rnn(Cells.LSTMCell(2), x(), dtype=tf.float64),
            ),
            (
                ValueError,
                "Batch_size is not the same for all the elements in the input",
                lambda: tf.nn.dynamic_rnn(
                    cell_of(3, 3, lambda i, s: (i[0], s)), (x(), tf.zeros([5, 6, 2])), dtype=tf.float32
                ),
            ),
            (
                ValueError,
                "Time steps is not the same for all the elements in the input in a batch",
                lambda: tf.nn.dynamic_rnn(
                    cell_of(3, 3, lambda i, s: (i[0], s)), (x(), tf.zeros([4, 5, 2])), dtype=tf.float32
                ),
            ),
            (
                ValueError,
                "don't have the same nested structure",
                lambda: tf.nn.dynamic_rnn(cell_of((3, 3), 3, lambda i, s: (i, (s[0],))), x(), dtype=tf.float32),
            ),
            (
                ValueError,
                r"enters the loop with shape \(4, 3\), but has shape \(4, 6\) after one iteration",
                lambda: tf.nn.dynamic_rnn(cell_of(3, 3, lambda i, s: (i, tf.concat([s, s], 1))), x(), dtype=tf.float32),
            ),
            (
                TypeError,
                "dtype float64",
                lambda: tf.nn.dynamic_rnn(
                    cell_of(3, 3, lambda i, s: (i, tf.cast(s, tf.float64))), x(), dtype=tf.float32
                ),
            ),
            (
                ValueError,
                r"Inconsistent shapes: saw \(4, 3\) but expected \(4, 7\)",
                lambda: tf.nn.dynamic_rnn(cell_of(3, 7, lambda i, s: (i, s)), x(), dtype=tf.float32),
            ),
            (
                ValueError,
                "don't have the same nested structure",
                lambda: tf.nn.dynamic_rnn(cell_of(3, (3, 3), lambda i, s: (i, s)), x(), dtype=tf.float32),
            ),
        ],
    )
    def test_while_building(self, error: type[Exception], message: str, build: Any) -> None:
        with pytest.raises(error, match=message):
            build()

    def test_static_rnn_takes_any_pair_as_state(self) -> None:
        for kind in (tuple, list):
            with tf.variable_scope(kind.__name__):
                start = kind([tf.zeros([4, 2]), tf.zeros([4, 2])])
                _, state = tf.nn.static_rnn(Cells.LSTMCell(2), tf.unstack(x(), axis=1), initial_state=start)
            assert type(state) is Cells.LSTMStateTuple

    def test_inputs_that_differ_only_when_run(self) -> None:
        a, b = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.float32, [None, None, 2])
        outputs, _ = tf.nn.dynamic_rnn(cell_of(2, 2, lambda i, s: (i[0] + i[1], s)), (a, b), dtype=tf.float32)
        with pytest.raises(tf.errors.InvalidArgumentError, match="same time and batch"):
            run(outputs, {a: inputs((4, 6, 2)), b: inputs((4, 5, 2))})

    def test_an_error_inside_a_step_names_its_operation(self) -> None:
        def step(inputs: Any, state: Any) -> Any:
            with tf.control_dependencies([tf.Assert(tf.reduce_all(inputs < 3.0), ["too large"])]):
                return tf.identity(inputs), state

        outputs, _ = tf.nn.dynamic_rnn(cell_of(3, 3, step), x(), dtype=tf.float32)
        feed = tf.get_default_graph().get_tensor_by_name("x:0")
        assert run(outputs, {feed: np.ones([4, 6, 3])}).shape == (4, 6, 3)
        with pytest.raises(tf.errors.InvalidArgumentError, match="too large"):
            run(outputs, {feed: np.full([4, 6, 3], 5.0)})


class TestWithWhatElseThereIs:
    def test_variables_of_the_program_in_a_step(self) -> None:
        w = tf.Variable([[2.0]])
        outputs, _ = tf.nn.dynamic_rnn(
            cell_of(1, 1, lambda i, s: (tf.matmul(i + s, w), s + 1)), tf.ones([1, 3, 1]), dtype=tf.float32
        )
        assert run(outputs).ravel().tolist() == [2, 4, 6]
        assert run(tf.gradients(outputs, w)[0]).tolist() == [[6.0]]

    def test_assignments_in_a_step(self) -> None:
        count = tf.Variable(0.0, trainable=False)

        def step(inputs: Any, state: Any) -> Any:
            return inputs + tf.assign_add(count, 1.0), state

        outputs, _ = tf.nn.dynamic_rnn(cell_of(1, 1, step), tf.zeros([1, 4, 1]), dtype=tf.float32, swap_memory=True)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            assert session.run(outputs).ravel().tolist() == [1, 2, 3, 4]
            assert session.run(count) == 4

    def test_branches_in_a_step(self) -> None:
        def step(inputs: Any, state: Any) -> Any:
            new = tf.cond(tf.reduce_sum(inputs) > 0, lambda: state + inputs, lambda: state * 2)
            return new, new

        value = np.array([[[1.0], [-1.0], [2.0], [-1.0]]], np.float32)
        cell = cell_of(1, 1, step)
        fed = tf.constant(value)
        outputs, _ = tf.nn.dynamic_rnn(cell, fed, dtype=tf.float32)
        assert run(outputs).ravel().tolist() == [1, 2, 4, 8]
        assert run(tf.gradients(outputs[:, -1], fed)[0]).ravel().tolist() == [4, 0, 2, 0]

    def test_a_recurrence_in_a_step(self) -> None:
        inner = Cells.BasicRNNCell(2)

        def step(inputs: Any, state: Any) -> Any:
            _, last = tf.nn.dynamic_rnn(inner, tf.expand_dims(inputs, 2), initial_state=state)
            return last, last

        outputs, _ = tf.nn.dynamic_rnn(cell_of(2, 2, step), tf.constant(inputs()), dtype=tf.float32)
        flat, _ = tf.nn.dynamic_rnn(
            inner, tf.reshape(tf.constant(inputs()), [4, 18, 1]), initial_state=tf.zeros([4, 2])
        )
        values = run([outputs[:, -1], flat[:, -1]])
        np.testing.assert_allclose(values[0], values[1], rtol=1e-5, atol=1e-6)

    def test_gradients_that_do_not_exist(self) -> None:
        a, b = tf.constant(inputs()), tf.constant(inputs((4, 6, 3), 1))
        cell = cell_of((3, 3), (3, 3), lambda i, s: ((i[0] + s[0], tf.stop_gradient(i[1])), (i[0], s[1] + i[1])))
        start = (tf.zeros([4, 3]), tf.zeros([4, 3]))
        (first, second), (s0, s1) = tf.nn.dynamic_rnn(cell, (a, b), initial_state=start)
        present = [[g is not None for g in tf.gradients(y, [a, b, *start])] for y in (first, second, s0, s1)]
        assert present == [
            [True, False, True, False],
            [False, False, False, False],
            [True, False, True, False],
            [False, True, False, True],
        ]

    def test_second_derivatives(self) -> None:
        fed = tf.constant(inputs((2, 3, 2)).astype(np.float64))
        outputs, _ = tf.nn.dynamic_rnn(Cells.GRUCell(2), fed, dtype=tf.float64)
        first = tf.gradients(outputs, fed)[0]
        second = tf.gradients(tf.reduce_sum(first**2), fed)[0]
        assert np.abs(run(second)).max() > 1e-4

    def test_unstacked_inputs_are_not_stacked_again(self) -> None:
        fed = tf.constant(inputs())
        tf.nn.static_rnn(Cells.GRUCell(2), tf.unstack(fed, axis=1), dtype=tf.float32)
        [node] = [op for op in tf.get_default_graph().get_operations() if op.type == "Recurrence"]
        assert node.inputs[0] is fed

    def test_steps_in_another_order_are(self) -> None:
        steps = tf.unstack(tf.constant(inputs()), axis=1)
        cell = Cells.GRUCell(2)
        outputs, _ = tf.nn.static_rnn(cell, steps[::-1], dtype=tf.float32)
        expected, _ = tf.nn.dynamic_rnn(cell, tf.constant(inputs()[:, ::-1].copy()), dtype=tf.float32)
        values = run([tf.stack(outputs, 1), expected])
        np.testing.assert_allclose(values[0], values[1], rtol=1e-6)


def test_seeded_dropout_draws_the_same_at_every_step_of_a_static_unroll():
    """TensorFlow 1.15 makes one operation a step, all with the wrapper's seed; in the next run each draws on."""
    with tf.variable_scope("a", initializer=tf.constant_initializer(0.1)):
        cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicRNNCell(4), input_keep_prob=0.5, seed=42)
        outputs, _ = tf.nn.static_rnn(cell, [tf.ones([1, 4])] * 4, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second = ([step[0, 0] for step in session.run(outputs)] for _ in range(2))
    assert first == pytest.approx([0.5370, 0.6722, 0.7008, 0.7066], abs=1e-4)
    assert second == pytest.approx([0.3799, 0.5020, 0.5376, 0.5477], abs=1e-4)
