"""Names of layer objects: `Dense` objects of a graph are `dense_1`, `dense_2`, ... whatever their variables' scope."""

from __future__ import annotations

import re

from recell.graph.core import get_default_graph

_WORD_START = re.compile(r"(?<=.)(?=[A-Z][a-z0-9])|(?<=[a-z])(?=[A-Z])")


def to_snake_case(class_name: str) -> str:
    """`BasicLSTMCell` -> `basic_lstm_cell`; a leading underscore becomes `private_`."""
    snake = _WORD_START.sub("_", class_name).lower()
    return "private" + snake if snake.startswith("_") else snake


def unique_object_name(base: str, zero_based: bool = False) -> str:
    """The next name of `base` in the default graph: `base_1`, `base_2`, ...; with `zero_based`, `base` comes first."""
    counts: dict[tuple[str, bool], int] = get_default_graph().scope_data.setdefault("layer_names", {})
    count = counts.get((base, zero_based), 0)
    counts[base, zero_based] = count + 1
    if zero_based:
        return f"{base}_{count}" if count else base
    return f"{base}_{count + 1}"


__all__ = ["to_snake_case", "unique_object_name"]
