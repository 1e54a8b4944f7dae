"""Which checkpoints a Saver keeps, and the deleting of the others."""

from __future__ import annotations

import time
from collections.abc import Sequence

from recell import checkpoint
from recell.platform import logging


class Retention:
    """The checkpoints of one Saver, the oldest first.

    Args:
      hours: besides the newest, one checkpoint of every so many hours stays.

    Attributes:
      last: (prefix, when it was written), of those that are kept and may be deleted later.
    """

    def __init__(self, hours: float) -> None:
        self.last: list[tuple[str, float]] = []
        self._hours = hours
        self._next_kept = time.time() + hours * 3600
        self._old: list[tuple[str, float]] = []
        self._modified: dict[str, float | None] = {}

    @property
    def prefixes(self) -> list[str]:
        return [prefix for prefix, _ in self.last]

    def recover(self, prefixes: Sequence[str]) -> None:
        """Takes over those of the checkpoints that are there."""
        found = {prefix: checkpoint.modified(prefix) for prefix in prefixes}
        self.last = [(prefix, moment) for prefix, moment in found.items() if moment is not None]
        self._modified.update(found)

    def record(self, prefix: str, max_to_keep: int) -> None:
        """A checkpoint has just been written. Without a largest number of them, none is ever deleted."""
        if not max_to_keep:
            return
        self.last = [entry for entry in self.last if entry[0] != prefix]
        self.last.append((prefix, time.time()))
        self._modified[prefix] = checkpoint.modified(prefix)
        while self.last and len(self.last) > max_to_keep:
            self._old.append(self.last.pop(0))

    def delete_old(self, meta_graph_suffix: str) -> None:
        """Deletes what is no longer kept, file by file of the checkpoint itself. What fails is logged."""
        while self._old:
            prefix, moment = self._old.pop(0)
            written = self._modified.pop(prefix, None)
            if moment > self._next_kept:
                self._next_kept += self._hours * 3600
                continue  # the one of these hours that stays
            try:
                # What another saver has written anew is that one's, and stays.
                checkpoint.remove(prefix, meta_graph_suffix, written)
            except OSError as error:
                logging.warning("Ignoring: %s", error)


__all__ = ["Retention"]
