"""Which steps of a loop written by hand are joined, and which are left as they are."""

from __future__ import annotations

import numpy as np
import pytest
from tests.plan.chain_ways import (
    BATCH,
    DEPTH,
    JOINED,
    UNITS,
    alone,
    assert_same,
    joined_steps,
    joined_types,
    session_with,
)

import recell.v1 as tf
from recell.plan import chain_calls


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        tf.set_random_seed(7)
        yield made


def simple_loop(cell=None, steps=4, inputs=None):
    x = tf.constant(np.random.RandomState(0).randn(BATCH, steps, DEPTH).astype(np.float32))
    cell = cell or tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    state = cell.zero_state(BATCH, tf.float32)
    outputs, states = [], []
    for t in range(steps):
        output, state = cell(x[:, t] if inputs is None else inputs(x, t, outputs), state)
        outputs.append(output)
        states.append(state)
    return outputs, states


def test_a_stack_of_layers_with_dropout_is_a_handful_of_calls():
    layers = [tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicLSTMCell(UNITS), output_keep_prob=0.5) for _ in "ab"]
    outputs, _ = simple_loop(tf.nn.rnn_cell.MultiRNNCell(layers))
    loss = tf.reduce_sum(tf.concat(outputs, 1))
    expected = [
        ("BasicLSTMStep", 4),
        ("BasicLSTMStep", 4),
        ("ConcatV2", 1),
        ("Dropout", 4),
        ("Dropout", 4),
        ("StridedSlice", 4),
    ]
    assert joined_types([loss, tf.gradients(loss, tf.trainable_variables())]) == expected


def test_an_output_that_is_fed_back_leaves_the_loop_as_it_is():
    def previous(x, t, outputs):
        return outputs[-1][:, :DEPTH] if outputs else x[:, 0]

    outputs, _ = simple_loop(inputs=previous)
    assert joined_types(outputs) == []
    assert_same(outputs)


def test_an_output_that_is_the_next_input_leaves_the_loop_as_it_is():
    x = tf.ones([BATCH, UNITS])
    cell = tf.nn.rnn_cell.GRUCell(UNITS)
    h = x
    for _ in range(4):
        h, _ = cell(h, h)
    assert joined_types([h]) == []


def test_a_look_back_in_the_middle_parts_the_loop_there():
    def late(x, t, outputs):
        return outputs[0][:, :DEPTH] if t == 3 else x[:, t]

    outputs, _ = simple_loop(steps=6, inputs=late)
    assert joined_steps(outputs) == [3] * 2
    assert_same(outputs)


def test_of_two_loops_that_look_at_each_other_one_is_parted():
    cells = [tf.nn.rnn_cell.GRUCell(UNITS, name=name) for name in "ab"]
    x = tf.ones([BATCH, UNITS])
    first, second = [x], [x]
    for t in range(6):
        # Each ends by looking at how the other one began: as a whole, each would have to come before the other.
        first.append(cells[0](second[1] if t == 5 else x, first[-1])[1])
        second.append(cells[1](first[1] if t == 5 else x, second[-1])[1])
    ends = [first[-1], second[-1]]
    assert joined_steps(ends) == [5, 6]
    assert_same([*ends, *tf.gradients(ends, tf.trainable_variables())])


def test_a_memory_in_the_middle_parts_the_loop():
    outputs, states = simple_loop(steps=6)
    assert joined_steps([outputs[5]]) == [6]
    fetches = [outputs[5], states[1].c, states[5].c]
    assert joined_steps(fetches) == [2, 4]
    assert_same(fetches)
    assert_same([states[2].h, states[3].h])


def stack_of_joined_states():
    cells = [tf.nn.rnn_cell.BasicLSTMCell(UNITS, state_is_tuple=False) for _ in "ab"]
    return simple_loop(tf.nn.rnn_cell.MultiRNNCell(cells, state_is_tuple=False), steps=5)


def test_states_that_are_joined_in_one_tensor_are_handed_on_all_the_same():
    outputs, states = stack_of_joined_states()
    assert joined_steps([outputs[4]]) == [5, 5]
    assert joined_steps([tf.stack(outputs), states[4]]) == [5, 5]
    assert_same([*outputs, states[4], *tf.gradients(outputs, tf.trainable_variables())])


def test_a_joined_state_in_the_middle_parts_the_loop():
    outputs, states = stack_of_joined_states()
    assert joined_steps([outputs[4], states[1]]) == [2, 2, 3, 3]
    assert_same([outputs[4], states[1], states[2][:, :UNITS], *tf.gradients(outputs, tf.trainable_variables())])
    assert_same(tf.gradients(outputs[4], [states[1]]))
    assert_same([outputs[4]], {states[2]: np.full([BATCH, 4 * UNITS], 0.3, np.float32)})


