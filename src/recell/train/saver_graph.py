"""The operations of a Saver: what it saves and restores, in one piece or by device."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from recell.graph.core import device
from recell.graph.saveable import SaveableObject, SaveSpec
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.state import group, identity, with_dependencies
from recell.train import saver_ops
from recell.train.io_ops import sharded_filespec
from recell.train.saveables import restore_operations
from recell.train.saver_def import V1

Shards = list[list[SaveableObject]]


def shards_of(saveables: Sequence[SaveableObject], sharded: bool) -> Shards:
    """What is in which shard: one for each device, in the order of their names; one for all if not `sharded`.

    ValueError for an object whose tensors are on several devices.
    """
    if not sharded:
        return [list(saveables)]
    found: dict[str, list[SaveableObject]] = {}
    for saveable in saveables:
        devices = {spec.device for spec in saveable.specs}
        if len(devices) > 1:
            raise ValueError(f"All tensors of a saveable object must be on the same device: {saveable.name}")
        found.setdefault(saveable.device, []).append(saveable)
    return [found[name] for name in sorted(found)]


def add_save(filename: Tensor, shards: Shards, version: int, sharded: bool) -> Tensor:
    """Operations that write a checkpoint; the tensor is its prefix, or the pattern of a sharded one of version 1."""
    numbered = [(spec, number) for number, shard in enumerate(shards) for found in shard for spec in found.specs]
    specs = [spec for spec, _ in numbered]
    names, slices, tensors = [s.name for s in specs], [s.slice_spec for s in specs], [s.tensor for s in specs]
    old = version == V1
    if not sharded:
        if old:
            save = saver_ops.save_slices(filename, names, slices, tensors, name="save")
        else:
            save = saver_ops.save_v2(filename, names, slices, tensors)
        return with_dependencies([save], filename)
    numbers = [number for _, number in numbered]
    save = saver_ops.save_shards(filename, names, slices, tensors, numbers, "v1" if old else "v2", name="SaveV2")
    with save.graph.control_dependencies([save]):
        return sharded_filespec(filename, len(shards)) if old else identity(filename)


def add_restore(filename: Tensor, shards: Shards, reshape: bool, sharded: bool) -> Any:
    """The operation that gives everything its value from a checkpoint.

    One operation reads all shards, as which tensors of a file are which variables can be told only of all together.
    """
    specs = [spec for shard in shards for saveable in shard for spec in saveable.specs]
    with device("/cpu:0"):
        shapes = [TensorShape(None) if reshape else spec.tensor.shape for spec in specs]
        tensors = iter(saver_ops.restore_variables(filename, specs, shapes, name="RestoreV2"))

    def read(wanted: list[SaveSpec]) -> list[Any]:
        return list(itertools.islice(tensors, len(wanted)))

    if not sharded:
        return group(*restore_operations(shards[0], read, reshape), name="restore_all")
    restored = [group(*restore_operations(shard, read, reshape), name="restore_shard") for shard in shards]
    return group(*restored, name="restore_all")


__all__ = ["add_restore", "add_save", "shards_of"]
