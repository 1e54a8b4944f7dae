"""Normalisations as tf.contrib.layers and tf.contrib.slim have them; see contrib_layers for what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.convert import constant, convert_to_tensor
from recell.graph.core import add_to_collections
from recell.graph.keys import GraphKeys
from recell.graph.variable_scope import variable_scope
from recell.layers.arg_scope import add_arg_scope
from recell.layers.contrib_scope import collections_for, finished, model_variable
from recell.layers.normalization import moved_average
from recell.layers.training import by_training, static_training
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.initializers import Ones, Zeros
from recell.ops.nn_norm import batch_normalization, fused_batch_norm, moments
from recell.ops.state import with_dependencies


@add_arg_scope
def layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Callable[[Any], Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Any:
    """Normalises each row by its own mean and variance over the axes from `begin_norm_axis` on (Ba et al. 2016).

    Variables: `beta` (with `center`) and `gamma` (with `scale`), shaped as the inputs from `begin_params_axis` on.
    TF symbol: `tf.contrib.layers.layer_norm`. ValueError for unknown sizes there and for axes out of range.
    """
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse):
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        dtype = inputs.dtype.base_dtype
        first = begin_norm_axis + rank if begin_norm_axis < 0 else begin_norm_axis
        if begin_params_axis >= rank or first >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({first}) must be < rank(inputs) ({rank})"
            )
        shape = inputs.shape[begin_params_axis:]
        if not shape.is_fully_defined():
            where = f"shape(inputs)[{begin_params_axis}:]"
            raise ValueError(f"Inputs {inputs.name}: {where} is not fully defined: {inputs.shape}")
        made = {}
        for key, wanted, initializer in (("beta", center, Zeros()), ("gamma", scale, Ones())):
            if wanted:
                collections = collections_for(variables_collections, key)
                made[key] = model_variable(
                    key, collections, shape=shape.as_list(), dtype=dtype, initializer=initializer, trainable=trainable
                )
        mean, variance = moments(inputs, list(range(first, rank)), keep_dims=True)
        epsilon = 1e-3 if dtype.name in ("float16", "bfloat16") else 1e-12
        outputs = batch_normalization(inputs, mean, variance, made.get("beta"), made.get("gamma"), epsilon)
        outputs.set_shape(inputs.shape)
        return finished(outputs, activation_fn, outputs_collections)


@add_arg_scope
def instance_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Callable[[Any], Any] | None = None,
    param_initializers: dict[str, Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Any:
    """Normalises each channel of each row by its own moments. TF symbol: `tf.contrib.layers.instance_norm`."""
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse):
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        axis = 1 if data_format == "NCHW" else rank - 1
        channels = inputs.shape.as_list()[axis]
        if channels is None:
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {inputs.shape}.")
        mean, variance = moments(inputs, [k for k in range(1, rank) if k != axis], keep_dims=True)
        given = param_initializers or {}
        made = {}
        for key, wanted, initializer in (("beta", center, Zeros()), ("gamma", scale, Ones())):
            if wanted:
                variable = model_variable(
                    key,
                    collections_for(variables_collections, key),
                    shape=[channels],
                    dtype=inputs.dtype.base_dtype,
                    initializer=given.get(key, initializer),
                    trainable=trainable,
                )
                made[key] = reshape(variable, [channels if k == axis else 1 for k in range(rank)])
        outputs = batch_normalization(
            inputs, mean, variance, made.get("beta"), made.get("gamma"), epsilon, name="instancenorm"
        )
        return finished(outputs, activation_fn, outputs_collections)


@add_arg_scope
def batch_norm(
    inputs: Any,
    decay: float = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Callable[[Any], Any] | None = None,
    param_initializers: dict[str, Any] | None = None,
    param_regularizers: dict[str, Any] | None = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_decay: float = 0.99,
    adjustment: Any = None,
) -> Any:
    """Normalises each channel by the batch's moments while `is_training`, by their averages otherwise.

    Variables, `[channels]`: `beta`, `gamma` (with `scale`), `moving_mean` and `moving_variance`. The operations that
    move the averages join `updates_collections`; None makes the result wait for them. ValueError for batch weights,
    batch renormalisation, adjustments and zero debiasing: not supported. TF symbol: `tf.contrib.layers.batch_norm`.
    """
    if batch_weights is not None or renorm or adjustment is not None or zero_debias_moving_mean:
        raise ValueError("batch_norm does not support batch_weights, renorm, adjustment and zero_debias_moving_mean.")
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse):
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank")
        axis = 1 if data_format == "NCHW" and rank > 2 else rank - 1
        channels = inputs.shape.as_list()[axis]
        if channels is None:
            raise ValueError(f"Inputs {inputs.name} has undefined `C` dimension {inputs.shape}.")
        fuses = fused is not False and rank in (2, 4)
        order = ("beta", "gamma") if rank == 2 or updates_collections != GraphKeys.UPDATE_OPS else ("gamma", "beta")
        wanted = {"beta": center, "gamma": scale, "moving_mean": True, "moving_variance": True}
        made: dict[str, Any] = {}
        for key in (*order, "moving_mean", "moving_variance"):
            if wanted[key]:
                made[key] = _parameter(
                    key, channels, inputs, param_initializers, param_regularizers, variables_collections, trainable
                )
        normalize = _fused if fuses else _plain
        outputs, mean, variance = normalize(inputs, axis, made, epsilon, is_training)
        if static_training(is_training) is not False:
            outputs = _with_updates(outputs, mean, variance, made, decay, is_training, updates_collections)
        outputs.set_shape(inputs.shape)
        return finished(outputs, activation_fn, outputs_collections)


def _parameter(
    key: str, channels: int, inputs: Any, initializers: Any, regularizers: Any, collections: Any, trainable: bool
) -> Any:
    default = Ones() if key in ("gamma", "moving_variance") else Zeros()
    name = inputs.dtype.base_dtype.name
    return model_variable(
        key,
        collections_for(collections, key),
        shape=[channels],
        dtype="float32" if name in ("float16", "bfloat16") else name,
        initializer=(initializers or {}).get(key, default),
        regularizer=(regularizers or {}).get(key),
        trainable=trainable and not key.startswith("moving"),
    )


def _fused(inputs: Any, axis: int, made: dict[str, Any], epsilon: float, is_training: Any) -> tuple[Any, Any, Any]:
    """Biased variance to normalise by, unbiased variance for the average."""
    mean, variance = made["moving_mean"], made["moving_variance"]
    channels = mean.shape.as_list()[0]
    dtype = mean.dtype.base_dtype
    gamma = made.get("gamma", constant(1.0, dtype=dtype, shape=[channels]) if "gamma" not in made else None)
    beta = made.get("beta", constant(0.0, dtype=dtype, shape=[channels]) if "beta" not in made else None)
    flat = inputs.shape.ndims == 2
    images = reshape(inputs, [-1, 1, 1, channels]) if flat else inputs
    layout = "NCHW" if not flat and axis == 1 else "NHWC"

    def by_batch() -> Any:
        return fused_batch_norm(images, gamma, beta, epsilon=epsilon, data_format=layout)

    def by_average() -> Any:
        return fused_batch_norm(
            images, gamma, beta, mean=mean, variance=variance, epsilon=epsilon, data_format=layout, is_training=False
        )

    outputs, found_mean, found_variance = by_training(is_training, by_batch, by_average)
    if flat:
        outputs = reshape(outputs, shape_of(inputs))
    return outputs, found_mean, found_variance


def _plain(inputs: Any, axis: int, made: dict[str, Any], epsilon: float, is_training: Any) -> tuple[Any, Any, Any]:
    rank = inputs.shape.ndims
    others = [k for k in range(rank) if k != axis]
    averages = (made["moving_mean"].value(), made["moving_variance"].value())
    mean, variance = by_training(is_training, lambda: moments(inputs, others), lambda: averages)

    def placed(value: Any) -> Any:
        if value is None or axis == rank - 1:
            return value
        return reshape(value, [-1 if k == axis else 1 for k in range(rank)])

    beta, gamma = placed(made.get("beta")), placed(made.get("gamma"))
    return batch_normalization(inputs, placed(mean), placed(variance), beta, gamma, epsilon), mean, variance


def _with_updates(
    outputs: Any, mean: Any, variance: Any, made: dict[str, Any], decay: float, is_training: Any, collections: Any
) -> Any:
    dtype = mean.dtype.base_dtype
    kept = by_training(is_training, lambda: constant(decay, dtype=dtype), lambda: constant(1.0, dtype=dtype))
    updates = [moved_average(made["moving_mean"], mean, kept), moved_average(made["moving_variance"], variance, kept)]
    if collections is None:
        return with_dependencies(updates, outputs)
    for update in updates:
        add_to_collections(collections, update)
    return outputs


__all__ = ["batch_norm", "instance_norm", "layer_norm"]
