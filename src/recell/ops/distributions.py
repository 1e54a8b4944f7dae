"""Probability distributions. TF symbols: `tf.distributions.*`, `tf.contrib.distributions.*`: Categorical, Normal, ...

Every distribution stands for a batch of independent ones, of shape `batch_shape`. With a seed, samples are TF 1's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops.array_join import concat
from recell.ops.array_make import ones_like, range_, zeros_like
from recell.ops.array_shape import broadcast_dynamic_shape, broadcast_to, reshape, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.clip import clip_by_value
from recell.ops.comparison import greater_equal, less, less_equal, logical_and, where
from recell.ops.math_cast import cast
from recell.ops.math_unary import exp, log, sigmoid, sqrt, square
from recell.ops.nn_activations import log_softmax, softmax, softplus
from recell.ops.nn_cross_entropy import sigmoid_cross_entropy_with_logits, sparse_softmax_cross_entropy_with_logits
from recell.ops.op import FLOATS, op
from recell.ops.random import multinomial, random_normal, random_uniform
from recell.ops.reductions import argmax, reduce_prod, reduce_sum

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


class Distribution:
    """What all distributions share. TF symbol: `tf.distributions.Distribution`."""

    def __init__(self, dtype: Any, name: str, batch_like: Any) -> None:
        self._dtype = as_dtype(dtype)
        self._name = name
        self._batch_like = batch_like

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def name(self) -> str:
        return self._name

    @property
    def batch_shape(self) -> TensorShape:
        return self._batch_like.shape

    @property
    def event_shape(self) -> TensorShape:
        return TensorShape([])

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        return shape_of(self._batch_like, name=name)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str = "sample") -> Any:
        """Draws, of shape `sample_shape + batch_shape`."""
        with name_scope(f"{self._name}/{name}"):
            if hasattr(sample_shape, "op"):
                return self._drawn(reshape(cast(sample_shape, dtypes.int32), [-1]), seed)
            sizes = np.ravel(np.array(sample_shape, np.int32))
            drawn = self._drawn(convert_to_tensor(sizes), seed)
            if self.batch_shape.ndims is not None:
                drawn.set_shape(TensorShape(sizes.tolist()).concatenate(self.batch_shape))
            return drawn

    def _drawn(self, outer: Any, seed: int | None) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be sampled.")

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        """The logarithm of the probability, or of the density, of `value`."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob.")

    def prob(self, value: Any, name: str = "prob") -> Any:
        """The probability or the density of `value`."""
        return exp(self.log_prob(value), name=name)

    def _converted(self, value: Any) -> Any:
        return convert_to_tensor(value, dtype=self._dtype if not hasattr(value, "op") else None, name="value")


class Categorical(Distribution):
    """One of the classes 0 to n - 1, by `logits` or `probs` `[..., n]`. TF symbol: `tf.distributions.Categorical`.

    ValueError unless exactly one of the two is given.
    """

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Categorical",
    ) -> None:
        if (logits is None) == (probs is None):
            raise ValueError("Must pass probs or logits, but not both.")
        with name_scope(name) as scope:
            if logits is not None:
                self._logits: Any = convert_to_tensor(logits, name="logits", preferred_dtype=dtypes.float32)
                self._probs = softmax(self._logits, name="probs")
            else:
                self._probs = convert_to_tensor(probs, name="probs", preferred_dtype=dtypes.float32)
                self._logits = log(self._probs)
        super().__init__(dtype, scope, self._logits[..., 0])

    @property
    def logits(self) -> Any:
        return self._logits

    @property
    def probs(self) -> Any:
        return self._probs

    @property
    def event_size(self) -> Any:
        """The number of classes, an int32 scalar."""
        return shape_of(self._logits)[-1]

    def _drawn(self, outer: Any, seed: int | None) -> Any:
        classes = shape_of(self._logits)[-1]
        flat = reshape(self._logits, [-1, classes])
        count = _product(outer)
        drawn = transpose(multinomial(flat, count, seed=seed))
        return cast(reshape(drawn, concat([outer, shape_of(self._logits)[:-1]], 0)), self._dtype)

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        with name_scope(f"{self._name}/{name}"):
            value = cast(self._converted(value), dtypes.int32)
            logits, value = _broadcast_classes(self._logits, value)
            return -sparse_softmax_cross_entropy_with_logits(labels=value, logits=logits)

    def cdf(self, value: Any, name: str = "cdf") -> Any:
        """The probability of a class below `value`, as TF 1.15 gives it."""
        with name_scope(f"{self._name}/{name}"):
            logits, value = _broadcast_classes(self._probs, cast(self._converted(value), dtypes.int32))
            classes = _counting(logits)
            below = less(classes, value[..., None] + zeros_like(classes))
            return reduce_sum(where(below, logits, zeros_like(logits)), -1)

    def entropy(self, name: str = "entropy") -> Any:
        """`-sum(p log p)`, of `batch_shape`."""
        with name_scope(f"{self._name}/{name}"):
            return -reduce_sum(log_softmax(self._logits) * self._probs, -1)

    def mode(self, name: str = "mode") -> Any:
        """The likeliest class."""
        return cast(argmax(self._logits, -1), self._dtype, name=name)

    def cross_entropy(self, other: Categorical, name: str = "cross_entropy") -> Any:
        """`-sum(p log q)`."""
        return -reduce_sum(self._probs * log_softmax(other.logits), -1, name=name)

    def kl_divergence(self, other: Any, name: str = "kl_divergence") -> Any:
        """How far `other` is from this distribution."""
        return kl_divergence(self, other, name=name)


