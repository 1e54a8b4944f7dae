"""A decoder that is given the right inputs is a recurrence: what its loop of single steps gives."""

from __future__ import annotations

import contextlib
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rnn.layered import assert_close, flat, reasons, with_gradients

import recell.v1 as tf
from recell.seq2seq.teacher_forcing import why_not_forced

seq2seq = tf.contrib.seq2seq
Cells = tf.nn.rnn_cell
TIME, BATCH, DEPTH = 4, 3, 2

CELLS = {
    "gru": lambda: Cells.GRUCell(3),
    "stack": lambda: Cells.MultiRNNCell(
        [Cells.DropoutWrapper(Cells.LSTMCell(2), 0.8, seed=2), Cells.ResidualWrapper(Cells.BasicLSTMCell(2))]
    ),
    "normed": lambda: tf.contrib.rnn.LayerNormBasicLSTMCell(2),  # a recurrence too, but a loop of steps
}


def decoded(kind: str, lengths: Any, layer: bool, limit: Any, impute: bool) -> Any:
    fed = tf.constant(np.random.RandomState(0).standard_normal((BATCH, TIME, DEPTH)))
    cell = CELLS[kind]()
    helper = seq2seq.TrainingHelper(fed, lengths)
    start = cell.zero_state(BATCH, tf.float64)
    decoder = seq2seq.BasicDecoder(cell, helper, start, tf.layers.Dense(5) if layer else None)
    assert why_not_forced(helper, start) is None
    outputs, state, ends = seq2seq.dynamic_decode(decoder, impute_finished=impute, maximum_iterations=limit)
    return [*with_gradients(outputs.rnn_output, state, fed), outputs.sample_id, ends]


def looped() -> Any:
    return mock.patch("recell.seq2seq.basic_decoder.BasicDecoder._at_once", return_value=None)


def values(context: Any, *arguments: Any) -> list[Any]:
    with tf.Graph().as_default(), tf.Session() as session, context:
        fetches = decoded(*arguments)
        random = np.random.RandomState(1)
        for variable in tf.global_variables():
            variable.load(random.uniform(-0.5, 0.5, variable.shape.as_list()), session)
        return session.run(fetches)


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(sorted(CELLS)),
    lengths=st.lists(st.integers(-1, TIME), min_size=BATCH, max_size=BATCH),
    layer=st.booleans(),
    limit=st.none() | st.integers(-1, TIME),
    impute=st.booleans(),
)
def test_outputs_states_lengths_and_gradients_are_those_of_the_loop(
    kind: str, lengths: list[int], layer: bool, limit: int | None, impute: bool
) -> None:
    arguments = kind, lengths, layer, limit, impute
    assert_close(values(contextlib.nullcontext(), *arguments), values(looped(), *arguments), 1e-10)


def test_a_stack_of_known_cells_runs_layer_by_layer() -> None:
    with tf.Graph().as_default():
        decoded("stack", [4, 2, 0], True, None, True)
        assert reasons() == [None]


@pytest.mark.parametrize("context", [contextlib.nullcontext(), looped()])
def test_more_steps_than_there_are_inputs_are_an_error(context: Any) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        values(context, "gru", [TIME + 1, 1, 1], False, None, False)


def test_no_rows_take_no_steps() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed, lengths = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.int32, [None])
        cell = Cells.GRUCell(3)
        start = cell.zero_state(tf.shape(fed)[0], tf.float32)
        decoder = seq2seq.BasicDecoder(cell, seq2seq.TrainingHelper(fed, lengths), start)
        results = flat(seq2seq.dynamic_decode(decoder))
        session.run(tf.global_variables_initializer())
        found = session.run(results, {fed: np.zeros([0, 2, 2]), lengths: np.zeros([0])})
    assert [value.shape for value in found] == [(0, 0, 3), (0, 0), (0, 3), (0,)]


def test_what_is_fed_back_or_counted_is_a_loop() -> None:
    with tf.Graph().as_default():
        fed, cell = tf.zeros([BATCH, TIME, DEPTH]), Cells.GRUCell(3)
        sampling = seq2seq.ScheduledOutputTrainingHelper(fed, [1, 1, 1], 0.5)
        reason = why_not_forced(sampling, cell.zero_state(BATCH, tf.float32))
        assert reason is not None
        assert "ScheduledOutputTrainingHelper" in reason
        attention = seq2seq.AttentionWrapper(cell, seq2seq.LuongAttention(3, fed))
        reason = why_not_forced(seq2seq.TrainingHelper(fed, [1, 1, 1]), attention.zero_state(BATCH, tf.float32))
        assert reason is not None
        assert "no floating-point rows" in reason


def test_a_decoder_of_the_programs_own_keeps_its_loop() -> None:
    class Doubling(seq2seq.BasicDecoder):
        def step(self, time: Any, inputs: Any, state: Any, name: Any = None) -> Any:
            outputs, state, inputs, finished = super().step(time, inputs, state, name)
            return outputs._replace(rnn_output=2.0 * outputs.rnn_output), state, inputs, finished

    with tf.Graph().as_default():
        cell = Cells.GRUCell(3)
        helper = seq2seq.TrainingHelper(tf.zeros([BATCH, TIME, DEPTH]), [1, 1, 1])
        seq2seq.dynamic_decode(Doubling(cell, helper, cell.zero_state(BATCH, tf.float32)))
        assert reasons() == []
