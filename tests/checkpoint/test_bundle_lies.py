"""Checkpoints of the second format that lie, with right checksums: each lie is one error that says what it is."""

from __future__ import annotations

import pathlib
import time

import numpy as np
import pytest
from tests.checkpoint.damage import (
    ended,
    extents,
    field,
    in_bounds,
    outcome,
    put,
    raw_block,
    same,
    shape,
    table,
    varint,
)
from tests.checkpoint.lies import (
    FLOATS,
    HEADER,
    HUGE,
    KEY,
    PACKED,
    bundle,
    entry,
    fails,
    legacy,
    saved,
    told_alone,
    values,
)

from recell import checkpoint
from recell.checkpoint import DamagedCheckpoint, MissingShard, UnsupportedCheckpoint, WrongSlice, checksum
from recell.checkpoint.ordered import slice_key


def test_what_is_made_here_is_sound_where_it_does_not_lie(tmp_path: pathlib.Path) -> None:
    """Else all the lies below would be found for another reason."""
    found = in_bounds(bundle(tmp_path, {b"a": entry()}), 1)
    assert isinstance(found, dict)
    assert same(found, {"a": FLOATS})
    (tmp_path / "m.index").unlink()
    found = in_bounds(legacy(tmp_path, [saved()], {KEY: values(PACKED)}), 1)
    assert isinstance(found, dict)
    assert same(found, {"a": FLOATS})


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        *[(entry(size=size), "") for size in (*HUGE, 0, 23, 25)],
        *[(entry(offset=offset), "") for offset in (*HUGE, 1, 24)],
        (entry(offset=(1 << 62) - 12, size=(1 << 62) - 12), "cannot be float32"),
        *[(entry(shard=shard), "") for shard in (1, *HUGE)],
        (entry(crc=0), "the checksum does not agree"),
        *[(entry(shape(size)), "") for size in (*HUGE, 5, 7)],
        (entry(shape(1 << 40, 1 << 40), size=0), "more elements than can be"),
        (entry(shape(0, 1 << 60), size=0), "more elements than can be"),
        (entry(shape(-1)), "it has the shape [-1]"),
        (entry(shape(*[1] * 40)), "more than 32 dimensions"),
        (entry(field(3, 1)), "its shape is not known"),
        (entry(field(2, b"\x09" + b"\1" * 8)), "cannot be float32"),
        (entry(dtype=0), "it has no dtype"),
        (entry(dtype=7), ""),
        (entry(dtype=2), "24 bytes cannot be float64"),
        (entry(dtype=10, sizes=shape(24)), "neither true nor false"),
        (entry() + b"\x80" * 10 + b"\1", "more than 64 bits"),
        (entry() + b"\x80", "cut off"),
        (entry() + b"\x43\x44", "unknown kind 3"),
        (entry() + b"\0\0", "field of number 0"),
        (entry() + b"\x3a\xff\xff\xff\xff\x7f", "cut off"),
        (field(1, b"\1"), "bytes where a number belongs"),
        (field(2, 1), "a number where bytes belong"),
    ],
    ids=told_alone,
)
def test_an_entry(tmp_path: pathlib.Path, lie: bytes, told: str) -> None:
    prefix = bundle(tmp_path, {b"a": lie, b"b": entry(dtype=1, sizes=shape(0), size=0, crc=checksum.masked(b""))})
    fails(prefix, DamagedCheckpoint, told)


def test_two_tensors_at_one_place(tmp_path: pathlib.Path) -> None:
    """A thousand of them would need a thousand times the memory."""
    fails(bundle(tmp_path, {b"a": entry(), b"b": entry()}), DamagedCheckpoint, "lie where those of 'a' are")


