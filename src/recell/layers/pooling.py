"""Pooling layers. TF symbols: tf.layers.max_pooling1d, 2d, 3d, average_pooling1d, 2d, 3d and their classes."""

from __future__ import annotations

from typing import Any

from recell.layers.convolutional import as_data_format
from recell.layers.functional import function_of
from recell.layers.settings import as_tuple
from recell.ops.layer import InputSpec, Layer
from recell.ops.pool import pool_over
from recell.ops.windows import FORMATS


class Pooling(Layer):
    """What pooling layers share: `pool_size` and `strides` are one number or one for each spatial axis."""

    rank = 2
    kind = "MAX"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = as_tuple(pool_size, self.rank, "pool_size")
        self.strides = as_tuple(pool_size if strides is None else strides, self.rank, "strides")
        self.padding = padding.lower()
        self.data_format = as_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        layout = FORMATS[self.rank][self.data_format == "channels_first"]
        name = {"MAX": "MaxPool", "AVG": "AvgPool"}[self.kind] + ("3D" if self.rank == 3 else "")
        if self.rank == 1:
            name = "Squeeze"
        return pool_over(self.kind, self.rank, inputs, self.pool_size, self.strides, self.padding, layout, name)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class MaxPooling1D(Pooling):
    """The largest of each window of `[batch, steps, channels]`. TF symbol: `tf.layers.MaxPooling1D`."""

    rank, kind = 1, "MAX"


class MaxPooling2D(Pooling):
    """The largest of each window of `[batch, height, width, channels]`. TF symbol: `tf.layers.MaxPooling2D`."""

    rank, kind = 2, "MAX"


class MaxPooling3D(Pooling):
    """The largest of each window of `[batch, depth, height, width, channels]`. TF symbol: `tf.layers.MaxPooling3D`."""

    rank, kind = 3, "MAX"


class AveragePooling1D(Pooling):
    """The mean of each window of `[batch, steps, channels]`. TF symbol: `tf.layers.AveragePooling1D`."""

    rank, kind = 1, "AVG"


class AveragePooling2D(Pooling):
    """The mean of each window of `[batch, height, width, channels]`. TF symbol: `tf.layers.AveragePooling2D`."""

    rank, kind = 2, "AVG"


class AveragePooling3D(Pooling):
    """The mean of each window of `[batch, depth, height, width, channels]`. TF symbol: `tf.layers.AveragePooling3D`."""

    rank, kind = 3, "AVG"


max_pooling1d = function_of(MaxPooling1D, "max_pooling1d", reuses=False)
max_pooling2d = function_of(MaxPooling2D, "max_pooling2d", reuses=False)
max_pooling3d = function_of(MaxPooling3D, "max_pooling3d", reuses=False)
average_pooling1d = function_of(AveragePooling1D, "average_pooling1d", reuses=False)
average_pooling2d = function_of(AveragePooling2D, "average_pooling2d", reuses=False)
average_pooling3d = function_of(AveragePooling3D, "average_pooling3d", reuses=False)

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "average_pooling1d",
    "average_pooling2d",
    "average_pooling3d",
    "max_pooling1d",
    "max_pooling2d",
    "max_pooling3d",
]
