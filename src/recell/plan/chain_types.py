"""What loops written by hand turn into: operations of one type, one a step, computed at once.

A `Series` is a value with a time axis in front, and the graph's tensors that lie along it. A `Joined` stands in a
plan's order for the operations that it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from recell.graph.tensor import Operation, Tensor
from recell.plan.resources import Resources

Call: TypeAlias = Callable[..., Any]
Users: TypeAlias = Mapping[Tensor, Sequence[Operation]]
"""The operations that take each tensor, each of them once."""


@dataclass(frozen=True, eq=False)
class Series:
    """Tensors of one shape that are one value `[time, ...]` in a run."""

    tensors: tuple[Tensor, ...]


@dataclass(frozen=True)
class Shared:
    """An input that is the same at every step."""

    tensor: Tensor

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.tensor,)


@dataclass(frozen=True)
class Repeated:
    """An input with a time axis that is the same at every one of `times` steps."""

    tensor: Tensor
    times: int

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.tensor,)


@dataclass(frozen=True)
class Spread:
    """An input of which every step has one of its own, not known to be of one shape before the run."""

    tensors: tuple[Tensor, ...]


@dataclass(frozen=True)
class Piece:
    """An input that lies in a series: `count` steps from `start` on, forwards or backwards from there."""

    series: Series
    start: int
    count: int
    backwards: bool = False


Argument: TypeAlias = Shared | Repeated | Spread | Piece


@dataclass(eq=False)
class Joined:
    """Operations that are one call in a plan.

    The call takes one value an argument (`Spread`: a list) and gives the value of `series`, unless that is None, and
    then those of `last`. `view`: they may share memory with the arguments.
    """

    ops: tuple[Operation, ...]
    arguments: tuple[Argument, ...]
    series: Series | None
    last: tuple[Tensor, ...]
    bind: Callable[[Resources], Call]
    view: bool = False
    singles: list[int] = field(default_factory=list)
    """The steps of `series` that somebody needs one by one."""


Unit: TypeAlias = Operation | Joined


@dataclass(frozen=True)
class Scene:
    """What is known of the plan in the making, beside its order.

    `awaited`: operations that are to run whoever needs their values. `linked`: tensors among those `given` whose
    operations run all the same, for somebody differentiates through them.
    """

    given: set[Tensor]
    linked: set[Tensor]
    sources: set[Tensor]
    recorded: set[Operation]
    fetched: set[Tensor]
    awaited: set[Operation]
    is_read: Callable[[Tensor], bool]

    def is_special(self, op: Operation) -> bool:
        """Whether somebody else gives a value of `op`, or differentiates by it."""
        return any(t in self.given or t in self.sources for t in op.outputs)
