"""Why a checkpoint does not fit a graph: all that is missing, differs or is left over, at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from recell import checkpoint
from recell.checkpoint import renames
from recell.checkpoint.opaque import Tensors
from recell.checkpoint.slots import is_optimizer_state
from recell.graph import errors
from recell.graph.saveable import SaveableObject
from recell.graph.shapes import TensorShape
from recell.train.saver_reading import asked_for

_SHOWN = 20
"""How many of each kind are told."""
_COMPARED = 200
_LONGEST = 300


def restoring_failed(
    error: errors.OpError, prefix: str, saveables: Sequence[SaveableObject], reshaped: bool
) -> errors.OpError:
    """The error to raise for what a restore raised: the same class, told of all that does not fit.

    Where the checkpoint cannot be read, nothing is known of what would fit, and only that is told.

    Args:
      error: what the run raised.
      prefix: of the checkpoint.
      saveables: what was to be restored.
      reshaped: whether values may have other shapes than the variables, and as many elements.
    """
    kind: Any = type(error)
    try:
        held: Tensors = checkpoint.describe(prefix)
    except (checkpoint.CheckpointError, OSError):
        told = f"Restoring from checkpoint failed. It cannot be read. ({prefix})"
        return kind(error.node_def, error.op, f"{told}\n\nOriginal error:\n\n{error.message}")
    problems = _problems(held, saveables, reshaped)
    reason = "a key of the graph is missing from it" if kind is errors.NotFoundError else "the two do not fit together"
    lines = [f"Restoring from checkpoint failed. This checkpoint is not this graph's: {reason}. ({prefix})", *problems]
    return kind(error.node_def, error.op, "\n".join(lines) + f"\n\nOriginal error:\n\n{error.message}")


def _problems(held: Tensors, saveables: Sequence[SaveableObject], reshaped: bool) -> list[str]:
    """A line for each tensor that cannot be restored, and one for those that nothing is restored from."""
    specs = [spec for saveable in saveables for spec in saveable.specs]
    names, slices, dtypes = ([getattr(spec, key) for spec in specs] for key in ("name", "slice_spec", "dtype"))
    wanted = asked_for(names, slices, dtypes, [spec.tensor.shape for spec in specs])
    sought = asked_for(names, slices, dtypes, [TensorShape(None) for _ in specs]) if reshaped else wanted
    found = renames.plan(sought, held)
    unused = _unused(wanted, held, found)
    missing = [name for name in wanted if name not in held and name not in found.sources]
    lines = _bounded((_missing(name, wanted, held, found, unused) for name in missing), len(missing))
    different = [line for name in wanted if name in held and (line := _difference(name, wanted, held, reshaped))]
    lines += _bounded(different, len(different))
    return lines + ([_left_over(unused, held), _way_out(missing, wanted)] if missing else [])


def _unused(wanted: Tensors, held: Tensors, found: renames.Plan) -> list[str]:
    read = {name for source in found.sources.values() for name in source.names}
    return [name for name in held if name not in wanted and name not in read]


def _missing(name: str, wanted: Tensors, held: Tensors, found: renames.Plan, unused: Sequence[str]) -> str:
    told = f"  Key {name} not found in checkpoint"
    if name in found.rivals:
        rivals = [_shortened(other) for other in found.rivals[name][:_SHOWN]]
        return f"{told}, which of these it is cannot be told: {', '.join(rivals)}"
    if name in found.misfits:
        other = found.misfits[name][0]
        there, here = _told(*held[other]), _told(*wanted[name])
        return f"{told}; {other}, its name in another release, is {there} there, {here} in the graph"
    near = difflib.get_close_matches(name, _candidates(name, wanted, held, unused), 1, 0.6)
    return f"{told} (nearest: {near[0]})" if near else told


def _candidates(name: str, wanted: Tensors, held: Tensors, unused: Sequence[str]) -> list[str]:
    """What could be meant, the likeliest first, and as many as can be compared in no time."""
    short = [other for other in unused or held if len(other) <= _LONGEST]
    return sorted(short, key=lambda other: held[other] != wanted[name])[:_COMPARED]


def _difference(name: str, wanted: Tensors, held: Tensors, reshaped: bool) -> str | None:
    dtype, shape = wanted[name]
    kind, size = held[name]
    if kind != dtype:
        return f"  {name} is {kind} in the checkpoint, {dtype} in the graph"
    ours, theirs = TensorShape(shape), TensorShape(size)
    count = ours.num_elements()
    agree = count in (None, theirs.num_elements()) if reshaped else ours.is_compatible_with(theirs)
    return None if agree else f"  {name} has shape {_listed(size)} in the checkpoint, {_listed(shape)} in the graph"


def _left_over(unused: Sequence[str], held: Tensors) -> str:
    if not unused:
        return "  The checkpoint holds nothing else" if held else "  The checkpoint holds nothing"
    names = [name for name in unused if not is_optimizer_state(name, held)]
    rest = len(unused) - len(names)
    listed = [_shortened(name) for name in names[:_SHOWN]]
    if len(names) > _SHOWN:
        listed.append(f"... ({len(names)} in all)")
    if rest:
        listed.append(f"{rest} of an optimizer")
    return f"  Not used by the graph: {', '.join(listed)}"


def _way_out(missing: Sequence[str], wanted: Tensors) -> str:
    if all(is_optimizer_state(name, wanted) for name in missing):
        return "  Only an optimizer's values are missing: a Saver of tf.trainable_variables() restores the others."
    return "  A Saver of a dict, {name in the checkpoint: variable}, restores under other names; one of a list, fewer."


def _bounded(lines: Iterable[str], count: int) -> list[str]:
    """The first of the lines, and how many more there are. Those that are not told need not be made."""
    shown = [line for _, line in zip(range(_SHOWN), lines, strict=False)]
    return shown + ([f"  ... and {count - _SHOWN} more"] if count > _SHOWN else [])


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."


def _told(dtype: str, shape: tuple[int | None, ...] | None) -> str:
    return f"{dtype} {_listed(shape)}"


def _listed(shape: tuple[int | None, ...] | None) -> str:
    return (
        "of unknown shape" if shape is None else str(["?" if size is None else size for size in shape]).replace("'", "")
    )
