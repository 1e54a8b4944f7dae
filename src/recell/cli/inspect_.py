"""`recell inspect`: what a checkpoint holds, and whether it is whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from recell.checkpoint import CheckpointError, Region, TensorInfo, UnreadableCheckpoint, UnsupportedCheckpoint, slots
from recell.checkpoint.rename_table import renamed_in
from recell.cli.reports import columns, count_text, elements, json_text, plain_number, shape_text, shown, size_text
from recell.cli.tensor_files import Source, matching, open_source

OK, DAMAGED, UNCHECKED = "ok", "damaged", "not checked"
_FORMATS = {
    "v1": "TensorFlow checkpoint, V1 format",
    "v2": "TensorFlow checkpoint, V2 format",
    "npz": "numpy archive",
    "safetensors": "safetensors file",
}
_WITHOUT_CHECKSUMS = ("safetensors",)
_STEP, _OPAQUE = "global_step", "opaque_kernel"
_SHOWN_PARTS = 6

Sized = tuple[str, int]
"""A file, and how many bytes it has."""


@dataclass
class Row:
    """One tensor as it is shown. `checksum` is OK, DAMAGED or UNCHECKED; `told` says why it cannot be read."""

    name: str
    info: TensorInfo
    size: int
    parts: list[Region]
    checksum: str
    told: str = ""


def inspect(path: str, unfolded: bool, checked: bool, patterns: Sequence[str], as_json: bool) -> int:
    """Prints what the checkpoint at `path` holds. Returns the exit code: 0, or 1 when something in it is damaged, or
    values that are asked for cannot be read.

    Args:
      path: as `open_source` takes it.
      unfolded: gives optimizers' slots lines of their own.
      checked: compares checksums, which reads everything, a tensor at a time.
      patterns: prints the values of the tensors whose names fit one, instead of the table.
      as_json: prints one JSON object.

    Raises as `open_source`, Trouble for a pattern that fits no name.
    """
    with open_source(path) as source:
        # At once: a Saver may delete the files meanwhile, and they can still be read.
        files = [(file, os.path.getsize(file)) for file in source.paths]
        names = matching(source, patterns) if patterns else list(source.tensors())
        if patterns and not as_json:
            return _print_values(source, names)
        checked = checked and source.format not in _WITHOUT_CHECKSUMS
        infos = source.tensors()
        rows = [_row(source, name, infos[name], checked) for name in names]
        if as_json:
            click.echo(json_text(_record(source, files, rows, infos, bool(patterns))))
        else:
            for line in _report(source, files, rows, unfolded):
                click.echo(line)
    return 1 if any(row.checksum == DAMAGED or (patterns and row.told) for row in rows) else 0


def _row(source: Source, name: str, info: TensorInfo, checked: bool) -> Row:
    row = Row(name, info, 0, source.parts(name), UNCHECKED)
    try:
        row.size = source.stored(name)
        if checked:
            source.check(name)
            row.checksum = OK
    except UnsupportedCheckpoint as error:
        row.told = error.told
    except UnreadableCheckpoint as error:
        row.checksum, row.told = DAMAGED, error.told
    return row


def _report(source: Source, files: Sequence[Sized], rows: Sequence[Row], unfolded: bool) -> Iterator[str]:
    """The table with what stands above and below it."""
    yield f"{_FORMATS[source.format]}: {shown(source.prefix)}"
    yield from columns([("", shown(os.path.basename(path)), size_text(size)) for path, size in files], right=(2,))
    yield ""
    groups = slots.fold(row.name for row in rows)
    by_name = {row.name: row for row in rows}
    lines = []
    for row in rows:
        if row.name in groups or unfolded or row.told:
            folded = (
                [] if unfolded else [slot.label for name, slot in groups.get(row.name, ()) if not by_name[name].told]
            )
            remarks = [f"+{', '.join(map(shown, folded))}" if folded else "", _parts_text(row), _meaning(source, row)]
            if row.told:
                mark = click.style("DAMAGED", fg="red", bold=True) if row.checksum == DAMAGED else "not read"
                remarks.insert(0, f"{mark}: {shown(row.told)}")
            shape, remark = shape_text(row.info.shape), "; ".join(filter(None, remarks))
            lines.append((shown(row.name), shape, row.info.dtype, size_text(row.size), remark))
    yield from columns(lines, right=(3,))
    yield from ["", *_totals(rows)] if lines else _totals(rows)


def _parts_text(row: Row) -> str:
    """How a partitioned variable is cut; nothing for one that is whole."""
    held, count = sum(part.elements for part in row.parts), len(row.parts)
    text = ""
    if count > 1:
        axes = [
            axis for axis in range(len(row.info.shape)) if len({(p.start[axis], p.size[axis]) for p in row.parts}) > 1
        ]
        text = f"in {count} parts"
        if len(axes) == 1:
            sizes = [part.size[axes[0]] for part in sorted(row.parts)]
            listed = ", ".join(map(str, sizes[:_SHOWN_PARTS])) + (", ..." if count > _SHOWN_PARTS else "")
            text += f" along axis {axes[0]}: {listed}"
    if held != elements(row.info.shape):
        text += f"{', ' if text else ''}only {held:,} of {elements(row.info.shape):,} elements"
    return text


def _meaning(source: Source, row: Row) -> str:
    """What tensors of well-known names are for."""
    if _is_step(row) and not row.told:
        try:
            return f"step {source.read(row.name).item()}"
        except CheckpointError:
            return ""
    if row.name.rpartition("/")[2] == _OPAQUE:
        return "all weights of a cuDNN network"
    return "of the optimizer" if slots.is_optimizer_state(row.name, ()) else ""


def _is_step(row: Row) -> bool:
    return row.name.rpartition("/")[2] == _STEP and not row.info.shape


def _totals(rows: Sequence[Row]) -> Iterator[str]:
    totals = _count(rows)
    text = f"{count_text(len(rows), 'tensor')}, {size_text(totals['bytes'])}: "
    text += f"{count_text(totals['variables'], 'variable')} of {count_text(totals['parameters'], 'number')}"
    if totals["steps"]:
        text += f", {count_text(totals['steps'], 'counter')} of steps"
    if totals["optimizer"]:
        text += f", {count_text(totals['optimizer'], 'tensor')} of optimizers"
    if totals["averages"]:
        text += f", {count_text(totals['averages'], 'moving average')}"
    yield text + "."
    eras = Counter(era for row in rows if (era := renamed_in(row.name)) is not None)
    for era, count in sorted(eras.items()):
        yield f"Named as before TensorFlow {era}: {count_text(count, 'tensor')} of cells."
    damaged = sum(row.checksum == DAMAGED for row in rows)
    unchecked = sum(row.checksum == UNCHECKED for row in rows)
    if damaged:
        yield click.style(f"Damaged: {count_text(damaged, 'tensor')} of {len(rows):,}.", fg="red", bold=True)
    elif rows and unchecked == len(rows):
        yield "Checksums: not compared."
    elif rows:
        yield "Checksums: all right." if not unchecked else f"Checksums: right, {unchecked:,} not compared."


def _count(rows: Sequence[Row]) -> dict[str, int]:
    """What the tensors are, in numbers."""
    names = {row.name for row in rows}
    counts = {"tensors": len(rows), "bytes": sum(row.size for row in rows)}
    counts |= {"variables": 0, "parameters": 0, "steps": 0, "optimizer": 0, "averages": 0}
    for row in rows:
        if slots.is_optimizer_state(row.name, names):
            counts["optimizer"] += 1
        elif slots.slot_of(row.name, names) is not None:
            counts["averages"] += 1
        elif _is_step(row):
            counts["steps"] += 1
        else:
            counts["variables"] += 1
            counts["parameters"] += elements(row.info.shape)
    return counts


def _record(
    source: Source, files: Sequence[Sized], rows: Sequence[Row], infos: dict[str, TensorInfo], with_values: bool
) -> dict[str, Any]:
    """The whole report as JSON has it."""
    tensors: list[dict[str, Any]] = []
    for row in rows:
        values = {"values": _values(source, row)} if with_values else {}
        slot = slots.slot_of(row.name, infos)
        tensors.append(
            {
                "name": row.name,
                "dtype": row.info.dtype,
                "shape": list(row.info.shape),
                "bytes": row.size,
                "parts": [{"start": list(part.start), "size": list(part.size)} for part in sorted(row.parts)],
                "slot": None if slot is None else {"variable": slot.variable, "name": slot.label},
                "optimizer": slots.is_optimizer_state(row.name, infos),
                "renamed_in": renamed_in(row.name),
                "checksum": row.checksum,
                "error": row.told or None,
                **values,
            }
        )
    states = {row.checksum for row in rows}
    return {
        "prefix": source.prefix,
        "format": source.format,
        "files": [{"path": path, "bytes": size} for path, size in files],
        "checksums": DAMAGED if DAMAGED in states else OK if OK in states else UNCHECKED,
        "totals": _count(rows),
        "tensors": tensors,
    }


def _values(source: Source, row: Row) -> Any:
    """The values as JSON has them, None for those that cannot be read: the row then says why."""
    if not row.told:
        try:
            return _listed(source.read(row.name))
        except UnreadableCheckpoint as error:
            row.checksum, row.told = DAMAGED, error.told
        except CheckpointError as error:  # only a part of it is there, which may be sound
            row.told = str(error)
    return None


def _print_values(source: Source, names: Sequence[str]) -> int:
    failed = False
    infos = source.tensors()
    for name in names:
        click.echo(f"{shown(name)}  {shape_text(infos[name].shape)} {infos[name].dtype}")
        try:
            click.echo(np.array2string(_as_numbers(source.read(name))))
        except CheckpointError as error:
            click.echo(click.style("cannot be read", fg="red") + f": {shown(str(error))}")
            failed = True
    return 1 if failed else 0


def _as_numbers(array: np.ndarray) -> np.ndarray:
    """Quantised numbers without their dtype around each of them."""
    return array[array.dtype.names[0]] if array.dtype.names else array


def _listed(array: np.ndarray) -> Any:
    """Values as JSON has them: strings as text, numbers that it lacks as text too."""
    if array.dtype == object:
        texts = [item.decode("utf-8", "backslashreplace") for item in array.ravel()]
        flat = np.empty(len(texts), object)
        flat[:] = texts
        return flat.reshape(array.shape).tolist()
    numbers = _as_numbers(array)
    if numbers.dtype.kind not in "biufc":
        numbers = numbers.astype(np.float32)
    return _plain(numbers.tolist())


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, list) else plain_number(value)
