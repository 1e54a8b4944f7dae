"""The hook that writes summaries."""

from __future__ import annotations

from typing import Any

from recell.monitoring.global_step_read import require_global_step_read
from recell.monitoring.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from recell.monitoring.timer import SecondOrStepTimer
from recell.monitoring.writers import add_start_log
from recell.ops._attributes import as_list
from recell.summary.writer import FileWriterCache


class SummarySaverHook(SessionRunHook):
    """Writes summaries every so many steps or seconds. TF symbol: `tf.train.SummarySaverHook`.

    Args:
      save_steps, save_secs: how often; exactly one of them.
      output_dir: folder of the events file.
      summary_writer: writes them, instead of one for `output_dir`.
      scaffold: whose `summary_op` to write.
      summary_op: or a string tensor of a serialised `Summary`, or a list of them.

    Raises ValueError unless exactly one interval, and exactly one of scaffold and summary_op, is given; RuntimeError,
    from `begin`, without a global step.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
        scaffold: Any = None,
        summary_op: Any = None,
    ) -> None:
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._summary_op = summary_op
        self._summary_writer = summary_writer
        self._output_dir = output_dir
        self._scaffold = scaffold
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)

    def begin(self) -> None:
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._next_step: int | None = None
        self._global_step_tensor = require_global_step_read("SummarySaverHook")

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        self._request_summary = self._next_step is None or self._timer.should_trigger_for_step(self._next_step)
        requests = {"global_step": self._global_step_tensor}
        if self._request_summary:
            summaries = self._get_summary_op()
            if summaries is not None:
                requests["summary"] = summaries
        return SessionRunArgs(requests)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if self._summary_writer is None:
            return
        step = int(run_values.results["global_step"]) + 1
        if self._next_step is None or self._request_summary:
            step = int(run_context.session.run(self._global_step_tensor))
        if self._next_step is None:
            add_start_log(self._summary_writer, step)
        if self._request_summary:
            self._timer.update_last_triggered_step(step)
            for summary in run_values.results.get("summary", ()):
                self._summary_writer.add_summary(summary, step)
        self._next_step = step + 1

    def end(self, session: Any = None) -> None:
        if self._summary_writer is not None:
            self._summary_writer.flush()

    def _get_summary_op(self) -> list[Any] | None:
        """What to write, as a list; None when the scaffold has nothing."""
        found = self._summary_op
        if found is None and self._scaffold is not None:
            found = self._scaffold.summary_op
        return None if found is None else as_list(found)


__all__ = ["SummarySaverHook"]
