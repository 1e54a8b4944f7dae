"""Builds what a golden of genuine TensorFlow 1.15 describes, and compares what comes back.

A golden is a pair of files in tests/goldens: `NAME.json` says how it was made, `NAME.npz` holds inputs,
variables, outputs, final states and gradients. Every function takes the namespace `tf`, so that the
harness itself can be checked against the real thing, which it must pass: with TensorFlow 1.15's interpreter
(Python 3.7, so this file keeps to its syntax), in the root of the repository,

    PYTHONPATH=. python -m tests.rnn.golden_drivers
"""
# ruff: noqa: B905 - zip(strict=...) is not Python 3.7.

from __future__ import annotations

import importlib
import json
import pathlib
from typing import Any

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "goldens"

# Allowed error of values and of gradients, relative to the largest element of the array that is compared.
# Half precision keeps 11 bits, and libraries differ in where they round; in double precision the weights are exact.
TOLERANCE = {"float16": (1e-2, 3e-2), "float32": (1e-5, 1e-4), "float64": (1e-12, 1e-11)}

# The parts of a cell's golden; "static" repeats "dyn" through static_rnn, whose results must be the same.
CELL_PARTS = ("step", "dyn", "grad", "grad_state", "dyn0", "static")


class Golden:
    """One golden: `.meta` the json, `.arrays` the npz, and the comparison with its tolerance."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.meta = json.loads((FOLDER / (name + ".json")).read_text(encoding="utf-8"))
        with np.load(str(FOLDER / (name + ".npz"))) as archive:
            self.arrays = {key: archive[key] for key in archive.files}
        self.value_tolerance, self.gradient_tolerance = TOLERANCE[self.meta["dtype"]]

    def __getitem__(self, key: str) -> np.ndarray:
        return self.arrays[key]

    def __contains__(self, key: str) -> bool:
        return key in self.arrays

    def leaves(self, prefix: str) -> list[np.ndarray]:
        """The arrays `prefix/0`, `prefix/1`, ... of a flattened structure."""
        found = []
        while f"{prefix}/{len(found)}" in self.arrays:
            found.append(self.arrays[f"{prefix}/{len(found)}"])
        return found

    def compare(self, key: str, actual: Any, tolerance: float) -> None:
        """Raise AssertionError unless `actual` has the shape and dtype of `key` and is as near as `tolerance` says."""
        expected = self.arrays[key]
        actual = np.asarray(actual)
        assert actual.shape == expected.shape, (self.name, key, actual.shape, expected.shape)
        assert actual.dtype == expected.dtype, (self.name, key, actual.dtype, expected.dtype)
        if not expected.size:
            return
        bound = tolerance * max(float(np.abs(expected[np.isfinite(expected)]).max(initial=0)), 1e-6)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=bound, err_msg=f"{self.name}: {key}")

    def compare_leaves(self, prefix: str, actual: list[Any]) -> None:
        """Compare a flattened structure with `prefix/0`, `prefix/1`, ...; zeros of padding must be exact."""
        assert len(actual) == len(self.leaves(prefix)), (self.name, prefix, len(actual))
        for number, value in enumerate(actual):
            key = f"{prefix}/{number}"
            self.compare(key, value, self.value_tolerance)
            zeros = self.arrays[key] == 0
            assert not np.any(value[zeros]), (self.name, key, "not exactly zero where TensorFlow is")


# -- building ----------------------------------------------------------------------------------------------


def resolve(tf: Any, dotted: str) -> Any:
    """The object that a golden calls `tf.nn.rnn_cell.LSTMCell`, or `tensorflow.contrib....` where it is not public."""
    first, _, rest = dotted.partition(".")
    if first == "tensorflow" and tf.__name__ == "tensorflow":  # which hides its inner modules from attribute access
        module, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(module), name)
    assert first in ("tf", "tensorflow"), dotted
    found = tf
    for part in rest.split("."):
        found = getattr(found, part)
    return found


def build(tf: Any, spec: Any) -> Any:
    """A value as the json describes it: nested cells, functions, lambdas, constructor calls, plain data."""
    if isinstance(spec, list):
        return [build(tf, item) for item in spec]
    if not isinstance(spec, dict):
        return spec
    if "$same_object_times" in spec:
        return [build_cell(tf, spec["cell"])] * spec["$same_object_times"]
    if "$cell" in spec:
        return build_cell(tf, spec["$cell"])
    if "$fn" in spec:
        return resolve(tf, spec["$fn"])
    if "$lambda" in spec:
        return eval(spec["$lambda"], {"tf": tf, "np": np})
    if "$call" in spec:
        return build_cell(tf, spec["$call"])
    return {key: build(tf, value) for key, value in spec.items()}


def build_cell(tf: Any, spec: dict[str, Any]) -> Any:
    """The cell that `{"class": "tf...", "args": [...], "kwargs": {...}}` names."""
    arguments = [build(tf, value) for value in spec.get("args", [])]
    keywords = {key: build(tf, value) for key, value in spec.get("kwargs", {}).items()}
    return resolve(tf, spec["class"])(*arguments, **keywords)


class Feeds:
    """Makes placeholders for arrays of a golden, and remembers what to feed them with."""

    def __init__(self, tf: Any, golden: Golden) -> None:
        self.tf, self.golden = tf, golden
        self.made: dict[str, Any] = {}

    def __call__(self, key: str, shape: Any = None) -> Any:
        value = self.golden[key]
        static = value.shape if shape is None else shape
        self.made[key] = self.tf.placeholder(self.tf.as_dtype(value.dtype), static)
        return self.made[key]

    def inputs(self, prefix: str) -> Any:
        """A cell's inputs: `prefix/0`, or a tuple of it, `prefix/1`, ..., for a cell that takes several."""
        leaves = tuple(self(f"{prefix}/{n}") for n in range(len(self.golden.leaves(prefix))))
        return leaves if len(leaves) > 1 else leaves[0]

    def optional(self, key: str) -> Any:
        return self(key) if key in self.golden else None

    def state(self, cell: Any, prefix: str) -> Any:
        """A state for `cell` from `prefix/0`, `prefix/1`, ..., or None if the golden starts from zeros."""
        leaves = [self(f"{prefix}/{n}") for n in range(len(self.golden.leaves(prefix)))]
        if not leaves:
            return None
        return self.tf.contrib.framework.nest.pack_sequence_as(cell.state_size, leaves)

    def feed_dict(self) -> dict[Any, np.ndarray]:
        return {placeholder: self.golden[key] for key, placeholder in self.made.items()}

    def differentiable(self) -> list[str]:
        return [key for key, placeholder in self.made.items() if placeholder.dtype.is_floating]


