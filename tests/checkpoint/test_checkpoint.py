"""Checkpoints: what is read is what was written, and nothing half written is ever read."""

from __future__ import annotations

import fcntl
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recell import checkpoint
from recell.checkpoint import Entry, Region
from recell.checkpoint.slices import overlapping

STRINGS = np.array([[b"a", b""], [b"\xff\x00b", "ü".encode()]], dtype=object)
VALUES = {
    "float32": np.arange(6, dtype=np.float32).reshape(2, 3),
    "float64 scalar": np.float64(2.5),
    "int8": np.array([-128, 127], np.int8),
    "uint16": np.array([65535], np.uint16),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j], np.complex64),
    "half": np.array([0.5, np.inf, np.nan], np.float16),
    "bfloat16": np.array([[1.5, -3.0]], ml_dtypes.bfloat16),
    "strings": STRINGS,
    "string scalar": np.array(b"one", dtype=object),
    "empty": np.zeros((0, 4), np.float32),
    "empty strings": np.zeros((0,), object),
    "quantised": np.array([(-1,), (3,)], [("qint8", np.int8)]),
    "the other order": np.arange(3, dtype=">f4"),
    "a/b/c:weird name é": np.arange(4)[::-1].T,
}


def same(found: np.ndarray, wanted: np.ndarray) -> None:
    wanted = np.asarray(wanted)
    assert found.dtype == wanted.dtype.newbyteorder("=")
    assert found.shape == wanted.shape
    if wanted.dtype == object:
        assert found.ravel().tolist() == wanted.ravel().tolist()
    else:
        np.testing.assert_array_equal(found, wanted)


def write(prefix: pathlib.Path, **values: object) -> str:
    checkpoint.write(str(prefix), [Entry(name, np.asarray(value)) for name, value in values.items()])
    return str(prefix)


def test_every_dtype_comes_back(tmp_path: pathlib.Path) -> None:
    prefix = write(tmp_path / "m-1", **VALUES)
    assert sorted(os.listdir(tmp_path)) == ["m-1.data-00000-of-00001", "m-1.index"]
    found = checkpoint.read(prefix)
    assert list(found) == sorted(VALUES)
    for name, value in VALUES.items():
        same(found[name], value)
    infos = checkpoint.describe(prefix)
    assert infos["bfloat16"] == ("bfloat16", (1, 2))
    assert infos["strings"] == ("string", (2, 2))
    assert infos["float32"].dtype == "float32"
    assert infos["quantised"].dtype == "qint8"


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        dtype=st.sampled_from([np.float32, np.int64, np.bool_, np.uint8, np.complex128]),
        shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    st.text(min_size=1, alphabet=st.characters(codec="utf-8")).filter(lambda name: name[0] != "\0"),
)
def test_any_array_under_any_name(tmp_path_factory: pytest.TempPathFactory, value: np.ndarray, name: str) -> None:
    prefix = str(tmp_path_factory.mktemp("any") / "m")
    checkpoint.write(prefix, [Entry(name, value)])
    same(checkpoint.read(prefix)[name], value)


def test_the_same_values_make_the_same_file(tmp_path: pathlib.Path) -> None:
    prefixes = [write(tmp_path / name, **VALUES) for name in "ab"]
    for ending in ".index", ".data-00000-of-00001":
        first, second = (pathlib.Path(prefix + ending).read_bytes() for prefix in prefixes)
        assert first == second


def test_parts_are_put_together_and_taken_apart(tmp_path: pathlib.Path) -> None:
    whole = np.arange(15).reshape(5, 3)
    prefix = str(tmp_path / "m")
    checkpoint.write(prefix, [Entry("v", whole[:3], "5 3 0,3:-"), Entry("v", whole[3:], "5 3 3,2:0,3")])
    with checkpoint.Reader(prefix) as reader:
        same(reader.read("v"), whole)
        same(reader.read("v", "5 3 3,2:-"), whole[3:])
        same(reader.read("v", "5 3 2,2:1,2"), whole[2:4, 1:])
        with pytest.raises(checkpoint.WrongSlice, match=r"v has shape \[5, 3\]"):
            reader.read("v", "6 3 0,3:-")
        with pytest.raises(checkpoint.WrongSlice, match="is not the shape of a tensor"):
            reader.read("v", "garbage")
        with pytest.raises(checkpoint.WrongSlice, match="reaches out"):
            reader.read("v", "5 3 4,2:-")


