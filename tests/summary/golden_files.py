"""An event file of ours that TensorFlow 1.15 read, and one of TensorFlow's: files.json holds both, and what was said.

`python -m tests.summary.golden_files` twice, first where Recell is, then under TensorFlow 1.15, makes it again.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import pathlib
import tempfile
from typing import Any

import numpy as np

PATH = pathlib.Path(__file__).with_name("files.json")


def events(tf: Any) -> list[Any]:
    """One event of every kind, at fixed times."""
    value = tf.Summary.Value
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.constant([1.0, 2.0], name="c")
        summaries = [
            tf.summary.scalar("loss", 0.25),
            tf.summary.histogram("weights", np.linspace(-3.0, 3.0, 13).astype(np.float32)),
            tf.summary.audio("sound", np.zeros((1, 3), np.float32), 8000.0),
            tf.summary.text("words", tf.constant(["a", "b"])),
            tf.summary.tensor_summary("numbers", tf.constant([[1, 2], [3, 4]])),
        ]
        merged = session.run(tf.summary.merge_all())
        each = session.run(summaries)
        definition = graph.as_graph_def()
    del definition.node[1:]
    made = [tf.Event(wall_time=1.5 + k, step=k, summary=tf.Summary.FromString(each[k])) for k in range(len(each))]
    made.append(tf.Event(wall_time=10.0, step=10, summary=tf.Summary.FromString(merged)))
    made.append(tf.Event(wall_time=11.0, graph_def=definition.SerializeToString(deterministic=True)))
    made.append(tf.Event(wall_time=12.0, session_log=tf.SessionLog(status=tf.SessionLog.STOP, msg="m")))
    made.append(tf.Event(wall_time=13.0, log_message=tf.LogMessage(level=tf.LogMessage.WARN, message="w")))
    long = [value(tag=f"tag {k}", simple_value=k / 7) for k in range(500)]
    made.append(tf.Event(wall_time=14.0, step=2**62, summary=tf.Summary(value=long)))
    return made


def write(tf: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        writer = tf.summary.FileWriter(folder)
        for event in events(tf):
            writer.add_event(event)
        writer.close()
        (path,) = pathlib.Path(folder).iterdir()
        return path.read_bytes()


def read(tf: Any, data: bytes) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "events"
        path.write_bytes(data)
        return [_text(event.SerializeToString()) for event in tf.train.summary_iterator(str(path))]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def record() -> None:
    held = json.loads(PATH.read_text()) if PATH.exists() else {}
    if importlib.util.find_spec("recell"):
        import recell.v1 as tf

        held = {"ours": _text(write(tf))}
    else:
        import tensorflow as tf  # type: ignore[no-redef]

        held["read_by_tensorflow"] = read(tf, base64.b64decode(held["ours"]))
        held["tensorflows"] = _text(write(tf))
        held["read_of_its_own"] = read(tf, base64.b64decode(held["tensorflows"]))
    PATH.write_text(json.dumps(held, indent=0) + "\n")


if __name__ == "__main__":
    record()
