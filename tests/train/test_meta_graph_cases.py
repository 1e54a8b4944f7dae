"""Meta graphs, graphs as messages, and Savers made from messages, against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib
import sys
import types

import pytest
from tests import figures

import recell.v1 as tf

PATH = pathlib.Path(__file__).with_name("meta_graph_cases.txt")


@pytest.fixture(autouse=True)
def as_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the cases import what TensorFlow has in modules that are not public."""
    for name in ("", ".python", ".python.framework", ".python.framework.ops", ".python.framework.meta_graph"):
        module = tf
        for part in name.split(".")[1:]:
            module = getattr(module, part)
        monkeypatch.setitem(sys.modules, "tensorflow" + name, module)
    assert isinstance(tf.python.framework.ops, types.ModuleType)


@pytest.mark.parametrize("name", figures.read_cases(PATH))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(PATH)[name], figures.answer(tf, figures.read_cases(PATH)[name]))
