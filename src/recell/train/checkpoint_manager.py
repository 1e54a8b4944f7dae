"""The newest checkpoints of objects, in one folder. TF symbol: `tf.train.CheckpointManager`."""

from __future__ import annotations

import os
import time
from typing import Any

from recell.checkpoint import modified, remove
from recell.platform import logging
from recell.platform.text import as_text
from recell.train.checkpoint_management import get_checkpoint_state, write_checkpoint_state
from recell.train.object_checkpoint import Checkpoint
from recell.train.object_status import the_session


class CheckpointManager:
    """Saves checkpoints of objects into a folder, and deletes old ones. TF symbol: `tf.train.CheckpointManager`.

    Args:
      checkpoint: what is saved.
      directory: where; it is made. A folder that has checkpoints already is gone on with.
      max_to_keep: how many of the newest to keep; None for all. ValueError for less than one.
      keep_checkpoint_every_n_hours: besides these, one checkpoint of every so many hours stays.
      checkpoint_name: how the files' names begin.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}.")
        self._checkpoint = checkpoint
        self._directory = as_text(os.fspath(directory))
        self._max_to_keep = max_to_keep
        self._hours = keep_checkpoint_every_n_hours
        self._prefix = os.path.join(self._directory, checkpoint_name)
        self._times: dict[str, float] = {}
        self._modified: dict[str, float | None] = {}
        self._latest: str | None = None
        self._preserved = now = time.time()
        state = get_checkpoint_state(self._directory)
        if state is not None:
            times = list(state.all_model_checkpoint_timestamps) or [now] * len(state.all_model_checkpoint_paths)
            self._times = dict(zip(state.all_model_checkpoint_paths, times, strict=False))
            self._latest = state.model_checkpoint_path
            self._modified = {prefix: modified(prefix) for prefix in self._times}
            self._preserved = state.last_preserved_timestamp or now

    @property
    def latest_checkpoint(self) -> str | None:
        """The prefix of the newest checkpoint, None when there is none."""
        return self._latest

    @property
    def checkpoints(self) -> list[str]:
        """The prefixes of the checkpoints that are kept and may be deleted later, the oldest first."""
        return list(self._times)

    def save(self, checkpoint_number: Any = None) -> str:
        """Saves in the default session, and returns the checkpoint's prefix.

        Its number is that of the checkpoint's counter, or `checkpoint_number`, also a variable or tensor. Raises as
        `Checkpoint.write`.
        """
        session = the_session(None)
        number = self._checkpoint._count(session)
        if checkpoint_number is not None:
            given = hasattr(checkpoint_number, "__index__") and not hasattr(checkpoint_number, "op")
            number = int(checkpoint_number if given else session.run(checkpoint_number))
        os.makedirs(self._directory, exist_ok=True)
        path = self._checkpoint.write(f"{self._prefix}-{number}", session)
        self._latest = path
        self._times.pop(path, None)
        self._times[path] = time.time()
        self._modified[path] = modified(path)
        old = self._no_longer_kept()
        times = list(self._times.values())
        write_checkpoint_state(
            self._directory, path, self.checkpoints, None, True, times, last_preserved_timestamp=self._preserved
        )
        for prefix in old:
            try:
                # What another one has written anew is that one's, and stays.
                remove(prefix, written=self._modified.pop(prefix, None))
            except OSError as error:
                logging.warning("Ignoring: %s", error)
        return path

    def _no_longer_kept(self) -> list[str]:
        old = []
        while self._max_to_keep is not None and len(self._times) > self._max_to_keep:
            prefix = next(iter(self._times))
            moment = self._times.pop(prefix)
            if self._hours is not None and moment - self._hours * 3600 >= self._preserved:
                self._preserved = moment  # the one of these hours that stays
            else:
                old.append(prefix)
        return old


__all__ = ["CheckpointManager"]