def flat(tf: Any, structure: Any) -> list[Any]:
    return list(tf.contrib.framework.nest.flatten(structure))


def weighted_sum(tf: Any, golden: Golden, prefix: str, tensors: list[Any]) -> Any:
    """The sum over leaves of leaf * R, the scalar whose gradients the goldens hold."""
    return tf.add_n([tf.reduce_sum(t * tf.constant(r)) for t, r in zip(tensors, golden.leaves(prefix))])


# -- variables ---------------------------------------------------------------------------------------------


def check_variables(tf: Any, session: Any, golden: Golden, names: list[str]) -> None:
    """Names in order of making, shapes, dtypes, being trainable, and what the default initializer gave."""
    made = tf.global_variables()
    assert [v.op.name for v in made] == names, (golden.name, [v.op.name for v in made])
    trainable = {v.op.name for v in tf.trainable_variables()}
    for variable, described in zip(made, golden.meta["variables"]):
        assert variable.shape.as_list() == described["shape"], variable
        assert variable.dtype.base_dtype.name == described["dtype"], variable
        assert (variable.op.name in trainable) == described["trainable"], variable
        value, default = session.run(variable), described["default_initial_value"]
        if "constant" in default:
            np.testing.assert_array_equal(value, np.full(described["shape"], default["constant"]))
        elif value.size >= 60:
            assert 0.6 < np.std(value) / default["random"]["std"] < 1.6, (variable, np.std(value))


def load_variables(tf: Any, session: Any, golden: Golden, names: list[str]) -> None:
    """Give the variables the golden's values; `names` are those of `var/...`, in the order of making."""
    for variable, name in zip(tf.global_variables(), names):
        value = golden["var/" + name].astype(variable.dtype.base_dtype.as_numpy_dtype)
        session.run(variable.assign(value))


def check_gradients(
    tf: Any, session: Any, golden: Golden, kind: str, loss: Any, wrt: list[Any], keys: list[str], feed_dict: Any
) -> None:
    """Compare d loss / d wrt with `kind/<key>`; `gradient_none` names those that TensorFlow has none for."""
    gradients = tf.gradients(loss, wrt)
    none = [key for key, gradient in zip(keys, gradients) if gradient is None]
    assert none == golden.meta["gradient_none"][kind], (golden.name, kind, none)
    # TensorFlow's gradient of rows that are looked up is IndexedSlices, and goldens hold dense ones.
    present = [(key, tf.convert_to_tensor(gradient)) for key, gradient in zip(keys, gradients) if gradient is not None]
    values = session.run([loss] + [gradient for _, gradient in present], feed_dict)
    value, expected = float(values[0]), float(golden[kind + "/loss"])
    near = value == expected or abs(value - expected) <= golden.gradient_tolerance * (1 + abs(expected))  # or infinite
    assert near, (kind, value, expected)
    for (key, _), value in zip(present, values[1:]):
        golden.compare(f"{kind}/{key}", value, golden.gradient_tolerance)


