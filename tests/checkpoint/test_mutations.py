"""Small checkpoints spoilt in every way that is one step: cut at each byte, each bit turned, each byte none or all.

What is read is what was written, or one error of the tree. Where the checksums are made right again, as a liar does,
no more can be asked than an error or some values, soon, and in little memory.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
from tests.checkpoint import tables
from tests.checkpoint.damage import (
    Files,
    Values,
    blocks_of,
    in_bounds,
    name_of,
    one_row_a_block,
    outcome,
    put,
    same,
    sample,
    with_block,
)

from recell.checkpoint import CheckpointError, MissingCheckpoint
from recell.checkpoint.table import MAGIC

KINDS = ["plain", "partitioned", "strings", "shards", "blocks", "compressed"]
FORMATS = ["v2", "v1"]


def sound(folder: pathlib.Path, kind: str) -> tuple[pathlib.Path, Files, Values]:
    """The files of a sound checkpoint, and what is in it."""
    what, form = kind.split(" ")
    prefix = folder / "m"
    files = sample(prefix, kind if what in KINDS[:4] else f"plain {form}")
    index = "" if form == "v1" else ".index"
    if what == "blocks":
        files[index] = one_row_a_block(files[index])
    elif what == "compressed":
        files[index] = tables.compressed(files[index], 32)
    put(prefix, files)
    found = outcome(name_of(prefix, files))
    assert isinstance(found, dict)
    assert found
    return prefix, files, found


def cut(data: bytes) -> Iterator[bytes]:
    yield from (data[:size] for size in range(len(data)))


def added_to(data: bytes) -> Iterator[bytes]:
    yield from (data + more for more in (b"\0", b"\xff", bytes(47), bytes(48), data[-48:], data, b"PK\5\6" + bytes(18)))


def turned(data: bytes) -> Iterator[bytes]:
    for place in range(len(data)):
        for bit in range(8):
            yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def overwritten(data: bytes) -> Iterator[bytes]:
    for place in range(len(data)):
        for byte in (b"\0", b"\xff"):
            yield data[:place] + byte + data[place + 1 :]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("way", [cut, added_to, turned, overwritten])
def test_right_or_an_error(tmp_path: pathlib.Path, what: str, form: str, way: object) -> None:
    prefix, files, wanted = sound(tmp_path, f"{what} {form}")
    name = name_of(prefix, files)
    errors = 0
    for suffix, data in files.items():
        path = prefix.with_name(prefix.name + suffix)
        for count, spoilt in enumerate(way(data)):  # type: ignore[operator]
            path.write_bytes(spoilt)
            # The bounds cost a second reading: they are looked at in every seventh case.
            found = in_bounds(name) if count % 7 == 0 else outcome(name)
            if isinstance(found, dict):
                assert same(found, wanted), f"{suffix}, case {count}: other values than were written"
            else:
                assert not isinstance(found, MissingCheckpoint)
                errors += 1
        path.write_bytes(data)
    assert errors


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", KINDS)
def test_a_file_that_is_not_there(tmp_path: pathlib.Path, what: str, form: str) -> None:
    prefix, files, wanted = sound(tmp_path, f"{what} {form}")
    for suffix in files:
        path = prefix.with_name(prefix.name + suffix)
        path.unlink()
        found = in_bounds(name_of(prefix, files))
        if suffix == "-00001-of-00002" and form == "v1":
            assert isinstance(found, dict)  # of the first format we write all tensors into the first table
            assert same(found, wanted)
        else:
            assert isinstance(found, CheckpointError)
        put(prefix, files)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", KINDS[:5])
def test_lies_with_checksums(tmp_path: pathlib.Path, what: str, form: str) -> None:
    """Every byte of every block of a table, set to each of some values, and the block's checksum made right."""
    prefix, files, wanted = sound(tmp_path, f"{what} {form}")
    name = name_of(prefix, files)
    errors = others = 0
    for suffix, data in files.items():
        if not data.endswith(MAGIC):
            continue
        path = prefix.with_name(prefix.name + suffix)
        for offset, size in blocks_of(data):
            content = data[offset : offset + size]
            for place in range(size):
                kept = content[place]
                for count, byte in enumerate({kept ^ 1, kept ^ 0x80, kept ^ 8, (kept + 1) & 255, 0, 255} - {kept}):
                    lie = content[:place] + bytes([byte]) + content[place + 1 :]
                    path.write_bytes(with_block(data, (offset, size), lie))
                    found = in_bounds(name) if count == 0 and place % 3 == 0 else outcome(name)
                    errors += isinstance(found, CheckpointError)
                    others += isinstance(found, dict) and not same(found, wanted)
        path.write_bytes(data)
    assert errors
    assert others  # a name, for one, can be another
