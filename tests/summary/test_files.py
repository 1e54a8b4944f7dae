"""TensorFlow 1.15 reads our event files, and we read TensorFlow's."""

from __future__ import annotations

import base64
import json

from tests.summary import golden_files

import recell.v1 as tf

HELD = json.loads(golden_files.PATH.read_text())


def test_tensorflow_reads_ours() -> None:
    wanted = [base64.b64encode(event.SerializeToString()).decode() for event in golden_files.events(tf)]
    assert HELD["read_by_tensorflow"][1:] == wanted
    ours = base64.b64decode(HELD["ours"])
    assert golden_files.read(tf, ours) == HELD["read_by_tensorflow"]
    # What is written today has the same bytes, but for the first event, which holds the time.
    assert golden_files.write(tf)[40:] == ours[40:]


def test_we_read_tensorflows() -> None:
    theirs = base64.b64decode(HELD["tensorflows"])
    assert golden_files.read(tf, theirs) == HELD["read_of_its_own"]


def test_both_write_the_same() -> None:
    def described(events: list[str]) -> list[bytes]:
        found = [tf.Event.FromString(base64.b64decode(event)) for event in events[1:]]
        for event in found:
            if event.graph_def:
                node = tf.GraphDef.FromString(event.graph_def).node[0]
                event.graph_def = f"{node.name} {node.op} {sorted(set(node.attr) - {'_recell'})}".encode()
        return [event.SerializeToString() for event in found]

    assert described(HELD["read_by_tensorflow"]) == described(HELD["read_of_its_own"])
