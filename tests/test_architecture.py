"""The rooms of the house: imports point downwards only, and importing the package stays cheap."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def lint_imports(folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of `folder`/pyproject.toml on the package in `folder`/src."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_rooms_keep_their_contracts() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


@pytest.fixture
def copy(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of the package that a test may spoil."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("graph", "import recell.session", "Imports point downwards only"),
        ("graph", "import torch", "graph is data"),
        ("ops", "import recell.v1", "Imports point downwards only"),
        ("rnn", "import recell.train", "Imports point downwards only"),
        ("rnn", "import recell.session", "what describes programs does not run them"),
        ("kernels", "import recell.graph", "Imports point downwards only"),
        ("datasets", "import recell.ops", "lean on graph alone"),
    ],
)
def test_the_contracts_reject_a_bad_import(copy: pathlib.Path, room: str, line: str, contract: str) -> None:
    (copy / "src" / "recell" / room / "canary.py").write_text(line + "\n", encoding="utf-8")
    result = lint_imports(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [text for text in result.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(contract in text for text in broken), result.stdout


def test_the_contracts_reject_a_room_they_do_not_name(copy: pathlib.Path) -> None:
    (copy / "src" / "recell" / "attic").mkdir()
    (copy / "src" / "recell" / "attic" / "__init__.py").touch()
    result = lint_imports(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "attic" in result.stdout


@pytest.mark.parametrize("module", ["recell", "recell.v1", "recell.cli.main"])
def test_importing_is_light(module: str) -> None:
    heavy = {"torch", "matplotlib", "sklearn", "scipy", "rich", "fissix", "tensorflow"}
    program = f"import sys, {module}; print(*sorted({heavy!r} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


def test_every_room_says_what_it_is_for() -> None:
    for folder in sorted((ROOT / "src" / "recell").iterdir()):
        if folder.is_dir() and any(folder.glob("*.py")):
            text = (folder / "__init__.py").read_text(encoding="utf-8")
            assert text.lstrip().startswith(('"""', 'r"""')), f"{folder.name}/__init__.py has no docstring"
