"""The demos on sequences and flowers: what they print, draw and reach."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from recell.datasets import english, ptb
from recell.demos import charts, forward, iris, sine
from recell.demos import ptb as ptb_demo

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _is_picture(path: pathlib.Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 10_000


def demo(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    environment.pop("RECELL_DATA", None)
    command = [sys.executable, "-m", "recell", "demo", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_forward_gives_the_numbers_of_the_tutorial(tmp_path: pathlib.Path) -> None:
    result = demo(tmp_path, "forward")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("1.56128388") == 2
    assert result.stdout.count("2.72707101") == 2
    assert list(tmp_path.iterdir()) == []


def test_both_ways_agree() -> None:
    for (mine, output), (theirs, other) in zip(forward.by_numpy(), forward.by_graph(), strict=True):
        assert output == pytest.approx(other, abs=1e-12)
        assert mine == pytest.approx(theirs, abs=1e-12)


def test_sine_is_learnt(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = sine.main(str(tmp_path / "sine.png"), steps=400)
    assert error < 0.05  # 0.7 at first
    assert "the last value again" in capsys.readouterr().out
    assert _is_picture(tmp_path / "sine.png")


def test_iris_is_learnt(capsys: pytest.CaptureFixture[str]) -> None:
    assert iris.main(steps=800) >= 0.9
    assert "versicolor" in capsys.readouterr().out


def test_ptb_without_data_reads_english_and_says_so(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RECELL_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    perplexity = ptb_demo.main("here.png", steps=60)
    assert perplexity < 1200  # 3000 at first
    out = capsys.readouterr().out
    assert "reading the English text that ships with Python instead" in out
    assert "it writes: " in out
    assert _is_picture(tmp_path / "here.png")


def test_ptb_reads_penn_treebank_where_it_is(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "simple-examples" / "data"
    folder.mkdir(parents=True)
    for name in ptb.FILES:
        (folder / name).write_text(" a b c <unk> \n" * 1500, encoding="utf-8")
    monkeypatch.setenv("RECELL_DATA", str(tmp_path))
    text = ptb_demo.load(3000)
    assert (text.name, text.words) == ("Penn Treebank", ["<eos>", "<unk>", "a", "b", "c"])
    assert ptb_demo.main(str(tmp_path / "ptb.png"), steps=12) < 12  # of five words


def test_english_is_cut_into_words_with_numbers() -> None:
    train, valid, test, words = english.raw_data(500)
    assert len(words) == len(set(words)) == 500
    assert len(train) > 7 * len(valid) > 0 < len(test)
    assert max(map(max, (train, valid, test))) == 499
    assert 0 < train.count(0) / len(train) < 0.5
    assert ptb.END_OF_SENTENCE in words
    spoken = " ".join(words[number] for number in train)
    assert "the value of" in spoken


def test_pictures(tmp_path: pathlib.Path) -> None:
    charts.draw_prediction(str(tmp_path / "a.png"), [0.0, 1.0, 0.5], [0.1, 0.9, 0.5], "title")
    charts.draw_perplexity(str(tmp_path / "b.png"), [(10, 900.0), (20, 500.0)], [(20, 600.0)], "title")
    assert _is_picture(tmp_path / "a.png")
    assert _is_picture(tmp_path / "b.png")
