"""Layers as tf.contrib.layers and tf.contrib.slim have them: functions that make variables `<scope>/weights`, `biases`.

All can be given defaults by `arg_scope`. A `scope` names the variables, found again with `reuse`;
`variables_collections` (names, or a dictionary of them by kind) and `outputs_collections` are collections to join.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.variable_scope import variable_scope
from recell.layers import convolutional, core, pooling
from recell.layers.arg_scope import add_arg_scope
from recell.layers.contrib_scope import (
    applied,
    collect_output,
    collections_for,
    finished,
    layer_scope,
    layout,
    model_variable,
)
from recell.layers.initializers import xavier_initializer
from recell.ops.array_make import one_hot
from recell.ops.embedding import embedding_lookup
from recell.ops.initializers import Zeros
from recell.ops.math_cast import to_int64
from recell.ops.math_unary import sqrt
from recell.ops.nn_activations import relu as nn_relu
from recell.ops.nn_activations import relu6 as nn_relu6
from recell.ops.nn_activations import softmax as nn_softmax
from recell.ops.nn_dense import bias_add as nn_bias_add
from recell.ops.reductions import reduce_sum

_ZEROS = Zeros()


@add_arg_scope
def fully_connected(
    inputs: Any,
    num_outputs: int,
    activation_fn: Callable[[Any], Any] | None = nn_relu,
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
    """`activation_fn(inputs @ weights + biases)`: `[..., in]` -> `[..., num_outputs]`.

    A rectifier unless `activation_fn` is another function or None. There are no biases with a `normalizer_fn`, which is
    applied before the activation, or without a `biases_initializer`. TF symbol: `tf.contrib.layers.fully_connected`.
    """
    if not isinstance(num_outputs, int):
        raise ValueError(f"num_outputs type should be one of [<class 'int'>], got {type(num_outputs)}.")
    with layer_scope(scope, "fully_connected", [inputs], reuse) as opened:
        layer = core.Dense(
            num_outputs,
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


linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=nn_relu)
relu6 = functools.partial(fully_connected, activation_fn=nn_relu6)


@add_arg_scope
def convolution(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Any = 1,
    activation_fn: Callable[[Any], Any] | None = nn_relu,
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
    conv_dims: int | None = None,
) -> Any:
    """A convolution over one to three axes, as the inputs have them; other arguments as `fully_connected`'s.

    TF symbols: `tf.contrib.layers.convolution`, `conv1d`, `conv2d`, `conv3d`. ValueError for inputs of another rank.
    """
    with layer_scope(scope, "Conv", [inputs], reuse) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if conv_dims is not None and conv_dims + 2 != rank:
            raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
        classes = {3: convolutional.Conv1D, 4: convolutional.Conv2D, 5: convolutional.Conv3D}
        if rank not in classes:
            raise ValueError("Convolution not supported for input with rank", rank)
        layer = classes[rank](
            num_outputs,
            kernel_size,
            strides=stride,
            padding=padding,
            data_format=layout(data_format),
            dilation_rate=rate,
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
        outputs = applied(layer, inputs, variables_collections)
        return finished(outputs, activation_fn, outputs_collections, normalizer_fn, normalizer_params)


@add_arg_scope
def conv1d(inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Any:
    """`convolution` over `[batch, steps, channels]`. TF symbol: `tf.contrib.layers.conv1d`."""
    return convolution(inputs, num_outputs, kernel_size, *args, conv_dims=1, **kwargs)


@add_arg_scope
def conv2d(inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Any:
    """`convolution` over `[batch, height, width, channels]`. TF symbol: `tf.contrib.layers.conv2d`."""
    return convolution(inputs, num_outputs, kernel_size, *args, conv_dims=2, **kwargs)


@add_arg_scope
def conv3d(inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Any:
    """`convolution` over `[batch, depth, height, width, channels]`. TF symbol: `tf.contrib.layers.conv3d`."""
    return convolution(inputs, num_outputs, kernel_size, *args, conv_dims=3, **kwargs)


def _pool(layer_class: Any, default: str) -> Callable[..., Any]:
    def pool(
        inputs: Any,
        kernel_size: Any,
        stride: Any = 2,
        padding: str = "VALID",
        data_format: str = "NHWC",
        outputs_collections: Any = None,
        scope: str | None = None,
    ) -> Any:
        with name_scope(scope, default, [inputs]):
            layer = layer_class(kernel_size, stride, padding=padding, data_format=layout(data_format))
            return collect_output(layer.call(convert_to_tensor(inputs)), outputs_collections)

    pool.__name__ = pool.__qualname__ = {"MaxPool2D": "max_pool2d", "AvgPool2D": "avg_pool2d"}[default]
    pool.__doc__ = f"Pooling of `[batch, height, width, channels]`. TF symbol: `tf.contrib.layers.{pool.__name__}`."
    return add_arg_scope(pool)


max_pool2d = _pool(pooling.MaxPooling2D, "MaxPool2D")
avg_pool2d = _pool(pooling.AveragePooling2D, "AvgPool2D")


@add_arg_scope
def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: int | None = None,
) -> Any:
    """Dropout that keeps with probability `keep_prob` while `is_training`. TF symbol: `tf.contrib.layers.dropout`."""
    with variable_scope(scope, "Dropout", [inputs]) as opened:
        layer = core.Dropout(rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=opened.name, _scope=opened)
        outputs = layer.apply(convert_to_tensor(inputs), training=is_training)
        return collect_output(outputs, outputs_collections)


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: str | None = None) -> Any:
    """All axes but the first joined. TF symbol: `tf.contrib.layers.flatten`."""
    with name_scope(scope, "Flatten", [inputs]):
        return collect_output(core.flatten(convert_to_tensor(inputs)), outputs_collections)


@add_arg_scope
def bias_add(
    inputs: Any,
    activation_fn: Callable[[Any], Any] | None = None,
    initializer: Any = _ZEROS,
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Any:
    """Adds a variable `biases`, one a channel. TF symbol: `tf.contrib.layers.bias_add`."""
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse):
        inputs = convert_to_tensor(inputs)
        channels = inputs.shape.as_list()[1 if data_format.startswith("NC") else -1]
        if channels is None:
            raise ValueError("`C` dimension must be known but is None")
        biases = model_variable(
            "biases",
            collections_for(variables_collections, "biases"),
            shape=[channels],
            dtype=inputs.dtype.base_dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        outputs = nn_bias_add(inputs, biases, data_format=data_format)
        return finished(outputs, activation_fn, outputs_collections)


@add_arg_scope
def one_hot_encoding(
    labels: Any,
    num_classes: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Any:
    """`[batch]` integers as rows of zeros with a one. TF symbol: `tf.contrib.layers.one_hot_encoding`."""
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]):
        labels = convert_to_tensor(labels)
        if labels.dtype.base_dtype.name == "int32":
            labels = to_int64(labels)
        outputs = one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return collect_output(outputs, outputs_collections)


@add_arg_scope
def softmax(logits: Any, scope: Any = None) -> Any:
    """`softmax` along the last axis. TF symbol: `tf.contrib.layers.softmax`."""
    with variable_scope(scope, "softmax", [logits]):
        return nn_softmax(logits, name="Reshape_1")


@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Any:
    """`inputs` divided by their Euclidean norm along `dim`. TF symbol: `tf.contrib.layers.unit_norm`."""
    with variable_scope(scope, "UnitNorm", [inputs]):
        inputs = convert_to_tensor(inputs)
        if not inputs.shape.ndims:
            raise ValueError("The input rank must be known.")
        if not 0 <= dim < inputs.shape.ndims:
            raise ValueError("dim must be positive but smaller than the input rank.")
        return inputs / sqrt(reduce_sum(inputs * inputs, dim, keepdims=True) + epsilon)


def embed_sequence(
    ids: Any,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Any:
    """Rows of a variable `embeddings` `[vocab_size, embed_dim]` for `ids` `[batch, steps]`.

    TF symbol: `tf.contrib.layers.embed_sequence`. ValueError for missing sizes, unless the variable is reused.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(
            "Must specify vocab size and embedding dimension when not reusing. Got vocab_size="
            f"{vocab_size} and embed_dim={embed_dim}"
        )
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        shape = [vocab_size, embed_dim]
        if reuse and (vocab_size is None or embed_dim is None):
            shape = None  # type: ignore[assignment]
        embeddings = model_variable(
            "embeddings", None, shape=shape, initializer=initializer, regularizer=regularizer, trainable=trainable
        )
        return embedding_lookup(embeddings, ids)


