"""Activation functions by the names that Keras has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.portable import register_named
from recell.ops.clip import clip_by_value
from recell.ops.math_unary import exp, sigmoid, tanh
from recell.ops.nn_activations import elu, relu, selu, softmax, softplus, softsign

Activation = Callable[[Any], Any]


def linear(x: Any) -> Any:
    """`x` itself. TF symbol: `tf.keras.activations.linear`."""
    return x


register_named("linear", linear)


def hard_sigmoid(x: Any) -> Any:
    """`clip(0.2 x + 0.5, 0, 1)`: a cheap sigmoid. TF symbol: `tf.keras.activations.hard_sigmoid`."""
    return clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


_BY_NAME: dict[str, Activation] = {
    "elu": elu,
    "exponential": exp,
    "hard_sigmoid": hard_sigmoid,
    "linear": linear,
    "relu": relu,
    "selu": selu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "tanh": tanh,
}


def get(identifier: Any) -> Activation:
    """The function for a name, None (`linear`) or a function. ValueError for unknown names, TypeError for the rest."""
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if identifier not in _BY_NAME:
            raise ValueError(f"Unknown activation function:{identifier}. Known are: {', '.join(_BY_NAME)}.")
        return _BY_NAME[identifier]
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier!r}")


def serialize(activation: Activation) -> str:
    """The name under which `get` finds the function again."""
    return getattr(activation, "__name__", type(activation).__name__)


__all__ = ["get", "hard_sigmoid", "linear", "serialize"]