@pytest.mark.parametrize("number", [20, 21, 24, 99, 101, 1 << 31, (1 << 64) - 1])
@pytest.mark.parametrize("partitioned", [False, True])
def test_a_dtype_that_is_not_read(tmp_path: pathlib.Path, number: int, partitioned: bool) -> None:
    """Is no matter until its tensor is read; what stands beside it is as good as ever."""
    rows = {b"a": entry(), b"v": entry(dtype=number, size=3, offset=1)}
    if partitioned:
        part = ((0, 6),)
        rows[b"v"] = entry(dtype=number, slices=(extents((0, 6)),))
        rows[slice_key(b"v", part)] = entry(dtype=number, offset=99)
    prefix = bundle(tmp_path, rows)
    with checkpoint.Reader(prefix) as reader:
        assert reader.read("a").tolist() == FLOATS.tolist()
        assert reader.tensors()["v"].shape == (6,)
        for read in (reader.read, reader.check, reader.map):
            with pytest.raises(UnsupportedCheckpoint, match="tensor 'v': values of dtype"):
                read("v")
    assert isinstance(in_bounds(prefix, 3), UnsupportedCheckpoint)


@pytest.mark.parametrize(
    ("header", "error", "told"),
    [
        (field(3, field(1, 1)), DamagedCheckpoint, "0 data files"),
        (field(1, -1), DamagedCheckpoint, "-1 data files"),
        (field(1, 1 << 31), DamagedCheckpoint, "2147483648 data files"),
        (field(1, 2), MissingShard, "m.data-00000-of-00002"),
        (field(1, (1 << 31) - 1), MissingShard, "there is no such file"),
        (field(1, 1) + field(2, 2), DamagedCheckpoint, "unknown order"),
        (field(1, 1) + field(3, field(2, 2)), UnsupportedCheckpoint, "a reader of version 2"),
        (field(1, 1) + field(3, field(3, 1)), UnsupportedCheckpoint, "a reader of version 2"),
        (field(1, 1) + field(3, field(3, b"\7\1")), UnsupportedCheckpoint, "a reader of version 2"),
        (field(1, 1) + field(3, field(3, b"\x80")), DamagedCheckpoint, "cut off"),
        (b"\xff", DamagedCheckpoint, "cut off"),
    ],
    ids=told_alone,
)
def test_a_header(tmp_path: pathlib.Path, header: bytes, error: type[checkpoint.CheckpointError], told: str) -> None:
    fails(bundle(tmp_path, {b"a": entry()}, header=header), error, told)


def test_no_header(tmp_path: pathlib.Path) -> None:
    put(tmp_path / "m", {".index": table([(b"a", entry())]), ".data-00000-of-00001": FLOATS.tobytes()})
    fails(tmp_path / "m", DamagedCheckpoint, "it has no header")
    put(tmp_path / "m", {".index": ended(b"", raw_block([]))})
    fails(tmp_path / "m", DamagedCheckpoint, "it has no header")


def test_a_machine_whose_highest_byte_comes_first(tmp_path: pathlib.Path) -> None:
    """Such a checkpoint is sound: all its numbers lie the other way, those of the lengths of strings too."""
    stored = {
        b"c": (8, np.array([1 + 2j, -3], ">c8")),
        b"f": (1, FLOATS.astype(">f4")),
        b"h": (14, np.array([0x3FC0], ">u2")),
        b"i": (9, np.array([1, -2], ">i8")),
        b"u": (4, np.array([1, 2], np.uint8)),
    }
    data, rows = b"", {}
    for name, (dtype, numbers) in stored.items():
        its = numbers.tobytes()
        rows[name] = entry(shape(numbers.size), dtype=dtype, offset=len(data), size=len(its), crc=checksum.masked(its))
        data += its
    of_lengths = checksum.masked(np.array([2, 1], ">u4").tobytes()).to_bytes(4, "big")
    strings = b"\2\1" + of_lengths + b"abc"
    crc = checksum.masked(np.array([2, 1], ">u4").tobytes() + of_lengths + b"abc")
    rows[b"s"] = entry(shape(2), dtype=7, offset=len(data), size=len(strings), crc=crc)
    found = in_bounds(bundle(tmp_path, rows, data + strings, HEADER + field(2, 1)), 6)
    assert isinstance(found, dict)
    assert found["f"].tolist() == FLOATS.tolist()
    assert found["c"].tolist() == [1 + 2j, -3]
    assert found["h"].astype(np.float32).tolist() == [1.5]
    assert found["i"].tolist() == [1, -2]
    assert found["u"].tolist() == [1, 2]
    assert found["s"].tolist() == [b"ab", b"c"]


