"""Tables that lie, with right checksums: of blocks, of keys, of what is compressed."""

from __future__ import annotations

import pathlib
import time

import cramjam
import pytest
from tests.checkpoint.damage import (
    block,
    ended,
    file_of_blocks,
    in_bounds,
    outcome,
    put,
    raw_block,
    starts_of,
    table,
    varint,
)
from tests.checkpoint.lies import FLOATS, HEADER, HUGE, entry, fails, told_alone

from recell import checkpoint
from recell.checkpoint import DamagedCheckpoint, wire


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
    ids=told_alone,
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