# -- cells -------------------------------------------------------------------------------------------------


def check_cell(tf: Any, name: str, part: str) -> None:
    """Run one of CELL_PARTS of the cell golden `name` and compare it."""
    golden = Golden(name)
    direct_names = [v["name"] for v in golden.meta["variables"]]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        cell = build_cell(tf, golden.meta["cell"])
        feeds = Feeds(tf, golden)
        names = direct_names if part == "step" else golden.meta["dynamic_rnn_variable_names"]
        output, state = _run_part(tf, cell, feeds, part)
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, direct_names)
        if part in ("grad", "grad_state"):
            # Gradients are taken with respect to what was fed, in the golden's order, then the variables.
            kind = "dyn/" + part
            fed = feeds.differentiable()
            keys = [key.replace("dyn/", "", 1) for key in fed] + ["var/" + n for n in names]
            wrt = [feeds.made[key] for key in fed] + tf.trainable_variables()
            tensors, prefix = (flat(tf, output), "dyn/R/out") if part == "grad" else (flat(tf, state), "dyn/R/state")
            loss = weighted_sum(tf, golden, prefix, tensors)
            check_gradients(tf, session, golden, kind, loss, wrt, keys, feeds.feed_dict())
            return
        prefix = "dyn" if part == "static" else part
        outputs, states = session.run([flat(tf, output), flat(tf, state)], feeds.feed_dict())
        golden.compare_leaves(prefix + "/out", outputs)
        golden.compare_leaves(prefix + "/state", states)
        _check_structure(golden, prefix, output, state)


def _run_part(tf: Any, cell: Any, feeds: Feeds, part: str) -> tuple[Any, Any]:
    if part == "step":
        return cell(feeds.inputs("step/in/x"), feeds.state(cell, "step/in/state"))
    if part == "dyn0":
        return tf.nn.dynamic_rnn(cell, feeds.inputs("dyn0/in/x"), dtype=tf.float32)
    inputs, lengths = feeds.inputs("dyn/in/x"), feeds("dyn/in/sequence_length")
    state = feeds.state(cell, "dyn/in/state")
    if part == "static":
        if isinstance(inputs, tuple):
            steps = list(zip(*[tf.unstack(leaf, axis=1) for leaf in inputs]))
        else:
            steps = tf.unstack(inputs, axis=1)
        outputs, final = tf.nn.static_rnn(cell, steps, initial_state=state, sequence_length=lengths)
        return tf.stack(outputs, axis=1), final
    return tf.nn.dynamic_rnn(cell, inputs, sequence_length=lengths, initial_state=state)


def _check_structure(golden: Golden, prefix: str, output: Any, state: Any) -> None:
    """Results are nested as TensorFlow nests them: `LSTMStateTuple(c=#0, h=#1)` and the like."""
    for part, structure in (("out", output), ("state", state)):
        expected = golden.meta["structures"][f"{prefix}/{part}"]
        assert describe(structure) == expected, (golden.name, part, describe(structure), expected)


def describe(structure: Any) -> str:
    """The structure as text, its leaves numbered in the order of flattening."""
    numbers = iter(range(1000))

    def walk(item: Any) -> str:
        if isinstance(item, tuple) and hasattr(item, "_fields"):
            inner = [f"{field}={walk(value)}" for field, value in zip(item._fields, item)]
            return "{}({})".format(type(item).__name__, ", ".join(inner))
        if isinstance(item, (tuple, list)):
            inner = [walk(value) for value in item]
            return ("(%s)" if isinstance(item, tuple) else "[%s]") % ", ".join(inner)
        return f"#{next(numbers)}"

    return walk(structure)


def cell_names() -> list[str]:
    """The goldens that describe a cell and nothing but it."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if "drivers" in _meta(path))


def cell_parts() -> list[tuple[str, str]]:
    """What can be checked of each cell's golden: a few have no gradient in TensorFlow, and no static unrolling."""
    return [
        (name, part)
        for name in cell_names()
        for part in CELL_PARTS
        if _has_part(_meta(FOLDER / (name + ".json")), part)
    ]


def _meta(path: pathlib.Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _has_part(meta: dict[str, Any], part: str) -> bool:
    if part in ("grad", "grad_state"):
        return "dyn/" + part in meta.get("gradient_none", {})
    if part == "static":
        return "max_abs_difference_static_rnn_vs_dynamic_rnn" in meta
    return any(key.startswith(part + "/out") for key in meta["arrays"])
