"""Files that TensorFlow 1.15 wrote: every value is read as it was given, and the same values make the same files.

The files are in `files/`. Bytes are compared, never numbers: -0.0 and what a NaN carries count too.
"""

from __future__ import annotations

import json
import pathlib
import random
import shutil
from typing import Any

import numpy as np
import pytest
from tests.checkpoint import tables
from tests.checkpoint.items import entries_of, given, region_of, same, wholes
from tests.checkpoint.tensorflow_sets import SETS, Item, known_as, prefix_of, ramp

from recell import checkpoint
from recell.checkpoint import Entry, Reader

FILES = pathlib.Path(__file__).parent / "files"
MADE = FILES / "tensorflow"

CASES = [pytest.param(name, form, id=f"{name}-{form}") for name, wanted in SETS.items() for form in wanted.formats]
SAVED = sorted(path for path in FILES.glob("*_v[12]") if path.name != "tensorflow")
PREFIXES = {
    f"{folder.name}/{values.stem}": (values, folder / prefix)
    for folder in SAVED
    for values in folder.glob("values*.npz")
    for prefix in [
        values.stem[7:] + ".ckpt"
        if values.stem != "values"
        else json.loads((folder / "info.json").read_text()).get("prefix", "model.ckpt")
    ]
}


def files_of(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.ckpt*"))}


@pytest.mark.parametrize(("name", "form"), CASES)
def test_contents(name: str, form: str) -> None:
    items = SETS[name].items()
    with Reader(str(MADE / known_as(name, form))) as reader:
        assert reader.format == form
        assert {pathlib.Path(path).name for path in reader.paths} <= set(files_of(MADE / f"{name}_{form}"))
        found = reader.tensors()
        assert list(found) == sorted({item.name for item in items})
        for item in items:
            shape, region = region_of(item)
            assert found[item.name] == (item.dtype, shape)
            assert region in reader.parts(item.name)
            assert item.name in reader
        assert sum(len(reader.parts(tensor)) for tensor in found) == len(items)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_values(name: str, form: str) -> None:
    items = SETS[name].items()
    with Reader(str(MADE / known_as(name, form))) as reader:
        for item in items:
            same(reader.read(item.name, item.slice_spec), given(item))
        complete = wholes(items)
        for tensor, value in complete.items():
            same(reader.read(tensor), value)
            same(reader.map(tensor), value)
            reader.check(tensor)
        for tensor in {item.name for item in items} - set(complete):
            with pytest.raises(checkpoint.WrongSlice, match=tensor):
                reader.read(tensor)


@pytest.mark.parametrize("form", ["v1", "v2"])
def test_slices_across_parts(form: str) -> None:
    """Every box of every partitioned tensor, however the parts lie."""
    complete = wholes(SETS["partitioned"].items())
    with Reader(str(MADE / known_as("partitioned", form))) as reader:
        for name in ("rows", "columns", "grid", "backwards", "bias", "of string"):
            whole = complete[name]
            for start in np.ndindex(whole.shape):
                for less in np.ndindex(*(n - a for n, a in zip(whole.shape, start, strict=True))):
                    size = [n - a - b for n, a, b in zip(whole.shape, start, less, strict=True)]
                    spec = ":".join(f"{a},{n}" for a, n in zip(start, size, strict=True))
                    box = whole[tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))]
                    same(reader.read(name, f"{' '.join(map(str, whole.shape))} {spec}"), box)


@pytest.mark.parametrize("form", ["v1", "v2"])
def test_any_order(form: str) -> None:
    """What was read before does not matter: all tensors of several blocks, in random orders."""
    for name in ("large", "many", "blocks"):
        if form in SETS[name].formats:
            wanted = wholes(SETS[name].items())
            with Reader(str(MADE / known_as(name, form))) as reader:
                for seed in range(3):
                    for tensor in random.Random(seed).sample(sorted(wanted), len(wanted)):
                        same(reader.read(tensor), wanted[tensor])


