"""`recell info` says what will run: versions, devices, kernels, data."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import recell
from recell.cli import info
from recell.kernels import native


def line(name: str) -> str:
    """The line of the report that begins with `name`."""
    (found,) = (line for line in info.report() if line.startswith(name + " "))
    return found


def test_the_release_and_what_it_stands_for() -> None:
    assert line("recell") == f"recell   {recell.__version__}, stands for TensorFlow 1.15.0"


def test_the_kernels_are_those_that_run() -> None:
    assert line("kernels") == f"kernels  {native()}"


def test_the_kernels_are_switched_off_by_the_environment() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "recell", "info"],
        env={**os.environ, "RECELL_KERNELS": "off"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    expected = "kernels  PyTorch's operations: RECELL_KERNELS is off; unset it to use the compiled kernels"
    assert expected in result.stdout.splitlines()


def test_data_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
    monkeypatch.setenv("RECELL_DATA", str(tmp_path))
    printed = "\n".join(info.report())
    assert f"RECELL_DATA is {tmp_path}" in printed
    assert "MNIST_data: not found (no train-images-idx3-ubyte.gz in it)" in printed
