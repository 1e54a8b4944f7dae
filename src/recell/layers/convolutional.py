"""Convolutional layers. TF symbols: tf.layers.conv1d, conv2d, conv3d, separable_conv2d, conv2d_transpose, ...

Inputs are `[batch, ..., channels]`, or with `data_format="channels_first"` `[batch, channels, ...]`.
"""

from __future__ import annotations

from typing import Any

from recell.graph.shapes import TensorShape, as_shape
from recell.layers.functional import function_of
from recell.layers.kernel_layer import KernelLayer
from recell.layers.settings import as_tuple, described
from recell.ops.array_shape import shape as shape_of
from recell.ops.conv import convolve, depthwise_conv2d
from recell.ops.conv_transpose import transposed
from recell.ops.initializers import Zeros
from recell.ops.layer import InputSpec
from recell.ops.nn_dense import bias_add
from recell.ops.windows import FORMATS, out_size

_DATA_FORMATS = ("channels_last", "channels_first")


def as_data_format(value: str) -> str:
    """`value` in lower case. ValueError when it is neither of the two layouts."""
    found = value.lower()
    if found not in _DATA_FORMATS:
        raise ValueError(
            f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {value}'
        )
    return found


def _as_padding(value: Any, causal: bool) -> Any:
    if isinstance(value, (list, tuple)):
        return value
    found = value.lower()
    if found not in ("valid", "same", *(["causal"] if causal else [])):
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", only for `Conv1D). '
            f"Received: {found}"
        )
    return found


class Conv(KernelLayer):
    """What convolutional layers share. Variables: `kernel` `[..., in, filters]` and `bias` `[filters]`.

    Args:
        filters: the number of channels of the result.
        kernel_size, strides, dilation_rate: one number or one for each spatial axis.
        padding: `"valid"` or `"same"`; for one dimension also `"causal"`, everything before.
        activation: a function, its Keras name, or None.

    The others are those of `Dense`.
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = Zeros(),  # noqa: B008 - as in TF1's signature; it has no state
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.filters = None if filters is None else int(filters)
        self.kernel_size = as_tuple(kernel_size, self.rank, "kernel_size")
        self.strides = as_tuple(strides, self.rank, "strides")
        self.padding = _as_padding(padding, self.rank == 1)
        self.data_format = as_data_format(data_format)
        self.dilation_rate = as_tuple(dilation_rate, self.rank, "dilation_rate")
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _channels_first(self) -> bool:
        return self.data_format == "channels_first"

    @property
    def _format(self) -> str:
        return FORMATS[self.rank][self._channels_first]

    def _channels(self, input_shape: Any) -> int:
        axis = 1 if self._channels_first else -1
        channels = as_shape(input_shape).as_list()[axis]
        if channels is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _kernel_shape(self, channels: int) -> list[int]:
        return [*self.kernel_size, channels, self.filters]

    def build(self, input_shape: Any) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
        self._add_kernel(self._kernel_shape(self._channels(input_shape)))
        self._add_bias(self.filters)
        self.built = True

    def _padding(self) -> Any:
        if self.padding == "causal":
            return [(0, 0), ((self.kernel_size[0] - 1) * self.dilation_rate[0], 0), (0, 0)]
        return self.padding.upper() if isinstance(self.padding, str) else self.padding

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        name = "conv1d" if self.rank == 1 else f"Conv{self.rank}D"
        outputs = convolve(
            self.rank, inputs, self.kernel, self.strides, self._padding(), self._format, self.dilation_rate, name
        )
        return self._finished(outputs)

    def _finished(self, outputs: Any) -> Any:
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format="NCHW" if self._channels_first else "NHWC")
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The result's static shape."""
        dims = as_shape(input_shape).as_list()
        spatial = dims[2:] if self._channels_first else dims[1:-1]
        padding = "SAME" if self.padding == "causal" else self._padding()
        sizes = [
            out_size(n, k, s, d, padding, axis, None)  # type: ignore[arg-type]
            for axis, (n, k, s, d) in enumerate(
                zip(spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True)
            )
        ]
        return TensorShape([dims[0], self.filters, *sizes] if self._channels_first else [dims[0], *sizes, self.filters])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            **self._kernel_config(),
        }


