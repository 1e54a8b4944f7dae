"""What a checkpoint is told to hold."""

from __future__ import annotations

import pytest

import recell.v1 as tf
from recell.graph.saveable import SaveableObject, SaveSpec


def test_a_spec_of_a_tensor_has_its_dtype() -> None:
    with tf.Graph().as_default():
        tensor = tf.zeros([2], tf.float64)
        spec = SaveSpec(tensor, "", "zeros")
    assert (spec.tensor, spec.dtype, spec.device, spec.name, spec.slice_spec) == (tensor, tf.float64, "", "zeros", "")


def test_a_spec_of_a_function_calls_it_when_asked() -> None:
    made = []
    spec = SaveSpec(lambda: made.append(1) or "tensor", "", "later", tf.float32, "/cpu:0")
    assert not made
    assert (spec.tensor, spec.dtype, spec.device) == ("tensor", tf.float32, "/cpu:0")


@pytest.mark.parametrize("given", [{}, {"dtype": tf.float32}, {"device": ""}])
def test_a_function_needs_dtype_and_device(given: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match="'later' has a function"):
        SaveSpec(lambda: None, "", "later", **given)


def test_an_object_is_on_its_first_tensors_device_and_must_write_restore() -> None:
    saveable = SaveableObject("op", [SaveSpec(lambda: None, "", "a", tf.float32, "/cpu:0")], "thing")
    assert (saveable.op, saveable.name, saveable.device, saveable.optional_restore) == ("op", "thing", "/cpu:0", False)
    with pytest.raises(ValueError, match="SaveableObject saves 'thing' but has no restore"):
        saveable.restore([], None)