def test_outputs_in_the_middle_are_there_as_before():
    outputs, states = simple_loop()
    assert_same([outputs[0], outputs[2], outputs[3], states[3].h, states[3].c, tf.stack(outputs, 1)])


def test_a_fed_output_parts_the_loop():
    outputs, _ = simple_loop(tf.nn.rnn_cell.GRUCell(UNITS), steps=6)
    feeds = {outputs[2]: np.full([BATCH, UNITS], 0.3, np.float32)}
    assert joined_steps(outputs, feeds) == [2, 3]
    assert_same(outputs, feeds)
    loss = tf.reduce_sum(tf.square(outputs[5])) + tf.reduce_sum(outputs[0])
    assert_same(tf.gradients(loss, tf.trainable_variables()), feeds)


def test_gradients_by_an_output_in_the_middle():
    outputs, states = simple_loop(steps=6)
    loss = tf.add_n([tf.reduce_sum(tf.square(output)) for output in outputs])
    assert_same(tf.gradients(loss, [outputs[2], states[3].c, states[3].h, *tf.trainable_variables()]))


def test_gradients_stop_at_an_output_in_the_middle():
    outputs, _ = simple_loop(steps=5)
    loss = tf.reduce_sum(tf.square(outputs[4]))
    assert_same(tf.gradients(loss, tf.trainable_variables(), stop_gradients=[outputs[2]]))


def test_gradients_of_gradients():
    x = tf.Variable(np.random.RandomState(0).randn(BATCH, 3, DEPTH))
    cell = tf.nn.rnn_cell.GRUCell(UNITS, dtype=tf.float64)
    state = cell.zero_state(BATCH, tf.float64)
    for t in range(3):
        output, state = cell(x[:, t], state)
    first = tf.gradients(tf.reduce_sum(output), [x])[0]
    assert_same(tf.gradients(tf.reduce_sum(tf.square(first)), [x]))


def test_weights_that_change_within_the_run():
    cell = tf.nn.rnn_cell.BasicRNNCell(UNITS)
    x = tf.constant(np.random.RandomState(0).randn(BATCH, 6, DEPTH).astype(np.float32))
    state = cell.zero_state(BATCH, tf.float32)
    outputs = []
    for t in range(6):
        if t == 3:
            with tf.control_dependencies([outputs[-1]]):
                change = tf.assign(cell.trainable_weights[0], cell.trainable_weights[0] * 0.5)
        with tf.control_dependencies([change] if t >= 3 else []):
            output, state = cell(x[:, t], state)
        outputs.append(output)
    assert joined_steps(outputs) == [3] * 2
    assert_same(outputs)


def test_a_step_that_prints_keeps_its_place():
    said = []

    def say(value):
        said.append(float(value[0, 0]))
        return value

    cell = tf.nn.rnn_cell.BasicRNNCell(UNITS)
    h = tf.zeros([BATCH, UNITS])
    for _ in range(4):
        output, h = cell(tf.ones([BATCH, DEPTH]), h)
        h = tf.py_func(say, [h], tf.float32)
        h.set_shape([BATCH, UNITS])
    assert_same([output, h])
    assert said[:8] == pytest.approx(said[8:])


def test_other_weights_are_another_loop():
    cells = [tf.nn.rnn_cell.GRUCell(UNITS, name=name) for name in "ab"]
    h = tf.zeros([BATCH, UNITS])
    for t in range(6):
        _, h = cells[t >= 3](tf.ones([BATCH, DEPTH]) * float(t + 1), h)
    assert joined_steps([h]) == [3] * 2
    assert_same([h])


def test_one_state_that_two_loops_go_on_from():
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    x = tf.constant(np.random.RandomState(0).randn(BATCH, 6, DEPTH).astype(np.float32))
    state = cell.zero_state(BATCH, tf.float32)
    for t in range(3):
        _, state = cell(x[:, t], state)
    ends = []
    for sign in (1.0, -1.0):
        own = state
        for t in range(3, 6):
            output, own = cell(sign * x[:, t], own)
        ends.append(output)
    assert joined_steps(ends) == [3] * 3
    assert_same([*ends, *tf.gradients(ends, tf.trainable_variables())])