@pytest.mark.parametrize(("name", "form"), [case for case in CASES if "odd_names" not in case.values])
def test_the_same_values_make_the_same_files(tmp_path: pathlib.Path, name: str, form: str) -> None:
    """To the last byte, which is also why TensorFlow reads what is written here. Two exceptions, in the first format.

    TensorFlow lists the parts of a tensor in whatever order its sort leaves them. And of several files, the first here
    holds all tensors: no two files can take the place of old ones at one moment.
    """
    prefix = tmp_path / prefix_of(name, form)
    prefix.parent.mkdir()
    checkpoint.write(str(prefix), entries_of(SETS[name].items()), format=form)
    written, wanted = files_of(prefix.parent), files_of(MADE / f"{name}_{form}")
    if form == "v1" and name in ("partitioned", "shards", "saver"):
        assert list(written) == list(wanted)
        assert values_in(written) == values_in(wanted)
    else:
        assert written == wanted


def values_in(files: dict[str, bytes]) -> list[tuple[bytes, bytes]]:
    """What the tables hold, without their tables of contents."""
    return sorted(row for data in files.values() for row in tables.rows_of(data) if row[0])


@pytest.mark.parametrize("name", PREFIXES)
def test_trained_ones(name: str) -> None:
    path, prefix = PREFIXES[name]
    with np.load(path) as values, Reader(str(prefix)) as reader:
        assert set(reader.tensors()) == set(values.files)
        for tensor in values.files:
            same(reader.read(tensor), values[tensor])
            reader.check(tensor)


@pytest.mark.parametrize("name", PREFIXES)
def test_what_is_read_makes_the_same_files(tmp_path: pathlib.Path, name: str) -> None:
    """A `Saver` goes by name: so what it saved, read part by part and written again, is what it was."""
    _, prefix = PREFIXES[name]
    with Reader(str(prefix)) as reader:
        entries = []
        for tensor, info in reader.tensors().items():
            for part in reader.parts(tensor):
                spec = "" if part.size == info.shape else checkpoint.spec_of(info.shape, part)
                entries.append(Entry(tensor, reader.read(tensor, spec), spec))
        form = reader.format
    checkpoint.write(str(tmp_path / prefix.name), entries, format=form)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in prefix.parent.glob(prefix.name + "*")}


@pytest.mark.parametrize(("name", "form"), [case for case in CASES if SETS[case.values[0]].shards == 1])
def test_compressed_blocks(tmp_path: pathlib.Path, name: str, form: str) -> None:
    """TensorFlow 1 never writes them, but reads them. The tensors are read in a random order, so block after block."""
    shutil.copytree(MADE / f"{name}_{form}", tmp_path / "c")
    table = tmp_path / "c" / ("model.ckpt" if form == "v1" else "model.ckpt.index")
    table.write_bytes(tables.compressed(table.read_bytes()))
    wanted = wholes(SETS[name].items())
    with Reader(str(tmp_path / "c" / "model.ckpt")) as reader:
        for tensor in random.Random(1).sample(sorted(wanted), len(wanted)):
            same(reader.read(tensor), wanted[tensor])


def test_what_the_first_format_cannot_hold(tmp_path: pathlib.Path) -> None:
    refused = json.loads((MADE / "refused.json").read_text())["refused"]
    assert set(refused) == {"v1"}
    for dtype in refused["v1"]:
        with pytest.raises(checkpoint.UnwritableCheckpoint, match=f"(?s)my/kernel.*{dtype}"):
            checkpoint.write(str(tmp_path / "m"), entries_of([Item("my/kernel", dtype, ramp(dtype, 2))]), format="v1")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("entry", "forms", "told"),
    [
        (Entry("", np.ones(1)), ("v1", "v2"), "without a name"),
        (Entry("\0kernel", np.ones(1)), ("v2",), r"x00kernel.*zero byte"),
        (Entry("kernel\ud800", np.ones(1)), ("v1", "v2"), r"kernel\\ud800.*UTF-8"),
        (Entry("kernel", np.ones([1] * 9)), ("v1",), "kernel has 9 dimensions.*8 at most: write the second"),
        (Entry("kernel", np.ones([1] * 33)), ("v1", "v2"), "kernel has 33 dimensions"),
        (Entry("kernel", np.ones(1), "", -1), ("v1", "v2"), "kernel has the shard -1"),
    ],
)
def test_what_no_file_can_hold(tmp_path: pathlib.Path, entry: Entry, forms: tuple[Any, ...], told: str) -> None:
    for form in forms:
        with pytest.raises(checkpoint.UnwritableCheckpoint, match=told):
            checkpoint.write(str(tmp_path / "m"), [entry], format=form)
    assert not any(tmp_path.iterdir())
