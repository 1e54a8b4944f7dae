"""Clipping by a norm that follows the gradients' own. TF: `adaptive_clipping_fn` of `tf.contrib.layers`' optimizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.indexed_slices import IndexedSlices
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_make import ones_like
from recell.ops.clip import global_norm
from recell.ops.comparison import less, where
from recell.ops.initializers import Zeros
from recell.ops.math_binary import maximum, minimum, truediv
from recell.ops.math_cast import cast
from recell.ops.math_unary import exp, log, sqrt, square
from recell.summary import functions as summary
from recell.train.moving_averages import assign_moving_average

GradsAndVars = list[tuple[Any, Any]]


def scaled(gradient: Any, factor: Any) -> Any:
    """A gradient times a number; of rows, only the rows. None stays None."""
    if gradient is None:
        return None
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
    return gradient * factor


def _average(name: str, value: Any, decay: Any) -> Any:
    """The moving average of `value`, with this run's value in it, in the variable `name`."""
    shape = value.shape
    average = get_variable(name, shape=shape, dtype=value.dtype.base_dtype, initializer=Zeros(), trainable=False)
    return assign_moving_average(average, value, decay, zero_debias=False)


def _max_norm(
    norm: Any, std_factor: Any, decay: Any, global_step: Any, epsilon: float, name: str | None
) -> tuple[Any, Any]:
    """The largest norm that is not clipped, and the mean of the logarithms of norms."""
    with variable_scope(name, "AdaptiveMaxNorm", [norm]):
        logarithm = log(norm + epsilon)
        if global_step is not None:
            steps = cast(global_step, dtypes.float32)
            decay = minimum(decay, steps / (steps + 1.0))
        mean = _average("mean", logarithm, decay)
        variance = _average("sq_mean", square(logarithm), decay) - square(mean)
        deviation = sqrt(maximum(epsilon, variance))
        return exp(mean + std_factor * deviation), mean


def adaptive_clipping_fn(
    std_factor: float = 2.0,
    decay: float = 0.95,
    static_max_norm: float | None = None,
    global_step: Any = None,
    report_summary: bool = False,
    epsilon: float = 1e-8,
    name: str | None = None,
) -> Callable[[GradsAndVars], GradsAndVars]:
    """A function for `clip_gradients` of `optimize_loss` that scales down gradients of unusually large global norm.

    Gradients whose norm lies more than `std_factor` standard deviations above the mean, on a logarithmic scale, are
    scaled to the mean. Mean and deviation are moving averages. TF symbol: `tf.contrib.layers.adaptive_clipping_fn`.

    Args:
      decay: of the moving averages.
      static_max_norm: a norm that is never exceeded.
      global_step: lets the averages follow faster in the first steps.
      report_summary: adds the norm that is not clipped to the graph's summaries.
      epsilon: keeps the logarithm of small norms finite.
      name: the variables' scope, `AdaptiveMaxNorm` by default.
    """

    def clip(grads_and_vars: GradsAndVars) -> GradsAndVars:
        gradients = [gradient for gradient, _ in grads_and_vars]
        norm = global_norm(gradients)
        largest, mean = _max_norm(norm, std_factor, decay, global_step, epsilon, name)
        if report_summary:
            summary.scalar("global_norm/adaptive_max_gradient_norm", largest)
        factor = where(less(norm, largest), ones_like(norm), truediv(exp(mean), norm))
        if static_max_norm is not None:
            factor = minimum(truediv(static_max_norm, norm), factor)
        return [(scaled(gradient, factor), variable) for gradient, variable in grads_and_vars]

    return clip


__all__ = ["adaptive_clipping_fn", "scaled"]
