"""Hooks that look at values: log them, stop at NaN, feed some, fetch some at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recell.graph import errors
from recell.graph.core import get_default_graph
from recell.monitoring.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from recell.monitoring.timer import NeverTriggerTimer, SecondOrStepTimer
from recell.platform import logging


def _as_graph_element(obj: Any) -> Any:
    """The tensor or operation that is meant: itself, or by a name with or without `:0`."""
    graph = get_default_graph()
    if isinstance(obj, str):
        return graph.as_graph_element(obj if ":" in obj else obj + ":0")
    if getattr(obj, "graph", None) is not graph:
        raise ValueError(f"Passed {obj} is no tensor, operation or variable of the default graph.")
    return graph.as_graph_element(obj)


class LoggingTensorHook(SessionRunHook):
    """Logs values every so many runs or seconds, and at the end. TF symbol: `tf.train.LoggingTensorHook`.

    Args:
      tensors: a dict of tensors, or names of them, by the labels to print; or a list, whose items are their own labels.
      every_n_iter: how many runs it is from one line to the next; the first run is logged.
      every_n_secs: or how many seconds.
      at_end: whether to log once more at the end.
      formatter: a function of the dict of values by label that gives the text to log.

    Raises ValueError unless exactly one of the intervals is given (or none, with `at_end`).
    """

    def __init__(
        self,
        tensors: Mapping[str, Any] | Sequence[Any],
        every_n_iter: int | None = None,
        every_n_secs: float | None = None,
        at_end: bool = False,
        formatter: Callable[[dict[Any, Any]], str] | None = None,
    ) -> None:
        only_at_end = at_end and every_n_iter is None and every_n_secs is None
        if not only_at_end and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError("either at_end and/or exactly one of every_n_iter and every_n_secs must be provided.")
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        if isinstance(tensors, Mapping):
            self._tag_order: list[Any] = sorted(tensors)
            self._tensors: dict[Any, Any] = dict(tensors)
        else:
            self._tag_order = list(tensors)
            self._tensors = {item: item for item in tensors}
        self._formatter = formatter
        self._timer: Any = (
            NeverTriggerTimer() if only_at_end else SecondOrStepTimer(every_secs=every_n_secs, every_steps=every_n_iter)
        )
        self._log_at_end = at_end

    def begin(self) -> None:
        self._timer.reset()
        self._iter_count = 0
        self._current_tensors = {tag: _as_graph_element(tensor) for tag, tensor in self._tensors.items()}

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        self._should_trigger = self._timer.should_trigger_for_step(self._iter_count)
        return SessionRunArgs(self._current_tensors) if self._should_trigger else None

    def _log_tensors(self, tensor_values: dict[Any, Any]) -> None:
        seconds, _ = self._timer.update_last_triggered_step(self._iter_count)
        if self._formatter is not None:
            logging.info(self._formatter(tensor_values))
            return
        with np.printoptions(suppress=True):
            # `!s`: numpy formats its float32 as the float64 of the same value.
            shown = ", ".join(f"{tag} = {tensor_values[tag]!s}" for tag in self._tag_order)
        if seconds is not None:
            logging.info("%s (%.3f sec)", shown, seconds)
        else:
            logging.info("%s", shown)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if self._should_trigger:
            self._log_tensors(run_values.results)
        self._iter_count += 1

    def end(self, session: Any) -> None:
        if self._log_at_end:
            self._log_tensors(session.run(self._current_tensors))


class NanLossDuringTrainingError(RuntimeError):
    """The loss has become NaN. TF symbol: `tf.train.NanLossDuringTrainingError`."""

    def __str__(self) -> str:
        return "NaN loss during training."


class NanTensorHook(SessionRunHook):
    """Stops, or raises NanLossDuringTrainingError, when the loss is NaN. TF symbol: `tf.train.NanTensorHook`.

    Args:
      loss_tensor: a scalar.
      fail_on_nan_loss: whether to raise; else the session is asked to stop.
    """

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None:
        self._loss_tensor = loss_tensor
        self._fail_on_nan_loss = fail_on_nan_loss

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        return SessionRunArgs(self._loss_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if not np.isnan(run_values.results):
            return
        if self._fail_on_nan_loss:
            logging.error("Model diverged with loss = NaN.")
            raise NanLossDuringTrainingError
        logging.warning("Model diverged with loss = NaN.")
        run_context.request_stop()


class FinalOpsHook(SessionRunHook):
    """Runs something once, at the end, and keeps what it gave. TF symbol: `tf.train.FinalOpsHook`.

    Args:
      final_ops: fetches in any nesting.
      final_ops_feed_dict: feeds for them.
    """

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None) -> None:
        self._final_ops = final_ops
        self._final_ops_feed_dict = final_ops_feed_dict
        self._final_ops_values: Any = None

    @property
    def final_ops_values(self) -> Any:
        """The values, None before the end."""
        return self._final_ops_values

    def end(self, session: Any) -> None:
        if self._final_ops is None:
            return
        try:
            self._final_ops_values = session.run(self._final_ops, feed_dict=self._final_ops_feed_dict)
        except (errors.OutOfRangeError, StopIteration) as error:
            logging.warning(
                "An OutOfRangeError or StopIteration exception is raised by the code in FinalOpsHook: the final "
                "operations read from an input that has ended. (%s)",
                error,
            )
            raise


class FeedFnHook(SessionRunHook):
    """Feeds what a function gives, at each run. TF symbol: `tf.train.FeedFnHook`.

    Args:
      feed_fn: a function of no arguments that gives a feed dict.
    """

    def __init__(self, feed_fn: Callable[[], Any]) -> None:
        self.feed_fn = feed_fn

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())


__all__ = ["FeedFnHook", "FinalOpsHook", "LoggingTensorHook", "NanLossDuringTrainingError", "NanTensorHook"]
