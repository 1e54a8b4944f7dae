"""Gradients at poles: zero where nothing flows back. The figures are TensorFlow 1.15.0's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import recell.v1 as tf
from recell.ops import _pole_gradients as poles


@pytest.mark.parametrize(
    ("function", "expected"),
    [(tf.sqrt, [1, 0.25]), (tf.rsqrt, [1, -0.0625]), (tf.reciprocal, [1, -0.0625])],
)
def test_a_choice_keeps_the_pole_out_of_the_gradient(function, expected):
    x = tf.constant([0.0, 4.0])
    y = tf.where(x > 0, function(x), x)
    with tf.Session() as session:
        assert session.run(tf.gradients(y, x)[0]).tolist() == expected


@pytest.mark.parametrize("function", [poles.Sqrt, poles.Rsqrt, poles.Reciprocal])
def test_first_and_second_derivatives_elsewhere(function):
    x = torch.tensor(np.linspace(0.5, 3, 5), requires_grad=True)
    assert torch.autograd.gradcheck(function.apply, (x,))
    assert torch.autograd.gradgradcheck(function.apply, (x,))
