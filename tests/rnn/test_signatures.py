"""Public names of the recurrent stack take the arguments that TensorFlow 1.15's take, and have their members.

signatures.json: of each name its arguments in order with their defaults' source text (null: required), its public
members, and the name whose object it is too.
"""

from __future__ import annotations

import ast
import inspect
import json
import pathlib
from typing import Any

import pytest

import recell.v1 as tf

SIGNATURES: dict[str, Any] = json.loads(
    (pathlib.Path(__file__).resolve().parent / "signatures.json").read_text(encoding="utf-8")
)
NAMED_DEFAULTS = {
    "CUDNN_INPUT_LINEAR_MODE": "linear_input",
    "CUDNN_RNN_UNIDIRECTION": "unidirectional",
    "dtypes.float32": tf.float32,
    "math_ops.tanh": tf.tanh,
    "nn_ops.relu": tf.nn.relu,
}


def found(dotted: str) -> Any:
    value = tf
    for part in dotted.split(".")[1:]:
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", [name for name, about in SIGNATURES.items() if about["args"] is not None])
def test_arguments(name: str) -> None:
    parameters = list(inspect.signature(found(name)).parameters.values())
    ours = [("**" if p.kind is inspect.Parameter.VAR_KEYWORD else "") + p.name for p in parameters]
    expected = SIGNATURES[name]["args"]
    assert ours[: len(expected)] == [argument for argument, _ in expected]
    for parameter, (argument, default) in zip(parameters, expected, strict=False):
        if argument.startswith("**"):
            continue
        assert (parameter.default is inspect.Parameter.empty) == (default is None), argument
        if default is not None:
            wanted = NAMED_DEFAULTS[default] if default in NAMED_DEFAULTS else ast.literal_eval(default)
            assert parameter.default == wanted, argument


@pytest.mark.parametrize("name", [name for name, about in SIGNATURES.items() if about["kind"] == "class"])
def test_members(name: str) -> None:
    cls = found(name)
    assert [member for member in SIGNATURES[name]["members"] if not hasattr(cls, member)] == []


@pytest.mark.parametrize("name", [name for name, about in SIGNATURES.items() if about["same"]])
def test_same_object(name: str) -> None:
    assert found(name) is found(SIGNATURES[name]["same"])
