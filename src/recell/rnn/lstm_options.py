"""Options that LSTM cells of several families have: weights in shards, peepholes, bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.variable_scope import get_variable
from recell.ops.array_join import concat
from recell.ops.clip import clip_by_value


def sharded_kernel(name: str, shape: Sequence[int], dtype: Any, shards: int) -> Any:
    """One matrix of variables `name_0`, `name_1`, ... below each other, as equal in rows as can be.

    (`LSTMCell` shards by a partitioner instead: one variable `kernel` of parts.) ValueError for more shards than rows.
    """
    rows, columns = shape
    if shards > rows:
        raise ValueError(f"Too many shards: shape={list(shape)}, num_shards={shards}")
    least, larger = divmod(rows, shards)
    parts = [
        get_variable(f"{name}_{number}", [least + (number < larger), columns], dtype=dtype) for number in range(shards)
    ]
    return parts[0] if shards == 1 else concat(parts, 0, name=f"{name}/concat")


def peepholes(wanted: Any, names: Sequence[str], units: int, dtype: Any) -> list[Any]:
    """A variable `[units]` for each of `names`, by which a gate sees a memory; Nones unless they are wanted."""
    return [get_variable(name, [units], dtype) if wanted else None for name in names]


def seeing(gate: Any, weights: Any, c: Any) -> Any:
    """`gate + weights * c`, or just `gate` without a peephole."""
    return gate if weights is None else gate + weights * c


def clipped(x: Any, bound: Any) -> Any:
    """`x` within `-bound` and `bound`; None is no bound."""
    return x if bound is None else clip_by_value(x, -bound, bound)


__all__ = ["clipped", "peepholes", "seeing", "sharded_kernel"]
