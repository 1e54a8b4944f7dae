"""Parameters of metrics, their order and their defaults are those of TensorFlow 1.15."""

from __future__ import annotations

import inspect
import json
import pathlib

import pytest

import recell.v1 as tf

SIGNATURES = json.loads(pathlib.Path(__file__).with_name("signatures.json").read_text())

# Functions that TensorFlow has and this library does not (yet); the test below fails when one of them is there.
MISSING = {
    "contrib.metrics.auc_with_confidence_intervals",
}


def found(name):
    value = tf
    for part in name.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", sorted(set(SIGNATURES) - MISSING))
def test_parameters(name):
    parameters = inspect.signature(found(name)).parameters.values()
    ours = [[p.name, None if p.default is p.empty else repr(p.default)] for p in parameters]
    assert ours == SIGNATURES[name]


@pytest.mark.parametrize("name", sorted(MISSING))
def test_missing_ones_say_so(name):
    with pytest.raises(AttributeError, match=name):
        found(name)


@pytest.mark.parametrize("name", sorted(n for n in set(SIGNATURES) - MISSING if "metrics" in n))
def test_documented(name):
    assert "`tf." in inspect.getdoc(found(name))
