"""Short programs run by genuine TensorFlow 1.15 and by ours, and the comparison of what came back.

A file of cases is text: `[name]`, then the lines of a program that leaves its answer in `result`: tensors (which are
run), numbers, strings, lists and tuples of them. What TensorFlow 1.15 answers is kept beside the cases as json;
`python tests/figures.py tests/ops/nn_cases.txt`, run by a Python that has TensorFlow 1.15, writes it again. Cases know
`tf`, `np`, `ramp(*shape)` (distinct numbers around zero), `names()` (of the global variables), `grad(y, *xs)`,
`after(operation)` (a tensor that is there when it has run), `drain(dataset)` (its types, shapes and elements), and may
fill `feed`.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import sys
from typing import Any

import numpy as np


def ramp(*shape: int, scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Distinct float32 numbers, of both signs, in no simple order."""
    count = int(np.prod(shape))
    return (scale * np.sin(np.arange(1, count + 1) * 1.7) + shift).astype(np.float32).reshape(shape)


def answer(tf: Any, source: str) -> Any:
    """What `source` answers under `tf`: {"result": ...} or {"error": [class, message]}."""
    graph = tf.Graph()
    with graph.as_default():
        scope: dict[str, Any] = {
            "tf": tf,
            "np": np,
            "ramp": ramp,
            "feed": {},
            "names": lambda: [v.name for v in tf.global_variables()],
            "after": lambda op: _after(tf, op),
            "grad": lambda y, *xs: list(tf.gradients(y, list(xs))),
            "drain": lambda dataset, limit=60: _drain(tf, dataset, limit),
        }
        try:
            exec(source, scope)
            with tf.Session(graph=graph) as session:
                session.run(tf.global_variables_initializer())
                session.run(tf.local_variables_initializer())
                return {"result": _plain(scope.get("result"), tf, session, scope["feed"])}
        except Exception as error:
            # TensorFlow 1.15 puts a traceback before what is wrong in a layer's `call`, and the
            # name of a function before what is wrong inside of it.
            said = re.sub(r"^in converted code:.*\n    \w+Error: ", "", str(error), flags=re.DOTALL)
            said = re.sub(r"^{{function_node .*?}} +", "", said)
            return {"error": [type(error).__name__, said.split("\n")[0]]}


def _after(tf: Any, op: Any) -> Any:
    """A tensor that is there when `op` has run."""
    with tf.control_dependencies([op]):
        return tf.constant(1)


def _drain(tf: Any, dataset: Any, limit: int) -> list[Any]:
    """The types and static shapes of a dataset, and its elements, `limit` of them at most."""
    iterator = dataset.make_initializable_iterator()
    element, found = iterator.get_next(), []
    with tf.Session() as session:
        session.run(iterator.initializer)
        try:
            while len(found) < limit:
                found.append(session.run(element))
        except tf.errors.OutOfRangeError:
            pass
    return [str(dataset.output_types), str(dataset.output_shapes), found]


def _plain(value: Any, tf: Any, session: Any, feed: dict[Any, Any]) -> Any:
    if isinstance(value, tf.Tensor) or hasattr(value, "initializer"):
        found = session.run(value, feed)
        shape = value.shape
        return {
            "tensor": _numbers(found),
            "dtype": value.dtype.base_dtype.name,
            "static": None if shape.ndims is None else shape.as_list(),
            "shape": list(np.shape(found)),
        }
    if isinstance(value, tf.IndexedSlices):
        parts = session.run([value.values, value.indices], feed)
        return {"slices": [_numbers(part) for part in parts]}
    if isinstance(value, dict):
        return {str(key): _plain(item, tf, session, feed) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, tf, session, feed) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return {"array": _numbers(value), "dtype": str(value.dtype), "shape": list(np.shape(value))}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _numbers(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_numbers(item) for item in value.ravel()]
    flat = np.asarray(value).ravel()
    if flat.dtype.kind == "f":
        return [float(np.format_float_scientific(x, 7)) if np.isfinite(x) else str(x) for x in flat]
    return flat.tolist()


def difference(expected: Any, got: Any, path: str = "result", rtol: float = 5e-5, atol: float = 5e-6) -> str | None:
    """Where two answers differ, in words; None where they agree."""
    if isinstance(expected, dict) and isinstance(got, dict):
        if expected.keys() != got.keys():
            return f"{path}: expected {expected}, got {got}"
        pairs = [(f"{path}.{key}", expected[key], got[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{path}: expected {expected}, got {got}"
        pairs = [(f"{path}[{k}]", a, b) for k, (a, b) in enumerate(zip(expected, got))]  # noqa: B905 - Python 3.7
    elif isinstance(expected, float) and isinstance(got, (int, float)):
        close = abs(expected - got) <= atol + rtol * abs(expected)
        return None if close else f"{path}: expected {expected}, got {got}"
    else:
        return None if expected == got else f"{path}: expected {expected!r}, got {got!r}"
    differences = (difference(a, b, p, rtol, atol) for p, a, b in pairs)
    return next((found for found in differences if found), None)


def check(expected: Any, got: Any) -> None:
    """Asserts that two answers agree; of error messages only the beginning up to the first name or number must."""
    if "error" in expected:
        assert "error" in got, f"expected {expected['error']}, got {got}"
        assert got["error"][0] == expected["error"][0], f"expected {expected['error']}, got {got['error']}"
        same = _words(got["error"][1]) == _words(expected["error"][1])
        assert same, f"expected {expected['error']}, got {got['error']}"
        return
    assert "error" not in got, f"expected {expected}, got {got}"
    found = difference(expected["result"], got["result"])
    assert found is None, found


def _words(message: str) -> str:
    """How a message begins, before its first name or number."""
    return re.split(r"['\"`\d(\[:]", message.strip(), maxsplit=1)[0][:24]


@functools.lru_cache(None)
def read_cases(path: str | pathlib.Path) -> dict[str, str]:
    """The programs in a file of cases, by name."""
    parts = re.split(r"^\[(.+)\]$", pathlib.Path(path).read_text(), flags=re.MULTILINE)
    return {name: source.strip() + "\n" for name, source in zip(parts[1::2], parts[2::2])}  # noqa: B905 - Python 3.7


@functools.lru_cache(None)
def read_answers(path: str | pathlib.Path) -> dict[str, Any]:
    """What TensorFlow 1.15 answered to the cases in file `path`."""
    return json.loads(pathlib.Path(path).with_suffix(".json").read_text())


def record(path: str) -> None:
    """Writes what the TensorFlow of this Python answers, beside the cases."""
    import tensorflow as tf

    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    answers = {name: answer(tf, source) for name, source in read_cases(path).items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in answers.items())
    pathlib.Path(path).with_suffix(".json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        record(argument)
