"""Checkpoints made by hand that lie, with right checksums: each lie is one error that says what is wrong, soon."""

from __future__ import annotations

import os
import pathlib
import time

import cramjam
import numpy as np
import pytest
from tests.checkpoint.damage import (
    block,
    ended,
    extents,
    field,
    file_of_blocks,
    in_bounds,
    outcome,
    put,
    raw_block,
    same,
    sample,
    shape,
    starts_of,
    table,
    varint,
)

from recell import checkpoint
from recell.checkpoint import (
    DamagedCheckpoint,
    Entry,
    MissingCheckpoint,
    MissingShard,
    NotACheckpoint,
    UnreadableState,
    UnsupportedCheckpoint,
    WrongSlice,
    checksum,
    wire,
)
from recell.checkpoint.ordered import slice_key


def _id(value: object) -> str:
    """Not the bytes, of which there are megabytes."""
    return value if isinstance(value, str) and value.isprintable() else ""


FLOATS = np.arange(6, dtype=np.float32)
HEADER = field(1, 1) + field(3, field(1, 1))
HUGE = (1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 24)


def entry(
    sizes: bytes = shape(6),
    *,
    dtype: int = 1,
    shard: int = 0,
    offset: int = 0,
    size: int = 24,
    crc: int = checksum.masked(FLOATS.tobytes()),
    slices: tuple[bytes, ...] = (),
) -> bytes:
    """What an index says of a tensor; as it stands, of the numbers in FLOATS."""
    made = field(1, dtype) + field(2, sizes) + field(3, shard) + field(4, offset) + field(5, size)
    return made + wire.fixed32(6, crc) + b"".join(field(7, each) for each in slices)


def bundle(
    folder: pathlib.Path, rows: dict[bytes, bytes], data: bytes = FLOATS.tobytes(), header: bytes = HEADER
) -> pathlib.Path:
    put(folder / "m", {".index": table(sorted({b"": header, **rows}.items())), ".data-00000-of-00001": data})
    return folder / "m"


def legacy(folder: pathlib.Path, tensors: list[bytes], rows: dict[bytes, bytes]) -> pathlib.Path:
    contents = field(1, b"".join(field(1, tensor) for tensor in tensors))
    put(folder / "m", {"": table(sorted({b"": contents, **rows}.items()))})
    return folder / "m"


def saved(
    name: bytes = b"a", sizes: bytes = shape(6), dtype: int = 1, slices: tuple[bytes, ...] = (extents(None),)
) -> bytes:
    """What a table of contents says of a tensor."""
    return field(1, name) + field(2, sizes) + field(3, dtype) + b"".join(field(4, each) for each in slices)


def values(tensor: bytes, name: bytes = b"a", part: bytes = extents(None)) -> bytes:
    """The values of a slice, in the first format."""
    return field(2, field(1, name) + field(2, part) + field(3, tensor))


KEY = slice_key(b"a", ((0, -1),))
PACKED = field(5, FLOATS.tobytes())


def test_what_is_made_here_is_sound_where_it_does_not_lie(tmp_path: pathlib.Path) -> None:
    """Else all the lies below would be found for another reason."""
    found = in_bounds(bundle(tmp_path, {b"a": entry()}), 1)
    assert isinstance(found, dict)
    assert same(found, {"a": FLOATS})
    (tmp_path / "m.index").unlink()
    found = in_bounds(legacy(tmp_path, [saved()], {KEY: values(PACKED)}), 1)
    assert isinstance(found, dict)
    assert same(found, {"a": FLOATS})


def fails(prefix: pathlib.Path, error: type[checkpoint.CheckpointError], told: str, names: int = 4) -> None:
    found = in_bounds(prefix, names)
    assert type(found) is error, found
    assert told in str(found)


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
    ids=_id,
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


