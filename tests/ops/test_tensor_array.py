"""TensorArray against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("tensor_array_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name):
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


@pytest.fixture(autouse=True)
def _graph():
    with tf.Graph().as_default():
        yield


def _run(fetch, feed=None):
    with tf.Session() as session:
        return session.run(fetch, feed)


def test_elements_may_be_read_twice():
    array = tf.TensorArray(tf.float32, 2).unstack([1.0, 2.0])
    assert _run([array.read(0), array.read(0)]) == [1.0, 1.0]


def test_old_flows_keep_their_elements():
    empty = tf.TensorArray(tf.float32, 1)
    first, second = empty.write(0, 1.0), empty.write(0, 2.0)
    assert _run([first.read(0), second.read(0), empty.size()]) == [1.0, 2.0, 1]


def test_unwritten_string_is_an_error():
    array = tf.TensorArray(tf.string, 2).write(0, "a")
    with pytest.raises(tf.errors.InvalidArgumentError, match="element 1 was never written"):
        _run(array.stack())


def test_elements_written_in_a_loop_of_more_than_one_block():
    def body(i, array):
        return i + 1, array.write(149 - i, tf.cast(i, tf.float32))

    _, array = tf.while_loop(lambda i, _: i < 150, body, (0, tf.TensorArray(tf.float32, 150)))
    assert _run(array.stack()).tolist() == [149.0 - k for k in range(150)]


def test_name_given_is_in_the_message():
    array = tf.TensorArray(tf.float32, 1, tensor_array_name="outputs").write(0, 1.0).write(0, 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"TensorArray outputs_\d+: Could not write"):
        _run(array.flow)


def test_older_names_of_stack_and_unstack():
    assert _run(tf.TensorArray(tf.int32, 2).unpack([3, 4]).pack()).tolist() == [3, 4]


def test_variable_unstacked_then_changed_keeps_the_old_rows():
    variable = tf.Variable([1.0, 2.0])
    array = tf.TensorArray(tf.float32, 2).unstack(variable)
    with tf.control_dependencies([array.flow]):
        change = variable.assign_add([10.0, 10.0])
    with tf.control_dependencies([change]):
        late = array.read(tf.constant(0))
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(late) == 1.0


def test_scalar_cannot_be_unstacked():
    with pytest.raises(ValueError, match="is a scalar"):
        tf.TensorArray(tf.float32, 1).unstack(1.0)


def test_int64_index_is_rejected_with_its_type():
    with pytest.raises(TypeError, match="int64"):
        tf.TensorArray(tf.float32, 1).write(tf.constant(0, tf.int64), 1.0)


def test_handle_and_flow_make_the_same_array():
    array = tf.TensorArray(tf.float32, 1).write(0, [1.0, 2.0])
    again = tf.TensorArray(tf.float32, handle=array.handle, flow=array.flow)
    assert _run(again.read(0)).tolist() == [1.0, 2.0]
