"""Dense layers, dropout and flattening. TF symbols: tf.layers.dense, dropout, flatten and their classes."""

from __future__ import annotations

import functools
import math
from typing import Any

from recell.graph.dtypes import as_dtype
from recell.graph.shapes import TensorShape, as_shape
from recell.layers.functional import function_of
from recell.layers.kernel_layer import KernelLayer
from recell.layers.training import by_training
from recell.ops.array_shape import expand_dims, reshape, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.initializers import Zeros
from recell.ops.layer import InputSpec, Layer
from recell.ops.linalg import matmul, tensordot
from recell.ops.nn_dense import bias_add
from recell.ops.nn_dropout import dropout as nn_dropout
from recell.ops.state import identity


class Dense(KernelLayer):
    """`activation(inputs @ kernel + bias)`: `[..., in]` -> `[..., units]`. TF symbol: `tf.layers.Dense`.

    Variables: `kernel` `[in, units]` and, with `use_bias`, `bias` `[units]`.

    Args:
        units: the size of the last axis of the result.
        activation: a function, its Keras name, or None.
        kernel_initializer, bias_initializer: the kernel's is the scope's default (Glorot's uniform one) unless given.
        kernel_regularizer, bias_regularizer, activity_regularizer: functions whose results become losses.
        kernel_constraint, bias_constraint: functions applied to the variables after an optimizer's update.
    """

    def __init__(
        self,
        units: int,
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
        self.units = int(units)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        dtype = as_dtype(self.dtype or "float32")
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(f"Unable to build `Dense` layer with non-floating point dtype {dtype!r}")
        depth = as_shape(input_shape).as_list()[-1]
        if depth is None:
            raise ValueError("The last dimension of the inputs to `Dense` should be defined. Found `None`.")
        self.input_spec = InputSpec(min_ndim=2, axes={-1: depth})
        self._add_kernel([depth, self.units])
        self._add_bias(self.units)
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        rank = inputs.shape.ndims
        product = matmul if rank == 2 else functools.partial(tensordot, axes=[[rank - 1], [0]])
        outputs = product(inputs, self.kernel)
        if self.use_bias:
            outputs = bias_add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The result's static shape. ValueError when the last axis of the inputs is unknown."""
        dims = as_shape(input_shape).with_rank_at_least(2).as_list()
        if dims[-1] is None:
            raise ValueError(f"The innermost dimension of input_shape must be defined, but saw: {input_shape}")
        return TensorShape([*dims[:-1], self.units])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, **self._kernel_config()}


dense = function_of(Dense, "dense")


class Dropout(Layer):
    """While training, sets elements to zero with probability `rate`, scales the others. TF symbol: `tf.layers.Dropout`.

    Call it as `layer(inputs, training=...)`, with a bool or a bool tensor; see `tf.nn.dropout` for the other arguments.
    """

    def __init__(
        self, rate: Any = 0.5, noise_shape: Any = None, seed: int | None = None, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed

    def call(self, inputs: Any, training: Any = False, **kwargs: Any) -> Any:
        def dropped() -> Any:
            return nn_dropout(inputs, noise_shape=self.noise_shape, seed=self.seed, rate=self.rate)

        return by_training(training, dropped, lambda: identity(inputs))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}


def dropout(
    inputs: Any,
    rate: Any = 0.5,
    noise_shape: Any = None,
    seed: int | None = None,
    training: Any = False,
    name: str | None = None,
) -> Any:
    """A new `Dropout` layer applied to `inputs`; drops nothing unless `training`. TF symbol: `tf.layers.dropout`."""
    layer = Dropout(rate, noise_shape=noise_shape, seed=seed, name=name)
    return layer.apply(inputs, training=training)


class Flatten(Layer):
    """Keeps the first axis and joins all others: `[batch, ...]` -> `[batch, n]`. TF symbol: `tf.layers.Flatten`.

    With `data_format="channels_first"` the channels are moved to the end before.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format or "channels_last"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        rank = inputs.shape.ndims
        if self.data_format == "channels_first" and rank > 1:
            inputs = transpose(inputs, [0, *range(2, rank), 1])
        if rank == 1:
            return expand_dims(inputs, -1)
        batch, *rest = inputs.shape.as_list()
        size = None if None in rest else math.prod(rest)
        if batch is None and size is None:
            return reshape(inputs, [shape_of(inputs)[0], -1])
        return reshape(inputs, [-1 if batch is None else batch, -1 if size is None else size])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


def flatten(inputs: Any, name: str | None = None, data_format: str = "channels_last") -> Any:
    """`inputs` with all axes but the first joined. TF symbol: `tf.layers.flatten`."""
    return Flatten(data_format=data_format, name=name).apply(inputs)


__all__ = ["Dense", "Dropout", "Flatten", "dense", "dropout", "flatten"]