def test_a_missing_part_is_told(tmp_path: pathlib.Path) -> None:
    prefix = str(tmp_path / "m")
    checkpoint.write(prefix, [Entry("v", np.arange(2), "5 0,2")])
    with checkpoint.Reader(prefix) as reader:
        same(reader.read("v", "5 0,2"), np.arange(2))
        with pytest.raises(checkpoint.WrongSlice, match="only parts of v"):
            reader.read("v")


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([Entry("v", np.zeros(2)), Entry("v", np.zeros(2))], "v is given twice"),
        ([Entry("v", np.zeros(2), "5 0,2"), Entry("v", np.zeros(2), "5 1,2")], "overlap"),
        ([Entry("v", np.zeros(2), "5 0,2"), Entry("v", np.zeros(2), "6 2,2")], "one name, one tensor"),
        ([Entry("v", np.zeros(2), "5 0,2"), Entry("v", np.zeros(2, int), "5 2,2")], "one name, one tensor"),
        ([Entry("v", np.zeros(3), "5 0,2")], "does not fit values"),
    ],
)
def test_contradictions(tmp_path: pathlib.Path, entries: list[Entry], told: str) -> None:
    with pytest.raises(checkpoint.CheckpointError, match=told):
        checkpoint.write(str(tmp_path / "m"), entries)
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_kept_leaves_the_old_one(tmp_path: pathlib.Path) -> None:
    prefix = write(tmp_path / "m", a=1.0)
    with pytest.raises(TypeError, match="holds strings as bytes, but got dict"):
        checkpoint.write(prefix, [Entry("a", np.array([{}], object))])
    with pytest.raises(TypeError, match="cannot hold an array of dtype datetime64"):
        checkpoint.write(prefix, [Entry("a", np.zeros(1, "M8[s]"))])
    same(checkpoint.read(prefix)["a"], np.float64(1.0))
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00001", "m.index"]


class TestUnreadable:
    def test_none(self, tmp_path: pathlib.Path) -> None:
        with pytest.raises(checkpoint.MissingCheckpoint, match=r"neither a file .*m\.index nor"):
            checkpoint.Reader(str(tmp_path / "m"))

    def test_a_folder(self, tmp_path: pathlib.Path) -> None:
        with pytest.raises(checkpoint.UnreadableCheckpoint, match="is a folder"):
            checkpoint.Reader(str(tmp_path))

    @pytest.mark.parametrize(
        ("content", "error", "told"),
        [
            (b"", checkpoint.DamagedCheckpoint, "0 bytes are too few"),
            (b"hello", checkpoint.DamagedCheckpoint, "5 bytes are too few"),
            (bytes(100), checkpoint.DamagedCheckpoint, "does not end as a checkpoint"),
            (b"PK\x03\x04" + bytes(100), checkpoint.NotACheckpoint, r"a zip archive, such as numpy's \.npz"),
            (b"\x80\x04" + bytes(100), checkpoint.NotACheckpoint, "a Python pickle"),
            (b"\x89HDF\r\n\x1a\n" + bytes(100), checkpoint.NotACheckpoint, "an HDF5 file"),
        ],
    )
    @pytest.mark.parametrize("name", ["m.index", "m"])
    def test_something_else(self, tmp_path: pathlib.Path, name: str, content: bytes, error: Any, told: str) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(error, match=told) as caught:
            checkpoint.Reader(str(tmp_path / "m"))
        assert caught.value.path == str(tmp_path / name)

    def test_a_table_of_something_else(self, tmp_path: pathlib.Path) -> None:
        prefix = write(tmp_path / "m", a=1)
        for part in ".index", ".data-00000-of-00001":
            with pytest.raises(checkpoint.NotACheckpoint, match=f"one file of the checkpoint {prefix}: give that name"):
                checkpoint.Reader(prefix + part)
        os.rename(tmp_path / "m.index", tmp_path / "other")
        with pytest.raises(checkpoint.DamagedCheckpoint, match="a number where bytes belong"):
            checkpoint.Reader(str(tmp_path / "other"))
        checkpoint.write(str(tmp_path / "n"), [Entry("a", np.zeros(1))], "v1")
        os.rename(tmp_path / "n", tmp_path / "n.index")
        with pytest.raises(checkpoint.DamagedCheckpoint, match="bytes where a number belongs"):
            checkpoint.Reader(str(tmp_path / "n"))

    def test_a_data_file_is_missing(self, tmp_path: pathlib.Path) -> None:
        prefix = write(tmp_path / "m", a=1)
        os.unlink(prefix + ".data-00000-of-00001")
        with pytest.raises(checkpoint.MissingShard, match="Copy all files"):
            checkpoint.Reader(prefix)

    def test_the_data_of_another(self, tmp_path: pathlib.Path) -> None:
        prefix = write(tmp_path / "m", a=np.arange(5), b=np.arange(5))
        other = write(tmp_path / "n", a=np.arange(5) + 1, b=np.arange(5))
        os.replace(other + ".data-00000-of-00001", prefix + ".data-00000-of-00001")
        with checkpoint.Reader(prefix) as reader:
            same(reader.read("b"), np.arange(5))
            with pytest.raises(checkpoint.DamagedCheckpoint, match="checksum does not agree") as caught:
                reader.read("a")
        assert caught.value.tensor == "a"


