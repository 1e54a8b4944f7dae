"""What LSTM cells that make their variables while running share: depths, biases, peepholes, bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.ops.clip import clip_by_value
from recell.ops.initializers import Zeros


def input_depth(inputs: Any) -> int:
    """The depth of inputs `[batch, depth]`. ValueError when it is not known."""
    dims = inputs.shape.tuple
    if not dims or dims[-1] is None:
        raise ValueError(
            f"Could not infer input size from the last dimension of {inputs.name}, whose shape is {inputs.shape}: "
            "it must be known while building (set_shape tells it)."
        )
    return dims[-1]


def whole_bias(size: int, dtype: Any) -> Any:
    """The variable `bias` `[size]`, zeros at first, in one part whatever the scope's partitioner."""
    with variable_scope(get_variable_scope()) as scope:
        scope.set_partitioner(None)
        return get_variable("bias", [size], dtype, initializer=Zeros())


def peepholes(wanted: Any, names: Sequence[str], units: int, dtype: Any) -> list[Any]:
    """A variable `[units]` for each of `names`, by which a gate sees the memory; Nones unless they are wanted."""
    return [get_variable(name, [units], dtype) if wanted else None for name in names]


def seeing(gate: Any, weights: Any, c: Any) -> Any:
    """`gate + weights * c`, or just `gate` without a peephole."""
    return gate if weights is None else gate + weights * c


def clipped(x: Any, bound: Any) -> Any:
    """`x` within `-bound` and `bound`; None is no bound."""
    return x if bound is None else clip_by_value(x, -bound, bound)


__all__ = ["clipped", "input_depth", "peepholes", "seeing", "whole_bias"]
