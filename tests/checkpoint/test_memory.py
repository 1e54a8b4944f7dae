"""Reading takes four times the memory of a checkpoint's files at most, or of its values, where those are larger."""

from __future__ import annotations

import itertools
import pathlib
import tracemalloc
from typing import Literal

import numpy as np
import pytest
from tests.checkpoint.damage import KILOBYTES, file_of_blocks, outcome, put, raw_block, table, taken
from tests.checkpoint.tables import compressed, rows_of

from recell import checkpoint
from recell.checkpoint import Entry

COUNT = 1 << 20
RANDOM = np.random.default_rng(0)
VALUES = {
    "float32": RANDOM.standard_normal(COUNT).astype(np.float32),
    "bool": RANDOM.integers(0, 2, COUNT).astype(bool),
    "int64": RANDOM.integers(-(1 << 62), 1 << 62, COUNT),
    "small int64": np.zeros(COUNT, np.int64),
    "float16": RANDOM.standard_normal(COUNT).astype(np.float16),
    "complex128": RANDOM.standard_normal(COUNT) + 1j,
    "string": np.array([RANDOM.bytes(500) for _ in range(4000)], object),
}


def peak(prefix: str | pathlib.Path, name: str) -> int:
    """The most memory that opening a checkpoint and reading a tensor took."""
    tracemalloc.start()
    try:
        with checkpoint.Reader(prefix) as reader:
            reader.read(name)
            reader.check(name)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("form", ["v2", "v1", "v1 compressed"])
@pytest.mark.parametrize("kind", VALUES)
def test_of_sound_files(tmp_path: pathlib.Path, kind: str, form: str, parts: int) -> None:
    value = VALUES[kind]
    size = len(value)
    bounds = [size * part // parts for part in range(parts + 1)]
    pairs = list(itertools.pairwise(bounds))
    specs = [f"{size} {start},{end - start}" for start, end in pairs] if parts > 1 else [""]
    entries = [Entry("a", value[start:end], spec) for (start, end), spec in zip(pairs, specs, strict=True)]
    version: Literal["v1", "v2"] = "v2" if form == "v2" else "v1"
    checkpoint.write(tmp_path / "m", entries, version)
    if form == "v1 compressed":
        put(tmp_path / "m", {"": compressed(taken(tmp_path / "m")[""])})
    in_files = sum(path.stat().st_size for path in tmp_path.iterdir())
    in_memory = size * 540 if kind == "string" else value.nbytes
    assert peak(tmp_path / "m", "a") < 4 * max(in_files, in_memory) + 1024 * KILOBYTES


@pytest.mark.parametrize("form", ["v2", "v1"])
def test_of_many_names(tmp_path: pathlib.Path, form: Literal["v1", "v2"]) -> None:
    """A kilobyte each, or a little more, and the files."""
    count = 8_000
    checkpoint.write(tmp_path / "m", [Entry(f"layer/{i:06d}/b", np.zeros(1, np.int8)) for i in range(count)], form)
    in_files = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert peak(tmp_path / "m", "layer/000007/b") < 4 * in_files + 1280 * count + 256 * KILOBYTES


def test_of_a_block_of_entries_that_nobody_named(tmp_path: pathlib.Path) -> None:
    """In the first format they are passed over: they become no objects."""
    checkpoint.write(tmp_path / "m", [Entry("a", np.zeros(1, np.int8))], "v1")
    rows = rows_of(taken(tmp_path / "m")[""])
    rows += [(b"\0b%06d" % i, b"") for i in range(50_000)]
    put(tmp_path / "m", {"": table(rows)})
    assert peak(tmp_path / "m", "a") < 4 * (tmp_path / "m").stat().st_size + 256 * KILOBYTES


def test_of_places_of_keys(tmp_path: pathlib.Path) -> None:
    """A block that is little else than places of keys in full, which are not there."""
    row = raw_block([(0, b"", b"")])[:-8]
    content = row + bytes(4 * COUNT) + COUNT.to_bytes(4, "little")
    put(tmp_path / "m", {"": file_of_blocks([(b"z", content)])})
    tracemalloc.start()
    try:
        assert isinstance(outcome(tmp_path / "m"), checkpoint.DamagedCheckpoint)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(content)
    finally:
        tracemalloc.stop()