def stack(inputs: Any, layer: Callable[..., Any], stack_args: Any, **kwargs: Any) -> Any:
    """`layer` applied again and again, with the arguments of each turn. TF symbol: `tf.contrib.layers.stack`."""
    scope, reuse = kwargs.pop("scope", None), kwargs.pop("reuse", None)
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError("stack_args need to be a list or tuple")
    with variable_scope(scope, "Stack", [inputs], reuse=reuse):
        name = getattr(layer, "__name__", None) or layer.func.__name__  # type: ignore[attr-defined]
        for number, arguments in enumerate(stack_args):
            given = arguments if isinstance(arguments, (list, tuple)) else [arguments]
            inputs = layer(inputs, *given, scope=f"{name}_{number + 1}", **kwargs)
        return inputs


def repeat(inputs: Any, repetitions: int, layer: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`layer` applied `repetitions` times with the same arguments. TF symbol: `tf.contrib.layers.repeat`."""
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        name = getattr(layer, "__name__", None) or layer.func.__name__  # type: ignore[attr-defined]
        for number in range(repetitions):
            inputs = layer(inputs, *args, **{**kwargs, "scope": f"{scope or name}_{number + 1}"})
        return inputs


__all__ = [
    "avg_pool2d",
    "bias_add",
    "conv1d",
    "conv2d",
    "conv3d",
    "convolution",
    "dropout",
    "embed_sequence",
    "flatten",
    "fully_connected",
    "linear",
    "max_pool2d",
    "one_hot_encoding",
    "relu",
    "relu6",
    "repeat",
    "softmax",
    "stack",
    "unit_norm",
]
