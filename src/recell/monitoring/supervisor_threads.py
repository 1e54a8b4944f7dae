"""The threads beside a supervised session: they save, summarise, and log the speed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from recell.monitoring import writers
from recell.platform import logging
from recell.train.coordinator import LooperThread

if TYPE_CHECKING:
    from recell.monitoring.supervisor import Supervisor


class _ServiceThread(LooperThread):
    def __init__(self, sv: Supervisor, sess: Any, interval: float) -> None:
        super().__init__(sv.coord, interval)
        self._sv = sv
        self._sess = sess


class SummaryThread(_ServiceThread):
    """Writes the summaries. TF symbol: `SVSummaryThread`."""

    def __init__(self, sv: Supervisor, sess: Any) -> None:
        super().__init__(sv, sess, sv.save_summaries_secs)

    def run_loop(self) -> None:
        step = None
        if self._sv.global_step is not None:
            summary, step = self._sess.run([self._sv.summary_op, self._sv.global_step])
        else:
            summary = self._sess.run(self._sv.summary_op)
        if self._sv.summary_writer is not None:
            logging.info("Recording summary at step %s.", step)
            self._sv.summary_writer.add_summary(summary, step)


class StepCounterThread(_ServiceThread):
    """Logs steps per second. TF symbol: `SVStepCounterThread`."""

    def __init__(self, sv: Supervisor, sess: Any) -> None:
        super().__init__(sv, sess, sv.save_summaries_secs)
        self._summary_tag = f"{sv.global_step.op.name}/sec"

    def start_loop(self) -> None:
        self._last_time = time.time()
        self._last_step = int(self._sess.run(self._sv.global_step))

    def run_loop(self) -> None:
        step, now = int(self._sess.run(self._sv.global_step)), time.time()
        seconds = now - self._last_time
        steps_per_sec = (step - self._last_step) / seconds if seconds else float("inf")
        self._last_time, self._last_step = now, step
        if self._sv.summary_writer is not None:
            writers.add_scalar(self._sv.summary_writer, self._summary_tag, steps_per_sec, step)
        logging.info("%s: %g", self._summary_tag, steps_per_sec)


class CheckpointThread(_ServiceThread):
    """Saves checkpoints. TF symbol: `SVTimerCheckpointThread`."""

    def __init__(self, sv: Supervisor, sess: Any) -> None:
        super().__init__(sv, sess, sv.save_model_secs)

    def run_loop(self) -> None:
        logging.info("Saving checkpoint to path %s", self._sv.save_path)
        self._sv.saver.save(self._sess, self._sv.save_path, global_step=self._sv.global_step)
        if self._sv.summary_writer is not None and self._sv.global_step is not None:
            step = int(self._sess.run(self._sv.global_step))
            writers.add_checkpoint_log(self._sv.summary_writer, self._sv.save_path, step)


__all__ = ["CheckpointThread", "StepCounterThread", "SummaryThread"]
