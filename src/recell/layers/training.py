"""What the `training` argument of layers decides, as a Python value or in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.static import constant_value
from recell.ops.branches import cond


def static_training(training: Any) -> bool | None:
    """`training` as a Python bool; None when only a run will tell."""
    if hasattr(training, "_as_tensor"):
        training = training._as_tensor()
    if hasattr(training, "op"):
        value = constant_value(training)
        return None if value is None else bool(value)
    return bool(training)


def by_training(training: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """What the function for `training` gives; both branches are built only when a run must choose."""
    known = static_training(training)
    if known is None:
        return cond(training, true_fn, false_fn)
    return true_fn() if known else false_fn()
