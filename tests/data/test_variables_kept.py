"""Datasets that keep a variable's value, and variables that change in place meanwhile: as TensorFlow 1.15 has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import recell.v1 as tf

Make = Callable[[Any], Any]
KEPT: dict[str, Make] = {
    "tensors": lambda v: tf.data.Dataset.from_tensors(v),
    "slices": lambda v: tf.data.Dataset.from_tensor_slices(v),
    "view": lambda v: tf.data.Dataset.from_tensors(tf.reshape(v, [1, 3])),
    "identity": lambda v: tf.data.Dataset.from_tensors(tf.identity(v)),
}


def seen(make: Make, use_resource: bool) -> list[float]:
    """The first number of the dataset before and after the variable has grown by one."""
    variable = tf.Variable(tf.zeros([3]), use_resource=use_resource)
    grow = variable.assign_add(tf.ones([3]))
    iterator = make(variable).repeat().make_initializable_iterator()
    number = tf.reduce_max(iterator.get_next())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(iterator.initializer)
        found = [session.run(number)]
        session.run(grow.op)
        return [*found, session.run(number)]


@pytest.mark.parametrize("make", KEPT.values(), ids=list(KEPT))
def test_a_resource_variable_is_kept_as_it_was(make: Make) -> None:
    assert seen(make, True) == [0, 0]


@pytest.mark.parametrize("make", KEPT.values(), ids=list(KEPT))
def test_another_variable_shows_its_changes(make: Make) -> None:
    assert seen(make, False) == [0, 1]


@pytest.mark.parametrize("use_resource", [False, True])
def test_functions_of_datasets_read_variables_as_they_are(use_resource: bool) -> None:
    assert seen(lambda v: tf.data.Dataset.range(9).map(lambda x: v + 0.0), use_resource) == [0, 1]
    assert seen(lambda v: tf.data.Dataset.from_tensors(v * 2.0), use_resource) == [0, 0]
