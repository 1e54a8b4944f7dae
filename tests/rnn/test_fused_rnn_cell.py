"""The block and fused cells against TensorFlow 1.15: goldens, figures of other arguments, the recurrence they make."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.rnn.golden_fused import FUSED, check_fused

import recell.v1 as tf

FILE = Path(__file__).with_name("block_cases.txt")
Contrib = tf.contrib.rnn


@pytest.mark.parametrize("name", sorted(FUSED))
def test_golden(name: str) -> None:
    check_fused(tf, name)


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_case(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def evaluate(results: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(results)


@pytest.fixture(autouse=True)
def graph() -> Any:
    with tf.Graph().as_default() as made:
        tf.set_random_seed(1)
        yield made


class TestRecurrence:
    """`LSTMBlockFusedCell` is one recurrence, the one that `dynamic_rnn` makes of `LSTMBlockCell`."""

    def test_is_one_operation(self, graph: Any) -> None:
        Contrib.LSTMBlockFusedCell(2, use_peephole=True)(tf.ones([5, 2, 3]), dtype=tf.float32, sequence_length=[1, 2])
        (recurrence,) = (op for op in graph.get_operations() if op.type == "Recurrence")
        assert [out.shape.as_list() for out in recurrence.outputs] == [[5, 2, 2], [2, 2], [2, 2]]

    @pytest.mark.parametrize("lengths", [None, [3, 9, 0, -1]])
    def test_gives_what_dynamic_rnn_gives(self, lengths: Any) -> None:
        x = tf.random_normal([3, 4, 2])
        options = {"forget_bias": 0.5, "cell_clip": 0.1, "use_peephole": True}
        fused = Contrib.LSTMBlockFusedCell(3, name="cell", **options)(x, dtype=tf.float32, sequence_length=lengths)
        cell = Contrib.LSTMBlockCell(3, name="cell", reuse=True, **options)
        steps = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, time_major=True, scope=tf.VariableScope(True, ""))
        assert [v.op.name for v in tf.global_variables()] == [
            "cell/kernel",
            "cell/bias",
            "cell/w_i_diag",
            "cell/w_f_diag",
            "cell/w_o_diag",
        ]
        for loss in ([tf.nn.l2_loss(leaf[0]) + tf.nn.l2_loss(leaf[1].c)] for leaf in (fused, steps)):
            loss.extend(tf.gradients(loss[0], tf.trainable_variables()))
        ours, theirs = evaluate([[fused[0], *fused[1]], [steps[0], *steps[1]]])
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
        if lengths:
            assert not ours[0][:, 2:].any()

    def test_padding_may_hold_nan(self) -> None:
        x = np.ones([3, 2, 2], np.float32)
        x[1:, 0] = np.nan
        outputs, state = evaluate(Contrib.LSTMBlockFusedCell(2)(x, dtype=tf.float32, sequence_length=[1, 3]))
        assert np.isfinite(outputs).all()
        assert np.isfinite(state).all()

    def test_one_length_for_each_row(self) -> None:
        lengths = tf.placeholder(tf.int32)
        results = Contrib.LSTMBlockFusedCell(2)(tf.ones([3, 2, 3]), dtype=tf.float32, sequence_length=lengths)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            with pytest.raises(tf.errors.InvalidArgumentError, match="one length for each row"):
                session.run(results, {lengths: [1, 2, 3]})

    def test_no_steps_give_the_initial_state(self) -> None:
        state = tf.ones([2, 3]), 2 * tf.ones([2, 3])
        outputs, final = evaluate(Contrib.LSTMBlockFusedCell(3)(tf.zeros([0, 2, 4]), state))
        assert outputs.shape == (0, 2, 3)
        np.testing.assert_array_equal(final.c, np.ones([2, 3]))
        np.testing.assert_array_equal(final.h, 2 * np.ones([2, 3]))


class TestClip:
    """The clip bounds the memory to the bit, and the gradient does not see it."""

    def test_value_and_gradient(self) -> None:
        c, h = tf.constant([[5.0, -5.0, 0.01]]), tf.zeros([1, 3])
        with tf.variable_scope("p", initializer=tf.zeros_initializer()):
            block = Contrib.LSTMBlockCell(3, cell_clip=0.3)(tf.zeros([1, 2]), (c, h))[1].c
            plain = tf.nn.rnn_cell.LSTMCell(3, cell_clip=0.3)(tf.zeros([1, 2]), tf.nn.rnn_cell.LSTMStateTuple(c, h))[
                1
            ].c
        values, others, through, stopped = evaluate([block, plain, *tf.gradients(block, c), *tf.gradients(plain, c)])
        np.testing.assert_array_equal(values, others)
        forget = 1 / (1 + np.exp(-1.0))
        np.testing.assert_allclose(values, [[np.float32(0.3), -np.float32(0.3), 0.01 * forget]], rtol=1e-6)
        np.testing.assert_allclose(through, [[forget] * 3], rtol=1e-6)
        np.testing.assert_allclose(stopped, [[0, 0, forget]], rtol=1e-6)


def test_cell_names_of_the_modules_that_programs_import() -> None:
    for module, names in {
        "lstm_ops": "LSTMBlockCell LSTMBlockFusedCell LSTMBlockWrapper",
        "gru_ops": "GRUBlockCell GRUBlockCellV2",
        "fused_rnn_cell": "FusedRNNCell FusedRNNCellAdaptor TimeReversedFusedRNN",
    }.items():
        found = importlib.import_module(f"recell.v1.contrib.rnn.python.ops.{module}")
        for name in names.split():
            assert getattr(found, name) is getattr(Contrib, name)


def test_configuration_of_the_layer() -> None:
    made = Contrib.LSTMBlockFusedCell(3, 0.5, cell_clip=0.2, use_peephole=True)
    again = Contrib.LSTMBlockFusedCell.from_config(made.get_config())
    again(tf.ones([2, 1, 4]), dtype=tf.float32)
    assert again.get_config() == {**made.get_config(), "dtype": "float32"}
    assert len(again.weights) == 5


def test_deprecated_name_of_the_units() -> None:
    cell = Contrib.GRUBlockCell(cell_size=3)
    assert (cell.state_size, cell.output_size) == (3, 3)
    assert Contrib.GRUBlockCell.from_config(cell.get_config()).state_size == 3
