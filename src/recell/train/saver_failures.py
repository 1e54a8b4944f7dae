"""Why a checkpoint does not fit a graph: every key that is missing and every shape that differs, at once."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from recell import checkpoint
from recell.graph import errors
from recell.graph.saveable import SaveableObject

_SHOWN = 20


def restoring_failed(
    error: errors.OpError, prefix: str, saveables: Sequence[SaveableObject], reshaped: bool
) -> errors.OpError:
    """The error to raise for what a restore raised: the same class, told of all that does not fit."""
    problems = _problems(prefix, saveables, reshaped)
    kind: Any = type(error)
    reason = "a key of the graph is missing from it" if kind is errors.NotFoundError else "the two do not fit together"
    lines = [f"Restoring from checkpoint failed. This checkpoint is not this graph's: {reason}. ({prefix})", *problems]
    return kind(error.node_def, error.op, "\n".join(lines) + f"\n\nOriginal error:\n\n{error.message}")


def _problems(prefix: str, saveables: Sequence[SaveableObject], reshaped: bool) -> list[str]:
    """One line for each tensor that cannot be restored."""
    try:
        held = checkpoint.describe(prefix)
    except checkpoint.CheckpointError:
        return []
    missing, other = [], []
    for spec in (spec for saveable in saveables for spec in saveable.specs):
        info = held.get(spec.name)
        if info is None:
            near = difflib.get_close_matches(spec.name, held, 1, 0.6)
            hint = f" (nearest: {near[0]})" if near else ""
            missing.append(f"  Key {spec.name} not found in checkpoint{hint}")
            continue
        wanted = spec.tensor.shape
        if info.dtype != spec.dtype.name:
            other.append(f"  {spec.name} is {info.dtype} in the checkpoint, {spec.dtype.name} in the graph")
        elif not spec.slice_spec and not wanted.is_compatible_with(info.shape) and not reshaped:
            other.append(f"  {spec.name} has shape {list(info.shape)} in the checkpoint, {wanted} in the graph")
    if missing:
        names = sorted(held)
        more = f", ... ({len(names)} in all)" if len(names) > _SHOWN else ""
        missing.append(f"  The checkpoint holds: {', '.join(names[:_SHOWN]) or 'nothing'}{more}")
    return missing + other
