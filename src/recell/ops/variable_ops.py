"""Operations about variables as a whole: which have a value, and their value or else their initial one."""

from __future__ import annotations

from typing import Any

from recell.graph.registry import OpDef, register


def _initialized_value(ctx: Any, default: Any) -> Any:
    value = ctx.resources.cell(ctx.op.attrs["_variable"]).value
    if value is None:
        return default
    # A copy: the variable may be changed in place while this value is still in use.
    return value.clone() if hasattr(value, "clone") else value.copy()


register(OpDef("InitializedValue", _initialized_value, differentiable=False, stateful=True))