HALVES = (((0, 3),), ((3, 3),))


def partitioned(
    folder: pathlib.Path, parts: tuple[tuple[tuple[int, int], ...], ...] = HALVES, **more: bytes
) -> pathlib.Path:
    """A tensor of six numbers in these parts; `more` are other entries, for keys that say what part they are of."""
    rows, offset, data = {b"p": entry(slices=tuple(extents(*part) for part in parts), size=0)}, 0, b""
    for part in parts:
        numbers = FLOATS[slice(part[0][0], sum(part[0]))] if part else FLOATS[:1]
        rows[slice_key(b"p", part)] = entry(
            shape(*(size for _, size in part)),
            offset=offset,
            size=numbers.nbytes,
            crc=checksum.masked(numbers.tobytes()),
        )
        offset, data = offset + numbers.nbytes, data + numbers.tobytes()
    return bundle(folder, {**rows, **{slice_key(b"p", ((0, 3),)): lie for lie in more.values()}}, data)


def test_parts_that_are_sound(tmp_path: pathlib.Path) -> None:
    found = in_bounds(partitioned(tmp_path), 3)
    assert isinstance(found, dict)
    assert found["p"].tolist() == FLOATS.tolist()


@pytest.mark.parametrize(
    ("parts", "error", "told"),
    [
        ((((0, 4),), ((3, 3),)), WrongSlice, "some of it twice"),
        ((((0, 2),), ((3, 3),)), WrongSlice, "not all of what is wanted"),
        ((((0, 3),), ((0, 3),)), DamagedCheckpoint, "there twice"),
        ((((0, 3),), ((3, 4),)), DamagedCheckpoint, "is not within [6]"),
        ((((3, 3),), ((7, 0),)), DamagedCheckpoint, "is not within [6]"),
        ((((0, 3), (0, 1)),), DamagedCheckpoint, "has 2 dimensions, but the tensor has 1"),
        (((),), DamagedCheckpoint, "has 0 dimensions"),
        ((((0, 3),), ((3, 0),)), WrongSlice, "not all of what is wanted"),
    ],
)
def test_parts(
    tmp_path: pathlib.Path,
    parts: tuple[tuple[tuple[int, int], ...], ...],
    error: type[checkpoint.CheckpointError],
    told: str,
) -> None:
    fails(partitioned(tmp_path, parts), error, told)


def test_parts_of_no_length_beside_the_whole(tmp_path: pathlib.Path) -> None:
    found = in_bounds(partitioned(tmp_path, (((0, 6),), ((6, 0),))), 3)
    assert isinstance(found, dict)
    assert found["p"].tolist() == FLOATS.tolist()


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        (entry(shape(3), dtype=3, size=12), "another dtype or shape"),
        (entry(shape(4), size=16), "another dtype or shape"),
        (entry(shape(3), size=12, slices=(extents((0, 3)),)), "another dtype or shape"),
        (entry(shape(3), size=16), "16 bytes cannot be float32 [3]"),
    ],
    ids=told_alone,
)
def test_a_part_that_is_another(tmp_path: pathlib.Path, lie: bytes, told: str) -> None:
    fails(partitioned(tmp_path, lie=lie), DamagedCheckpoint, told)


def test_parts_that_nobody_has(tmp_path: pathlib.Path) -> None:
    part = slice_key(b"p", ((0, 3),))
    fails(bundle(tmp_path, {part: entry()}), DamagedCheckpoint, "slices that belong to no tensor")
    fails(bundle(tmp_path, {b"p": entry(slices=(extents((0, 3)),))}), DamagedCheckpoint, "[3] from [0] is not there")


