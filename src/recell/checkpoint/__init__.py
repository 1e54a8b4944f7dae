"""Checkpoint files: named arrays on disk, written whole or not at all. Needs numpy and nothing of ours.

`write` and `Reader` handle one checkpoint, `read_state` and `write_state` the text file that says which is the newest.
A checkpoint is known by its prefix (`dir/model.ckpt-20`): its arrays are in `dir/model.ckpt-20.index`, one zip archive
of numpy's `.npy` data (`.npz` in all but name).
TensorFlow's own formats are recognised, and refused with an error that names them.

Example:
  >>> import os, tempfile
  >>> import numpy as np
  >>> from recell import checkpoint
  >>> with tempfile.TemporaryDirectory() as folder:
  ...     prefix = os.path.join(folder, "model.ckpt-20")
  ...     checkpoint.write(prefix, [checkpoint.Entry("rnn/kernel", np.ones([2, 3], np.float32))])
  ...     checkpoint.write_state(folder, checkpoint.CheckpointState(prefix, [prefix]))
  ...     checkpoint.latest(folder) == prefix
  ...     checkpoint.describe(prefix)
  ...     float(checkpoint.read(prefix)["rnn/kernel"].sum())
  True
  {'rnn/kernel': TensorInfo(dtype='float32', shape=(2, 3))}
  6.0
"""

from recell.checkpoint.errors import (
    CheckpointError,
    MissingCheckpoint,
    MissingTensor,
    UnreadableCheckpoint,
    WrongSlice,
)
from recell.checkpoint.files import exists, files_of, modified, remove, replacing
from recell.checkpoint.reader import Reader, TensorInfo, describe, read
from recell.checkpoint.state import CheckpointState, latest, read_state, write_state
from recell.checkpoint.writer import Entry, write

__all__ = [
    "CheckpointError",
    "CheckpointState",
    "Entry",
    "MissingCheckpoint",
    "MissingTensor",
    "Reader",
    "TensorInfo",
    "UnreadableCheckpoint",
    "WrongSlice",
    "describe",
    "exists",
    "files_of",
    "latest",
    "modified",
    "read",
    "read_state",
    "remove",
    "replacing",
    "write",
    "write_state",
]
