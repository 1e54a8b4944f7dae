"""What the graph knows of an operation type: its inputs, and how shapes and dtypes follow from them.

A definition also carries the kernel that will compute it, as an opaque callable: this room never calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape

if TYPE_CHECKING:
    from recell.graph.tensor import Tensor

REGISTRY: dict[str, OpDef] = {}
"""Every operation type that has been defined, by name."""


@dataclass(frozen=True)
class InputParam:
    """One tensor parameter of an operation: `constraint` is a DType, a set of them, or None for any."""

    name: str
    is_list: bool = False
    optional: bool = False
    group: str | None = "T"
    constraint: Any = None
    has_default: bool = False
    default: Any = None


@dataclass(frozen=True)
class OverTime:
    """How an operation that is one step of a recurrence runs over a whole time axis: `OpDef.extra["over_time"]`.

    `kernel(lengths, *inputs, **attributes)` takes what the operation's own kernel takes, but for a first input
    `[time, batch, ...]` and the states before the first step; `lengths` are int64 `[batch]` between 0 and time, or
    None. It gives `(sequence, *last)`: one of the outputs at every step, `[time, batch, ...]` and zero past a row's
    length, and all outputs as they are after each row's last step.

    `carried`: for each output the input, by position, that takes it at the next step. `sequence`: which output is given
    at every step.
    """

    kernel: Callable[..., Any]
    carried: tuple[int, ...]
    sequence: int


@dataclass(frozen=True)
class OpDef:
    """An operation type. `layout`-free types take their inputs in order, as the kernel does."""

    name: str
    kernel: Callable[..., Any] | None
    params: tuple[InputParam, ...] = ()
    infer_shapes: Callable[[Inference], Any] | None = None
    infer_dtypes: Any = None
    differentiable: bool = True
    view: bool = False
    stateful: bool = False
    waits: bool = False
    defers: bool = False
    mutates: tuple[int, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def register(definition: OpDef) -> OpDef:
    """Makes an operation type known. Raises ValueError when the name is taken."""
    if definition.name in REGISTRY:
        raise ValueError(f"Operation type {definition.name!r} is defined twice.")
    REGISTRY[definition.name] = definition
    return definition


class Inference:
    """What a shape rule may ask of the operation being made."""

    __slots__ = ("_attrs", "_groups", "_inputs", "_op_name", "_op_type")

    def __init__(
        self,
        op_type: str,
        op_name: str,
        inputs: Sequence[Tensor],
        attrs: Mapping[str, Any],
        groups: Mapping[str, Any],
    ) -> None:
        self._op_type = op_type
        self._op_name = op_name
        self._inputs = inputs
        self._attrs = attrs
        self._groups = groups

    def tensor(self, key: int | str) -> Any:
        """The input at a position, or the one(s) given for a parameter (None if it was left out)."""
        return self._inputs[key] if isinstance(key, int) else self._groups[key]

    def shape(self, key: int | str) -> TensorShape:
        return self.tensor(key).shape

    def shapes(self, key: str | None = None) -> list[TensorShape]:
        return [t.shape for t in (self._inputs if key is None else self._groups[key])]

    def dtype(self, key: int | str) -> DType:
        value = self.tensor(key)
        return (value[0] if isinstance(value, (list, tuple)) else value).dtype.base_dtype

    def value(self, key: int | str) -> np.ndarray | None:
        """The input's value where it is known while building, else None."""
        from recell.graph.static import constant_value

        tensor = self.tensor(key)
        return None if tensor is None else constant_value(tensor)

    def value_as_shape(self, key: int | str) -> TensorShape:
        """The input's value read as a shape, with None for what is not known while building."""
        from recell.graph.static import constant_value_as_shape

        return constant_value_as_shape(self.tensor(key))

    def __getitem__(self, attr: str) -> Any:
        return self._attrs[attr]

    def mismatch(self, message: str) -> ValueError:
        """A ValueError in TF1's wording: the message, then the operation and its input shapes."""
        shapes = ", ".join(brackets(t.shape) for t in self._inputs)
        return ValueError(f"{message} for '{self._op_name}' (op: '{self._op_type}') with input shapes: {shapes}.")


def brackets(shape: TensorShape) -> str:
    """A shape as TF1's C++ prints it: `[2,?]`, or `<unknown>`."""
    dims = shape.tuple
    return "<unknown>" if dims is None else "[" + ",".join("?" if d is None else str(d) for d in dims) + "]"
