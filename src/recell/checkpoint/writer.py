"""Writing a checkpoint: one archive, under a temporary name until it is whole."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from recell.checkpoint import arrays, slices
from recell.checkpoint.errors import CheckpointError
from recell.checkpoint.files import INDEX, replacing

CONTENTS = "contents.json"
FORMAT = "recell-checkpoint"
VERSION = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of all members: the same values make the same file."""


class Entry(NamedTuple):
    """One array to write: the tensor's name, its values, and in `slice_spec` which part of a larger tensor they are."""

    name: str
    value: np.ndarray
    slice_spec: str = ""


def write(prefix: str, entries: Iterable[Entry], single_file: bool = False) -> None:
    """Writes a checkpoint, replacing one of the same prefix.

    Args:
      prefix: folder and beginning of the file's name, `dir/model.ckpt-20`. The folder must exist.
      entries: the arrays; several of one name must be parts of it that do not overlap.
      single_file: names the file `prefix`, where TF's first format has it, instead of `prefix.index`.

    Raises CheckpointError for entries that contradict each other, TypeError for values that cannot be kept,
    OSError when the file cannot be written. In each case an older checkpoint is left as it was.
    """
    tensors: dict[str, dict[str, Any]] = {}
    members: list[np.ndarray] = []
    for entry in entries:
        value = np.asarray(entry.value)
        shape, region = slices.parse(entry.slice_spec) if entry.slice_spec else (value.shape, slices.whole(value.shape))
        if region.size != value.shape:
            raise CheckpointError(
                f"{entry.name}: the part '{entry.slice_spec}' does not fit values {list(value.shape)}."
            )
        kind = arrays.dtype_name(value)
        known = tensors.setdefault(entry.name, {"dtype": kind, "shape": list(shape), "parts": []})
        _check_part(entry.name, known, kind, shape, region)
        known["parts"].append({"start": region.start, "size": region.size, "member": len(members)})
        members.append(value)
    path = os.fspath(prefix) if single_file else f"{prefix}{INDEX}"
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        contents = {"format": FORMAT, "version": VERSION, "tensors": tensors}
        archive.writestr(zipfile.ZipInfo(CONTENTS, _EPOCH), json.dumps(contents))
        for position, value in enumerate(members):
            with archive.open(zipfile.ZipInfo(f"{position}.npy", _EPOCH), "w", force_zip64=True) as member:
                arrays.dump(value, member)


def _check_part(name: str, known: dict[str, Any], kind: str, shape: tuple[int, ...], region: slices.Region) -> None:
    if (known["dtype"], known["shape"]) != (kind, list(shape)):
        raise CheckpointError(
            f"{name} is given as {kind} {list(shape)} and as {known['dtype']} {known['shape']}: one name, one tensor."
        )
    for part in known["parts"]:
        other = slices.Region(tuple(part["start"]), tuple(part["size"]))
        if other == region or other.overlap(region) is not None:
            raise CheckpointError(f"{name} is given twice: the parts {other} and {region} overlap.")
