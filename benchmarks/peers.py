"""Who is measured, and where each of them is found."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
from dataclasses import dataclass, field
from typing import Any

OWN = "own"
ENVIRONMENTS = {
    "tf115": "TensorFlow 1.15",
    "tf101": "TensorFlow 1.0.1",
    "tf2": "TensorFlow 2.21, tf_keras and Keras 3",
    "jax": "JAX, flax and Keras 3",
}
"""The environments beside our own: the name of each, which is its folder's, and what is installed in it."""


@dataclass(frozen=True)
class Peer:
    """A column of the tables.

    Args:
        name: as on the command line; title: as in the tables.
        engine: a module of benchmarks.engines; options: for its `build`.
        environment: whose interpreter it runs in.
        settings: variables of its process.
        spread_only: it takes part only where rows end at different steps.
    """

    name: str
    title: str
    engine: str
    environment: str = OWN
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    spread_only: bool = False


PEERS = {
    peer.name: peer
    for peer in [
        Peer("kernels", "Recell kernels", "recell_kernels"),
        Peer("program", "Recell program", "tf1_program", options={"module": "recell.v1"}),
        Peer("torch", "torch nn", "torch_layers"),
        Peer("torch-padded", "torch nn, padded", "torch_layers", options={"packed": False}, spread_only=True),
        Peer("cells", "torch cells", "torch_cells"),
        Peer("tf115", "TF 1.15", "tf1_program", "tf115", {"module": "tensorflow"}),
        Peer("tf115-block", "TF 1.15 block", "tf1_program", "tf115", {"module": "tensorflow", "driver": "block"}),
        Peer(
            "tf2",
            "TF 2 v1",
            "tf1_program",
            "tf2",
            {"module": "tensorflow.compat.v1"},
            {"TF_USE_LEGACY_KERAS": "1"},
        ),
        Peer("keras2", "tf_keras", "keras_tensorflow", "tf2", {"module": "tf_keras"}, {"TF_USE_LEGACY_KERAS": "1"}),
        Peer(
            "keras3-tf", "Keras 3 TF", "keras_tensorflow", "tf2", {"module": "keras"}, {"KERAS_BACKEND": "tensorflow"}
        ),
        Peer("keras3-jax", "Keras 3 JAX", "keras_jax", "jax", settings={"KERAS_BACKEND": "jax"}),
        Peer("flax", "flax", "flax_scan", "jax"),
    ]
}
OURS = ("kernels", "program")
TENSORFLOW = ("tf115", "tf115-block", "tf2")
"""Peers that run the program that "program" runs."""


def interpreters(folder: pathlib.Path, given: dict[str, str]) -> dict[str, str]:
    """Each environment's interpreter, of those that are there: `given` by name, or `FOLDER/NAME/bin/python`."""
    found = {OWN: sys.executable}
    for name in ENVIRONMENTS:
        path = shutil.which(given.get(name) or str(folder / name / "bin" / "python"))
        if path is not None:
            found[name] = path
        elif given.get(name):
            sys.exit(f"The interpreter given for {name} ({ENVIRONMENTS[name]}) is not there: {given[name]}")
    return found


def settings(peer: Peer | None = None) -> dict[str, str]:
    """The variables of a peer's process."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    return {**os.environ, **quiet, **(peer.settings if peer else {})}
