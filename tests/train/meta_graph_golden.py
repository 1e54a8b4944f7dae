"""A meta graph of ours that TensorFlow 1.15 read, and one of TensorFlow's: meta_graph_files.json holds both, and what
was read in them.

`python -m tests.train.meta_graph_golden` twice, first where Recell is, then under TensorFlow 1.15, makes it again.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import pathlib
import zlib
from typing import Any

PATH = pathlib.Path(__file__).with_name("meta_graph_files.json")


def write(tf: Any) -> bytes:
    """A model that is trained, with a loop, a branch, parts of a variable and a queue."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3, 2], name="x")
        with tf.device("/cpu:0"):
            table = tf.get_variable("table", [4, 2], partitioner=tf.fixed_size_partitioner(2))
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicRNNCell(2), x, dtype=tf.float32)
        tf.cond(tf.reduce_sum(outputs) > 0.0, lambda: outputs, lambda: -outputs, name="choice")
        loss = tf.reduce_sum(tf.tanh(table))
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, tf.train.get_or_create_global_step(), name="train")
        queue = tf.FIFOQueue(3, tf.float32, [[]], name="queue")
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(1.0)]))
        for value in (loss, 3, 0.5, "text"):
            tf.add_to_collection(type(value).__name__, value)
        made = tf.train.Saver(max_to_keep=3).export_meta_graph()
    made.meta_info_def.ClearField("stripped_op_list")
    return made.SerializeToString()


def read(tf: Any, data: bytes) -> Any:
    """What a meta graph says, as plain data."""
    made = tf.MetaGraphDef.FromString(data)
    nodes = [[n.name, n.op, n.device] for n in made.graph_def.node]
    rest = [[list(n.input), {key: _content(tf, n.attr[key]) for key in sorted(n.attr)}] for n in made.graph_def.node]
    held = {key: str(made.collection_def[key]).split() for key in sorted(made.collection_def)}
    saver = made.saver_def
    settings = [saver.filename_tensor_name, saver.save_tensor_name, saver.restore_op_name, saver.max_to_keep]
    digest = hashlib.sha256(json.dumps(rest).encode()).hexdigest()
    return [nodes, held, [*settings, saver.version], digest]


def _content(tf: Any, value: Any) -> Any:
    """An attribute as plain data, whatever release of protocol buffers holds it."""
    if value.HasField("func"):
        return [value.func.name, [[key, _content(tf, value.func.attr[key])] for key in sorted(value.func.attr)]]
    if value.HasField("tensor"):
        return str(tf.make_ndarray(value.tensor).tolist())
    if value.HasField("f"):
        return value.f
    return str(value)


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


def unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def record() -> None:
    held = json.loads(PATH.read_text()) if PATH.exists() else {}
    if importlib.util.find_spec("recell"):
        import recell.v1 as tf

        held = {"ours": packed(write(tf))}
    else:
        import tensorflow as tf  # type: ignore[no-redef]

        held["read_by_tensorflow"] = read(tf, unpacked(held["ours"]))
        theirs = write(tf)
        held["tensorflows"] = packed(theirs)
        held["read_of_its_own"] = read(tf, theirs)
    PATH.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in held.items()) + "\n}\n")


if __name__ == "__main__":
    record()