def test_twenty_thousand_parts(tmp_path: pathlib.Path) -> None:
    count = 20_000
    data = np.arange(count, dtype=np.float32)
    rows = {b"p": entry(shape(count), slices=tuple(extents((i, 1)) for i in range(count)), size=0)}
    for i in range(count):
        rows[slice_key(b"p", ((i, 1),))] = entry(
            shape(1), offset=4 * i, size=4, crc=checksum.masked(data[i : i + 1].tobytes())
        )
    prefix = bundle(tmp_path, rows, data.tobytes())
    begun = time.process_time()
    assert checkpoint.read(prefix)["p"].tolist() == data.tolist()
    assert time.process_time() - begun < 6


def test_thirty_thousand_names(tmp_path: pathlib.Path) -> None:
    """The smallest entries that are sound: their number is all that opening takes time for."""
    count = 30_000
    one = entry(b"", dtype=4, size=1, crc=checksum.masked(b"\0"))
    prefix = bundle(tmp_path, {b"%06d" % i: one + field(4, i) for i in range(count)}, bytes(count))
    begun = time.process_time()
    with checkpoint.Reader(prefix) as reader:
        assert len(reader.tensors()) == count
        assert reader.read("029999").tolist() == 0
    assert time.process_time() - begun < 2


def test_more_names_than_a_graph_has(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint.messages, "_MOST_NAMES", 50)  # type: ignore[attr-defined]
    assert isinstance(
        outcome(bundle(tmp_path, {b"%d" % i: entry(dtype=21) for i in range(10, 40)})), UnsupportedCheckpoint
    )
    fails(bundle(tmp_path, {b"%d" % i: entry(dtype=21) for i in range(10, 90)}), DamagedCheckpoint, "more than 50", 80)
    many = tuple(extents((i, 1)) for i in range(60))
    fails(bundle(tmp_path, {b"p": entry(shape(60), slices=many)}), DamagedCheckpoint, "more than 50", 60)
    (tmp_path / "m.index").unlink()
    fails(legacy(tmp_path, [saved(b"%d" % i) for i in range(60)], {}), DamagedCheckpoint, "more than 50", 60)
    fails(legacy(tmp_path, [saved(sizes=shape(60), slices=many)], {}), DamagedCheckpoint, "more than 50", 60)


def test_a_name_of_megabytes(tmp_path: pathlib.Path) -> None:
    """Is told by its beginning: an error must not be larger than the file."""
    name = b"\1" * (1 << 20)
    fails(bundle(tmp_path, {name: entry(crc=1)}), DamagedCheckpoint, "... (1048576 characters): the checksum")


@pytest.mark.parametrize("lengths", [(3, 1), (1, 3), (0, 0), (4, 0), ((1 << 64) - 1, 5), (1 << 40, 0), (1 << 32, 0)])
def test_lengths_of_strings(tmp_path: pathlib.Path, lengths: tuple[int, int]) -> None:
    """With checksums that agree: of lengths, of what is behind them, and of both."""
    crc = checksum.extend(0, b"".join(np.array(n, "u8" if n > 0xFFFFFFFF else "u4").tobytes() for n in lengths))
    of_lengths = checksum.mask(crc).to_bytes(4, "little")
    data = b"".join(map(varint, lengths)) + of_lengths + b"abc"
    rows = {b"s": entry(shape(2), dtype=7, size=len(data), crc=checksum.masked(of_lengths + b"abc", crc))}
    fails(bundle(tmp_path, rows, data), DamagedCheckpoint, "its strings are longer")


def test_what_is_mapped_lies_in_the_file(tmp_path: pathlib.Path) -> None:
    """The places are checked when a checkpoint is opened; the values, of which nothing is read, are not."""
    prefix = bundle(tmp_path, {b"a": entry(crc=1)})
    with checkpoint.Reader(prefix) as reader:
        assert reader.map("a").tolist() == FLOATS.tolist()
        with pytest.raises(DamagedCheckpoint, match="checksum"):
            reader.read("a")
    with pytest.raises(DamagedCheckpoint, match="cut short"):
        checkpoint.Reader(bundle(tmp_path, {b"a": entry(offset=8)}))
