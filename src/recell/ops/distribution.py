"""What all probability distributions share, and their divergence. TF symbols: `tf.distributions.Distribution`, ...

Every distribution stands for a batch of independent ones, of shape `batch_shape`. With a seed, samples are TF 1's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.shapes import TensorShape
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.math_cast import cast
from recell.ops.math_unary import exp


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

    def _divergence_to(self, other: Any) -> Any:
        """The Kullback-Leibler divergence of `other` from this one; None where no formula is known."""
        return None

    def _converted(self, value: Any) -> Any:
        return convert_to_tensor(value, dtype=self._dtype if not hasattr(value, "op") else None, name="value")


def kl_divergence(
    distribution_a: Any, distribution_b: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """How far `distribution_b` is from `distribution_a`. TF symbol: `tf.distributions.kl_divergence`.

    NotImplementedError for other pairs than two categorical and two normal distributions.
    """
    a, b = distribution_a, distribution_b
    with name_scope(name, "KullbackLeibler"):
        divergence = a._divergence_to(b) if isinstance(a, Distribution) else None
    if divergence is not None:
        return divergence
    raise NotImplementedError(
        f"No KL(distribution_a || distribution_b) registered for distribution_a type {type(a).__name__} and "
        f"distribution_b type {type(b).__name__}"
    )


__all__ = ["Distribution", "kl_divergence"]