def test_a_replaced_checkpoint_is_read_as_it_was_opened(tmp_path: pathlib.Path) -> None:
    prefix = write(tmp_path / "m", a=1, b=1)
    with checkpoint.Reader(prefix) as reader:
        write(tmp_path / "m", a=2, b=2)
        same(reader.read("b"), np.int64(1))
    same(checkpoint.read(prefix)["b"], np.int64(2))


def test_existing_modified_removed(tmp_path: pathlib.Path) -> None:
    prefix = str(tmp_path / "m-3")
    assert not checkpoint.exists(prefix)
    assert checkpoint.modified(prefix) is None
    write(tmp_path / "m-3", a=1)
    (tmp_path / "m-3.meta").write_text("")
    (tmp_path / "m-3.data-00000-of-00001").write_text("")
    (tmp_path / "m-33.index").write_text("")
    assert checkpoint.exists(prefix)
    assert checkpoint.exists(str(tmp_path / "m-*"))
    assert abs((checkpoint.modified(prefix) or 0) - time.time()) < 60
    checkpoint.remove(prefix)
    assert os.listdir(tmp_path) == ["m-33.index"]
    checkpoint.remove(prefix)


def test_names_with_glob_characters(tmp_path: pathlib.Path) -> None:
    prefix = write(tmp_path / "m[1]-2", a=1)
    assert checkpoint.exists(prefix)
    assert checkpoint.modified(prefix) is not None
    assert checkpoint.files_of(prefix) == [prefix + ".index", prefix + ".data-00000-of-00001"]


def test_a_single_file(tmp_path: pathlib.Path) -> None:
    checkpoint.write(str(tmp_path / "m"), [Entry("a", np.zeros(1))], "v1")
    assert os.listdir(tmp_path) == ["m"]
    same(checkpoint.read(str(tmp_path / "m"))["a"], np.zeros(1))


def test_what_killed_writers_have_left_is_swept(tmp_path: pathlib.Path) -> None:
    names = [".m-1.index.0123abcd.tmp", ".m-2.index.89abcdef.tmp", ".mine.tmp", "m.0123abcd.tmp"]
    for name in names:
        (tmp_path / name).write_text("half")
    with open(tmp_path / names[1]) as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # as a writer does that lives
        write(tmp_path / "m", a=1)
    assert sorted(os.listdir(tmp_path)) == sorted([*names[1:], "m.index", "m.data-00000-of-00001"])


def test_data_files_whose_index_never_came_are_swept(tmp_path: pathlib.Path) -> None:
    kept = write(tmp_path / "m-1", a=1)
    names = ["m-2.data-00000-of-00001", "m-3.data-00000-of-00001", "m-22.data-00000-of-00001", "m-2"]
    for name in names:
        (tmp_path / name).write_text("whole")
    for name in ("m-1", "m-2"):  # of a process that was killed before it renamed the index, or when it deleted it
        (tmp_path / f".{name}.index.0123abcd.tmp").write_text("half")
    (tmp_path / ".in\nlines.0123abcd.tmp").write_text("half")
    write(tmp_path / "n", a=1)
    usual = {f"{name}{ending}" for name in ("m-1", "n") for ending in (".data-00000-of-00001", ".index")}
    assert {*os.listdir(tmp_path)} == {*names[1:], *usual}
    same(checkpoint.read(kept)["a"], np.int64(1))


def test_what_tensorflow_leaves_is_not_ours_to_sweep(tmp_path: pathlib.Path) -> None:
    (tmp_path / "m_temp_0123456789abcdef").mkdir()
    names = [
        "m.data-00000-of-00001.tempstate123",
        "m.index.tempstate123",
        "m_temp_0123456789abcdef/part-00000-of-00002",
    ]
    for name in names:
        (tmp_path / name).write_text("half")
    prefix = write(tmp_path / "m", a=1)
    write(tmp_path / "m", a=2)
    same(checkpoint.read(prefix)["a"], np.int64(2))
    assert checkpoint.files_of(prefix) == [prefix + ".index", prefix + ".data-00000-of-00001"]
    checkpoint.remove(prefix)
    assert all((tmp_path / name).exists() for name in names)
    assert not checkpoint.exists(prefix)


