"""A step in the making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from recell.graph.tensor import Operation


@dataclass
class Item:
    """A call whose values have numbered slots. The passes over a plan change these before they become steps."""

    op: Operation | None
    ins: list[int]
    outs: list[int]
    call: Callable[..., Any] | None = None
    """None for the operation's own kernel."""
    x_slots: list[int] = field(default_factory=list)
    is_source: bool = False
    """Whether it makes something to differentiate by."""
    drops: list[int] = field(default_factory=list)
    scaled: int | None = None
    """The place among `ins` of a gradient that counts times the last of `ins`."""