def test_a_wrong_input_is_told_of_the_step_that_got_it():
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    parts = [tf.placeholder(tf.float32, [None, DEPTH], f"part_{t}") for t in range(4)]
    state = cell.zero_state(BATCH, tf.float32)
    outputs = []
    for x in parts:
        output, state = cell(x, state)
        outputs.append(output)
    good, bad = np.ones([BATCH, DEPTH]), np.ones([BATCH + 1, DEPTH])
    told = []
    for way in (alone, JOINED):
        with session_with(way) as session, pytest.raises(tf.errors.InvalidArgumentError) as error:
            session.run(outputs[3], dict(zip(parts, [good, good, bad, good], strict=True)))
        told.append((error.value.op, str(error.value)))
    assert told[0] == told[1]
    assert told[0][0] is outputs[2].op


def test_seeded_dropout_draws_what_each_of_its_operations_draws():
    layer = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(UNITS), output_keep_prob=0.5, seed=3)
    outputs, _ = simple_loop(layer, steps=5)
    loss = tf.reduce_sum(tf.stack(outputs))
    assert ("Dropout", 5) in joined_types([loss])
    assert_same([loss, *outputs])


def test_dropout_of_large_steps_draws_the_same(monkeypatch):
    monkeypatch.setattr(chain_calls, "_LARGE", 0)
    layer = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(UNITS), output_keep_prob=0.5, seed=3)
    outputs, _ = simple_loop(layer, steps=5)
    stacked = tf.stack(outputs)
    assert_same([stacked, *tf.gradients(stacked, tf.trainable_variables())])
    assert_same([stacked])


def test_a_loop_in_a_body():
    x = tf.constant(np.random.RandomState(0).randn(3, BATCH, 4, DEPTH).astype(np.float32))
    cell = tf.nn.rnn_cell.GRUCell(UNITS)
    cell.build(tf.TensorShape([BATCH, DEPTH]))

    def whole(one):
        state = cell.zero_state(BATCH, tf.float32)
        for t in range(4):
            output, state = cell(one[:, t], state)
        return output

    mapped = tf.map_fn(whole, x)
    assert ("GRUStep", 4) in joined_types([mapped])
    assert_same([mapped, *tf.gradients(tf.reduce_sum(tf.square(mapped)), [x, *tf.trainable_variables()])])


def test_what_is_the_same_at_every_step_is_computed_once():
    keep = tf.placeholder(tf.float32, [])
    layer = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(UNITS), output_keep_prob=keep)
    outputs, _ = simple_loop(layer, steps=5)
    fetch = tf.stack(outputs)
    with session_with(JOINED) as session:
        session.run(fetch, {keep: 0.5})
        plans = [compiled.plan for compiled in session._plans.values()]
    types = [[step.op.type for step in plan.steps if step.op is not None] for plan in plans]
    assert [found.count("Sub") for found in types if "Dropout" in found] == [1]


# -- what only a run can tell ---------------------------------------------------------------------------------------


def larger_than_declared(x, steps):
    """`x` `[batch, time, depth]`, of which the graph believes that time is `steps`."""
    result = tf.py_func(lambda value: value, [x], tf.float32)
    result.set_shape([BATCH, steps, DEPTH])
    return result


def test_slices_of_a_tensor_that_is_longer_than_was_said():
    x = larger_than_declared(tf.constant(np.random.RandomState(0).randn(BATCH, 6, DEPTH).astype(np.float32)), 4)
    slices = [x[:, t] for t in range(4)]
    assert joined_types(slices) == [("StridedSlice", 4)]
    assert_same(slices)


def test_slices_of_a_tensor_that_is_shorter_than_was_said():
    x = larger_than_declared(tf.ones([BATCH, 2, DEPTH]), 4)
    slices = [x[:, t] for t in range(4)]
    with session_with(JOINED) as session, pytest.raises(tf.errors.InvalidArgumentError) as error:
        session.run(slices)
    assert error.value.op is slices[2].op


def test_parts_of_a_tensor_that_is_longer_than_was_said():
    x = larger_than_declared(tf.ones([BATCH, 6, DEPTH]), 4)
    parts = tf.unstack(x, axis=1)
    with session_with(JOINED) as session, pytest.raises(tf.errors.InvalidArgumentError, match="must equal 4"):
        session.run(tf.tanh(parts[0]) + tf.tanh(parts[1]))


def test_a_memory_that_is_broadcast_to_the_batch():
    c, h = tf.placeholder(tf.float32, [None, UNITS]), tf.zeros([BATCH, UNITS])
    outputs, states = [], (c, h)
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    for t in range(4):
        output, states = cell(tf.ones([BATCH, DEPTH]) * float(t), states)
        outputs.append(output)
    assert_same([*outputs, states.c], {c: np.full([1, UNITS], 0.5, np.float32)})
