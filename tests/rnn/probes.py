"""Snippets about cells and drivers, what genuine TensorFlow 1.15 answers to them, and the comparison.

A file of probes is text: `[name]`, then a snippet that may leave its answer in `result`; it runs after `PREAMBLE` in a
graph of its own. The answers are kept beside it as json: {"result": ...} or {"error": [class, message]}. With
TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax), in the root of the repository,

    PYTHONPATH=. python -m tests.rnn.probes tests/rnn/probes.txt

writes them again, and `--check` before the file's name compares instead: the harness must accept the real thing.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import sys
from typing import Any

import numpy as np
from tests import figures

PREAMBLE = """
N = tf.nn.rnn_cell
R = tf.contrib.rnn
def names():
    return [v.name for v in tf.global_variables()]
def ev(t, feed=None):
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        return s.run(t, feed)
def with_numbers(tensors, feed):
    with tf.Session() as s:
        for k, v in enumerate(tf.trainable_variables()):
            shape = v.shape.as_list()
            s.run(v.initializer, {v.initial_value: 0.7 * np.sin(np.arange(np.prod(shape)) * 1.7 + k).reshape(shape)})
        return s.run(tensors, feed)
x = tf.placeholder(tf.float32, [4, 6, 3], name='x')
x2 = tf.placeholder(tf.float32, [4, 3], name='x2')
"""

LONGEST = 1000
"""How much of a message is kept."""

TAIL = (
    r"\s+\[\[node |\n\nOriginal stack trace|\s*Originally defined at:|\nEncountered error:|"
    " To allow the shape to vary across iterations, "
)
"""Where an error stops saying what is wrong, and begins to say where, or what to do in TensorFlow."""


@functools.lru_cache(None)
def read(path: str | pathlib.Path) -> dict[str, str]:
    """The snippets in a file of probes, by name.

    A file that begins with `[CELLS]`, lines of `name: expression | inputs`, has each snippet once for every cell, as
    `snippet/name`: `make(**k)` is the expression, and `y` the inputs, `x` unless given.
    """
    cases = dict(figures.read_cases(path))
    if "CELLS" not in cases:
        return cases
    found = {}
    cells = [re.fullmatch(r"(\w+): (.*?)(?: \| (.*))?", line).groups() for line in cases.pop("CELLS").splitlines()]
    for case, code in cases.items():
        for cell, made, inputs in cells:
            found[f"{case}/{cell}"] = f"make, y = (lambda **k: {made}), {inputs or 'x'}\n{code}"
    return found


def answer(tf: Any, code: str) -> dict[str, Any]:
    """What `code` answers under `tf`."""
    with tf.Graph().as_default():
        scope: dict[str, Any] = {"tf": tf, "np": np}
        exec(PREAMBLE, scope)
        try:
            # Under the preamble, as TF gives it: a missing namespace is the snippet's error, not the preamble's.
            exec("S = tf.contrib.seq2seq\n" + code if re.search(r"\bS\.", code) else code, scope)
            return {"result": _plain(scope.get("result"))}
        except Exception as error:
            return {"error": [type(error).__name__, str(error)]}


def _plain(value: Any) -> Any:
    """A result as json holds it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, str):
        return re.sub(r"\bnp\.\w+\((.*?)\)", r"\1", value)  # numpy 2 prints np.float64(0.0) for 0.0
    if isinstance(value, float):
        return float(f"{value:.8g}") if np.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def check(expected: dict[str, Any], got: dict[str, Any], rtol: float = 1e-5) -> None:
    """Asserts that two answers agree: values to `rtol`, names and the class of an error exactly.

    TensorFlow's message must be in ours, which may say more, but for what no two runs have in common: addresses of
    objects, modules of classes, and the lines where an operation was made.
    """
    if "error" not in expected:
        assert "error" not in got, f"expected {expected}, got {got}"
        found = figures.difference(expected["result"], got["result"], rtol=rtol, atol=rtol / 10)
        assert found is None, found
        return
    assert "error" in got, f"expected {expected}, got {got}"
    assert got["error"][0] == expected["error"][0], f"expected {expected}, got {got}"
    want, have = sentence(expected["error"][1]), sentence(got["error"][1])
    assert want in have, f"expected the message {want!r}, got {have!r}"


def sentence(message: str) -> str:
    """A message without what differs from one run to the next."""
    message = re.split(TAIL, message)[0]
    # TF names the class once more, after a trace, in errors that left a function it had rewritten.
    message = re.sub(r"^in converted code:.*\n    (?=\w+Error: )", "", message, flags=re.DOTALL)
    message = re.sub(r"^\w+Error: ", "", message)
    message = re.sub(r"<(?:[\w]+\.)*(\w+) object(?: at 0x[0-9a-f]+)?>", r"<\1 object>", message)
    message = re.sub(r"<function ([\w.<>]+)(?: at 0x[0-9a-f]+)>", r"<function \1>", message)
    return message.strip()


def answers(path: str | pathlib.Path) -> dict[str, Any]:
    """What TensorFlow 1.15 answered to the probes of the file."""
    return json.loads(pathlib.Path(path).with_suffix(".json").read_text())


def _main(arguments: list[str]) -> None:
    import tensorflow as tf

    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    compare = arguments[0] == "--check"
    for path in arguments[compare:]:
        found = {name: answer(tf, code) for name, code in read(path).items()}
        for given in found.values():
            if "error" in given:
                given["error"][1] = sentence(given["error"][1])[:LONGEST]
        if compare:
            kept = answers(path)
            for name, given in found.items():
                try:
                    check(kept[name], given)
                except AssertionError as error:
                    print(name, error)
            continue
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(given)}" for name, given in found.items())
        pathlib.Path(path).with_suffix(".json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
