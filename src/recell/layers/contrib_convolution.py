"""Transposed and separable convolutions with variables `<scope>/weights`. TF: `tf.contrib.layers.conv2d_transpose`, ...

The arguments that are not described are those of `recell.layers.contrib_layers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.layers import convolutional
from recell.layers.arg_scope import add_arg_scope
from recell.layers.contrib_scope import applied, collections_for, finished, layer_scope, layout, model_variable
from recell.layers.initializers import xavier_initializer
from recell.layers.settings import as_tuple
from recell.ops.conv import depthwise_conv2d
from recell.ops.initializers import Zeros
from recell.ops.nn_activations import relu
from recell.ops.nn_dense import bias_add

_ZEROS = Zeros()


@add_arg_scope
def conv2d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    activation_fn: Callable[[Any], Any] | None = relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = xavier_initializer(),  # noqa: B008 - as in TF1's signature; it has no state
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """`[batch, height, width, in]` made larger by `stride`. TF symbol: `tf.contrib.layers.conv2d_transpose`.

    Variables: `weights` `[height, width, num_outputs, in]` and `biases`. ValueError for another `data_format` than NHWC
    and NCHW.
    """
    _check_format(data_format)
    with layer_scope(scope, "Conv2d_transpose", [inputs], reuse) as opened:
        layer = convolutional.Conv2DTranspose(
            num_outputs,
            kernel_size,
            strides=stride,
            padding=padding,
            data_format=layout(data_format),
            use_bias=normalizer_fn is None and biases_initializer is not None,
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        outputs = applied(layer, convert_to_tensor(inputs), variables_collections)
        return finished(outputs, activation_fn, outputs_collections, normalizer_fn, normalizer_params)


def _check_format(data_format: Any) -> None:
    if data_format not in (None, "NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")


@add_arg_scope
def separable_conv2d(
    inputs: Any,
    num_outputs: int | None,
    kernel_size: Any,
    depth_multiplier: int = 1,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Any = 1,
    activation_fn: Callable[[Any], Any] | None = relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = xavier_initializer(),  # noqa: B008 - as in TF1's signature; it has no state
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """Each channel with `depth_multiplier` filters of its own, then `num_outputs` mixtures of all.

    TF symbol: `tf.contrib.layers.separable_conv2d`. With None for `num_outputs` nothing is mixed.

    Variables: `depthwise_weights` `[height, width, in, depth_multiplier]`, `pointwise_weights`
    `[1, 1, in * depth_multiplier, num_outputs]` (begun by `pointwise_initializer`, or like the others), `biases`.
    """
    _check_format(data_format)
    with layer_scope(scope, "SeparableConv2d", [inputs], reuse) as opened:
        inputs = convert_to_tensor(inputs)
        if num_outputs is None:
            outputs = _depthwise(
                inputs,
                kernel_size,
                (depth_multiplier, stride, padding, data_format, rate),
                (weights_initializer, weights_regularizer, trainable),
                None if normalizer_fn is not None else biases_initializer,
                biases_regularizer,
                variables_collections,
            )
            return finished(outputs, activation_fn, outputs_collections, normalizer_fn, normalizer_params)
        layer = convolutional.SeparableConv2D(
            num_outputs,
            kernel_size,
            strides=stride,
            padding=padding,
            data_format=layout(data_format),
            dilation_rate=rate,
            depth_multiplier=depth_multiplier,
            use_bias=normalizer_fn is None and biases_initializer is not None,
            depthwise_initializer=weights_initializer,
            pointwise_initializer=weights_initializer if pointwise_initializer is None else pointwise_initializer,
            bias_initializer=biases_initializer,
            depthwise_regularizer=weights_regularizer,
            pointwise_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        outputs = applied(layer, inputs, variables_collections, ("depthwise_kernel", "pointwise_kernel"))
        return finished(outputs, activation_fn, outputs_collections, normalizer_fn, normalizer_params)


def _depthwise(
    inputs: Any,
    kernel_size: Any,
    geometry: tuple[int, Any, str, str, Any],
    weights: tuple[Any, Any, bool],
    biases_initializer: Any,
    biases_regularizer: Any,
    variables_collections: Any,
) -> Any:
    """The first half of a separable convolution, with biases."""
    depth_multiplier, stride, padding, data_format, rate = geometry
    initializer, regularizer, trainable = weights
    first = data_format == "NCHW"
    channels = inputs.shape.as_list()[1 if first else -1]
    kernel = model_variable(
        "depthwise_weights",
        collections_for(variables_collections, "weights"),
        shape=[*as_tuple(kernel_size, 2, "kernel_size"), channels, depth_multiplier],
        dtype=inputs.dtype.base_dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
    )
    steps = as_tuple(stride, 2, "stride")
    strides = [1, 1, *steps] if first else [1, *steps, 1]
    rates = list(as_tuple(rate, 2, "rate"))
    outputs = depthwise_conv2d(inputs, kernel, strides, padding, rate=rates, data_format=data_format)
    if biases_initializer is None:
        return outputs
    biases = model_variable(
        "biases",
        collections_for(variables_collections, "biases"),
        shape=[channels * depth_multiplier],
        dtype=inputs.dtype.base_dtype,
        initializer=biases_initializer,
        regularizer=biases_regularizer,
        trainable=trainable,
    )
    return bias_add(outputs, biases, data_format=data_format)


__all__ = ["conv2d_transpose", "separable_conv2d"]
