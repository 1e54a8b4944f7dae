"""Activations of cells: one of our operations, a name, or any Python function of a tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.body import trace
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops import keras_activations
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_activations import relu
from recell.ops.op import OpBuilder

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


_NAMES: dict[Callable[[Any], Any], str] = {tanh.kernel: "tanh", sigmoid.kernel: "sigmoid", relu.kernel: "relu"}  # type: ignore[dict-item]


def get_activation(activation: Any) -> Callable[[Any], Any]:
    """The function that a cell's `activation` argument means: tanh for None and "", Keras' meaning for the rest.

    Raises ValueError for an unknown name, TypeError for what is neither a name nor a function.
    """
    return keras_activations.get(activation) if callable(activation) or activation else tanh


def as_attribute(activation: Callable[[Any], Any], dtype: DType, units: int | None) -> Any:
    """The attribute that a step's kernel gets: a torch function, or a body traced on a `[batch, units]` tensor."""
    graph = get_default_graph()
    if activation is keras_activations.linear:
        return activation
    if _is_plain(activation) and activation.op_type not in graph.gradient_overrides:  # type: ignore[attr-defined]
        return activation.kernel  # type: ignore[attr-defined]

    def apply(x: Tensor) -> list[Tensor]:
        return [convert_to_tensor(activation(x), dtype)]

    name = keras_activations.serialize(activation)
    spec = (dtype, TensorShape([None, units]), "activation_input")
    return trace(graph, f"activation {name}", [spec], apply)


def _is_plain(activation: Any) -> bool:
    """Whether it is an operation of one tensor whose kernel needs nothing else."""
    if not isinstance(activation, OpBuilder):
        return False
    definition = activation.definition
    return len(definition.params) == 1 and not definition.stateful and not definition.mutates


def applied(activation: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The attribute as the kernel receives it, as a function of one torch tensor.

    Those that fused kernels know are torch's own. A body, bound by the plan to what it captures, gives a list of its
    results.
    """
    known = _NAMES.get(activation)
    if known is not None:
        return getattr(torch, known)

    def apply(x: Any) -> Any:
        result = activation(x)
        return result[0] if result.__class__ is list else result

    return apply


__all__ = ["applied", "as_attribute", "get_activation"]