def test_a_dtype_that_is_not_read_in_the_first_format(tmp_path: pathlib.Path) -> None:
    prefix = legacy(tmp_path, [saved(), saved(b"v", dtype=21)], {KEY: values(PACKED)})
    with checkpoint.Reader(prefix) as reader:
        assert reader.read("a").tolist() == FLOATS.tolist()
    assert isinstance(in_bounds(prefix, 2), UnsupportedCheckpoint)


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
        (b"\xff", DamagedCheckpoint, "cut off"),
    ],
    ids=_id,
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
    ids=_id,
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
    ids=_id,
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


def test_what_is_said_of_nothing(tmp_path: pathlib.Path) -> None:
    """A table has a block for remarks, which is empty; nobody reads it, and it may lie anywhere."""
    data = table([(b"", HEADER), (b"a", entry())])
    end = data[-48:-8].rstrip(b"\0")
    _, behind = wire.read_varint(end, 0)
    _, behind = wire.read_varint(end, behind)
    lie = (varint(1 << 60) + varint(1 << 60) + end[behind:]).ljust(40, b"\0") + data[-8:]
    put(tmp_path / "m", {".index": data[:-48] + lie, ".data-00000-of-00001": FLOATS.tobytes()})
    found = in_bounds(tmp_path / "m", 1)
    assert isinstance(found, dict)
    assert found["a"].tolist() == FLOATS.tolist()


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


def rows_in(folder: pathlib.Path, data: bytes, error: type[checkpoint.CheckpointError], told: str) -> None:
    """That a file is refused, as a table of either format."""
    for suffix in ("", ".index"):
        put(folder / "m", {suffix: data})
        fails(folder / "m", error, told)
        (folder / f"m{suffix}").unlink()


FIRST = (0, b"", HEADER)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (raw_block([FIRST, (0, b"b", b""), (0, b"a", b"")]), "not in order"),
        (raw_block([FIRST, (0, b"a", b""), (0, b"a", b"")]), "not in order, or there are two of one name"),
        (raw_block([FIRST, (0, b"", b"")]), "not in order"),
        (raw_block([FIRST, (1, b"a", b"")]), "reaches out of its block"),
        (raw_block([FIRST, (0, b"ab", b""), (3, b"c", b"")]), "reaches out of its block"),
        (raw_block([FIRST, (0, b"ab", b"")], [0, 8]), "keys in full at other places"),
        (raw_block([FIRST, (0, b"ab", b"")], [0, 9999]), "keys in full at other places"),
        (raw_block([FIRST, (0, b"ab", b"")], [9]), "keys in full at other places"),
        (raw_block([FIRST, (0, b"ab", b"")], []), "keys in full at other places"),
        (raw_block([FIRST])[:-4] + b"\xff\xff\xff\xff", "shorter than it says"),
        (b"\1\0\0", "too short"),
        (b"\0\0\xff" + bytes(8), "reaches out of its block"),
        (b"\0\xff\xff\xff\xff\x0f\0" + bytes(8), "reaches out of its block"),
        (b"\x80" * 11 + bytes(8), "more than 64 bits"),
        (raw_block([]), "other keys than the table's index says"),
    ],
    ids=_id,
)
def test_a_block(tmp_path: pathlib.Path, content: bytes, told: str) -> None:
    rows_in(tmp_path, file_of_blocks([(b"z", content)]), DamagedCheckpoint, told)


def test_blocks_that_are_not_in_order(tmp_path: pathlib.Path) -> None:
    one, two = raw_block([FIRST, (0, b"b", b"")]), raw_block([(0, b"a", b"")])
    rows_in(tmp_path, file_of_blocks([(b"", one), (b"z", two)]), DamagedCheckpoint, "other keys than the table's index")
    rows_in(tmp_path, file_of_blocks([(b"b", one), (b"a", two)]), DamagedCheckpoint, "not in order")
    put(tmp_path / "m", {".index": file_of_blocks([(b"b", one), (b"z", two)])})
    fails(tmp_path / "m", DamagedCheckpoint, "other keys than the table's index")


