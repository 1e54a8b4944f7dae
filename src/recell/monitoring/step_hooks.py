"""Hooks that follow the global step: stop at one, wait for one, tell how fast it goes."""

from __future__ import annotations

import time
from typing import Any

from recell.monitoring.global_step_read import require_global_step_read
from recell.monitoring.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from recell.monitoring.timer import SecondOrStepTimer
from recell.monitoring.writers import add_scalar
from recell.platform import logging
from recell.summary.writer import FileWriterCache
from recell.train.training_util import get_global_step

_WARNINGS = 5
"""How often to say that the global step stands still."""


class StopAtStepHook(SessionRunHook):
    """Asks to stop after a number of steps, or at a step. TF symbol: `tf.train.StopAtStepHook`.

    Args:
      num_steps: how many steps from where the session starts.
      last_step: at which global step.

    Raises ValueError unless exactly one is given; RuntimeError, from `begin`, without a global step.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps = num_steps
        self._last_step = last_step

    def begin(self) -> None:
        self._global_step_tensor = require_global_step_read("StopAtStepHook")

    def after_create_session(self, session: Any, coord: Any) -> None:
        if self._last_step is None:
            assert self._num_steps is not None
            self._last_step = int(session.run(self._global_step_tensor)) + self._num_steps

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        assert self._last_step is not None
        # The run told the step from before it; asking again is needed only near the end.
        if run_values.results + 1 < self._last_step:
            return
        if run_context.session.run(self._global_step_tensor) >= self._last_step:
            run_context.request_stop()


class StepCounterHook(SessionRunHook):
    """Logs how many steps a second are made. TF symbol: `tf.train.StepCounterHook`.

    Args:
      every_n_steps, every_n_secs: how often; exactly one of them, the other None.
      output_dir: of the summary `global_step/sec`; None for none.
      summary_writer: writes it, instead of one for `output_dir`.

    Raises ValueError unless exactly one interval is given; RuntimeError, from `begin`, without a global step.
    """

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
    ) -> None:
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = SecondOrStepTimer(every_steps=every_n_steps, every_secs=every_n_secs)
        self._summary_writer = summary_writer
        self._output_dir = output_dir
        self._last_global_step: int | None = None

    def begin(self) -> None:
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._global_step_tensor = require_global_step_read("StepCounterHook")
        self._summary_tag = f"{get_global_step().op.name}/sec"

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        return SessionRunArgs(self._global_step_tensor)

    def _log_and_record(self, elapsed_steps: int, elapsed_time: float, global_step: int) -> None:
        """Logs the speed and adds it to the summaries; what subclasses override to do something else with it."""
        # Where the clock is coarse, a step may take no time at all.
        steps_per_sec = elapsed_steps / elapsed_time if elapsed_time else float("inf")
        if self._summary_writer is not None:
            add_scalar(self._summary_writer, self._summary_tag, steps_per_sec, global_step)
        logging.info("%s: %g", self._summary_tag, steps_per_sec)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        before = int(run_values.results)
        if self._timer.should_trigger_for_step(before + 1):
            step = int(run_context.session.run(self._global_step_tensor))
            if self._timer.should_trigger_for_step(step):
                seconds, steps = self._timer.update_last_triggered_step(step)
                if seconds is not None and steps is not None:
                    self._log_and_record(steps, seconds, step)
        if before == self._last_global_step:
            logging.log_first_n(
                logging.WARN,
                "It seems that global step (tf.train.get_global_step) has not been increased: it is %s, and was %s "
                "before. Pass tf.train.get_global_step() to Optimizer.minimize or Optimizer.apply_gradients.",
                _WARNINGS,
                before,
                self._last_global_step,
            )
        self._last_global_step = before


class GlobalStepWaiterHook(SessionRunHook):
    """Holds runs back until the global step has come to `wait_until_step`. TF: `tf.train.GlobalStepWaiterHook`.

    The step is one that another thread of the session makes. RuntimeError, from `begin`, without a global step.
    """

    def __init__(self, wait_until_step: int) -> None:
        self._wait_until_step = wait_until_step
        self._worker_is_started = False

    def begin(self) -> None:
        self._global_step_tensor = require_global_step_read("_GlobalStepWaiterHook")

    def before_run(self, run_context: SessionRunContext) -> None:
        if self._worker_is_started:
            return
        if self._wait_until_step > 0:
            logging.info("Waiting for global step %d before starting training.", self._wait_until_step)
            told = 0
            while (step := int(run_context.session.run(self._global_step_tensor))) < self._wait_until_step:
                if step - told > 1000:
                    logging.info("Waiting for global step %d: now at %d.", self._wait_until_step, step)
                    told = step
                time.sleep(0.5)
        self._worker_is_started = True


__all__ = ["GlobalStepWaiterHook", "StepCounterHook", "StopAtStepHook"]
