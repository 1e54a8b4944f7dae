"""Monitors that write: checkpoints, summaries; and the ones that a program gets by default."""

from __future__ import annotations

import os
import time
from typing import Any

from recell.estimator.learn_monitors import BaseMonitor, EveryN
from recell.estimator.learn_value_monitors import PrintTensor
from recell.graph.core import get_collection
from recell.graph.keys import GraphKeys
from recell.monitoring.timer import SecondOrStepTimer
from recell.monitoring.writers import add_scalar
from recell.platform import logging
from recell.summary.writer import FileWriterCache
from recell.train.training_util import get_global_step


class CheckpointSaver(BaseMonitor):
    """Saves checkpoints. TF symbol: `tf.contrib.learn.monitors.CheckpointSaver`.

    Args:
      checkpoint_dir: the folder.
      save_secs, save_steps: how often; exactly one of them. The end of the training is saved too.
      saver: what to save with; that of the scaffold, or else the graph's only one, by default.
      checkpoint_basename: how the files' names begin.
      scaffold: whose saver to use.

    Raises ValueError unless exactly one interval is given, and when there are several savers to choose from.
    """

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
    ) -> None:
        super().__init__()
        logging.info("Create CheckpointSaver.")
        if save_steps is not None and save_secs is not None:
            raise ValueError("Can not provide both save_steps and save_secs.")
        if save_steps is None and save_secs is None:
            raise ValueError("Either save_steps or save_secs should be provided")
        self._saver = saver
        self._scaffold = scaffold
        self._save_path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._last_step: int | None = None

    def post_step(self, step: int, session: Any) -> None:
        super().post_step(step, session)
        self._last_step = step
        if self._timer.should_trigger_for_step(step):
            self._save(step, session)

    def end(self, session: Any = None) -> None:
        super().end(session)
        if session is not None and self._last_step is not None and self._timer.last_triggered_step() != self._last_step:
            self._save(self._last_step, session)

    def _save(self, step: int, session: Any) -> None:
        logging.info("Saving checkpoints for %d into %s.", step, self._save_path)
        self._timer.update_last_triggered_step(step)
        self._find_saver().save(session, self._save_path, global_step=step)

    def _find_saver(self) -> Any:
        if self._saver is not None:
            return self._saver
        if self._scaffold is not None:
            return self._scaffold.saver
        found = get_collection(GraphKeys.SAVERS)
        if len(found) != 1:
            raise ValueError(f"The graph has {len(found)} savers: say which one to use by saver= or scaffold=.")
        return found[0]


class SummarySaver(EveryN):
    """Writes summaries. TF symbol: `tf.contrib.learn.monitors.SummarySaver`.

    Args:
      summary_op: the summaries as a tensor of serialized `tf.Summary`; that of the scaffold if None.
      save_steps: how often.
      output_dir: the folder of the events.
      summary_writer: writes them, in place of one for the folder.
      scaffold: whose summaries to write.
    """

    def __init__(
        self,
        summary_op: Any,
        save_steps: int = 100,
        output_dir: str | None = None,
        summary_writer: Any = None,
        scaffold: Any = None,
    ) -> None:
        super().__init__(every_n_steps=save_steps)
        self._summary_op = summary_op
        self._summary_writer = summary_writer
        if summary_writer is None and output_dir:
            self._summary_writer = FileWriterCache.get(output_dir)
        self._scaffold = scaffold

    def every_n_step_begin(self, step: int) -> list[Any]:
        super().every_n_step_begin(step)
        if self._summary_op is None and self._scaffold is not None:
            self._summary_op = self._scaffold.summary_op
        return [] if self._summary_op is None else [self._summary_op]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        super().every_n_step_end(step, outputs)
        if self._summary_op is not None and self._summary_writer is not None:
            self._summary_writer.add_summary(outputs[self._summary_op], step)
        return False

    def end(self, session: Any = None) -> None:
        super().end(session=session)
        if self._summary_writer is not None:
            self._summary_writer.flush()


class StepCounter(EveryN):
    """Writes how many steps a second are made. TF symbol: `tf.contrib.learn.monitors.StepCounter`.

    Args:
      every_n_steps: how often; not at the first of these, from which it counts.
      output_dir: the folder of the summary `global_step/sec`.
      summary_writer: writes it, in place of one for the folder.
    """

    def __init__(self, every_n_steps: int = 100, output_dir: str | None = None, summary_writer: Any = None) -> None:
        super().__init__(every_n_steps=every_n_steps)
        self._summary_writer = summary_writer
        if summary_writer is None and output_dir:
            self._summary_writer = FileWriterCache.get(output_dir)

    def begin(self, max_steps: int | None = None) -> None:
        super().begin(max_steps)
        self._summary_tag = f"{get_global_step().op.name}/sec"
        self._last_reported: tuple[int, float] | None = None

    def set_estimator(self, estimator: Any) -> None:
        super().set_estimator(estimator)
        if self._summary_writer is None:
            self._summary_writer = FileWriterCache.get(estimator.model_dir)

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        super().every_n_step_end(step, outputs)
        now = time.time()
        if self._last_reported is not None and self._summary_writer is not None:
            last_step, last_time = self._last_reported
            speed = (step - last_step) / (now - last_time) if now != last_time else float("inf")
            add_scalar(self._summary_writer, self._summary_tag, speed, step)
        self._last_reported = step, now
        return False


def get_default_monitors(
    loss_op: Any = None,
    summary_op: Any = None,
    save_summary_steps: int = 100,
    output_dir: str | None = None,
    summary_writer: Any = None,
) -> list[BaseMonitor]:
    """A monitor that prints the loss and one that writes summaries, as far as they are given.

    TF symbol: `tf.contrib.learn.monitors.get_default_monitors`. Arguments as of `SummarySaver`.
    """
    made: list[BaseMonitor] = []
    if loss_op is not None:
        made.append(PrintTensor({"loss": loss_op.name}))
    if summary_op is not None:
        made.append(SummarySaver(summary_op, save_summary_steps, output_dir, summary_writer))
    return made
