"""What the room shows, what it imports, and that its examples print what they say."""

from __future__ import annotations

import ast
import doctest
import importlib
import sys
from pathlib import Path

import pytest

from recell import kernels

MODULES = sorted(path.stem for path in Path(kernels.__file__).parent.glob("_[a-z]*.py"))


def test_public_names() -> None:
    public = {name for name, value in vars(kernels).items() if not name.startswith("_") and name != "annotations"}
    assert sorted(public) == kernels.__all__ == sorted(kernels.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_imports_torch_and_nothing_of_ours(module: str) -> None:
    tree = ast.parse((Path(kernels.__file__).parent / f"{module}.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in names if name.split(".")[0] == "recell"}
    assert all(name.startswith("recell.kernels.") for name in ours)
    assert {name.split(".")[0] for name in names - ours} <= {"torch", *sys.stdlib_module_names}


@pytest.mark.parametrize(
    "module", ["_cudnn", "_engines", "_gru", "_gru_reset_after", "_lstm", "_rnn", "_softmax", "_unroll"]
)
def test_examples(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"recell.kernels.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
