"""Parsing of examples against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import csv
import gzip
import io
import pathlib
import tempfile
import threading
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import figures
from tests.ops.serialized import ex, seq

import recell.v1 as tf

FILES = [
    pathlib.Path(__file__).with_name(f"{area}_cases.txt")
    for area in ("parsing", "parsing_sequence", "decoding", "files")
]
CASES = [(path, name) for path in FILES for name in figures.read_cases(path)]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem}-{name}" for path, name in CASES])
def test_same_as_tensorflow(
    path: pathlib.Path, name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = figures.read_cases(path)[name].replace("from tensorflow.", "from recell.v1.")
    figures.check(figures.read_answers(path)[name], figures.answer(tf, source))


# -- what is written is parsed ---------------------------------------------------------------------------------------

INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32, allow_nan=False)
VALUES = st.one_of(st.lists(INTS, max_size=20), st.lists(FLOATS, max_size=20), st.lists(st.binary(), max_size=20))
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _example(**features: Any) -> bytes:
    return ex(tf, **features)


@QUICK
@given(rows=st.lists(st.tuples(st.lists(INTS), st.lists(FLOATS), st.lists(st.binary())), min_size=1, max_size=8))
def test_lists_of_any_length_come_back(rows: list[tuple[list[int], list[float], list[bytes]]]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        # An empty list has no kind here, so that it may be asked for as any.
        data = [_example(**{k: v or None for k, v in zip("abc", row, strict=True)}) for row in rows]
        dtypes = (tf.int64, tf.float32, tf.string)
        parsed = tf.parse_example(data, {k: tf.VarLenFeature(d) for k, d in zip("abc", dtypes, strict=True)})
        padded = tf.parse_example(
            data,
            {
                k: tf.FixedLenSequenceFeature([], d, allow_missing=True, default_value=v)
                for k, d, v in zip("abc", dtypes, (7, 0.5, "pad"), strict=True)
            },
        )
        found, filled = session.run([parsed, padded])
        for place, key in enumerate("abc"):
            lists = [row[place] for row in rows]
            longest = max(map(len, lists))
            assert found[key].dense_shape.tolist() == [len(rows), longest]
            assert found[key].values.tolist() == [value for values in lists for value in values]
            assert found[key].indices.tolist() == [[r, k] for r, values in enumerate(lists) for k in range(len(values))]
            default: Any = (7, 0.5, b"pad")[place]
            assert filled[key].tolist() == [[*values, *[default] * (longest - len(values))] for values in lists]


@QUICK
@given(batch=st.lists(st.lists(st.lists(INTS, max_size=4), max_size=5), min_size=1, max_size=5))
def test_lists_of_lists_come_back(batch: list[list[list[int]]]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        data = [seq(tf, {}, {"t": [step or None for step in steps]}) for steps in batch]
        spec = {"t": tf.VarLenFeature(tf.int64)}
        together = tf.io.parse_sequence_example(data, None, spec)[1]["t"]
        alone = [tf.parse_single_sequence_example(each, None, spec)[1]["t"] for each in data]
        found, each = session.run([together, alone])
        expected = [
            ([row, at, k], value)
            for row, steps in enumerate(batch)
            for at, step in enumerate(steps)
            for k, value in enumerate(step)
        ]
        assert found.indices.tolist() == [place for place, _ in expected]
        assert found.values.tolist() == [value for _, value in expected]
        for row, single in enumerate(each):
            own = [(place[1:], value) for place, value in expected if place[0] == row]
            assert single.indices.tolist() == [place for place, _ in own]
            assert single.values.tolist() == [value for _, value in own]


def test_long_lists_are_parsed_exactly() -> None:
    # Packed lengths of one, two and three bytes.
    for count in (1, 31, 32, 33, 4095, 4096, 4097, 70000):
        floats = np.random.RandomState(count).randn(count).astype(np.float32)
        data = _example(f=floats.tolist(), i=list(range(-count, count, 2)))
        with tf.Graph().as_default(), tf.Session() as session:
            spec = {"f": tf.FixedLenFeature([count], tf.float32), "i": tf.FixedLenFeature([count], tf.int64)}
            found = session.run(tf.parse_single_example(data, spec))
        np.testing.assert_array_equal(found["f"], floats)
        np.testing.assert_array_equal(found["i"], np.arange(-count, count, 2))


def test_fields_that_nobody_knows_are_passed_over() -> None:
    floats = tf.train.FloatList.FromString(tf.train.FloatList(value=[1.5, 2.5]).SerializeToString() + b"\x7a\x03abc")
    data = tf.train.Example(features={"feature": {"f": tf.train.Feature(float_list=floats)}}).SerializeToString()
    with tf.Graph().as_default(), tf.Session() as session:
        found = session.run(tf.parse_single_example(data, {"f": tf.FixedLenFeature([2], tf.float32)}))
    assert found["f"].tolist() == [1.5, 2.5]


def test_results_do_not_share_memory_with_defaults() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        default = tf.Variable([1.0, 2.0])
        parsed = tf.parse_single_example(_example(), {"f": tf.FixedLenFeature([2], tf.float32, default)})["f"]
        session.run(tf.global_variables_initializer())
        before = session.run(parsed)
        session.run(default.assign_add([1.0, 1.0]))
        assert before.tolist() == [1.0, 2.0]
        assert session.run(parsed).tolist() == [2.0, 3.0]


def test_bytes_that_are_no_text_are_told() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        parsed = tf.parse_example([b"\xff\xfe"], {"a": tf.VarLenFeature(tf.int64)})["a"]
        with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse example input, value: '"):
            session.run(parsed)


def test_names_must_be_as_many_as_examples() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        spec = {"a": tf.FixedLenFeature([], tf.int64, 0)}
        parsed = tf.parse_example([_example()], spec, example_names=["a", "b"])
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"2 vs. 1"):
            session.run(parsed)


def test_no_sequence_examples_give_empty_tensors() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        serialized = tf.placeholder(tf.string, [None])
        context, lists, lengths = tf.io.parse_sequence_example(
            serialized,
            {"t": tf.FixedLenFeature([2], tf.int64), "v": tf.VarLenFeature(tf.string)},
            {"u": tf.FixedLenSequenceFeature([3], tf.float32), "w": tf.VarLenFeature(tf.int64)},
        )
        found = session.run([context, lists, lengths], {serialized: np.array([], object)})
    assert found[0]["t"].shape == (0, 2)
    assert found[0]["v"].dense_shape.tolist() == [0, 0]
    assert found[1]["u"].shape == (0, 0, 3)
    assert found[1]["w"].dense_shape.tolist() == [0, 0, 0]
    assert found[2]["u"].tolist() == []


def test_threads_parse_at_once() -> None:
    data = [_example(a=list(range(k + 1))) for k in range(50)]
    with tf.Graph().as_default(), tf.Session() as session:
        serialized = tf.placeholder(tf.string, [])
        parsed = tf.parse_single_example(serialized, {"a": tf.VarLenFeature(tf.int64)})["a"]
        total = tf.reduce_sum(parsed.values)
        found: list[list[int]] = [[] for _ in range(4)]

        def parse(mine: list[int]) -> None:
            mine.extend(int(session.run(total, {serialized: each})) for each in data)

        threads = [threading.Thread(target=parse, args=(mine,)) for mine in found]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert found == [[k * (k + 1) // 2 for k in range(50)]] * 4


# -- CSV -------------------------------------------------------------------------------------------------------------

FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)


@QUICK
@given(rows=st.lists(st.lists(FIELD, min_size=3, max_size=3), min_size=1, max_size=5))
def test_what_csv_writes_is_decoded(rows: list[list[str]]) -> None:
    lines = []
    for row in rows:
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow(row)
        lines.append(out.getvalue())
    with tf.Graph().as_default(), tf.Session() as session:
        columns = session.run(tf.decode_csv(lines, [["d"]] * 3))
    assert [column.tolist() for column in columns] == [[row[k].encode() or b"d" for row in rows] for k in range(3)]


@QUICK
@given(rows=st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), INTS, FLOATS, st.floats(allow_nan=False))))
def test_numbers_are_decoded_exactly(rows: list[tuple[int, int, float, float]]) -> None:
    lines = np.array([",".join(map(repr, row)).encode() for row in rows], object)
    with tf.Graph().as_default(), tf.Session() as session:
        records = tf.placeholder(tf.string, [None])
        defaults = [tf.constant([0], d) for d in (tf.int32, tf.int64, tf.float32, tf.float64)]
        columns = session.run(tf.decode_csv(records, defaults), {records: lines})
    assert [column.tolist() for column in columns] == [[row[k] for row in rows] for k in range(4)]


# -- strings of bytes ------------------------------------------------------------------------------------------------


@QUICK
@given(data=st.data())
def test_tensors_survive_strings(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_, np.complex64]))
    shape = data.draw(st.lists(st.integers(0, 3), max_size=3))
    array = np.asarray(np.random.RandomState(1).randn(*shape) * 9).astype(dtype)
    with tf.Graph().as_default(), tf.Session() as session:
        found = session.run(tf.parse_tensor(tf.serialize_tensor(tf.constant(array)), tf.as_dtype(dtype)))
    np.testing.assert_array_equal(found, array)
    assert np.asarray(found).dtype == dtype


@QUICK
@given(strings=st.lists(st.binary(max_size=9)), pad=st.booleans())
def test_base64_comes_back(strings: list[bytes], pad: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        given_strings = tf.placeholder(tf.string, [None])
        encoded = tf.encode_base64(given_strings, pad=pad)
        array = np.empty(len(strings), object)
        array[:] = strings
        written, found = session.run([encoded, tf.decode_base64(encoded)], {given_strings: array})
    assert found.tolist() == strings
    assert all((b"=" in text) == (pad and len(raw) % 3 > 0) for text, raw in zip(written, strings, strict=True))


def test_compressed_strings_of_both_kinds() -> None:
    texts = [b"", b"a", b"hello" * 1000]
    with tf.Graph().as_default(), tf.Session() as session:
        gzipped = [gzip.compress(text) for text in texts]
        deflated = [zlib.compress(text) for text in texts]
        assert session.run(tf.decode_compressed(gzipped, "GZIP")).tolist() == texts
        assert session.run(tf.decode_compressed(deflated, compression_type="ZLIB")).tolist() == texts


def test_an_error_names_the_operation_and_the_line() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        column = tf.decode_csv(["x"], [[0]], name="columns")
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"node columns \(defined at .*test_parsing.py"):
            session.run(column)
