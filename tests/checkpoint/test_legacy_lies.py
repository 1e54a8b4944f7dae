"""Checkpoints of the first format that lie, with right checksums."""

from __future__ import annotations

import pathlib
import time

import cramjam
import numpy as np
import pytest
from tests.checkpoint.damage import (
    extents,
    field,
    file_of_blocks,
    in_bounds,
    put,
    raw_block,
    shape,
    starts_of,
    table,
)
from tests.checkpoint.lies import FLOATS, KEY, PACKED, fails, legacy, saved, told_alone, values

from recell import checkpoint
from recell.checkpoint import DamagedCheckpoint, MissingCheckpoint, UnsupportedCheckpoint
from recell.checkpoint.ordered import slice_key


def test_a_dtype_that_is_not_read_in_the_first_format(tmp_path: pathlib.Path) -> None:
    prefix = legacy(tmp_path, [saved(), saved(b"v", dtype=21)], {KEY: values(PACKED)})
    with checkpoint.Reader(prefix) as reader:
        assert reader.read("a").tolist() == FLOATS.tolist()
    assert isinstance(in_bounds(prefix, 2), UnsupportedCheckpoint)


@pytest.mark.parametrize(
    ("tensors", "rows", "told"),
    [
        ([saved()], {}, "its values are not there"),
        ([saved()], {KEY: values(PACKED, b"b")}, "there are those of 'b'"),
        ([saved()], {KEY: values(PACKED, part=extents((0, 6)))}, "there are those of 'a'"),
        ([saved()], {KEY: values(field(5, FLOATS.tobytes()[:-1]))}, "23 bytes cannot be float32 [6]"),
        ([saved()], {KEY: values(field(5, FLOATS.tobytes() * 2))}, "48 bytes cannot be float32 [6]"),
        ([saved()], {KEY: values(field(5, FLOATS.tobytes()[:12]) * 2)}, "in several pieces"),
        ([saved()], {KEY: values(field(6, FLOATS.tobytes()))}, "0 bytes cannot be float32 [6]"),
        ([saved()], {KEY: values(field(5, 6))}, "a number where bytes belong"),
        ([saved()], {KEY: values(PACKED) * 2}, "belong in one message, but there are several"),
        ([saved()], {KEY: b""}, "the values of a slice are not there"),
        ([saved()], {KEY: b"\x12\xff\xff\xff\xff\x0f"}, "is cut off"),
        ([saved(dtype=9)], {KEY: values(field(10, b"\1" * 5))}, "it has 5 values, but its shape needs 6"),
        ([saved(dtype=9)], {KEY: values(field(10, b"\1" * 7))}, "it has 7 values, but its shape needs 6"),
        ([saved(dtype=9)], {KEY: values(field(10, b"\1" * 6 + b"\x80"))}, "a number is cut off"),
        ([saved(dtype=9)], {KEY: values(field(10, b"\1" * 5 + b"\x80" * 10 + b"\1"))}, "more than 64 bits"),
        ([saved(dtype=9)], {KEY: values(field(10, b"\1" * 5 + b"\xff" * 9 + b"\2"))}, "more than 64 bits"),
        ([saved(dtype=7)], {KEY: values(field(8, b"") * 5)}, "it has 5 values, but its shape needs 6"),
        ([saved(dtype=7)], {KEY: values(field(8, b"") * 7)}, "it has 7 values, but its shape needs 6"),
        ([saved(sizes=shape(1 << 50))], {KEY: values(PACKED)}, "24 bytes cannot be float32"),
        ([saved(sizes=shape(1 << 50), dtype=7)], {KEY: values(field(8, b""))}, "it has 1 values, but its shape needs"),
        ([saved(sizes=shape(1 << 61))], {}, "more elements than can be"),
        ([saved(), saved(sizes=shape(5))], {KEY: values(PACKED)}, "it is float32 [5] here, float32 [6] elsewhere"),
        ([saved(), saved(dtype=2)], {KEY: values(PACKED)}, "it is float64 [6] here, float32 [6] elsewhere"),
        ([saved(slices=(extents(None), extents((0, 6))))], {KEY: values(PACKED)}, "there twice"),
        ([saved(slices=(extents((1, 6)),))], {KEY: values(PACKED)}, "is not within [6]"),
        ([saved(slices=())], {KEY: values(PACKED)}, "no values"),
        ([saved(dtype=0)], {KEY: values(PACKED)}, "no dtype"),
    ],
    ids=told_alone,
)
def test_the_first_format(tmp_path: pathlib.Path, tensors: list[bytes], rows: dict[bytes, bytes], told: str) -> None:
    fails(legacy(tmp_path, tensors, rows), DamagedCheckpoint, told)


