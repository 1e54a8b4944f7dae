"""The items of `tensorflow_sets` as `recell.checkpoint` is given them, and as it gives them back."""

from __future__ import annotations

import ml_dtypes
import numpy as np
from tests.checkpoint.tensorflow_sets import Item, storage

from recell.checkpoint import Entry, Region


def given(item: Item) -> np.ndarray:
    """An item's value as `recell.checkpoint` has arrays of its dtype."""
    if item.dtype == "bfloat16":
        return item.value.view(ml_dtypes.bfloat16)
    if item.dtype.lstrip("q") != item.dtype:
        return item.value.view([(item.dtype, storage(item.dtype))])
    return item.value


def entries_of(items: list[Item]) -> list[Entry]:
    return [Entry(item.name, given(item), item.slice_spec, item.shard) for item in items]


def same(found: np.ndarray, wanted: np.ndarray) -> None:
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    if wanted.dtype == object:
        assert found.ravel().tolist() == wanted.ravel().tolist()
    else:
        assert found.tobytes() == wanted.tobytes()


def region_of(item: Item) -> tuple[tuple[int, ...], Region]:
    """The shape of the whole tensor, and which part of it an item is."""
    if not item.slice_spec:
        return item.value.shape, Region((0,) * item.value.ndim, item.value.shape)
    *full, parts = item.slice_spec.split(" ")
    shape = tuple(map(int, full))
    pairs = [
        (0, n) if part == "-" else tuple(map(int, part.split(",")))
        for part, n in zip(parts.split(":"), shape, strict=True)
    ]
    return shape, Region(tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))


def wholes(items: list[Item]) -> dict[str, np.ndarray]:
    """The tensors that the items make up; those of which parts are missing are left out."""
    found, missing = {}, {}
    for item in items:
        shape, region = region_of(item)
        whole = found.setdefault(item.name, np.empty(shape, given(item).dtype))
        whole[(*(slice(a, a + n) for a, n in zip(*region, strict=True)), ...)] = given(item)
        missing[item.name] = missing.get(item.name, whole.size) - item.value.size
    return {name: whole for name, whole in found.items() if not missing[name]}
