"""Variables and variable scopes against TensorFlow 1.15's answers, and the whole of what their errors say."""

from __future__ import annotations

import pathlib
import re
import threading
from typing import Any

import numpy as np
import pytest
from tests import figures

import recell.v1 as tf
from recell.graph.variable_store import VariableStore

FILES = sorted(pathlib.Path(__file__).parent.glob("variable*_cases.txt"))
CASES = [(path, name) for path in FILES for name in figures.read_cases(path)]

# The words that programs (and their tests) look for, before what we add about where and how to go on.
WHOLE_MESSAGE = {
    "error: exists",
    "error: missing",
    "error: another shape",
    "error: another dtype",
    "error: dtype of a found value",
    "error: no initializer",
    "error: no shape",
    "error: shape not known",
    "error: value and shape",
    "error: dtype of a value",
    "error: empty name",
    "error: no name",
    "error: name",
    "error: reuse",
    "error: getter",
    "error: other partitions",
    "error: parts exist",
    "error: parts and whole",
    "error: partitioned without partitioner found whole",
    "error: two dimensions cut",
    "error: partitions for another rank",
    "error: partitioner",
    "error: template makes variables again",
    "error: template with Variable",
    "error: no value",
    "error: unknown shape",
    "error: value of a branch",
    "error: collections",
    "error: constraint",
    "error: iteration",
    "error: shape of an assigned value",
    "error: dtype of an assigned value",
    "error: no slices",
    "error: load without session",
}


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem}-{name}" for path, name in CASES])
def test_same_as_tensorflow(path, name):
    expected = figures.read_answers(path)[name]
    got = figures.answer(tf, figures.read_cases(path)[name])
    figures.check(expected, got)
    if name in WHOLE_MESSAGE:
        assert got["error"][1].startswith(expected["error"][1])


@pytest.fixture(autouse=True)
def _own_graph():
    with tf.Graph().as_default():
        yield


def test_errors_tell_where_the_variable_was_made():
    with tf.variable_scope("rnn"):
        tf.get_variable("w", [1])
    for shape, reuse in ([1], None), ([2], True):
        with (
            tf.variable_scope("rnn", reuse=reuse),
            pytest.raises(ValueError, match=re.escape(pathlib.Path(__file__).name)),
        ):
            tf.get_variable("w", shape)


def test_variables_of_one_session_are_not_those_of_another():
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as one, tf.Session() as other:
        one.run(v.initializer)
        other.run(v.initializer)
        one.run(v.assign_add([1.0, 1.0]))
        np.testing.assert_array_equal(one.run(v), [2.0, 3.0])
        np.testing.assert_array_equal(other.run(v), [1.0, 2.0])


def test_what_was_fetched_does_not_change_with_the_variable():
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as session:
        session.run(v.initializer)
        before = session.run(v)
        session.run(v.assign_add([1.0, 1.0]))
        np.testing.assert_array_equal(before, [1.0, 2.0])


def test_initial_value_that_reads_another_variable_in_any_order_of_initializers():
    a = tf.Variable([1.0, 2.0], name="a")
    b = tf.Variable(a * 2.0, name="b")
    c = tf.Variable(b + a, name="c")
    with tf.Session() as session:
        session.run(c.initializer)
        np.testing.assert_array_equal(session.run(c), [3.0, 6.0])
    with tf.Session() as session:
        session.run(a.initializer)
        session.run(a.assign([5.0, 5.0]))
        session.run([c.initializer, b.initializer])
        np.testing.assert_array_equal(session.run(b), [10.0, 10.0])
        np.testing.assert_array_equal(session.run(c), [15.0, 15.0])


def test_initialized_value_is_a_copy():
    a = tf.Variable([1.0, 2.0])
    b = tf.Variable(a.initialized_value())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(a.assign_add([1.0, 1.0]))
        np.testing.assert_array_equal(session.run(b), [1.0, 2.0])


def test_a_variable_is_never_copied_by_python():
    import copy

    v = tf.Variable(1.0)
    assert copy.copy(v) is v
    assert copy.deepcopy({"v": [v]})["v"][0] is v
    assert {v: 1}[v] == 1
    assert v != tf.Variable(1.0)


def test_scopes_of_threads_do_not_mix():
    graph, names = tf.get_default_graph(), []

    def build(prefix: str) -> None:
        with graph.as_default(), tf.variable_scope(prefix):
            names.append(tf.get_variable_scope().name)

    with tf.variable_scope("outer"):
        threads = [threading.Thread(target=build, args=(f"s{k}",)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(names) == ["s0", "s1", "s2", "s3"]


def test_store_without_initializers_asks_for_one():
    with pytest.raises(ValueError, match=r"An initializer for variable w of <dtype: 'complex64'> is required"):
        VariableStore().get_variable("w", [1], dtype=tf.complex64)


def test_partition_info_tells_initializers_which_part_they_make():
    seen = []

    def initializer(shape, dtype, partition_info):
        seen.append(
            (shape, partition_info.full_shape, partition_info.var_offset, partition_info.single_slice_dim(shape))
        )
        return tf.fill(shape, float(partition_info.single_offset(shape)))

    v = tf.get_variable("w", [3, 2], initializer=initializer, partitioner=tf.fixed_size_partitioner(2))
    assert seen == [([2, 2], [3, 2], [0, 0], 0), ([1, 2], [3, 2], [2, 0], 0)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(v.as_tensor()), [[0, 0], [0, 0], [2, 2]])


def test_a_custom_getter_is_given_every_argument_in_the_order_of_tensorflow() -> None:
    seen: list[str] = []

    def noted(getter: Any, **kwargs: Any) -> Any:
        seen.extend(kwargs)
        return getter(**kwargs)

    with tf.Graph().as_default():
        tf.get_variable("a", [2], custom_getter=noted)
    assert seen == [
        "name",
        "shape",
        "dtype",
        "initializer",
        "regularizer",
        "reuse",
        "trainable",
        "collections",
        "caching_device",
        "partitioner",
        "validate_shape",
        "use_resource",
        "synchronization",
        "aggregation",
        "constraint",
    ]
