"""Savers, hooks, monitored sessions: rows of the table (see table.py for their form)."""

from __future__ import annotations

_MANAGEMENT = (
    "checkpoint_exists checkpoints_iterator generate_checkpoint_state_proto get_checkpoint_mtimes "
    "get_checkpoint_state latest_checkpoint remove_checkpoint update_checkpoint_state"
)
_READING = "list_variables load_checkpoint load_variable"

ROWS: dict[str, dict[str, str]] = {
    "train": {
        "recell.train.saver": "Saver",
        "recell.train.saver_def": "SaverDef",
        "recell.train.checkpoint_management": _MANAGEMENT,
        "recell.train.checkpoint_reader": f"{_READING} NewCheckpointReader",
    },
    "python.pywrap_tensorflow": {"recell.train.checkpoint_reader": "NewCheckpointReader CheckpointReader"},
    "train.saver": {
        "recell.train.saver": "Saver",
        "recell.train.checkpoint_management": _MANAGEMENT,
    },
    "train.checkpoint_management": {"recell.train.checkpoint_management": _MANAGEMENT},
    "train.checkpoint_utils": {"recell.train.checkpoint_reader": _READING},
    "contrib.framework": {"recell.train.checkpoint_reader": _READING},
}
