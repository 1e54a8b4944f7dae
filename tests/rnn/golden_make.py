"""Makes goldens of cells with genuine TensorFlow 1.15: what golden_case.py compares ours with.

    PYTHONPATH=. python -m tests.rnn.golden_make            # those of golden_specs.json that are not there yet

needs TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax). A line of golden_specs.json says
which cell: `"name": {"class": ..., "kwargs": ..., "inputs": [[3]]}`, with the sizes of the input's leaves behind batch
and time; `"integers": n` draws them from range(n), "increasing" makes the first of them grow (times), "parts" names
what TensorFlow can do with the cell, when that is not all, "state" the sizes of states where `state_size` is not true.
"""
# ruff: noqa: B905 - zip(strict=...) is not Python 3.7.

from __future__ import annotations

import json
import pathlib
import zlib
from typing import Any

import numpy as np
from tests.rnn.golden_case import FOLDER, build_cell, describe, flat

SPECS = pathlib.Path(__file__).resolve().parent / "golden_specs.json"
BATCH, TIME, LENGTHS = 4, 6, [6, 3, 0, 1]
DESCRIPTION = (
    "RNN cell: one step called directly, then tf.nn.dynamic_rnn with sequence_length and given initial state, then "
    "dynamic_rnn without sequence_length and zero state"
)


