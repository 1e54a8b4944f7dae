"""What goes wrong with checkpoints.

Exception
+-- CheckpointError
    +-- MissingCheckpoint      there is no file for this prefix
    +-- UnreadableCheckpoint   the file is damaged, or of a format that is not read here
    +-- MissingTensor          the checkpoint is fine, but has no tensor of this name
    +-- WrongSlice             the part asked for is not the checkpoint's to give
"""

from __future__ import annotations


class CheckpointError(Exception):
    """Anything that keeps a checkpoint from being written or read."""


class MissingCheckpoint(CheckpointError):
    """No file belongs to the prefix."""


class UnreadableCheckpoint(CheckpointError):
    """There is a file, but it is damaged or of a format that is not read here; the message says which."""


class MissingTensor(CheckpointError):
    """The checkpoint holds no tensor of the name."""


class WrongSlice(CheckpointError):
    """A part of a tensor that the checkpoint does not hold, or that does not lie within it."""
