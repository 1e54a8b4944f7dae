"""Distributions over real numbers. TF symbols: `tf.distributions.Normal`, `tf.distributions.Uniform`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.ops import rules
from recell.ops.array_join import concat
from recell.ops.array_make import ones_like, zeros_like
from recell.ops.clip import clip_by_value
from recell.ops.comparison import greater_equal, less_equal, logical_and, where
from recell.ops.distribution import Distribution, kl_divergence
from recell.ops.math_unary import log, square
from recell.ops.op import FLOATS, op
from recell.ops.random import random_normal, random_uniform

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@op("NormalCdf", shape=rules.unchanged, T=FLOATS)
def _normal_cdf(x: Tensor) -> Tensor:
    return torch.special.ndtr(x)


@op("NormalLogCdf", shape=rules.unchanged, T=FLOATS)
def _normal_log_cdf(x: Tensor) -> Tensor:
    return torch.special.log_ndtr(x)


@op("NormalQuantile", shape=rules.unchanged, T=FLOATS)
def _normal_quantile(x: Tensor) -> Tensor:
    return torch.special.ndtri(x)


class Normal(Distribution):
    """The normal distribution of mean `loc` and standard deviation `scale`. TF symbol: `tf.distributions.Normal`."""

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Normal",
    ) -> None:
        with name_scope(name) as scope:
            self._loc: Any = convert_to_tensor(loc, name="loc", preferred_dtype=dtypes.float32)
            dtype = self._loc.dtype.base_dtype
            self._scale: Any = convert_to_tensor(scale, dtype=dtype, name="scale")
            super().__init__(dtype, scope, self._loc + zeros_like(self._scale))

    @property
    def loc(self) -> Any:
        return self._loc

    @property
    def scale(self) -> Any:
        return self._scale

    def _z(self, value: Any) -> Any:
        return (self._converted(value) - self._loc) / self._scale

    def _drawn(self, outer: Any, seed: int | None) -> Any:
        shape = concat([outer, self.batch_shape_tensor()], 0)
        return random_normal(shape, dtype=self._dtype, seed=seed) * self._scale + self._loc

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        with name_scope(f"{self._name}/{name}"):
            return -0.5 * square(self._z(value)) - (0.5 * math.log(2.0 * math.pi) + log(self._scale))

    def cdf(self, value: Any, name: str = "cdf") -> Any:
        """The probability of a number not above `value`."""
        return _normal_cdf(self._z(value), name=name)

    def log_cdf(self, value: Any, name: str = "log_cdf") -> Any:
        return _normal_log_cdf(self._z(value), name=name)

    def survival_function(self, value: Any, name: str = "survival_function") -> Any:
        """The probability of a number above `value`."""
        return _normal_cdf(-self._z(value), name=name)

    def quantile(self, value: Any, name: str = "quantile") -> Any:
        """The number below which the share `value` lies."""
        return _normal_quantile(self._converted(value), name=name) * self._scale + self._loc

    def entropy(self, name: str = "entropy") -> Any:
        with name_scope(f"{self._name}/{name}"):
            return 0.5 * math.log(2.0 * math.pi) + 0.5 + log(self._scale * ones_like(self._loc))

    def mean(self, name: str = "mean") -> Any:
        return self._loc * ones_like(self._scale)

    def mode(self, name: str = "mode") -> Any:
        return self.mean()

    def stddev(self, name: str = "stddev") -> Any:
        return self._scale * ones_like(self._loc)

    def variance(self, name: str = "variance") -> Any:
        return square(self.stddev())

    def kl_divergence(self, other: Any, name: str = "kl_divergence") -> Any:
        """How far `other` is from this distribution."""
        return kl_divergence(self, other, name=name)

    def _divergence_to(self, other: Any) -> Any:
        if not isinstance(other, Normal):
            return None
        ratio = square(self._scale / other.scale)
        return square(self._loc - other.loc) / (2.0 * square(other.scale)) + 0.5 * (ratio - 1.0 - log(ratio))


class Uniform(Distribution):
    """All numbers from `low` to `high` alike. TF symbol: `tf.distributions.Uniform`."""

    def __init__(
        self,
        low: Any = 0.0,
        high: Any = 1.0,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Uniform",
    ) -> None:
        with name_scope(name) as scope:
            self._low: Any = convert_to_tensor(low, name="low", preferred_dtype=dtypes.float32)
            dtype = self._low.dtype.base_dtype
            self._high: Any = convert_to_tensor(high, dtype=dtype, name="high")
            super().__init__(dtype, scope, self._low + zeros_like(self._high))

    @property
    def low(self) -> Any:
        return self._low

    @property
    def high(self) -> Any:
        return self._high

    def range(self, name: str = "range") -> Any:
        return self._high - self._low

    def _drawn(self, outer: Any, seed: int | None) -> Any:
        shape = concat([outer, self.batch_shape_tensor()], 0)
        return random_uniform(shape, dtype=self._dtype, seed=seed) * self.range() + self._low

    def prob(self, value: Any, name: str = "prob") -> Any:
        with name_scope(f"{self._name}/{name}"):
            value = self._converted(value) + zeros_like(self._batch_like)
            density = ones_like(value) / self.range()
            inside = logical_and(greater_equal(value, self._low), less_equal(value, self._high))
            return where(inside, density, zeros_like(density))

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        return log(self.prob(value), name=name)

    def cdf(self, value: Any, name: str = "cdf") -> Any:
        return clip_by_value((self._converted(value) - self._low) / self.range(), 0.0, 1.0)

    def entropy(self, name: str = "entropy") -> Any:
        return log(self.range())

    def mean(self, name: str = "mean") -> Any:
        return (self._low + self._high) / 2.0

    def variance(self, name: str = "variance") -> Any:
        return square(self.range()) / 12.0

    def stddev(self, name: str = "stddev") -> Any:
        return self.range() / math.sqrt(12.0)


__all__ = ["Normal", "Uniform"]
