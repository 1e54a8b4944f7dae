"""`recell info`: what is installed, what it runs on, which kernels, which data it sees."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator

import recell
from recell.graph import compat

DATA_SETS = {"MNIST_data": "train-images-idx3-ubyte.gz", "simple-examples": "data/ptb.train.txt"}
"""Folders that programs ask for -> a file that is in them."""


def report() -> Iterator[str]:
    """The lines that the command prints."""
    yield f"recell   {recell.__version__}, stands for TensorFlow 1.15.0"
    yield f"python   {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield f"torch    {_version('torch')}"
    yield f"numpy    {_version('numpy')}"
    yield from _devices()
    yield from _data()
    shared = "one set of weights" if compat.shares_repeated_cells() else "n layers, each with weights of its own"
    yield f"cells    MultiRNNCell([cell] * n) makes {shared} (run --tf 1.15 makes one set, as that release)"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"not installed: pip install {package}"


def _devices() -> Iterator[str]:
    try:
        import torch
    except ImportError as error:
        yield f"devices  torch cannot be imported: {error}"
        return
    yield f"threads  {torch.get_num_threads()} of {os.cpu_count()} processors"
    found = [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
    yield f"devices  {', '.join(['cpu', *found])}"
    from recell.kernels import native

    yield f"kernels  {native()}"


def _data() -> Iterator[str]:
    root = os.environ.get("RECELL_DATA")
    if not root:
        yield "data     RECELL_DATA is not set (recell run --data DIR sets it)"
        return
    yield f"data     RECELL_DATA is {root}"
    for name, witness in DATA_SETS.items():
        folder = os.path.join(root, name)
        state = "found" if os.path.isfile(os.path.join(folder, witness)) else f"not found (no {witness} in it)"
        yield f"         {folder}: {state}"
