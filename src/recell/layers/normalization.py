"""Batch normalisation layers. TF symbols: tf.layers.batch_normalization, BatchNormalization."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import constant
from recell.graph.shapes import as_shape
from recell.layers.settings import described
from recell.layers.training import by_training, static_training
from recell.ops.array_shape import reshape
from recell.ops.initializers import Ones, Zeros
from recell.ops.layer import InputSpec, Layer
from recell.ops.nn_norm import batch_normalization as normalized
from recell.ops.nn_norm import fused_batch_norm, moments
from recell.ops.state import assign_sub


def moved_average(variable: Any, value: Any, decay: Any, name: str = "AssignMovingAvg") -> Any:
    """An operation that brings a variable nearer to `value`: `variable -= (variable - value) * (1 - decay)`."""
    return assign_sub(variable, (variable - value) * (1.0 - decay), name=name)


class BatchNormalization(Layer):
    """Normalises each channel by the batch's moments while training, by their moving averages otherwise (Ioffe 2015).

    Variables, `[channels]`: `gamma` (with `scale`), `beta` (with `center`), `moving_mean` and `moving_variance`. Call
    it as `layer(inputs, training=...)`. While training, the operations that move the averages join the collection
    `update_ops`: run them with the training step. TF symbol: `tf.layers.BatchNormalization`.

    Args:
        axis: the axis of the channels.
        momentum: how much of the old average stays.
        fused: True or None takes the biased variance for normalising and the unbiased one for its average, where the
            inputs are `[batch, height, width, channels]` (or channels second); False never does.

    Batch renormalisation, virtual batches and adjustments are not supported: ValueError.
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = Zeros(),  # noqa: B008 - as in TF1's signature; it has no state
        gamma_initializer: Any = Ones(),  # noqa: B008
        moving_mean_initializer: Any = Zeros(),  # noqa: B008
        moving_variance_initializer: Any = Ones(),  # noqa: B008
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, **kwargs)
        if renorm or virtual_batch_size is not None or adjustment is not None:
            raise ValueError("renorm, virtual_batch_size and adjustment are not supported by batch normalization.")
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = beta_initializer
        self.gamma_initializer = gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_constraint = gamma_constraint
        self.fused = fused
        self._channel_axis = -1
        self.gamma: Any = None
        self.beta: Any = None
        self.moving_mean: Any = None
        self.moving_variance: Any = None

    def build(self, input_shape: Any) -> None:
        shape = as_shape(input_shape)
        if shape.ndims is None:
            raise ValueError(f"Input has undefined rank:{shape}")
        rank = shape.ndims
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        if len(axes) != 1:
            raise ValueError(f"Batch normalization over several axes at once is not supported, but axis is {axes}.")
        if not -rank <= axes[0] < rank:
            raise ValueError(f"Invalid axis: {axes[0]}")
        axis = self._channel_axis = axes[0] % rank
        channels = shape.as_list()[axis]
        if channels is None:
            raise ValueError("Input has undefined `axis` dimension. Input shape: ", shape)
        fits = rank == 4 and axis in (1, 3)
        if self.fused and not fits:
            raise ValueError(f"Fused batch normalization needs axis 1 or 3 of 4, but axis is {axes[0]} of {rank}.")
        self.fused = fits if self.fused is None else self.fused
        self.input_spec = InputSpec(ndim=rank, axes={axis: channels})
        for key, wanted, trainable in (
            ("gamma", self.scale, True),
            ("beta", self.center, True),
            ("moving_mean", True, False),
            ("moving_variance", True, False),
        ):
            if wanted:
                self._add(key, channels, trainable)
        self.built = True

    def _add(self, key: str, channels: int, trainable: bool) -> None:
        variable = self.add_weight(
            key,
            shape=[channels],
            dtype="float32" if self.dtype in ("float16", "bfloat16") else self.dtype,
            initializer=getattr(self, f"{key}_initializer"),
            regularizer=getattr(self, f"{key}_regularizer", None),
            constraint=getattr(self, f"{key}_constraint", None),
            trainable=trainable,
        )
        setattr(self, key, variable)

    def call(self, inputs: Any, training: Any = False, **kwargs: Any) -> Any:
        normalize = self._fused if self.fused else self._plain
        outputs, mean, variance = normalize(inputs, training)
        if static_training(training) is not False:
            decay = by_training(training, lambda: _scalar(self.momentum, mean), lambda: _scalar(1.0, mean))
            self.add_update(moved_average(self.moving_mean, mean, decay))
            self.add_update(moved_average(self.moving_variance, variance, decay))
        return outputs

    def _fused(self, inputs: Any, training: Any) -> tuple[Any, Any, Any]:
        channels = inputs.shape.as_list()[self._channel_axis]
        gamma = self.gamma if self.scale else _filled(1.0, channels, self.moving_mean)
        beta = self.beta if self.center else _filled(0.0, channels, self.moving_mean)
        layout = "NHWC" if self._channel_axis == 3 else "NCHW"

        def by_batch() -> Any:
            return fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon, data_format=layout)

        def by_average() -> Any:
            return fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                is_training=False,
                data_format=layout,
            )

        outputs, mean, variance = by_training(training, by_batch, by_average)
        return outputs, mean, variance

    def _plain(self, inputs: Any, training: Any) -> tuple[Any, Any, Any]:
        rank, axis = inputs.shape.ndims, self._channel_axis
        others = [k for k in range(rank) if k != axis]
        average = (self.moving_mean.value(), self.moving_variance.value())
        mean, variance = by_training(training, lambda: moments(inputs, others), lambda: average)

        def placed(value: Any) -> Any:
            if value is None or axis == rank - 1:
                return value
            return reshape(value, [-1 if k == axis else 1 for k in range(rank)])

        outputs = normalized(
            inputs, placed(mean), placed(variance), placed(self.beta), placed(self.gamma), self.epsilon
        )
        return outputs, mean, variance

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }
        for key in ("beta", "gamma", "moving_mean", "moving_variance"):
            config[f"{key}_initializer"] = described(getattr(self, f"{key}_initializer"))
        for key in ("regularizer", "constraint"):
            config[f"beta_{key}"] = described(getattr(self, f"beta_{key}"))
            config[f"gamma_{key}"] = described(getattr(self, f"gamma_{key}"))
        return config


