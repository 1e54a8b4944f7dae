"""Why a checkpoint does not fit a graph: all that is missing, differs or is left over, at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from recell import checkpoint
from recell.checkpoint import renames
from recell.checkpoint.opaque import Tensors
from recell.graph import errors
from recell.graph.saveable import SaveableObject
from recell.graph.shapes import TensorShape
from recell.train.saver_reading import asked_for

_SHOWN = 20
"""How many of each kind are told."""


def restoring_failed(
    error: errors.OpError, prefix: str, saveables: Sequence[SaveableObject], reshaped: bool
) -> errors.OpError:
    """The error to raise for what a restore raised: the same class, told of all that does not fit.

    Args:
      error: what the run raised.
      prefix: of the checkpoint.
      saveables: what was to be restored.
      reshaped: whether values may have other shapes than the variables, and as many elements.
    """
    problems = _problems(prefix, saveables, reshaped)
    kind: Any = type(error)
    reason = "a key of the graph is missing from it" if kind is errors.NotFoundError else "the two do not fit together"
    lines = [f"Restoring from checkpoint failed. This checkpoint is not this graph's: {reason}. ({prefix})", *problems]
    return kind(error.node_def, error.op, "\n".join(lines) + f"\n\nOriginal error:\n\n{error.message}")


def _problems(prefix: str, saveables: Sequence[SaveableObject], reshaped: bool) -> list[str]:
    """A line for each tensor that cannot be restored, and one for those that nothing is restored from."""
    try:
        held: Tensors = checkpoint.describe(prefix)
    except checkpoint.CheckpointError:
        return []
    specs = [spec for saveable in saveables for spec in saveable.specs]
    shapes = [TensorShape(None) if reshaped else spec.tensor.shape for spec in specs]
    wanted = asked_for((s.name for s in specs), (s.slice_spec for s in specs), (s.dtype for s in specs), shapes)
    found = renames.plan(wanted, held)
    unused = _unused(wanted, held, found)
    missing = [name for name in wanted if name not in held and name not in found.sources]
    lines = _bounded((_missing(name, wanted, held, found, unused) for name in missing), len(missing))
    different = [line for name in wanted if name in held and (line := _difference(name, wanted, held))]
    lines += _bounded(different, len(different))
    if missing:
        lines.append(_left_over(unused, held))
        lines.append(
            "  A Saver of a dict, {name in the checkpoint: variable}, restores under other names; one of a list, fewer."
        )
    return lines


def _unused(wanted: Tensors, held: Tensors, found: renames.Plan) -> list[str]:
    read = {name for source in found.sources.values() for name in source.names}
    return [name for name in held if name not in wanted and name not in read]


def _missing(name: str, wanted: Tensors, held: Tensors, found: renames.Plan, unused: Sequence[str]) -> str:
    told = f"  Key {name} not found in checkpoint"
    if name in found.rivals:
        return f"{told}, which of these it is cannot be told: {', '.join(found.rivals[name])}"
    if name in found.misfits:
        other = found.misfits[name][0]
        there, here = _told(*held[other]), _told(*wanted[name])
        return f"{told}; {other}, its name in another release, is {there} there, {here} in the graph"
    near = difflib.get_close_matches(name, unused, 1, 0.6) or difflib.get_close_matches(name, held, 1, 0.6)
    return f"{told} (nearest: {near[0]})" if near else told


def _difference(name: str, wanted: Tensors, held: Tensors) -> str | None:
    dtype, shape = wanted[name]
    kind, size = held[name]
    if kind != dtype:
        return f"  {name} is {kind} in the checkpoint, {dtype} in the graph"
    if not TensorShape(shape).is_compatible_with(size):
        return f"  {name} has shape {_listed(size)} in the checkpoint, {_listed(shape)} in the graph"
    return None


def _left_over(unused: Sequence[str], held: Tensors) -> str:
    if not held:
        return "  The checkpoint holds nothing"
    if not unused:
        return "  The checkpoint holds nothing else"
    more = f", ... ({len(unused)} in all)" if len(unused) > _SHOWN else ""
    return f"  Not used by the graph: {', '.join(unused[:_SHOWN])}{more}"


def _bounded(lines: Iterable[str], count: int) -> list[str]:
    """The first of the lines, and how many more there are. Those that are not told need not be made."""
    shown = [line for _, line in zip(range(_SHOWN), lines, strict=False)]
    return shown + ([f"  ... and {count - _SHOWN} more"] if count > _SHOWN else [])


def _told(dtype: str, shape: tuple[int | None, ...] | None) -> str:
    return f"{dtype} {_listed(shape)}"


def _listed(shape: tuple[int | None, ...] | None) -> str:
    return (
        "of unknown shape" if shape is None else str(["?" if size is None else size for size in shape]).replace("'", "")
    )
