"""`recell demo digits`: what it prints and draws."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import numpy as np

from recell.demos import picture, training

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_demo_reaches_its_accuracy_and_writes_its_picture(tmp_path: pathlib.Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "recell", "demo", "digits", "--out", "here.png"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"test accuracy (0\.\d+|1\.0+) after", result.stdout)
    assert found, result.stdout + result.stderr
    assert float(found[1]) >= 0.95
    assert "wrote here.png" in result.stdout
    assert (tmp_path / "here.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_shows_image_and_beliefs_of_any_size(tmp_path: pathlib.Path) -> None:
    for rows in (8, 28):
        beliefs = np.full((rows, 10), 0.1)
        path = tmp_path / f"{rows}.png"
        picture.draw(str(path), np.zeros((rows, rows)), beliefs, label=3)
        assert path.stat().st_size > 10_000


def test_batches_go_through_all_examples_in_an_order_of_their_own() -> None:
    numbers = np.arange(10)
    next_batch = training.batches(numbers, numbers, 5)
    first, second = (np.concatenate([next_batch()[0] for _ in range(2)]) for _ in range(2))
    assert sorted(first) == sorted(second) == list(numbers)
    assert first.tolist() != second.tolist()
