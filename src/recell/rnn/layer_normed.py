"""Layer normalisation inside of cells, https://arxiv.org/abs/1607.06450."""

from __future__ import annotations

from typing import Any

from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.initializers import Constant
from recell.ops.nn_norm import batch_normalization, moments
from recell.rnn.arguments import Arguments


class LayerNormed(Arguments):
    """Mixed into a cell, before its base, whose constructor keeps `layer_norm`, `norm_gain` and `norm_shift`."""

    def _normal(self, x: Any, scope: str) -> Any:
        """Each row of `x` `[batch, units]` by its own mean and variance, then times gamma plus beta.

        Variables: `<scope>/gamma` and `<scope>/beta` `[units]`, of the dtype of `x`. (TensorFlow 1.15 makes them
        float32 in all cells but `LayerNormBasicLSTMCell`, and then fails for another dtype.) `x` itself, and no
        variables, without `layer_norm`.
        """
        if not self._layer_norm:
            return x
        units, dtype = x.shape[-1:].as_list(), x.dtype.base_dtype
        with variable_scope(scope):
            gamma = get_variable("gamma", units, dtype, initializer=Constant(self._norm_gain))
            beta = get_variable("beta", units, dtype, initializer=Constant(self._norm_shift))
            mean, variance = moments(x, [1], keep_dims=True)
            # The epsilons of tf.contrib.layers.layer_norm: half precision cannot tell 1e-12 from zero.
            epsilon = 1e-3 if dtype.size == 2 else 1e-12
            return batch_normalization(x, mean, variance, beta, gamma, epsilon)


__all__ = ["LayerNormed"]