def test_parts_that_lie_by_turns_in_two_blocks(tmp_path: pathlib.Path) -> None:
    """Each time another block would be unpacked, if they were read as they are listed."""
    count, filler = 1000, bytes(1 << 22)
    listed = [i // 2 + i % 2 * count // 2 for i in range(count)]
    told = saved(sizes=shape(count), slices=tuple(extents((i, 1)) for i in listed))
    rows = [
        (slice_key(b"a", ((i, 1),)), values(field(5, np.float32(i).tobytes()), part=extents((i, 1))))
        for i in range(count)
    ]
    blocks = [
        [(b"", field(1, field(1, told))), (b"\0", filler), *rows[: count // 2]],
        [*rows[count // 2 :], (b"x", filler)],
    ]
    packed = [(its[-1][0], bytes(cramjam.snappy.compress_raw(whole_block(its)))) for its in blocks]
    put(tmp_path / "m", {"": file_of_blocks(packed, 1)})
    found = in_bounds(tmp_path / "m", 8 * count)
    assert isinstance(found, dict)
    assert found["a"].tolist() == list(range(count))


def whole_block(rows: list[tuple[bytes, bytes]]) -> bytes:
    entries = [(0, key, value) for key, value in rows]
    return raw_block(entries, starts_of(entries))


def test_the_first_format_claims_a_terabyte_in_parts(tmp_path: pathlib.Path) -> None:
    """Nothing tells how large its values are but they themselves: no memory is asked for before they are seen."""
    half = 1 << 39
    parts = (extents((0, half)), extents((half, half)))
    rows = {slice_key(b"a", ((start, half),)): values(PACKED, part=extents((start, half))) for start in (0, half)}
    prefix = legacy(tmp_path, [saved(sizes=shape(2 * half), slices=parts)], rows)
    fails(prefix, DamagedCheckpoint, "24 bytes cannot be float32")


def test_a_table_of_contents(tmp_path: pathlib.Path) -> None:
    put(tmp_path / "m", {"": table([(b"a", b"b")])})
    fails(tmp_path / "m", DamagedCheckpoint, "it has no contents")
    put(tmp_path / "m", {"": table([(b"", field(1, field(1, saved()) + field(2, field(2, 9))))])})
    fails(tmp_path / "m", UnsupportedCheckpoint, "a reader of version 9")
    put(tmp_path / "m", {"": table([(b"", b"\x0a\xff\xff\xff\xff\x0f")])})
    fails(tmp_path / "m", DamagedCheckpoint, "is cut off: field 1 says 4294967295 bytes, 0 are left")


@pytest.mark.parametrize("count", ["00000", "00001", "99999", "9" * 5000, "1", "²³¹⁰⁰", "-0001"])
def test_a_pattern_of_files_that_are_not_there(tmp_path: pathlib.Path, count: str) -> None:
    begun = time.process_time()
    prefix = f"{tmp_path}/m-?????-of-{count}"
    assert not checkpoint.files.is_there(prefix)  # type: ignore[attr-defined]
    with pytest.raises((MissingCheckpoint, OSError)):
        checkpoint.Reader(prefix)
    assert time.process_time() - begun < 1