def test_one_block_a_thousand_times(tmp_path: pathlib.Path) -> None:
    """Also under keys that it could have: no byte of a file is unpacked twice."""
    content = raw_block([FIRST, *((0, b"%06d" % i, b"") for i in range(3000))], None)
    made, handle = block(content), varint(0) + varint(len(content))
    index = [(0, b"x%06d" % i, handle) for i in range(1000)]
    rows_in(tmp_path, ended(made, raw_block(index, starts_of(index))), DamagedCheckpoint, "one behind the other")
    index = [(0, b"x", varint(len(made) + 13) + varint(99))]
    rows_in(tmp_path, ended(made, raw_block(index)), DamagedCheckpoint, "one behind the other")
    for offset in HUGE:
        index = [(0, b"x", varint(offset) + varint(9))]
        rows_in(tmp_path, ended(made, raw_block(index)), DamagedCheckpoint, "one behind the other")


@pytest.mark.parametrize("numbers", [(0, 0, 1 << 40, 9), (0, 0, 0, 1 << 40), (0, 0, (1 << 64) - 1, (1 << 64) - 1)])
def test_a_footer(tmp_path: pathlib.Path, numbers: tuple[int, ...]) -> None:
    end = b"".join(map(varint, numbers)).ljust(40, b"\0")[:40] + bytes.fromhex("57fb808b247547db")
    rows_in(tmp_path, bytes(100) + end, DamagedCheckpoint, "reaches out of the file")
    rows_in(tmp_path, bytes(100) + b"\xff" * 40 + end[-8:], DamagedCheckpoint, "more than 64 bits")
    rows_in(tmp_path, bytes(100) + end[:-8] + end[:-9:-1], DamagedCheckpoint, "does not end as a checkpoint does")


def test_the_index_of_a_table_that_points_at_itself(tmp_path: pathlib.Path) -> None:
    sound = table([(b"", HEADER)])
    place = len(sound) - 48
    # The block of entries is taken for the index, and what it has for handles.
    end = (varint(0) + varint(0) + varint(0) + varint(len(raw_block([FIRST])))).ljust(40, b"\0") + sound[-8:]
    rows_in(tmp_path, sound[:place] + end, DamagedCheckpoint, "")


def test_keys_that_grow(tmp_path: pathlib.Path) -> None:
    """Each shares all of the one before: the square of the file's size, if anybody kept them."""
    count = 60_000
    entries = [FIRST, *((i, b"x", b"") for i in range(count))]
    rows_in(tmp_path, file_of_blocks([(b"z", raw_block(entries))]), DamagedCheckpoint, "")
    many = [FIRST, *((1 if i else 0, b"a%06d" % i if not i else b"%06d" % i, b"") for i in range(2000))]
    rows_in(tmp_path, file_of_blocks([(b"z", raw_block(many))]), DamagedCheckpoint, "keys in full at other places")


