"""Stacks of cells, and one cell object in several layers."""

from __future__ import annotations

import copy
import logging
from typing import Any

import numpy as np
import pytest
from tests.rnn.golden_case import CELL_PARTS, check_cell
from tests.rnn.programs import Cells, graph, inputs, names, release, run

import recell.v1 as tf

__all__ = ["graph"]


def test_names_under_dynamic_rnn_directly_and_static() -> None:
    expected = ["cell_0/lstm_cell/kernel", "cell_0/lstm_cell/bias"]
    expected += [f"cell_1/gru_cell/{part}/{kind}" for part in ("gates", "candidate") for kind in ("kernel", "bias")]

    def stack() -> Any:
        return Cells.MultiRNNCell([Cells.LSTMCell(5), Cells.GRUCell(3)])

    with tf.Graph().as_default():
        tf.nn.dynamic_rnn(stack(), tf.constant(inputs()), dtype=tf.float32)
        assert names() == [f"rnn/multi_rnn_cell/{name}" for name in expected]
    with tf.Graph().as_default():
        tf.nn.static_rnn(stack(), tf.unstack(tf.constant(inputs()), axis=1), dtype=tf.float32)
        assert names() == [f"rnn/multi_rnn_cell/{name}" for name in expected]
    with tf.Graph().as_default():
        cell = stack()
        cell(tf.ones([4, 3]), cell.zero_state(4, tf.float32))
        assert names() == [f"multi_rnn_cell/{name}" for name in expected]
        assert [w.op.name for w in cell.weights] == names()


def test_states() -> None:
    cell = Cells.MultiRNNCell([Cells.LSTMCell(2), Cells.GRUCell(3)])
    assert cell.state_size == (Cells.LSTMStateTuple(2, 2), 3)
    zero = cell.zero_state(4, tf.float32)
    assert type(zero) is tuple
    assert zero[1].op.name == "MultiRNNCellZeroState/GRUCellZeroState/zeros"
    outputs, state = tf.nn.dynamic_rnn(cell, tf.constant(inputs()), dtype=tf.float32)
    assert str(state) == (
        "(LSTMStateTuple(c=<tf.Tensor 'rnn/while/Exit_3:0' shape=(4, 2) dtype=float32>, "
        "h=<tf.Tensor 'rnn/while/Exit_4:0' shape=(4, 2) dtype=float32>), "
        "<tf.Tensor 'rnn/while/Exit_5:0' shape=(4, 3) dtype=float32>)"
    )
    assert outputs.shape.as_list() == [4, 6, 3]


def test_joined_state() -> None:
    cell = Cells.MultiRNNCell([Cells.GRUCell(2), Cells.GRUCell(3)], state_is_tuple=False)
    assert cell.state_size == 5
    assert cell.zero_state(4, tf.float32).shape.as_list() == [4, 5]
    tuples = Cells.MultiRNNCell([Cells.GRUCell(2), Cells.GRUCell(3)])
    output, state = cell(tf.ones([4, 3]), tf.fill([4, 5], 0.5))
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        expected, states = tuples(tf.ones([4, 3]), (tf.fill([4, 2], 0.5), tf.fill([4, 3], 0.5)))
    values = run([output, expected, state, states])
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[2], np.concatenate(values[3], axis=1))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Cells.MultiRNNCell([]), ValueError, "Must specify at least one cell for MultiRNNCell"),
        (lambda: Cells.MultiRNNCell(Cells.GRUCell(2)), TypeError, "cells must be a list or tuple, but saw"),
        (
            lambda: Cells.MultiRNNCell([Cells.LSTMCell(2)], state_is_tuple=False),
            ValueError,
            r"Some cells return tuples of states.*State sizes are: \[LSTMStateTuple\(c=2, h=2\)\]",
        ),
        (
            lambda: Cells.MultiRNNCell([Cells.GRUCell(2), Cells.GRUCell(2)])(tf.ones([4, 3]), tf.zeros([4, 4])),
            ValueError,
            "Expected state to be a tuple of length 2, but received: Tensor",
        ),
    ],
)
def test_wrong_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


