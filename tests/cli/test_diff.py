"""`recell diff`: names, shapes, dtypes, values; what comes first; exit codes; every kind of file."""

from __future__ import annotations

import math
import pathlib

import click
import ml_dtypes
import numpy as np
import pytest
from tests.cli.checkpoints import FILES, copied, flip, recell, refused, written

from recell.cli.differences import Difference, compare

LSTM = FILES / "basic_lstm_2layer_v2"


def test_the_same() -> None:
    outcome = recell("diff", LSTM, FILES / "basic_lstm_2layer_v1")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.lines[0].startswith("a: ")
    assert outcome.lines[-1] == "21 tensors of the same value."
    assert "Only" not in outcome.out
    found = recell("diff", "--json", LSTM, LSTM).json
    assert found["same"] is True
    assert len(found["equal"]) == 21


def test_names_shapes_and_dtypes(tmp_path: pathlib.Path) -> None:
    a = written(
        tmp_path / "a", {"gone": np.zeros([2, 3], np.float32), "w": [1.0, 2.0], "k": [1.0], "same": 1, "s": b"x"}
    )
    b = written(tmp_path / "b", {"new/循环": 1, "w": [1.0], "k": np.array([1.5], np.float32), "same": 1, "s": 1.0})
    outcome = recell("diff", a, b)
    assert outcome.code == 1
    text = "\n".join(outcome.lines[2:])
    assert (
        text
        == """
Only in a (1)
gone [2, 3] float32

Only in b (1)
new/循环 [] int64

Of another shape or dtype (3)
k [1] float64 -> float32
s [] string -> float64
w [2] -> [1] float64

Of other values (1)
max |a-b| relative elements
k 0.5 3.3e-01 1 of 1

1 tensor of the same value."""
    )
    found = recell("diff", "--json", a, b)
    assert found.code == 1
    assert found.json["only_a"] == [{"name": "gone", "dtype": "float32", "shape": [2, 3]}]
    assert found.json["changed"][2] == {"name": "w", "dtype": ["float64", "float64"], "shape": [[2], [1]]}
    assert found.json["values"] == [{"name": "k", "elements": 1, "of": 1, "largest": 0.5, "relative": 1 / 3}]
    assert (found.json["same"], found.json["equal"], found.json["unread"]) == (False, ["same"], [])


def test_the_most_different_comes_first(tmp_path: pathlib.Path) -> None:
    base = {name: np.array([1.0, 1000.0]) for name in ("little", "much", "not", "some", "words")}
    a = written(tmp_path / "a", base | {"words": np.array([b"a", b"b"], object)})
    changed = {"little": [1.0, 1000.5], "some": [90.0, 1000.0], "much": [1.0, -1000.0]}
    b = written(tmp_path / "b", base | changed | {"words": np.array([b"a", b"c"], object)})
    found = recell("diff", "--json", a, b).json
    assert [row["name"] for row in found["values"]] == ["much", "words", "some", "little"]
    assert found["values"][1] == {"name": "words", "elements": 1, "of": 2, "largest": None, "relative": None}
    assert "words 1 of 2" in recell("diff", a, b).lines


def test_a_tolerance(tmp_path: pathlib.Path) -> None:
    a = written(tmp_path / "a", {"w": [1.0, 2.0, 3.0]})
    b = written(tmp_path / "b", {"w": [1.0, 2.001, 3.1]})
    assert recell("diff", "--json", a, b).json["values"][0]["elements"] == 2
    assert recell("diff", "--json", "--tolerance", "0.01", a, b).json["values"][0]["elements"] == 1
    assert recell("diff", "--tolerance", "0.2", a, b).code == 0


def test_names_only(tmp_path: pathlib.Path) -> None:
    a = written(tmp_path / "a", {"w": [1.0], "v": [1.0]})
    b = written(tmp_path / "b", {"w": [2.0], "v": [1.0]})
    outcome = recell("diff", "--names-only", a, b)
    assert (outcome.code, outcome.lines[-1]) == (0, "2 tensors of the same shape and dtype.")
    c = written(tmp_path / "c", {"w": [2.0], "v": [1]})
    outcome = recell("diff", "--names-only", a, c)
    assert (outcome.code, outcome.lines[-1]) == (1, "1 tensor of the same shape and dtype.")
    assert "Of other values" not in outcome.out