def _scalar(value: float, like: Any) -> Any:
    return constant(value, dtype=like.dtype.base_dtype)


def _filled(value: float, channels: int, like: Any) -> Any:
    return constant(value, dtype=like.dtype.base_dtype, shape=[channels])


def batch_normalization(
    inputs: Any,
    axis: Any = -1,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = Zeros(),  # noqa: B008 - as in TF1's signature; it has no state
    gamma_initializer: Any = Ones(),  # noqa: B008
    moving_mean_initializer: Any = Zeros(),  # noqa: B008
    moving_variance_initializer: Any = Ones(),  # noqa: B008
    beta_regularizer: Any = None,
    gamma_regularizer: Any = None,
    beta_constraint: Any = None,
    gamma_constraint: Any = None,
    training: Any = False,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_momentum: float = 0.99,
    fused: bool | None = None,
    virtual_batch_size: int | None = None,
    adjustment: Any = None,
) -> Any:
    """A new `BatchNormalization` layer applied to `inputs`. TF symbol: `tf.layers.batch_normalization`.

    Run the operations in the collection `update_ops` with every training step.
    """
    layer = BatchNormalization(
        axis=axis,
        momentum=momentum,
        epsilon=epsilon,
        center=center,
        scale=scale,
        beta_initializer=beta_initializer,
        gamma_initializer=gamma_initializer,
        moving_mean_initializer=moving_mean_initializer,
        moving_variance_initializer=moving_variance_initializer,
        beta_regularizer=beta_regularizer,
        gamma_regularizer=gamma_regularizer,
        beta_constraint=beta_constraint,
        gamma_constraint=gamma_constraint,
        renorm=renorm,
        renorm_clipping=renorm_clipping,
        renorm_momentum=renorm_momentum,
        fused=fused,
        trainable=trainable,
        virtual_batch_size=virtual_batch_size,
        adjustment=adjustment,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs, training=training)


__all__ = ["BatchNormalization", "batch_normalization", "moved_average"]
