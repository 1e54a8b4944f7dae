"""The examples in the docstrings of checkpoints, savers and sessions print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import recell.checkpoint
import recell.monitoring
import recell.v1 as tf

MODULES = [
    "recell.checkpoint",
    "recell.train.saver",
    *(module.name for module in pkgutil.walk_packages(recell.monitoring.__path__, "recell.monitoring.")),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0
    tf.summary.FileWriterCache.clear()


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    counts = [len(test.examples) for name in MODULES for test in finder.find(importlib.import_module(name))]
    assert sum(count > 0 for count in counts) >= 5
