"""Programs in a folder of their own, and the command that runs them in a process of their own."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
Recell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def recell(tmp_path: pathlib.Path) -> Recell:
    """`recell("run", "x.py")` in `tmp_path`, without a display."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        hidden = ("DISPLAY", "WAYLAND_DISPLAY", "RECELL_DATA", "PYTHONPATH")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        environment |= {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8", **variables}
        command = [sys.executable, "-m", "recell", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )

    return run


@pytest.fixture
def program(tmp_path: pathlib.Path) -> Callable[[str, str], pathlib.Path]:
    """Writes a file of the program."""

    def write(name: str, text: str) -> pathlib.Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
