"""TensorFlow 1.15 as a reader that is asked line by line: run by its own Python, never by the tests' one.

Each line of the input is a JSON list of a prefix and what to read there (dicts with `name`, `dtype`, `shape` of the
whole tensor, `spec`); each line of the output a JSON dict: `listed`, what `NewCheckpointReader` says is there
(name: dtype and shape), and for each wish the bytes, in hexadecimal, by which way they were read.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

MOST_VARIABLES = 100
"""That a `Saver` restores at once: with thousands, TensorFlow takes its time."""


def raw(value: np.ndarray) -> str:
    """An array's bytes; of strings, each with its length in front."""
    value = np.array(value, object) if isinstance(value, bytes) else np.asarray(value)
    if value.dtype != object:
        return value.tobytes().hex()
    return b"".join(b"%d:%s," % (len(text), text) for text in value.ravel().tolist()).hex()


def restored(prefix: str, wishes: list[dict]) -> list[str]:
    """By the operation that every restore ends in."""
    with tf.Graph().as_default(), tf.Session() as session:
        tensors = tf.raw_ops.RestoreV2(
            prefix=prefix,
            tensor_names=[wish["name"] for wish in wishes],
            shape_and_slices=[wish["spec"] for wish in wishes],
            dtypes=[wish["dtype"] for wish in wishes],
        )
        return [raw(value) for value in session.run(tensors)]


def by_saver(prefix: str, wishes: list[dict]) -> list[str]:
    """By `Saver.restore`, into variables of the shapes that are wished for."""
    with tf.Graph().as_default(), tf.Session() as session:
        variables = []
        for number, wish in enumerate(wishes):
            shape, info = wish["shape"], None
            if wish["spec"]:
                *full, part = wish["spec"].split(" ")
                pairs = zip(part.split(":"), shape)  # noqa: B905
                starts, shape = zip(*((0, n) if p == "-" else map(int, p.split(",")) for p, n in pairs))  # noqa: B905
                info = tf.Variable.SaveSliceInfo(wish["name"], list(map(int, full)), list(starts), list(shape))
            kind = tf.as_dtype(wish["dtype"])
            variable = tf.Variable(tf.zeros(shape, kind), name=f"v{number}", use_resource=False)
            variable._set_save_slice_info(info)
            variables.append(variable)
        given = {wish["name"]: variable for wish, variable in zip(wishes, variables)}  # noqa: B905
        sliced = [variable for variable in variables if variable._get_save_slice_info() is not None]
        tf.train.Saver(sliced or given).restore(session, prefix)
        return [raw(value) for value in session.run(variables)]


def listed(prefix: str) -> tuple[dict, dict]:
    """What the checkpoint says that it holds, and the values of what it gives away whole."""
    reader = tf.train.NewCheckpointReader(prefix)
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    values = {}
    for name, shape in shapes.items():
        if 0 in shape:
            continue  # of the first format, it divides by the zero and ends the process
        try:
            values[name] = raw(reader.get_tensor(name))
        except Exception as error:
            values[name] = f"{type(error).__name__}: {error}"
    return {name: [dtypes[name].name, shapes[name]] for name in shapes}, values


def answer(prefix: str, wishes: list[dict]) -> dict:
    saved = [wish for wish in wishes if wish["saver"]][:MOST_VARIABLES]
    names, values = listed(prefix)
    found = {"listed": names, "got": values, "restored": restored(prefix, wishes)}
    whole, parts = [w for w in saved if not w["spec"]], [w for w in saved if w["spec"]]
    found["saver"] = {}
    for group in (whole, parts):
        if group:
            for wish, value in zip(group, by_saver(prefix, group)):  # noqa: B905
                found["saver"][f"{wish['name']} {wish['spec']}"] = value
    return found


for line in sys.stdin:
    try:
        print(json.dumps(answer(*json.loads(line))), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
