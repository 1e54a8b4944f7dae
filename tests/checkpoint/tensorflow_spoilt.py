"""TensorFlow 1.15 reads spoilt checkpoints: run by its own Python, never by the tests' one.

Each line of the input is a prefix; each line of the output, JSON, what becomes of reading all of it: the bytes of each
tensor in hexadecimal, "refused" for an exception, or "died" for a process that ends. Each is read by a child.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf


def values(prefix: str) -> dict:
    reader = tf.train.NewCheckpointReader(prefix)
    found = {}
    for name in reader.get_variable_to_shape_map():
        value = reader.get_tensor(name)
        if isinstance(value, bytes) or value.dtype == object:
            found[name] = [text.hex() for text in np.array(value, object).ravel().tolist()]
        else:
            found[name] = value.tobytes().hex()
    return found


def read_by_a_child(prefix: str) -> object:
    answer, question = os.pipe()
    child = os.fork()
    if not child:
        try:
            told = values(prefix)
        except Exception:
            told = "refused"
        with os.fdopen(question, "w") as file:
            json.dump(told, file)
        os._exit(0)
    os.close(question)
    with os.fdopen(answer) as file:
        data = file.read()
    os.waitpid(child, 0)
    return json.loads(data) if data else "died"


for line in sys.stdin:
    print(json.dumps(read_by_a_child(json.loads(line))), flush=True)
