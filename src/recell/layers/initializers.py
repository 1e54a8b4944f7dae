"""Initializers of `tf.contrib.layers`: Xavier's and the general one with its own formula for normals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.dtypes import as_dtype
from recell.graph.tensor import Tensor
from recell.ops import random
from recell.ops.initializers import fans


def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: Any = dtypes.float32,
) -> Callable[..., Tensor]:
    """An initializer of variance `factor / n`, `n` being the fan in, the fan out, or their mean.

    Uniform numbers lie within `sqrt(3 * factor / n)`; normal ones are cut off at two standard deviations of
    `sqrt(1.3 * factor / n)`. TypeError for a dtype that is not floating-point or a mode other than `"FAN_IN"`,
    `"FAN_OUT"` and `"FAN_AVG"`. TF symbol: `tf.contrib.layers.variance_scaling_initializer`.
    """
    if not as_dtype(dtype).is_floating:
        raise TypeError(f"Cannot create initializer for non-floating point type {as_dtype(dtype).name}.")
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")

    def initializer(shape: Sequence[int], dtype: Any = dtype, partition_info: Any = None) -> Tensor:
        if not as_dtype(dtype).is_floating:
            raise TypeError(f"Cannot create initializer for non-floating point type {as_dtype(dtype).name}.")
        fan_in, fan_out = fans(shape)
        n = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / n)
            return random.random_uniform(shape, -limit, limit, dtype, seed=seed)
        return random.truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / n), dtype, seed=seed)

    return initializer


def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: Any = dtypes.float32
) -> Callable[..., Tensor]:
    """Glorot and Bengio's initializer: variance `2 / (fan_in + fan_out)`.

    TF symbol: `tf.contrib.layers.xavier_initializer`; 2010, https://proceedings.mlr.press/v9/glorot10a.html
    """
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


xavier_initializer_conv2d = xavier_initializer

__all__ = ["variance_scaling_initializer", "xavier_initializer", "xavier_initializer_conv2d"]
