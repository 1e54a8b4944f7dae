"""Learning rates that follow the global step: scalar tensors, recomputed in every run that needs them.

All take `learning_rate` (a number or scalar tensor; the result has its dtype), `global_step` (a scalar tensor or
variable) and a `name` for the result, and raise ValueError when there is no global step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.ops import math_binary as binary
from recell.ops import math_unary as unary
from recell.ops.branches import cond
from recell.ops.comparison import equal
from recell.ops.math_cast import cast
from recell.ops.random import random_normal
from recell.ops.schedules import pick_by_boundaries


class _Step:
    """What the formulas share: the rate and, in its dtype, the step and whatever else they need."""

    def __init__(self, learning_rate: Any, global_step: Any, required_by: str) -> None:
        if global_step is None:
            raise ValueError(f"None values not supported. global_step is required for {required_by}.")
        self.rate = convert_to_tensor(learning_rate, name="learning_rate")
        self.step = self(global_step)

    def __call__(self, value: Any) -> Any:
        return cast(value, self.rate.dtype.base_dtype)

    def times_rate(self, factor: Any, name: str | None) -> Any:
        return binary.multiply(self.rate, factor, name=name)


def _fraction(at: _Step, decay_steps: Any, staircase: bool) -> Any:
    """`step / decay_steps`, whole numbers only for a staircase."""
    passed = binary.truediv(at.step, at(decay_steps))
    return unary.floor(passed) if staircase else passed


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`. TF symbol: `tf.train.exponential_decay`.

    With `staircase` the exponent is rounded down, so that the rate drops every `decay_steps` steps.
    """
    with name_scope(name, "ExponentialDecay", [learning_rate, global_step, decay_steps, decay_rate]) as scope:
        at = _Step(learning_rate, global_step, "exponential_decay")
        return at.times_rate(binary.pow(at(decay_rate), _fraction(at, decay_steps, staircase)), scope)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`. TF symbol: `tf.train.natural_exp_decay`."""
    # TF 1.15 calls the result ExponentialDecay, as it does that of exponential_decay.
    with name_scope(name, "ExponentialDecay", [learning_rate, global_step, decay_steps, decay_rate]) as scope:
        at = _Step(learning_rate, global_step, "natural_exp_decay")
        exponent = binary.multiply(unary.negative(at(decay_rate)), _fraction(at, decay_steps, staircase))
        return at.times_rate(unary.exp(exponent), scope)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`. TF symbol: `tf.train.inverse_time_decay`."""
    with name_scope(name, "InverseTimeDecay", [learning_rate, global_step, decay_steps, decay_rate]) as scope:
        at = _Step(learning_rate, global_step, "inverse_time_decay")
        divisor = binary.add(binary.multiply(at(decay_rate), _fraction(at, decay_steps, staircase)), 1.0)
        return binary.truediv(at.rate, divisor, name=scope)


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Any:
    """`(learning_rate - end) * (1 - global_step / decay_steps) ** power + end`. TF: `tf.train.polynomial_decay`.

    Past `decay_steps` it stays at `end_learning_rate`; with `cycle` it starts again, over the first multiple of
    `decay_steps` that is not yet passed.
    """
    values = [learning_rate, global_step, decay_steps, end_learning_rate, power]
    with name_scope(name, "PolynomialDecay", values) as scope:
        at = _Step(learning_rate, global_step, "polynomial_decay")
        end, steps, step = at(end_learning_rate), at(decay_steps), at.step
        if cycle:
            # At step 0 the first multiple counts too.
            steps = binary.multiply(steps, binary.maximum(unary.ceil(binary.truediv(step, steps)), at(1.0)))
        else:
            step = binary.minimum(step, steps)
        left = binary.subtract(at(1.0), binary.truediv(step, steps))
        return binary.add(binary.multiply(binary.subtract(at.rate, end), binary.pow(left, at(power))), end, name=scope)


def piecewise_constant(x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None) -> Any:
    """`values[k]` for the first k with `x <= boundaries[k]`, else the last. TF symbol: `tf.train.piecewise_constant`.

    One more value than boundaries. ValueError for other numbers of them, and for boundaries of another dtype than `x`
    (int32 boundaries go with an int64 `x`) or values of different dtypes.
    """
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    with name_scope(name, "PiecewiseConstant", [x, *boundaries, *values]) as scope:
        x = convert_to_tensor(x)
        limits = [_boundary(convert_to_tensor(limit), x) for limit in boundaries]
        choices = [convert_to_tensor(value) for value in values]
        first = choices[0].dtype.base_dtype
        for choice in choices[1:]:
            if choice.dtype.base_dtype is not first:
                raise ValueError(
                    "Values must have elements all with the same dtype "
                    f"({first!r} vs {choice.dtype.base_dtype!r}): {list(values)}"
                )
        return pick_by_boundaries(x, limits, choices, name=scope)


def _boundary(limit: Any, x: Any) -> Any:
    if limit.dtype.base_dtype is x.dtype.base_dtype:
        return limit
    if limit.dtype.base_dtype is dtypes.int32 and x.dtype.base_dtype is dtypes.int64:
        return cast(limit, dtypes.int64)
    raise ValueError(f"Boundaries ({limit.dtype.base_dtype!r}) must have the same dtype as x ({x.dtype.base_dtype!r}).")


def _half_wave(at: _Step, turns: Any) -> Any:
    """`(1 + cos(pi * turns)) / 2`."""
    return binary.multiply(at(0.5), binary.add(at(1.0), unary.cos(binary.multiply(at(math.pi), turns))))


def _completed(at: _Step, decay_steps: Any) -> tuple[Any, Any, Any]:
    """The step, no further than `decay_steps`; those; and the quotient."""
    steps = at(decay_steps)
    step = binary.minimum(at.step, steps)
    return step, steps, binary.truediv(step, steps)


def cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None
) -> Any:
    """Half a cosine from `learning_rate` to `alpha * learning_rate`. TF symbol: `tf.train.cosine_decay`.

    Loshchilov and Hutter, https://arxiv.org/abs/1608.03983.
    """
    with name_scope(name, "CosineDecay", [learning_rate, global_step]):
        at = _Step(learning_rate, global_step, "cosine_decay")
        wave = _half_wave(at, _completed(at, decay_steps)[2])
        return at.times_rate(_above(at, wave, alpha), None)


def _above(at: _Step, wave: Any, alpha: Any) -> Any:
    """`(1 - alpha) * wave + alpha`."""
    alpha = at(alpha)
    return binary.add(binary.multiply(binary.subtract(at(1.0), alpha), wave), alpha)


def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Any:
    """Cosine decays one after the other, each `t_mul` times as long, from `m_mul` times as high (SGDR).

    Loshchilov and Hutter, https://arxiv.org/abs/1608.03983. TF symbol: `tf.train.cosine_decay_restarts`.
    """
    with name_scope(name, "SGDRDecay", [learning_rate, global_step]) as scope:
        at = _Step(learning_rate, global_step, "cosine_decay_restarts")
        passed = binary.truediv(at.step, at(first_decay_steps))
        restarts, within = _restarts(at, passed, t_mul)
        wave = binary.multiply(binary.pow(at(m_mul), restarts), _half_wave(at, within))
        return at.times_rate(_above(at, wave, alpha), scope)


def _restarts(at: _Step, passed: Any, t_mul: Any) -> tuple[Any, Any]:
    """How many periods are over, and the fraction of the current one, after `passed` times the first one's length."""
    # With equal lengths the geometric sum below is 0 / 0.
    if not hasattr(t_mul, "dtype"):
        return _equal_periods(passed) if t_mul == 1.0 else _growing_periods(at, passed, at(t_mul))
    growth = at(t_mul)
    return cond(equal(growth, at(1.0)), lambda: _equal_periods(passed), lambda: _growing_periods(at, passed, growth))


