"""`HighwayWrapper`: a gated way around a cell, as Srivastava et al. (https://arxiv.org/abs/1505.00387) have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.variable_scope import get_variable
from recell.ops.initializers import Constant
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import xw_plus_b
from recell.rnn.arguments import keeps_arguments
from recell.rnn.wrappers import RNNCellWrapper, leaf_by_leaf


class HighwayWrapper(RNNCellWrapper):
    """Lets a part of a cell's inputs pass around it. TF symbol: `tf.contrib.rnn.HighwayWrapper`.

        output, state' = cell(inputs, state)
        carry     = sigmoid(inputs Wc + bc)
        transform = 1 - carry                 # or sigmoid(inputs Wt + bt)
        output    = carry * inputs + transform * output

    Variables, in the scope where it is called, as it has none of its own: `carry_w` Wc `[depth, depth]`, `carry_b` bc
    `[depth]`, `carry_bias_init` at first; `transform_w` Wt and `transform_b` bt likewise, bt starting at
    `-carry_bias_init`. Their dtype is that of the inputs. Every call asks for them with `tf.get_variable`, so that a
    second call, a second wrapper in the same scope, or a second leaf of nested inputs needs a scope that reuses them.

    Args:
      cell: an RNNCell whose output is nested and shaped as its inputs.
      couple_carry_transform_gates: False gives the output a gate of its own.
      carry_bias_init: the larger, the more passes by at first.

    Call: inputs `[batch, depth]`, or a nesting of such, and the cell's state -> output as inputs, the cell's new state.

    Raises when called: TypeError or ValueError where the nesting or the shapes of inputs and output differ; ValueError
    for variables that exist in a scope that does not reuse.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     inner = tf.nn.rnn_cell.GRUCell(1, kernel_initializer=tf.zeros_initializer())
      ...     cell = tf.contrib.rnn.HighwayWrapper(inner, carry_bias_init=0.0)
      ...     with tf.variable_scope("zeros", initializer=tf.zeros_initializer()):
      ...         output, _ = cell(tf.constant([[5.0]]), tf.zeros([1, 1]))
      ...     session.run(tf.global_variables_initializer())
      ...     print([v.op.name for v in tf.global_variables()[-2:]], session.run(output))  # 0.5 * 5 + 0.5 * 0
      ['zeros/carry_w', 'zeros/carry_b'] [[2.5]]
    """

    @keeps_arguments
    def __init__(self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0) -> None:
        super().__init__(cell)

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        output, new_state = step(inputs, state, **kwargs)
        return leaf_by_leaf(self._highway, inputs, output), new_state

    def _highway(self, x: Any, y: Any) -> Any:
        carry = self._gate("carry", x, self._carry_bias_init)
        if self._couple_carry_transform_gates:
            transform = 1 - carry
        else:
            transform = self._gate("transform", x, -self._carry_bias_init)
        return x * carry + y * transform

    def _gate(self, name: str, x: Any, bias: float) -> Any:
        depth, dtype = x.shape.with_rank(2).as_list()[1], x.dtype.base_dtype
        kernel = self._rnn_get_variable(get_variable, f"{name}_w", [depth, depth], dtype)
        bias = self._rnn_get_variable(get_variable, f"{name}_b", [depth], dtype, initializer=Constant(bias))
        return sigmoid(xw_plus_b(x, kernel, bias))


__all__ = ["HighwayWrapper"]