class TestOneObjectInSeveralLayers:
    def test_layers_have_weights_of_their_own(self, caplog: pytest.LogCaptureFixture) -> None:
        cell = Cells.BasicLSTMCell(5)
        with caplog.at_level(logging.WARNING, "tensorflow"):
            stack = Cells.MultiRNNCell([cell] * 3)
        assert len(caplog.records) == 1
        assert "weights of its own" in caplog.text
        tf.nn.dynamic_rnn(stack, tf.constant(inputs()), dtype=tf.float32)
        assert [v.shape.as_list() for v in tf.global_variables()] == [[8, 20], [20], [10, 20], [20], [10, 20], [20]]
        assert names()[2] == "rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel"
        assert [w.op.name for w in cell.weights] == names()[:2]

    def test_in_one_wrapper_or_in_several(self) -> None:
        keep = tf.placeholder(tf.float32)
        one = Cells.DropoutWrapper(Cells.BasicLSTMCell(5), output_keep_prob=keep)
        inner = Cells.BasicLSTMCell(5)
        for layers in ([one] * 2, [Cells.DropoutWrapper(inner), Cells.DropoutWrapper(inner)]):
            with tf.variable_scope(None, default_name="stack"):
                tf.nn.dynamic_rnn(Cells.MultiRNNCell(layers), tf.constant(inputs()), dtype=tf.float32)
        assert len(names()) == 8

    def test_stepped_by_hand(self) -> None:
        stack = Cells.MultiRNNCell([Cells.DropoutWrapper(Cells.BasicLSTMCell(16), output_keep_prob=0.5)] * 3)
        state = stack.zero_state(4, tf.float32)
        for step in range(3):
            if step:
                tf.get_variable_scope().reuse_variables()
            output, state = stack(tf.ones([4, 5]), state)
        assert len(names()) == 6
        assert run(output).shape == (4, 16)

    def test_one_that_has_weights_is_shared(self, caplog: pytest.LogCaptureFixture) -> None:
        cell = Cells.GRUCell(3)
        cell(tf.ones([4, 3]), tf.zeros([4, 3]))
        with caplog.at_level(logging.WARNING, "tensorflow"):
            stack = Cells.MultiRNNCell([cell, cell])
        assert "will share weights" in caplog.text
        stack(tf.ones([4, 3]), stack.zero_state(4, tf.float32))
        assert len(names()) == 4

    def test_one_that_cannot_be_copied_is_shared(self) -> None:
        class Locked(Cells.GRUCell):
            def __deepcopy__(self, memo: Any) -> Any:
                raise TypeError("no copies")

        cell = Locked(3)
        stack = Cells.MultiRNNCell([cell, cell])
        stack(tf.ones([4, 3]), stack.zero_state(4, tf.float32))
        assert len(names()) == 4

    def test_layers_start_differently(self) -> None:
        stack = Cells.MultiRNNCell([Cells.BasicRNNCell(3)] * 2)
        stack(tf.ones([4, 3]), stack.zero_state(4, tf.float32))
        first, _, second, _ = run(tf.global_variables())
        assert (first != second).all()

    @pytest.mark.parametrize("part", CELL_PARTS)
    def test_golden_of_1_15(self, part: str) -> None:
        with release("1.15"):
            check_cell(tf, "multi_same_object", part)

    def test_1_15_shares_and_so_may_fail(self, caplog: pytest.LogCaptureFixture) -> None:
        with release("1.15"), caplog.at_level(logging.WARNING, "tensorflow"):
            stack = Cells.MultiRNNCell([Cells.LSTMCell(5)] * 2)
            assert "At least two cells" in caplog.text
            with pytest.raises(ValueError, match="Dimensions must be equal, but are 10 and 8"):
                tf.nn.dynamic_rnn(stack, tf.constant(inputs()), dtype=tf.float32)

    def test_1_15_shares_a_wrapped_one(self) -> None:
        with release("1.15"):
            stack = Cells.MultiRNNCell([Cells.DropoutWrapper(Cells.BasicLSTMCell(3))] * 3)
            tf.nn.dynamic_rnn(stack, tf.constant(inputs()), dtype=tf.float32)
        assert names() == [f"rnn/multi_rnn_cell/cell_0/basic_lstm_cell/{kind}" for kind in ("kernel", "bias")]


def test_deepcopy_of_a_stack() -> None:
    stack = Cells.MultiRNNCell([Cells.LSTMCell(5), Cells.GRUCell(3)])
    twin = copy.deepcopy(stack)
    for scope, cell in (("a", stack), ("b", twin)):
        with tf.variable_scope(scope):
            cell(tf.ones([4, 3]), cell.zero_state(4, tf.float32))
    assert [name[0] for name in names()] == ["a"] * 6 + ["b"] * 6
    assert twin.state_size == stack.state_size


def test_two_stacks_in_one_scope_collide_as_in_1_15() -> None:
    Cells.MultiRNNCell([Cells.GRUCell(3)])(tf.ones([4, 3]), (tf.zeros([4, 3]),))
    with pytest.raises(ValueError, match="multi_rnn_cell/cell_0/gru_cell/gates/kernel already exists"):
        Cells.MultiRNNCell([Cells.GRUCell(3)])(tf.ones([4, 3]), (tf.zeros([4, 3]),))