class Maker:
    """One golden in the making: the values drawn so far, and what TensorFlow answered."""

    def __init__(self, tf: Any, name: str, spec: dict[str, Any]) -> None:
        self.tf, self.name, self.spec = tf, name, spec
        self.random = np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)
        self.arrays: dict[str, np.ndarray] = {}
        self.structures: dict[str, str] = {}
        self.variables: list[dict[str, Any]] = []
        self.dynamic_names: list[str] = []
        self.none: dict[str, list[str]] = {}

    def make(self) -> dict[str, Any]:
        """The json of the golden; `arrays` then holds the npz."""
        for part in self.spec.get("parts", ["step", "dyn", "dyn0"]):
            self._run(part)
        spec = {key: self.spec[key] for key in ("class", "kwargs")}
        arrays = {key: [list(value.shape), value.dtype.name] for key, value in sorted(self.arrays.items())}
        meta = {
            "name": self.name,
            "group": "cell",
            "description": DESCRIPTION,
            "tensorflow": self.tf.__version__,
            "dtype": "float32",
            "generator": "tests/rnn/golden_make.py",
            "cell": spec,
            "batch": BATCH,
            "time": TIME,
            "drivers": self.spec.get("parts", ["step", "dyn", "dyn0"]),
            "structures": self.structures,
            "variables": self.variables,
            "dynamic_rnn_variable_names": self.dynamic_names,
            "gradient_none": self.none,
            "arrays": arrays,
        }
        if "parts" not in self.spec:
            meta["max_abs_difference_static_rnn_vs_dynamic_rnn"] = 0.0
        return meta

    def _run(self, part: str) -> None:
        tf = self.tf
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(1)
            cell = build_cell(tf, self.spec)
            x = self._inputs(part)
            state = None if part == "dyn0" else self._state(cell, part)
            if part == "step":
                output, final = cell(x, state)
            elif part == "dyn":
                self.arrays["dyn/in/sequence_length"] = np.array(LENGTHS, np.int32)
                output, final = tf.nn.dynamic_rnn(cell, x, self._placeholder("dyn/in/sequence_length"), state)
            else:
                output, final = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
            self._start(session, part)
            feed = {placeholder: self.arrays[key] for key, placeholder in self.made.items()}
            for kind, structure in (("out", output), ("state", final)):
                self.structures[f"{part}/{kind}"] = describe(structure)
                for number, value in enumerate(session.run(flat(tf, structure), feed)):
                    self.arrays[f"{part}/{kind}/{number}"] = value
            if part == "dyn":
                self._gradients(session, "grad", "out", flat(tf, output), feed)
                self._gradients(session, "grad_state", "state", flat(tf, final), feed)

    def _inputs(self, part: str) -> Any:
        self.made: dict[str, Any] = {}
        front = [BATCH] if part == "step" else [BATCH, TIME]
        leaves = []
        for number, size in enumerate(self.spec.get("inputs", [[3]])):
            shape, key = front + size, f"{part}/in/x/{number}"
            if "integers" in self.spec:
                self.arrays[key] = self.random.randint(0, self.spec["integers"], shape).astype(np.int32)
            else:
                drawn = self.random.normal(size=shape)
                if "increasing" in self.spec and number == 0:
                    drawn = np.cumsum(np.abs(drawn), axis=-2)
                self.arrays[key] = drawn.astype(np.float32)
            leaves.append(self._placeholder(key))
        return leaves[0] if len(leaves) == 1 else tuple(leaves)

    def _state(self, cell: Any, part: str) -> Any:
        zero = cell.zero_state(BATCH, self.tf.float32)
        shapes = [leaf.shape.as_list() for leaf in flat(self.tf, zero)]
        if "state" in self.spec:
            shapes = [[BATCH, *size] for size in self.spec["state"]]
        leaves = []
        for number, shape in enumerate(shapes):
            key = f"{part}/in/state/{number}"
            self.arrays[key] = self.random.normal(scale=0.4, size=shape).astype(np.float32)
            leaves.append(self._placeholder(key))
        return self.tf.contrib.framework.nest.pack_sequence_as(zero, leaves)

    def _placeholder(self, key: str) -> Any:
        value = self.arrays[key]
        self.made[key] = self.tf.placeholder(self.tf.as_dtype(value.dtype), value.shape)
        return self.made[key]

    def _start(self, session: Any, part: str) -> None:
        """Draws the variables' values at the direct call, and loads the same, in the same order, later."""
        tf = self.tf
        session.run(tf.global_variables_initializer())
        made = tf.global_variables()
        trainable = {v.op.name for v in tf.trainable_variables()}
        for number, variable in enumerate(made):
            if part == "step":
                value = session.run(variable)
                self.variables.append(
                    {
                        "name": variable.op.name,
                        "shape": list(value.shape),
                        "dtype": value.dtype.name,
                        "trainable": variable.op.name in trainable,
                        "default_initial_value": _summary(value),
                    }
                )
                drawn = value + self.random.normal(scale=0.3, size=value.shape)
                self.arrays["var/" + variable.op.name] = np.asarray(drawn, value.dtype)
            variable.load(self.arrays["var/" + self.variables[number]["name"]], session)
        if part == "dyn":
            self.dynamic_names = [v.op.name for v in made]

    def _gradients(self, session: Any, kind: str, result: str, tensors: list[Any], feed: Any) -> None:
        tf = self.tf
        fed = [key for key, placeholder in self.made.items() if placeholder.dtype.is_floating]
        keys = [key.replace("dyn/", "", 1) for key in fed] + ["var/" + v.op.name for v in tf.trainable_variables()]
        terms = []
        for number, tensor in enumerate(tensors):
            weight = self.random.normal(size=tensor.shape.as_list()).astype(np.float32)
            self.arrays[f"dyn/R/{result}/{number}"] = weight
            terms.append(tf.reduce_sum(tensor * tf.constant(weight)))
        loss = tf.add_n(terms)
        gradients = tf.gradients(loss, [self.made[key] for key in fed] + tf.trainable_variables())
        self.none["dyn/" + kind] = [key for key, gradient in zip(keys, gradients) if gradient is None]
        present = [(key, tf.convert_to_tensor(g)) for key, g in zip(keys, gradients) if g is not None]
        values = session.run([loss] + [gradient for _, gradient in present], feed)
        self.arrays[f"dyn/{kind}/loss"] = values[0]
        for (key, _), value in zip(present, values[1:]):
            self.arrays[f"dyn/{kind}/{key}"] = value


def _summary(value: np.ndarray) -> dict[str, Any]:
    if value.size and np.all(value == value.flat[0]):
        return {"constant": float(value.flat[0])}
    return {"random": {"min": float(value.min()), "max": float(value.max()), "std": float(value.std())}}


def main() -> None:
    """Write the goldens that are missing."""
    import tensorflow as tf

    for name, spec in json.loads(SPECS.read_text(encoding="utf-8")).items():
        if (FOLDER / (name + ".npz")).exists():
            continue
        maker = Maker(tf, name, spec)
        meta = maker.make()
        np.savez_compressed(str(FOLDER / (name + ".npz")), **maker.arrays)
        (FOLDER / (name + ".json")).write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
        print("made", name)


if __name__ == "__main__":
    main()
