"""What dense layers and convolutions share: `activation(product + bias)` with a kernel, and how these are made."""

from __future__ import annotations

from typing import Any

from recell.layers.settings import described
from recell.ops import keras_activations
from recell.ops.layer import Layer


class KernelLayer(Layer):
    """A layer with a `kernel`, a `bias` and an activation. The arguments are those of `Dense`."""

    def __init__(
        self,
        activation: Any,
        use_bias: bool,
        kernel_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        bias_regularizer: Any,
        kernel_constraint: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.activation = keras_activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.kernel: Any = None
        self.bias: Any = None

    def _add_kernel(self, shape: list[int]) -> None:
        self.kernel = self.add_weight(
            "kernel",
            shape=shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )

    def _add_bias(self, size: int | None) -> None:
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=[size],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _kernel_config(self) -> dict[str, Any]:
        """This class's part of the configuration, which comes after the subclass's own."""
        return {
            "activation": keras_activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": described(self.kernel_initializer),
            "bias_initializer": described(self.bias_initializer),
            "kernel_regularizer": described(self.kernel_regularizer),
            "bias_regularizer": described(self.bias_regularizer),
            "activity_regularizer": described(self.activity_regularizer),
            "kernel_constraint": described(self.kernel_constraint),
            "bias_constraint": described(self.bias_constraint),
        }


__all__ = ["KernelLayer"]
