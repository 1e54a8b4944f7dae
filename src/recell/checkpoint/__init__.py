"""Checkpoints of TensorFlow 1, both formats, reading and writing. Imports nothing of ours.

Needs numpy, google-crc32c and cramjam; ml_dtypes for bfloat16.

A checkpoint is named arrays on disk, known by its prefix (`dir/model.ckpt-20`). `Reader` and `write` handle one
checkpoint, `read_state` and `write_state` the text file that says which is the newest of a folder.
- The second format ("v2", TF's tensor bundle) is `PREFIX.index`, a table of names, and `PREFIX.data-0000i-of-0000n`.
- The first ("v1") is one table, `PREFIX`, with names and values.

Nothing half written is ever read: a checkpoint takes the place of another at one moment (`recell.checkpoint.commit`),
and what is read is checked before it is believed. What is wrong with a file is told by `recell.checkpoint.errors`.

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
    DamagedCheckpoint,
    MissingCheckpoint,
    MissingShard,
    MissingTensor,
    NotACheckpoint,
    UnreadableCheckpoint,
    UnreadableState,
    UnsupportedCheckpoint,
    UnwritableCheckpoint,
    WrongSlice,
)
from recell.checkpoint.files import exists, files_of, modified, remove
from recell.checkpoint.reader import Reader, TensorInfo, describe, read
from recell.checkpoint.slices import Region, spec_of
from recell.checkpoint.state import CheckpointState, latest, read_state, write_state
from recell.checkpoint.whole_file import replacing
from recell.checkpoint.writer import Entry, write

__all__ = [
    "CheckpointError",
    "CheckpointState",
    "DamagedCheckpoint",
    "Entry",
    "MissingCheckpoint",
    "MissingShard",
    "MissingTensor",
    "NotACheckpoint",
    "Reader",
    "Region",
    "TensorInfo",
    "UnreadableCheckpoint",
    "UnreadableState",
    "UnsupportedCheckpoint",
    "UnwritableCheckpoint",
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
    "spec_of",
    "write",
    "write_state",
]
