"""The page of cells says what the docstrings say, and says of each cell its equations and where it is from."""

from __future__ import annotations

import importlib.util
import pathlib
import re
from typing import Any

import pytest

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "cells.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
NOT_FROM_A_PAPER = {"CompiledWrapper", "DeviceWrapper", "MultiRNNCell", "RNNCell", "LayerRNNCell"}


def _maker() -> Any:
    spec = importlib.util.spec_from_file_location("make_cells", DOCS / "make_cells.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    assert _maker().page() == PAGE, "run python docs/make_cells.py"


@pytest.mark.parametrize("name", sorted(set(SECTIONS) - {"RNNCell", "LayerRNNCell"}))
def test_a_section_has_equations_and_a_source(name: str) -> None:
    text = SECTIONS[name]
    assert "TF symbol" in text
    as_another = re.match(r"\n`(\w+)` over ", text)  # "`ConvLSTMCell` over images: ..."
    shown = SECTIONS[as_another.group(1)] if as_another else text
    assert re.search(r"^    \S", shown, flags=re.MULTILINE) or "Wrapper" in name, "no equations"
    if name not in NOT_FROM_A_PAPER and not name.endswith("Wrapper"):
        assert re.search(r"https?://|\((19|20)\d\d\)", text), "no paper"