def _equal_periods(passed: Any) -> tuple[Any, Any]:
    restarts = unary.floor(passed)
    return restarts, binary.subtract(passed, restarts)


def _growing_periods(at: _Step, passed: Any, growth: Any) -> tuple[Any, Any]:
    one = at(1.0)
    shrink = binary.subtract(one, growth)
    reached = unary.log(binary.subtract(one, binary.multiply(passed, shrink)))
    restarts = unary.floor(binary.truediv(reached, unary.log(growth)))
    length = binary.pow(growth, restarts)
    before = binary.truediv(binary.subtract(one, length), shrink)
    return restarts, binary.truediv(binary.subtract(passed, before), length)


def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Any:
    """`learning_rate * ((alpha + linear) * cosine + beta)`. TF symbol: `tf.train.linear_cosine_decay`.

    `linear` falls from 1 to 0 over `decay_steps`, `cosine` goes through `num_periods` periods meanwhile. Bello et al.,
    https://arxiv.org/abs/1709.07417.
    """
    with name_scope(name, "LinearCosineDecay", [learning_rate, global_step]) as scope:
        at = _Step(learning_rate, global_step, "linear_cosine_decay")
        step, steps, passed = _completed(at, decay_steps)
        linear = binary.truediv(binary.subtract(steps, step), steps)
        return _linear_cosine(at, linear, passed, (num_periods, alpha, beta), scope)


def _linear_cosine(at: _Step, linear: Any, passed: Any, options: Iterable[Any], scope: str) -> Any:
    periods, alpha, beta = map(at, options)
    wave = _half_wave(at, binary.multiply(binary.multiply(at(2.0), periods), passed))
    return at.times_rate(binary.add(binary.multiply(binary.add(alpha, linear), wave), beta), scope)


def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Any:
    """`linear_cosine_decay` with normal noise on its linear part. TF symbol: `tf.train.noisy_linear_cosine_decay`.

    The noise has variance `initial_variance / (1 + global_step) ** variance_decay`. Bello et al.,
    https://arxiv.org/abs/1709.07417.
    """
    with name_scope(name, "NoisyLinearCosineDecay", [learning_rate, global_step]) as scope:
        at = _Step(learning_rate, global_step, "noisy_linear_cosine_decay")
        step, steps, passed = _completed(at, decay_steps)
        linear = binary.truediv(binary.subtract(steps, step), steps)
        spread = binary.pow(binary.add(at(1.0), step), at(variance_decay))
        deviation = unary.sqrt(binary.truediv(at(initial_variance), spread))
        noise = random_normal(linear.shape, stddev=deviation, dtype=at.rate.dtype.base_dtype)
        return _linear_cosine(at, binary.add(linear, noise), passed, (num_periods, alpha, beta), scope)