class Conv1D(Conv):
    """A convolution over `[batch, steps, channels]`. TF symbol: `tf.layers.Conv1D`."""

    rank = 1


class Conv2D(Conv):
    """A convolution over `[batch, height, width, channels]`. TF symbol: `tf.layers.Conv2D`."""

    rank = 2


class Conv3D(Conv):
    """A convolution over `[batch, depth, height, width, channels]`. TF symbol: `tf.layers.Conv3D`."""

    rank = 3


class _Transposed(Conv):
    """The gradient of a convolution, used forwards; `kernel` is `[..., filters, in]`."""

    def _kernel_shape(self, channels: int) -> list[int]:
        return [*self.kernel_size, self.filters, channels]

    def _grown(self, size: Any, axis: int) -> Any:
        if size is None:
            return None
        size = size * self.strides[axis]
        return size + max(self.kernel_size[axis] - self.strides[axis], 0) if self.padding == "valid" else size

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        dims = inputs.shape.as_list()
        if None in dims:
            dynamic = shape_of(inputs)
            dims = [dynamic[k] if d is None else d for k, d in enumerate(dims)]
        spatial = dims[2:] if self._channels_first else dims[1:-1]
        grown = [self._grown(size, axis) for axis, size in enumerate(spatial)]
        wanted = [dims[0], self.filters, *grown] if self._channels_first else [dims[0], *grown, self.filters]
        name = f"conv{self.rank}d_transpose"
        outputs = transposed(self.rank, inputs, self.kernel, wanted, self.strides, self.padding, self._format, 1, name)
        return self._finished(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The result's static shape."""
        dims = as_shape(input_shape).as_list()
        spatial = dims[2:] if self._channels_first else dims[1:-1]
        grown = [self._grown(size, axis) for axis, size in enumerate(spatial)]
        return TensorShape([dims[0], self.filters, *grown] if self._channels_first else [dims[0], *grown, self.filters])


class Conv2DTranspose(_Transposed):
    """`[batch, height, width, in]` made larger by `strides`. TF symbol: `tf.layers.Conv2DTranspose`."""

    rank = 2


class Conv3DTranspose(_Transposed):
    """`[batch, depth, height, width, in]` made larger by `strides`. TF symbol: `tf.layers.Conv3DTranspose`."""

    rank = 3


class SeparableConv2D(Conv):
    """Each channel with filters of its own, then a mixture of all. TF symbol: `tf.layers.SeparableConv2D`.

    Variables: `depthwise_kernel` `[height, width, in, depth_multiplier]`, `pointwise_kernel`
    `[1, 1, in * depth_multiplier, filters]` and `bias` `[filters]`.
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = Zeros(),  # noqa: B008 - as in TF1's signature; it has no state
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = depthwise_initializer
        self.pointwise_initializer = pointwise_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.pointwise_regularizer = pointwise_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.pointwise_constraint = pointwise_constraint
        self.depthwise_kernel: Any = None
        self.pointwise_kernel: Any = None

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            shape=[*self.kernel_size, channels, self.depth_multiplier],
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            shape=[1, 1, channels * self.depth_multiplier, self.filters],
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self._add_bias(self.filters)
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        deep = depthwise_conv2d(
            inputs,
            self.depthwise_kernel,
            self.strides,
            self._padding(),
            data_format=self._format,
            dilations=self.dilation_rate,
        )
        outputs = convolve(2, deep, self.pointwise_kernel, 1, "VALID", self._format, 1, "separable_conv2d")
        return self._finished(outputs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for key in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            del config[key]
        config["depth_multiplier"] = self.depth_multiplier
        for key in ("initializer", "regularizer", "constraint"):
            config[f"depthwise_{key}"] = described(getattr(self, f"depthwise_{key}"))
            config[f"pointwise_{key}"] = described(getattr(self, f"pointwise_{key}"))
        return config


conv1d = function_of(Conv1D, "conv1d")
conv2d = function_of(Conv2D, "conv2d")
conv3d = function_of(Conv3D, "conv3d")
conv2d_transpose = function_of(Conv2DTranspose, "conv2d_transpose")
conv3d_transpose = function_of(Conv3DTranspose, "conv3d_transpose")
separable_conv2d = function_of(SeparableConv2D, "separable_conv2d")

__all__ = [
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "SeparableConv2D",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "separable_conv2d",
]
