"""What goes wrong with checkpoints.

Exception
+-- CheckpointError
    +-- MissingCheckpoint           there is no file for this prefix
    +-- UnreadableCheckpoint        there is one, but its tensors cannot be had
    |   +-- NotACheckpoint          it is a file of another kind
    |   +-- DamagedCheckpoint       it is cut off, changed, or contradicts itself
    |   +-- MissingShard            a data file that the index needs is not there
    |   +-- UnsupportedCheckpoint   it is sound, but holds what is not read here
    +-- UnreadableState             the folder's file `checkpoint` says something else than which checkpoints there are
    +-- MissingTensor               the checkpoint is fine, but has no tensor of this name
    +-- WrongSlice                  the part asked for is not the checkpoint's to give
    +-- UnwritableCheckpoint        what is to be written contradicts itself, or cannot be kept in the format

What the operating system refuses (a folder that may not be written, a full disk) is an OSError.
"""

from __future__ import annotations

_SHOWN = 200


def shown(name: str) -> str:
    """A name for a message: a file may claim one of megabytes."""
    return repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}... ({len(name)} characters)"


class CheckpointError(Exception):
    """Anything that keeps a checkpoint from being written or read."""


class MissingCheckpoint(CheckpointError):
    """No file belongs to the prefix."""


class UnreadableCheckpoint(CheckpointError):
    """There is a file, but its tensors cannot be had; the subclasses and the message say why.

    Attributes:
      path: the file.
      tensor: the tensor that is concerned, None for the whole file.
    """

    def __init__(self, path: str, told: str, tensor: str | None = None) -> None:
        super().__init__(f"{path}: {told}" if tensor is None else f"{path}: tensor {shown(tensor)}: {told}")
        self.path = path
        self.told = told
        self.tensor = tensor

    def __reduce__(self) -> tuple[type[UnreadableCheckpoint], tuple[str, str, str | None]]:
        return type(self), (self.path, self.told, self.tensor)


class NotACheckpoint(UnreadableCheckpoint):
    """The file is of another kind."""


class DamagedCheckpoint(UnreadableCheckpoint):
    """The file is cut off, has been changed, or contradicts itself."""


class MissingShard(UnreadableCheckpoint):
    """The index is there, but a data file that it needs is not."""


class UnsupportedCheckpoint(UnreadableCheckpoint):
    """The file is sound, but holds what is not read here: values that are no tensors, a later version."""


class UnreadableState(CheckpointError):
    """The file that tells which checkpoints a folder has says something else, or points out of the folder."""


class MissingTensor(CheckpointError):
    """The checkpoint holds no tensor of the name."""


class WrongSlice(CheckpointError):
    """A part of a tensor that the checkpoint does not hold, or that does not lie within it."""


class UnwritableCheckpoint(CheckpointError):
    """Entries that contradict each other, or that the format cannot keep."""