_KILLED = """
import sys, numpy as np
from recell import checkpoint
step = 0
print("ready", flush=True)
while True:
    step += 1
    value = np.full(200_000, step, np.int64)
    checkpoint.write(sys.argv[1], [checkpoint.Entry("a", value), checkpoint.Entry("b", value)])
    checkpoint.write_state(sys.argv[2], checkpoint.CheckpointState(sys.argv[1], [sys.argv[1]] * 500))
"""


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.11, 0.23])
def test_a_killed_writer_leaves_a_whole_checkpoint(tmp_path: pathlib.Path, delay: float) -> None:
    prefix = write(tmp_path / "m", a=np.zeros(3), b=np.zeros(3))
    command = [sys.executable, "-c", _KILLED, prefix, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
    found = checkpoint.read(prefix)
    assert len({*found["a"].tolist(), *found["b"].tolist()}) == 1
    state = checkpoint.read_state(str(tmp_path))
    assert state is None or len(state.all_model_checkpoint_paths) == 500


@pytest.mark.parametrize("shape", ["{folder}//m", "{folder}/./m", "{folder}/../{name}/m"])
def test_a_folder_that_is_told_in_another_way(tmp_path: pathlib.Path, shape: str) -> None:
    prefix = shape.format(folder=tmp_path, name=tmp_path.name)
    for step in range(3):
        checkpoint.write(prefix, [Entry("a", np.full(3, step))])
        same(checkpoint.read(prefix)["a"], np.full(3, step))
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00001", "m.index"]
    assert checkpoint.files_of(prefix) == [prefix + ".index", prefix + ".data-00000-of-00001"]


class TestOneOutOfMany:
    """What is not asked for is not read."""

    @pytest.fixture
    def prefix(self, tmp_path: pathlib.Path) -> str:
        values = {f"v{number}": np.full([1 << 18], number, np.float32) for number in range(16)}
        return write(tmp_path / "m", **values)

    @staticmethod
    def taken() -> int:
        """Bytes that this process has asked files for."""
        counts = pathlib.Path("/proc/self/io")
        if not counts.exists():
            pytest.skip("only Linux counts what a process reads")
        return int(counts.read_text().split()[1])

    def test_reading(self, prefix: str) -> None:
        before = self.taken()
        with checkpoint.Reader(prefix) as reader:
            found = reader.read("v7")
        assert self.taken() - before < found.nbytes + 100_000
        same(found, np.full([1 << 18], 7, np.float32))

    def test_mapping(self, prefix: str) -> None:
        before = self.taken()
        with checkpoint.Reader(prefix) as reader:
            mapped = reader.map("v7")
        assert self.taken() - before < 100_000
        assert not mapped.flags.writeable
        write(pathlib.Path(prefix), v7=1)  # an array that is mapped stays what it was
        same(mapped, np.full([1 << 18], 7, np.float32))

    def test_what_cannot_be_mapped_is_read(self, tmp_path: pathlib.Path) -> None:
        prefix = write(tmp_path / "m", text=STRINGS, none=np.zeros([0, 3]), one=np.float64(2.5))
        checkpoint.write(prefix + "1", [Entry("v", np.arange(3))], "v1")
        checkpoint.write(prefix + "2", [Entry("v", np.arange(3), "6 0,3"), Entry("v", np.arange(3, 6), "6 3,3")])
        with checkpoint.Reader(prefix) as reader:
            same(reader.map("text"), STRINGS)
            same(reader.map("none"), np.zeros([0, 3]))
            same(reader.map("one"), np.float64(2.5))
        for ending, wanted in ("1", np.arange(3)), ("2", np.arange(6)):
            with checkpoint.Reader(prefix + ending) as reader:
                found = reader.map("v")
                same(found, wanted)
                assert not found.flags.writeable


_BOXES = st.integers(1, 3).flatmap(
    lambda rank: st.lists(
        st.builds(
            Region,
            st.tuples(*[st.integers(0, 5)] * rank),
            st.tuples(*[st.integers(0, 3)] * rank),
        ),
        max_size=6,
    )
)


@given(_BOXES)
def test_overlapping_parts_are_found(regions: list[Region]) -> None:
    pairs = itertools.combinations(regions, 2)
    wanted = any(a == b or a.overlap(b) is not None for a, b in pairs)
    found = overlapping(regions)
    assert (found is not None) == wanted
    assert found is None or found[0] == found[1] or found[0].overlap(found[1]) is not None


def test_what_is_closed_is_no_damage(tmp_path: pathlib.Path) -> None:
    checkpoint.write(tmp_path / "m", [Entry("a", np.arange(3.0))])
    with checkpoint.Reader(tmp_path / "m") as reader:
        mapped = reader.map("a")
    for closed in reader.read, reader.map, reader.check:
        with pytest.raises(ValueError, match="closed file"):
            closed("a")
    assert mapped.tolist() == [0.0, 1.0, 2.0]
