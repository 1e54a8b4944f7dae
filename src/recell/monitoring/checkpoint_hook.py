"""The hook that saves checkpoints, and those who are told of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.monitoring.global_step_read import require_global_step_read
from recell.monitoring.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from recell.monitoring.timer import SecondOrStepTimer
from recell.monitoring.writers import add_checkpoint_log, describe_graph
from recell.platform import logging
from recell.summary.writer import FileWriterCache


class CheckpointSaverListener:
    """Is told by a CheckpointSaverHook when it saves. TF symbol: `tf.train.CheckpointSaverListener`."""

    def begin(self) -> None:
        """Called when the hook begins."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Called before each checkpoint."""

    def after_save(self, session: Any, global_step_value: int) -> bool | None:
        """Called after each checkpoint. True asks the session to stop."""
        return None

    def end(self, session: Any, global_step_value: int) -> None:
        """Called at the end, after the last checkpoint."""


class CheckpointSaverHook(SessionRunHook):
    """Saves a checkpoint at the start, every so many steps or seconds, and at the end.

    TF symbol: `tf.train.CheckpointSaverHook`.

    Args:
      checkpoint_dir: the folder, made if it is not there.
      save_secs, save_steps: how often; exactly one of them.
      saver: what to save with; that of the scaffold or else the graph's only one by default.
      checkpoint_basename: how the files' names begin.
      scaffold: whose saver to use.
      listeners: CheckpointSaverListeners.

    Raises ValueError unless exactly one interval is given, or when both saver and scaffold are; RuntimeError, from
    `begin`, without a global step.
    """

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
        listeners: Sequence[CheckpointSaverListener] | None = None,
    ) -> None:
        logging.info("Create CheckpointSaverHook.")
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._saver = saver
        self._checkpoint_dir = os.fspath(checkpoint_dir)
        self._save_path = os.path.join(self._checkpoint_dir, checkpoint_basename)
        self._scaffold = scaffold
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._listeners = list(listeners or [])
        self._summary_writer: Any = None

    def begin(self) -> None:
        os.makedirs(self._checkpoint_dir, exist_ok=True)
        self._summary_writer = FileWriterCache.get(self._checkpoint_dir)
        self._global_step_tensor = require_global_step_read("CheckpointSaverHook")
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        step = int(session.run(self._global_step_tensor))
        describe_graph(session.graph, self._checkpoint_dir, self._summary_writer)
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if not self._timer.should_trigger_for_step(int(run_values.results) + 1):
            return
        step = int(run_context.session.run(self._global_step_tensor))
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session: Any) -> None:
        step = int(session.run(self._global_step_tensor))
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        self._summary_writer.flush()
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: int) -> bool:
        """Saves, and says whether a listener wants to stop."""
        logging.info("Saving checkpoints for %d into %s.", step, self._save_path)
        for listener in self._listeners:
            listener.before_save(session, step)
        self._get_saver().save(session, self._save_path, global_step=step)
        add_checkpoint_log(self._summary_writer, self._save_path, step)
        stop = False
        for listener in self._listeners:
            if listener.after_save(session, step):
                logging.info("A CheckpointSaverListener requested that training be stopped. listener: %s", listener)
                stop = True
        return stop

    def _get_saver(self) -> Any:
        if self._saver is not None:
            return self._saver
        if self._scaffold is not None:
            return self._scaffold.saver
        found = get_default_graph().get_collection(GraphKeys.SAVERS)
        if len(found) != 1:
            trouble = "No items" if not found else "More than one item"
            raise RuntimeError(
                f"{trouble} in collection {GraphKeys.SAVERS}. Say which Saver to use: give the hook a saver or a "
                "scaffold."
            )
        self._saver = found[0]
        return self._saver


__all__ = ["CheckpointSaverHook", "CheckpointSaverListener"]
