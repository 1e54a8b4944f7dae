"""TFRecord files and protocol buffers against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import copy
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import figures

import recell.v1 as tf
from recell.platform import protos
from recell.platform.records import RecordReader, RecordWriter, TFRecordOptions, masked_crc, read_records

FILES = [pathlib.Path(__file__).with_name(f"{area}_cases.txt") for area in ("records", "protos")]
CASES = [(path, name) for path in FILES for name in figures.read_cases(path)]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem}-{name}" for path, name in CASES])
def test_same_as_tensorflow(
    path: pathlib.Path, name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = figures.read_cases(path)[name].replace("from tensorflow.", "from recell.v1.")
    figures.check(figures.read_answers(path)[name], figures.answer(tf, source))


@settings(max_examples=40, deadline=None)
@given(records=st.lists(st.binary(max_size=300), max_size=20), compression=st.sampled_from(["", "GZIP", "ZLIB"]))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes], compression: str
) -> None:
    path = tmp_path_factory.mktemp("records") / "a"
    with RecordWriter(path, compression) as writer:
        for record in records:
            writer.write(record)
    assert list(read_records(path, compression)) == records


@settings(max_examples=40, deadline=None)
@given(
    records=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5),
    where=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
def test_damage_never_gives_a_wrong_record(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes], where: float, bit: int
) -> None:
    path = tmp_path_factory.mktemp("records") / "a"
    with RecordWriter(path) as writer:
        for record in records:
            writer.write(record)
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    path.write_bytes(data)
    found: list[bytes] = []
    with pytest.raises(tf.errors.DataLossError, match=r"^(corrupted|truncated) record at \d+"):
        found.extend(read_records(path))
    assert found == records[: len(found)]
    assert len(found) < len(records)


def test_offsets_are_of_the_file_that_was_compressed(tmp_path: pathlib.Path) -> None:
    for compression in ("", "GZIP"):
        with RecordWriter(tmp_path / "a", compression) as writer:
            for record in (b"abc", b"", b"xyzt"):
                writer.write(record)
        with RecordReader(tmp_path / "a", compression) as reader:
            assert list(reader) == [(0, b"abc"), (19, b""), (35, b"xyzt")]


def test_a_long_record_is_read_in_parts(tmp_path: pathlib.Path) -> None:
    record = bytes(range(256)) * 80_000
    for compression in ("", "GZIP"):
        with RecordWriter(tmp_path / "a", TFRecordOptions(compression, compression_level=1)) as writer:
            writer.write(record)
            writer.write(b"end")
        assert list(read_records(tmp_path / "a", compression)) == [record, b"end"]


def test_lengths_beyond_every_memory(tmp_path: pathlib.Path) -> None:
    for length in (1 << 62, (1 << 64) - 1):
        header = length.to_bytes(8, "little")
        (tmp_path / "a").write_bytes(header + masked_crc(header).to_bytes(4, "little") + b"abc")
        with pytest.raises(tf.errors.DataLossError, match="truncated record at 0"):
            list(read_records(tmp_path / "a"))


def test_options_that_zlib_does_not_take(tmp_path: pathlib.Path) -> None:
    for option in ({"compression_level": 77}, {"window_bits": 3}, {"compression_method": 1}, {"mem_level": 40}):
        with pytest.raises(ValueError, match=f"TFRecordOptions.*{next(iter(option))}"):
            RecordWriter(tmp_path / "a", TFRecordOptions("ZLIB", **option))


def test_an_iterator_that_is_left_closes_its_file(tmp_path: pathlib.Path) -> None:
    with RecordWriter(tmp_path / "a") as writer:
        writer.write(b"1")
        writer.write(b"2")
    records = tf.python_io.tf_record_iterator(tmp_path / "a")
    assert next(records) == b"1"
    records.close()  # an open file would warn, which is an error here


def test_messages_are_pickled_and_copied() -> None:
    example = protos.Example(features={"feature": {"a": protos.Feature(int64_list={"value": [1, 2]})}})
    assert pickle.loads(pickle.dumps(example)) == example
    assert copy.copy(example) == copy.deepcopy(example) == example
    sequence = protos.SequenceExample(context=example.features)
    assert pickle.loads(pickle.dumps(sequence)).context == example.features


def test_classes_are_made_once_whoever_asks_first() -> None:
    program = """
import threading
from recell.platform import protos
found, go = [], threading.Barrier(8)
def ask(name):
    go.wait()
    found.append(getattr(protos, name))
threads = [threading.Thread(target=ask, args=(name,)) for name in ["Example", "Feature", "FloatList", "Features"] * 2]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(set(found)) == 4, found
assert type(protos.Example().features) is protos.Features
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_protobuf_is_imported_on_first_use() -> None:
    program = """
import sys
import recell.v1 as tf
tf.python_io.TFRecordWriter, tf.python_io.tf_record_iterator
assert "google.protobuf" not in sys.modules and "torch" not in sys.modules and "google_crc32c" not in sys.modules
tf.train.Example
assert "google.protobuf" in sys.modules and "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_table_of_fields() -> None:
    base = protos.ProtoFile("t/base.proto", {"Point": ["double x = 1", "double y = 2"]}, package="t")
    file = protos.ProtoFile(
        "t/test.proto",
        {
            "Colour": {"NONE": 0, "RED": 5},
            "Outer": ["repeated Outer.Inner inner = 1", "Colour colour = 2", "repeated int32 plain = 3 unpacked"],
            "Outer.Inner": ["map<string, Point> points = 1", "string a = 2 in which", "int64 b = 3 in which"],
            "Outer.Level": {"LOW": 0, "HIGH": 1},
            "Other": ["Outer.Level level = 4", "repeated int32 packed = 5"],
        },
        uses=[base],
        package="t",
    )
    outer = file.message("Outer")
    made = outer(colour=5, plain=[1, 2])
    inner = made.inner.add(a="x")
    inner.points["p"].x = 2.0
    assert outer.FromString(made.SerializeToString()) == made
    assert outer(plain=[1, 2]).SerializeToString() == b"\x18\x01\x18\x02"
    assert file.message("Other")(packed=[1, 2], level=1).SerializeToString() == b"\x20\x01\x2a\x02\x01\x02"
    assert type(inner) is outer.Inner is file.message("Outer.Inner")
    assert outer.HIGH == 1
    inner.b = 3
    assert (inner.WhichOneof("which"), inner.a) == ("b", "")
    assert type(inner.points["p"]) is base.message("Point")


def test_a_table_that_cannot_be() -> None:
    def fails(fields: list[str], match: str) -> None:
        with pytest.raises(ValueError, match=match):
            protos.ProtoFile(f"t/{match}.proto", {"M": fields}, package="bad").message("M")

    fails(["repeated value 1"], "cannot be read")
    fails(["Missing value = 1"], "is a Missing")
    with pytest.raises(AttributeError, match="has no message 'Missing'; it has BytesList"):
        protos.FEATURE.message("Missing")
    with pytest.raises(AttributeError, match="has no attribute 'Exmaple'"):
        protos.Exmaple  # noqa: B018


def test_threads_write_their_own_files(tmp_path: pathlib.Path) -> None:
    def write(k: int) -> None:
        with RecordWriter(tmp_path / str(k), "GZIP") as writer:
            for n in range(100):
                writer.write(b"%d %d" % (k, n))

    threads: list[Any] = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        assert list(read_records(tmp_path / str(k), "GZIP")) == [b"%d %d" % (k, n) for n in range(100)]
