"""Which checkpoints a folder holds, as the message that TensorFlow has for it. TF symbol: `CheckpointState`."""

from __future__ import annotations

from typing import Any

from recell import checkpoint
from recell.platform.protos import ProtoFile

_FILE = ProtoFile(
    "tensorflow/python/training/checkpoint_state.proto",
    {
        "CheckpointState": [
            "string model_checkpoint_path = 1",
            "repeated string all_model_checkpoint_paths = 2",
            "repeated double all_model_checkpoint_timestamps = 3",
            "double last_preserved_timestamp = 4",
        ]
    },
    module=__name__,
)


def as_message(state: checkpoint.CheckpointState) -> Any:
    """A state as a message. UnicodeEncodeError for a path that is no text."""
    return _FILE.message("CheckpointState")(
        model_checkpoint_path=state.model_checkpoint_path,
        all_model_checkpoint_paths=state.all_model_checkpoint_paths,
        all_model_checkpoint_timestamps=state.all_model_checkpoint_timestamps,
        last_preserved_timestamp=state.last_preserved_timestamp,
    )


def __getattr__(name: str) -> Any:
    if name == "CheckpointState":  # made when somebody asks for it: saving and restoring need no messages
        return _FILE.message(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["as_message"]
