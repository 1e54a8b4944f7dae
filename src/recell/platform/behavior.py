"""Switches that programs written between the two TensorFlows throw: each turns off what is never on here.

Their counterparts `enable_...` are not there: nothing behind them is.
"""

from __future__ import annotations


def disable_v2_behavior() -> None:
    """Everything is as in TensorFlow 1, as before: graphs, static shapes, variables, loops, `==` of tensors.

    TF symbol: `tf.compat.v1.disable_v2_behavior`.
    """


def disable_eager_execution() -> None:
    """Operations are put into graphs, as before. TF symbol: `tf.compat.v1.disable_eager_execution`."""


def disable_v2_tensorshape() -> None:
    """A shape holds `Dimension` objects, as before. TF symbol: `tf.compat.v1.disable_v2_tensorshape`."""


def disable_tensor_equality() -> None:
    """`==` of tensors asks whether they are the same object, as before.

    TF symbol: `tf.compat.v1.disable_tensor_equality`.
    """


def disable_resource_variables() -> None:
    """Variables are those of TensorFlow 1, as before. TF symbol: `tf.compat.v1.disable_resource_variables`."""


def resource_variables_enabled() -> bool:
    """False: variables are those of TensorFlow 1. TF symbol: `tf.compat.v1.resource_variables_enabled`."""
    return False


def disable_control_flow_v2() -> None:
    """Loops and branches are TensorFlow 1's, as before. TF symbol: `tf.compat.v1.disable_control_flow_v2`."""


def control_flow_v2_enabled() -> bool:
    """False: loops and branches have TensorFlow 1's names. TF symbol: `tf.compat.v1.control_flow_v2_enabled`."""
    return False


__all__ = [
    "control_flow_v2_enabled",
    "disable_control_flow_v2",
    "disable_eager_execution",
    "disable_resource_variables",
    "disable_tensor_equality",
    "disable_v2_behavior",
    "disable_v2_tensorshape",
    "resource_variables_enabled",
]
