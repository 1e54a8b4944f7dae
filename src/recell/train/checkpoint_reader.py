"""Looking into checkpoints: names, shapes, dtypes and values, without a graph."""

from __future__ import annotations

import os
import weakref
from typing import Any

import numpy as np

from recell import checkpoint
from recell.graph.dtypes import DType, as_dtype, runtime_name
from recell.platform.text import as_str
from recell.train.checkpoint_management import latest_checkpoint
from recell.train.saver_ops import told_as_tensorflow


class CheckpointReader:
    """A checkpoint, opened. TF symbol: what `tf.train.NewCheckpointReader(prefix)` gives.

    Raises NotFoundError when there is none, DataLossError for a damaged file or one of another format.
    """

    def __init__(self, filename: Any) -> None:
        self._prefix = os.fspath(as_str(filename) if isinstance(filename, bytes) else filename)
        with told_as_tensorflow(self._prefix):
            self._reader = checkpoint.Reader(self._prefix)
            self._infos = self._reader.tensors()
        # TensorFlow's object has no close(): the files are closed when nobody has it any more.
        self._close = weakref.finalize(self, self._reader.close)

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Shapes by name."""
        return {name: list(info.shape) for name, info in self._infos.items()}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """Dtypes by name."""
        return {name: as_dtype(info.dtype) for name, info in self._infos.items()}

    def has_tensor(self, tensor_str: Any) -> bool:
        """Whether it holds a tensor of this name."""
        return as_str(tensor_str) in self._infos

    def get_tensor(self, tensor_str: Any) -> Any:
        """The value of a tensor: an array, or bytes for a string scalar. NotFoundError when it is not there."""
        with told_as_tensorflow(self._prefix):
            found = self._reader.read(as_str(tensor_str))
        if found.dtype.names:  # quantised numbers: TensorFlow gives the integers
            found = found[found.dtype.names[0]]
        return found.item() if found.dtype == object and not found.shape else np.asarray(found)

    def debug_string(self) -> bytes:
        """A line for each tensor: name, dtype and shape, and of how many parts it is if it is partitioned."""
        lines = []
        for name, info in self._infos.items():
            kind = runtime_name(info.dtype).upper()
            count = len(self._reader.parts(name))
            parts = f", {count} slices" if count > 1 else ""
            lines.append(f"{name} (DT_{kind}) [{','.join(map(str, info.shape))}]{parts}\n")
        return "".join(lines).encode("utf-8", "surrogateescape")


def NewCheckpointReader(filepattern: Any) -> CheckpointReader:
    """Opens the checkpoint of a prefix. TF symbol: `tf.train.NewCheckpointReader`. Raises as `CheckpointReader`."""
    return CheckpointReader(filepattern)


def checkpoint_prefix(ckpt_dir_or_file: Any) -> str:
    """The prefix that is meant: of the newest checkpoint if it is a folder. ValueError for a folder without any."""
    path = os.fspath(as_str(ckpt_dir_or_file) if isinstance(ckpt_dir_or_file, bytes) else ckpt_dir_or_file)
    if os.path.isdir(path):
        found = latest_checkpoint(path)
        if found is None:
            raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}")
        return found
    return path


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """Opens a checkpoint, or the newest one of a folder. TF symbol: `tf.train.load_checkpoint`."""
    return CheckpointReader(checkpoint_prefix(ckpt_dir_or_file))


def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """The value of variable `name` (`a/w`, or `a/w:0`) in a checkpoint. TF symbol: `tf.train.load_variable`."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Names and shapes of what a checkpoint holds, sorted by name. TF symbol: `tf.train.list_variables`."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


__all__ = [
    "CheckpointReader",
    "NewCheckpointReader",
    "checkpoint_prefix",
    "list_variables",
    "load_checkpoint",
    "load_variable",
]