def test_trouble(tmp_path: pathlib.Path) -> None:
    prefix = copied("basic_lstm_2layer_v2", tmp_path)
    flip(tmp_path / "model.ckpt-20.data-00000-of-00001", 5000)
    outcome = recell("diff", LSTM, prefix)
    assert outcome.code == 2
    assert outcome.err.startswith(f"recell: {prefix}.data-00000-of-00001: tensor 'rnn/multi_rnn_cell/cell_0/")
    assert outcome.lines[-4:-2] == ["Cannot be read (1)", "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel/Adam_1"]
    assert outcome.lines[-1] == "20 tensors of the same value."
    assert recell("diff", "--names-only", LSTM, prefix).code == 0
    assert "There is no checkpoint" in refused("diff", LSTM, tmp_path / "gone")


def test_other_files(tmp_path: pathlib.Path) -> None:
    for target in ("npz", "safetensors"):
        recell("convert", "--to", target, LSTM, "--out", tmp_path / f"x.{target}", "--exclude", "softmax/b")
        found = recell("diff", "--json", LSTM, tmp_path / f"x.{target}")
        assert found.code == 1
        assert [row["name"] for row in found.json["only_a"]] == ["softmax/b"]
        assert len(found.json["equal"]) == 20
    assert recell("diff", tmp_path / "x.npz", tmp_path / "x.safetensors").code == 0


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([NAN, INF, -INF, 1.0], [NAN, INF, -INF, 1.0], Difference(0, 4, 0.0, 0.0)),
        ([NAN, 1.0], [2.0, 1.0], Difference(1, 2, INF, INF)),
        ([INF], [-INF], Difference(1, 1, INF, INF)),
        ([0.0], [-0.0], Difference(0, 1, 0.0, 0.0)),
        ([0.0, 4.0], [1.0, 4.0], Difference(1, 2, 1.0, 0.25)),
        ([1e308], [-1e308], Difference(1, 1, INF, INF)),
        ([], [], Difference(0, 0, 0.0, 0.0)),
        (2.0, 1.0, Difference(1, 1, 1.0, 0.5)),
        (np.array([1 + 1j, NAN]), np.array([1 - 1j, NAN]), Difference(1, 2, 2.0, 2 / math.sqrt(2))),
        (np.array([True, False]), np.array([True, True]), Difference(1, 2, 1.0, 1.0)),
        (np.array([2**64 - 1], np.uint64), np.array([2**64 - 2], np.uint64), Difference(1, 1, 1.0, 2.0**-64)),
        (np.array([-(2**63)]), np.array([2**63 - 1]), Difference(1, 1, 2.0**64, 2.0)),
        (np.array([2**53 + 1]), np.array([2**53]), Difference(1, 1, 1.0, 2.0**-53)),
        (np.array([1, 2], np.int8), np.array([1.0, 2.5], np.float16), Difference(1, 2, 0.5, 0.2)),
        (np.array([1.5], ml_dtypes.bfloat16), np.array([1.5], np.float32), Difference(0, 1, 0.0, 0.0)),
        (np.array([b"a", b"b"], object), np.array([b"a", b"c"], object), Difference(1, 2, None, None)),
        (np.array(b"a", object), np.array(b"a", object), Difference(0, 1, None, None)),
    ],
)
def test_the_figures(a: object, b: object, expected: Difference) -> None:
    assert compare(np.asarray(a), np.asarray(b)) == expected
    assert compare(np.asarray(b), np.asarray(a)) == expected


def test_quantised_numbers_and_large_arrays() -> None:
    quantised = np.array([1, 2], np.int8).view([("qint8", np.int8)])
    assert compare(quantised, np.array([1, 4], np.int8).view([("qint8", np.int8)])) == Difference(1, 2, 2.0, 0.5)
    large = np.zeros([1000, 1000], np.float32)
    other = large.copy()
    other[0, 0], other[-1, -1] = 1.0, 3.0
    assert compare(large, other) == Difference(2, 1_000_000, 3.0, 1.0)
    assert compare(large, other, 1.0) == Difference(1, 1_000_000, 3.0, 1.0)


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "x"])
def test_a_tolerance_that_is_none(value: str) -> None:
    with pytest.raises(click.BadParameter, match=value):
        recell("diff", "--tolerance", value, LSTM, LSTM)
