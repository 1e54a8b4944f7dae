"""Runs the models that test_meta_graph_process.py has saved, from their files alone, and writes what they give.

`python -m tests.train.saved_models_reader FOLDER`: for each NAME.json in the folder, what is run and fed by name, it
imports NAME.meta, restores NAME, and writes NAME.npz, or NAME.txt with what went wrong.
"""

from __future__ import annotations

import json
import pathlib
import sys
import traceback
from typing import Any

import numpy as np

import recell.v1 as tf


def results(session: Any, runs: list[list[str]], feed: dict[str, Any]) -> dict[str, np.ndarray]:
    """What each run gives for each name, operations left out."""
    found = {}
    for number, names in enumerate(runs):
        for name, value in zip(names, session.run(names, feed), strict=True):
            if value is not None:
                found[f"{number} {name}"] = np.asarray(value)
    return found


def read(path: pathlib.Path) -> None:
    asked = json.loads(path.read_text())
    feed = {name: np.array(value, kind or object) for name, (value, kind) in asked["feed"].items()}
    prefix = str(path.with_suffix(""))
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(prefix + ".meta").restore(session, prefix)
        np.savez(prefix + ".npz", **results(session, asked["runs"], feed))


if __name__ == "__main__":
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
        try:
            read(path)
        except Exception:
            path.with_suffix(".txt").write_text(traceback.format_exc())