def _product(sizes: Any) -> Any:
    return reduce_prod(sizes)


def _counting(like: Any) -> Any:
    """0, 1, ... along the last axis of a tensor of that shape."""
    numbers = range_(shape_of(like)[-1])
    return broadcast_to(numbers, shape_of(like))


def _broadcast_classes(logits: Any, value: Any) -> tuple[Any, Any]:
    """Logits `[..., classes]` and values `[...]` brought to one batch shape."""
    batch = broadcast_dynamic_shape(shape_of(logits)[:-1], shape_of(value))
    static = None
    if logits.shape.ndims is not None and value.shape.ndims is not None:
        static = rules.broadcast_dims(logits.shape.tuple[:-1], value.shape.tuple)
    wide = broadcast_to(logits, concat([batch, shape_of(logits)[-1:]], 0))
    flat = broadcast_to(value, batch)
    if static is not None:
        wide.set_shape([*static, logits.shape.tuple[-1]])
        flat.set_shape(list(static))
    return wide, flat


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


class Bernoulli(Distribution):
    """1 with probability `probs` (or `sigmoid(logits)`), else 0. TF symbol: `tf.distributions.Bernoulli`."""

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Bernoulli",
    ) -> None:
        if (logits is None) == (probs is None):
            raise ValueError("Must pass probs or logits, but not both.")
        with name_scope(name) as scope:
            if logits is not None:
                self._logits: Any = convert_to_tensor(logits, name="logits", preferred_dtype=dtypes.float32)
                self._probs = sigmoid(self._logits, name="probs")
            else:
                self._probs = convert_to_tensor(probs, name="probs", preferred_dtype=dtypes.float32)
                self._logits = log(self._probs) - log(1.0 - self._probs)
        super().__init__(dtype, scope, self._logits)

    @property
    def logits(self) -> Any:
        return self._logits

    @property
    def probs(self) -> Any:
        return self._probs

    def _drawn(self, outer: Any, seed: int | None) -> Any:
        shape = concat([outer, self.batch_shape_tensor()], 0)
        return cast(less(random_uniform(shape, seed=seed, dtype=self._probs.dtype), self._probs), self._dtype)

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        with name_scope(f"{self._name}/{name}"):
            value = cast(self._converted(value), self._logits.dtype.base_dtype)
            wide = self._logits + zeros_like(value)
            return -sigmoid_cross_entropy_with_logits(labels=value + zeros_like(self._logits), logits=wide)

    def entropy(self, name: str = "entropy") -> Any:
        return -self._logits * (sigmoid(self._logits) - 1) + softplus(-self._logits)

    def mean(self, name: str = "mean") -> Any:
        return self._probs

    def variance(self, name: str = "variance") -> Any:
        return self._probs * (1.0 - self._probs)

    def stddev(self, name: str = "stddev") -> Any:
        return sqrt(self.variance())

    def mode(self, name: str = "mode") -> Any:
        return cast(self._probs > 0.5, self._dtype)


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


def kl_divergence(
    distribution_a: Any, distribution_b: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """How far `distribution_b` is from `distribution_a`. TF symbol: `tf.distributions.kl_divergence`.

    NotImplementedError for other pairs than two categorical and two normal distributions.
    """
    a, b = distribution_a, distribution_b
    with name_scope(name, "KullbackLeibler"):
        if isinstance(a, Categorical) and isinstance(b, Categorical):
            return reduce_sum(a.probs * (log_softmax(a.logits) - log_softmax(b.logits)), -1)
        if isinstance(a, Normal) and isinstance(b, Normal):
            ratio = square(a.scale / b.scale)
            return square(a.loc - b.loc) / (2.0 * square(b.scale)) + 0.5 * (ratio - 1.0 - log(ratio))
    raise NotImplementedError(
        f"No KL(distribution_a || distribution_b) registered for distribution_a type {type(a).__name__} and "
        f"distribution_b type {type(b).__name__}"
    )


__all__ = ["Bernoulli", "Categorical", "Distribution", "Normal", "Uniform", "kl_divergence"]
