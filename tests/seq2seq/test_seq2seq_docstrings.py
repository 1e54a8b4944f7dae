"""The examples in the docstrings of the room print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import recell.seq2seq
import recell.v1 as tf

MODULES = [module.name for module in pkgutil.walk_packages(recell.seq2seq.__path__, "recell.seq2seq.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    with tf.Graph().as_default():
        assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0


def test_every_module_of_decoders_has_examples() -> None:
    finder = doctest.DocTestFinder()
    names = ["decoder", "basic_decoder", "helper", "training_helpers", "inference_helpers", "sequence_loss"]
    for name in names:
        found = finder.find(importlib.import_module(f"recell.seq2seq.{name}"))
        assert sum(len(test.examples) for test in found), name