def test_compressed_blocks_that_lie(tmp_path: pathlib.Path) -> None:
    content = raw_block([FIRST, *((0, b"%06d" % i, b"") for i in range(300))], None)
    sound = bytes(cramjam.snappy.compress_raw(content))
    for lie, told in [
        (sound[:-1], "cannot be decompressed"),
        (sound[: len(sound) // 2], "cannot be decompressed"),
        (sound + b"\0", "cannot be decompressed"),
        (b"", "a number is cut off"),
        (b"\xff" * 30, "more than 64 bits"),
        (varint(len(content) + 1) + sound[2:], "cannot be decompressed"),
        (varint(len(content) - 1) + sound[2:], "cannot be decompressed"),
        (varint(1 << 32) + sound[2:], "claims to become"),
        (varint((1 << 63) - 1) + sound[2:], "claims to become"),
        (b"\x0a" + b"\x01\x01" * 5, "cannot be decompressed"),  # a copy of what is not there yet
        (b"\x0a" + b"\xfc\xff\xff\xff\xff", "cannot be decompressed"),
    ]:
        rows_in(tmp_path, file_of_blocks([(b"z", lie)], 1), DamagedCheckpoint, told)
    rows_in(tmp_path, file_of_blocks([(b"z", content)], 2), DamagedCheckpoint, "in a way (2)")


def test_a_bomb(tmp_path: pathlib.Path) -> None:
    """What compresses best becomes 21 times as large, and no larger: there is nothing to be had from small files."""
    packed = bytes(cramjam.snappy.compress_raw(bytes(1 << 20)))
    assert len(packed) * 22 > 1 << 20
    put(tmp_path / "m", {"": file_of_blocks([(b"z", packed)], 1)})
    begun = time.process_time()
    assert isinstance(outcome(tmp_path / "m"), DamagedCheckpoint)
    assert time.process_time() - begun < 1


def test_names_take_a_kilobyte_or_two(tmp_path: pathlib.Path) -> None:
    """The smallest entries that are sound, a hundred thousand of them; more than a million are not believed."""
    count = 100_000
    one = entry(b"", dtype=4, size=1, crc=checksum.masked(b"\0"))
    rows = {b"%06d" % i: one + field(4, i) for i in range(count)}
    prefix = bundle(tmp_path, rows, bytes(count))
    begun = time.process_time()
    with checkpoint.Reader(prefix) as reader:
        assert len(reader.tensors()) == count
        assert reader.read("099999").tolist() == 0
    assert time.process_time() - begun < 8


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


def test_other_files(tmp_path: pathlib.Path) -> None:
    """An empty one, a folder, a pipe, a device, each in the place of each file of a checkpoint."""
    prefix = tmp_path / "m"
    files = sample(prefix, "plain v2")
    for suffix, data in [*files.items(), ("", sample(prefix, "plain v1")[""])]:
        if suffix:
            put(prefix, files)
        path = prefix.with_name(f"m{suffix}")
        path.write_bytes(b"")
        fails(prefix, DamagedCheckpoint, "")
        path.unlink()
        path.mkdir()
        fails(prefix, NotACheckpoint, "it is a folder")
        path.rmdir()
        os.mkfifo(path)
        fails(prefix, NotACheckpoint, "it is a pipe or a device")
        path.unlink()
        path.symlink_to("/dev/zero")
        fails(prefix, NotACheckpoint, "it is a pipe or a device")
        path.unlink()
        path.write_bytes(data)
        for written in tmp_path.iterdir():
            written.unlink()


def test_another_checkpoints_data(tmp_path: pathlib.Path) -> None:
    files, others = sample(tmp_path / "m", "plain v2"), sample(tmp_path / "m", "partitioned v2")
    put(tmp_path / "m", {**files, ".data-00000-of-00001": others[".data-00000-of-00001"]})
    fails(tmp_path / "m", DamagedCheckpoint, "the checksum does not agree")
    put(tmp_path / "m", {**files, ".data-00000-of-00001": b"123"})
    fails(tmp_path / "m", DamagedCheckpoint, "was cut short, or is another checkpoint's")


@pytest.mark.parametrize("form", ["v2", "v1"])
@pytest.mark.parametrize("left", [0, 1, 100])
def test_a_file_that_becomes_shorter_while_it_is_open(tmp_path: pathlib.Path, form: str, left: int) -> None:
    big = np.arange(1 << 16, dtype=np.float32)
    checkpoint.write(tmp_path / "m", [Entry("a", big), Entry("b", big)], form)  # type: ignore[arg-type]
    with checkpoint.Reader(tmp_path / "m") as reader:
        for path in tmp_path.iterdir():
            os.truncate(path, left)
        for read in (reader.read, reader.map, reader.check):
            with pytest.raises(DamagedCheckpoint, match="became shorter"):
                read("b")


def test_what_is_mapped_lies_in_the_file(tmp_path: pathlib.Path) -> None:
    """The places are checked when a checkpoint is opened; the values, of which nothing is read, are not."""
    prefix = bundle(tmp_path, {b"a": entry(crc=1)})
    with checkpoint.Reader(prefix) as reader:
        assert reader.map("a").tolist() == FLOATS.tolist()
        with pytest.raises(DamagedCheckpoint, match="checksum"):
            reader.read("a")
    with pytest.raises(DamagedCheckpoint, match="cut short"):
        checkpoint.Reader(bundle(tmp_path, {b"a": entry(offset=8)}))


def test_a_prefix_that_is_no_name(tmp_path: pathlib.Path) -> None:
    for prefix in (f"{tmp_path}/a\0b", f"{tmp_path}/\ud800"):
        with pytest.raises(MissingCheckpoint):
            checkpoint.Reader(prefix)


def state_of(folder: pathlib.Path, content: bytes) -> UnreadableState | None:
    """The error that a state file ends in, within a second; None for one that is read."""
    (folder / "checkpoint").write_bytes(content)
    begun, found = time.process_time(), None
    try:
        checkpoint.latest(str(folder))
    except UnreadableState as error:
        found = error
    assert time.process_time() - begun < 1
    assert found is None or str(folder / "checkpoint") in str(found)
    assert len(str(found)) < 1000 + len(str(folder))
    return found


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'model_checkpoint_path: "../m"', "climbs out"),
        (b'model_checkpoint_path: "a/../../m"', "climbs out"),
        (b'model_checkpoint_path: "a\\000b"', "zero byte"),
        (b'model_checkpoint_path: "/a\\x00*/b"', "zero byte"),
        (b'model_checkpoint_path: "m"\nall_model_checkpoint_paths: "/\0"', "zero byte"),
        (bytes(1 << 24), "line 1: expected"),
        (bytes((1 << 24) + 1), "larger than a state file can be"),
        (b"\xff\xfe" + b"m\0" * 40, "expected `name: value`"),
        (b"last_preserved_timestamp: " + b"9" * 100_000 + b"x", "is a number, but"),
        (b"x" * 5_000_000, "line 1: expected"),
        (b"x" * 5_000_000 + b":1", "is no field"),
        (b'model_checkpoint_path: "' + b"x" * 5_000_000, "line 1: expected"),
        (b'model_checkpoint_path: "' + b"\\" * 1_000_001 + b'"', "line 1: expected"),
        (b"model_checkpoint_path: '" + b"/.." * 100_000 + b"'''\"", "line 1: expected"),
        (b'model_checkpoint_path: "x" ' + b'"y" ' * 200_000 + b'"', "line 1: expected"),
        (b"model_checkpoint_path" + b" " * 5_000_000 + b"x", "line 1: expected"),
        (b"model_checkpoint_path" + b"#\n" * 500_000 + b"x", "line 1: expected"),
        (b"model_checkpoint_path:" + b"#\n" * 500_000 + b"x", "is a quoted path"),
        (b"last_preserved_timestamp:1\n" * 100_000 + b"?", "line 100001: expected"),
        (b'model_checkpoint_path: "..' + b"/.." * 1000 + b'"', "climbs out"),
    ],
    ids=_id,
)
def test_a_state(tmp_path: pathlib.Path, content: bytes, told: str) -> None:
    error = state_of(tmp_path, content)
    assert error is not None
    assert told in str(error)


def test_a_state_that_makes_nobody_search_the_disk(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(path: str) -> list[str]:
        raise AssertionError(path)

    monkeypatch.setattr("glob.glob", searched)
    assert state_of(tmp_path, b'model_checkpoint_path: "/*/*/*/*/*/*/*"') is None
    assert state_of(tmp_path, b'model_checkpoint_path: "m-?????-of-99999"') is None
    assert state_of(tmp_path, b'model_checkpoint_path: "\\377\\376"') is None


def test_a_state_that_is_no_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "checkpoint"
    path.mkdir()
    with pytest.raises(UnreadableState, match="a folder, where a file belongs"):
        checkpoint.read_state(str(tmp_path))
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(UnreadableState, match="a pipe or a device"):
        checkpoint.read_state(str(tmp_path))
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(UnreadableState, match="a pipe or a device"):
        checkpoint.read_state(str(tmp_path))
