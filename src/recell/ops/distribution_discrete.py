"""Distributions over whole numbers. TF symbols: `tf.distributions.Categorical`, `tf.distributions.Bernoulli`."""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.ops import rules
from recell.ops.array_join import concat
from recell.ops.array_make import range_, zeros_like
from recell.ops.array_shape import broadcast_dynamic_shape, broadcast_to, reshape, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import less, where
from recell.ops.distribution import Distribution, kl_divergence
from recell.ops.math_cast import cast
from recell.ops.math_unary import log, sigmoid, sqrt
from recell.ops.nn_activations import log_softmax, softmax, softplus
from recell.ops.nn_cross_entropy import sigmoid_cross_entropy_with_logits, sparse_softmax_cross_entropy_with_logits
from recell.ops.random import multinomial, random_uniform
from recell.ops.reductions import argmax, reduce_prod, reduce_sum


class _Discrete(Distribution):
    """What is given by `logits` or `probs`. ValueError unless exactly one of the two is."""

    def __init__(self, logits: Any, probs: Any, dtype: Any, name: str) -> None:
        if (logits is None) == (probs is None):
            raise ValueError("Must pass probs or logits, but not both.")
        with name_scope(name) as scope:
            if logits is not None:
                self._logits: Any = convert_to_tensor(logits, name="logits", preferred_dtype=dtypes.float32)
                self._probs = self._probs_from(self._logits)
            else:
                self._probs = convert_to_tensor(probs, name="probs", preferred_dtype=dtypes.float32)
                self._logits = self._logits_from(self._probs)
        super().__init__(dtype, scope, self._logits)

    def _probs_from(self, logits: Any) -> Any:
        raise NotImplementedError

    def _logits_from(self, probs: Any) -> Any:
        raise NotImplementedError

    @property
    def logits(self) -> Any:
        return self._logits

    @property
    def probs(self) -> Any:
        return self._probs


class Categorical(_Discrete):
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
        super().__init__(logits, probs, dtype, name)
        self._batch_like = self._logits[..., 0]

    def _probs_from(self, logits: Any) -> Any:
        return softmax(logits, name="probs")

    def _logits_from(self, probs: Any) -> Any:
        return log(probs)

    @property
    def event_size(self) -> Any:
        """The number of classes, an int32 scalar."""
        return shape_of(self._logits)[-1]

    def _drawn(self, outer: Any, seed: int | None) -> Any:
        classes = shape_of(self._logits)[-1]
        flat = reshape(self._logits, [-1, classes])
        count = reduce_prod(outer)
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

    def _divergence_to(self, other: Any) -> Any:
        if not isinstance(other, Categorical):
            return None
        return reduce_sum(self._probs * (log_softmax(self._logits) - log_softmax(other.logits)), -1)


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


class Bernoulli(_Discrete):
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
        super().__init__(logits, probs, dtype, name)

    def _probs_from(self, logits: Any) -> Any:
        return sigmoid(logits, name="probs")

    def _logits_from(self, probs: Any) -> Any:
        return log(probs) - log(1.0 - probs)

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


__all__ = ["Bernoulli", "Categorical"]
