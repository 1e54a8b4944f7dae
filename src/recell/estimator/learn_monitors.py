"""Monitors: the hooks of TensorFlow 1.0, called with numbers of steps. TF symbols: `tf.contrib.learn.monitors.*`."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from recell.graph.core import get_default_graph
from recell.monitoring.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from recell.train.training_util import get_global_step


class BaseMonitor:
    """Is called around each step. Subclasses write what they need. TF: `tf.contrib.learn.monitors.BaseMonitor`.

    Raises ValueError when it is called out of order.
    """

    def __init__(self) -> None:
        self._begun = False
        self._current_epoch: int | None = None
        self._current_step: int | None = None
        self._max_steps: int | None = None
        self._estimator: Any = None

    @property
    def run_on_all_workers(self) -> bool:
        return False

    def set_estimator(self, estimator: Any) -> None:
        """Tells whose training is watched. ValueError for None."""
        if estimator is None:
            raise ValueError("Missing estimator.")
        self._estimator = estimator

    def begin(self, max_steps: int | None = None) -> None:
        """Called before the first step."""
        if self._begun:
            raise ValueError("begin called twice without end.")
        self._max_steps = max_steps
        self._begun = True

    def end(self, session: Any = None) -> None:
        """Called after the last step."""
        _check(self._begun, "end called without begin.")
        self._max_steps = None
        self._begun = False

    def epoch_begin(self, epoch: int) -> None:
        """Begins an epoch, for programs that count them."""
        _check(self._current_epoch is None, "epoch_begin called twice without epoch_end.")
        _check(epoch >= 0, f"Invalid epoch {epoch}.")
        self._current_epoch = epoch

    def epoch_end(self, epoch: int) -> None:
        """Ends an epoch."""
        _check(self._current_epoch == epoch, f"epoch_end expected {self._current_epoch} but got {epoch}.")
        self._current_epoch = None

    def step_begin(self, step: int) -> list[Any]:
        """Called before each step; gives tensors, or names of them, that the step is to fetch."""
        _check(step >= 0, f"Invalid step {step}.")
        self._current_step = step
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """Called after each step with what `step_begin` asked for; true ends the training."""
        _check(self._current_step == step, f"step_end expected {self._current_step} but got {step}.")
        self._current_step = None
        return False

    def post_step(self, step: int, session: Any) -> None:
        """Called after `step_end` of all monitors."""


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


class EveryN(BaseMonitor):
    """Is called around every n-th step. TF symbol: `tf.contrib.learn.monitors.EveryN`.

    Args:
      every_n_steps: how many steps it is from one call to the next.
      first_n_steps: steps up to this one are all called for. The last one is called for, too.
    """

    def __init__(self, every_n_steps: int = 100, first_n_steps: int = 1) -> None:
        super().__init__()
        self._every_n_steps = every_n_steps
        self._first_n_steps = first_n_steps
        self._last_successful_step: int | None = None
        self._last_active_step = 0
        self._every_n_step_begin_called = False

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Called before such a step; gives what to fetch."""
        return []

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Called after such a step; true ends the training."""
        return False

    def every_n_post_step(self, step: int, session: Any) -> None:
        """Called after `step_end` of all monitors, and after the last step of all."""

    def step_begin(self, step: int) -> list[Any]:
        super().step_begin(step)
        if (
            step <= self._first_n_steps
            or step >= self._every_n_steps + self._last_active_step
            or (step == self._max_steps)
        ):
            self._every_n_step_begin_called = True
            return self.every_n_step_begin(step)
        self._every_n_step_begin_called = False
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        super().step_end(step, output)
        return self.every_n_step_end(step, output) if self._every_n_step_begin_called else False

    def post_step(self, step: int, session: Any) -> None:
        super().post_step(step, session)
        if self._every_n_step_begin_called:
            self.every_n_post_step(step, session)
            self._last_active_step = step
        self._last_successful_step = step

    def end(self, session: Any = None) -> None:
        super().end(session=session)
        if self._last_successful_step is not None and self._last_successful_step != self._last_active_step:
            self.every_n_post_step(self._last_successful_step, session)


class StopAtStep(BaseMonitor):
    """Ends the training. TF symbol: `tf.contrib.learn.monitors.StopAtStep`.

    Args:
      num_steps: after how many steps.
      last_step: or after which.

    Raises ValueError unless exactly one is given.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        super().__init__()
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps = num_steps
        self._last_step = last_step

    @property
    def run_on_all_workers(self) -> bool:
        return True

    def step_begin(self, step: int) -> list[Any]:
        super().step_begin(step)
        if self._last_step is None:
            assert self._num_steps is not None
            self._last_step = step + self._num_steps - 1
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        super().step_end(step, output)
        assert self._last_step is not None
        return step >= self._last_step


def graph_element(item: Any) -> Any:
    """The tensor or operation that is meant: itself, or by a name with or without `:0`."""
    if isinstance(item, str) and ":" not in item:
        item += ":0"
    return get_default_graph().as_graph_element(item)


class RunHookAdapterForMonitors(SessionRunHook):
    """Calls monitors as hooks are called. TF symbol: `RunHookAdapterForMonitors` of `contrib.learn`'s `monitors`."""

    def __init__(self, monitors: Sequence[BaseMonitor]) -> None:
        self._monitors = list(monitors)

    def begin(self) -> None:
        self._last_step: int | None = None
        self._global_step = get_global_step()
        for monitor in self._monitors:
            monitor.begin(max_steps=None)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        if self._last_step is None:
            self._last_step = int(run_context.session.run(self._global_step)) + 1
        wanted: dict[Any, Any] = {}
        for monitor in self._monitors:
            asked = monitor.step_begin(self._last_step)
            if asked is None:
                continue
            if not isinstance(asked, list):
                raise ValueError(f"Monitor.step_begin should return a list, got {asked!r} of {monitor}.")
            wanted.update({item: graph_element(item) for item in asked})
        return SessionRunArgs({"step": self._global_step, "monitors": wanted})

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        assert self._last_step is not None
        outputs = run_values.results["monitors"]
        for monitor in self._monitors:
            if monitor.step_end(self._last_step, outputs):
                run_context.request_stop()
        for monitor in self._monitors:
            monitor.post_step(self._last_step, run_context.session)
        self._last_step = int(run_values.results["step"]) + 1

    def end(self, session: Any) -> None:
        self._last_step = None
        for monitor in self._monitors:
            if "session" in inspect.signature(monitor.end).parameters:
                monitor.end(session=session)
            else:
                monitor.end()


def as_hooks(monitors_or_hooks: Sequence[Any] | None, estimator: Any) -> list[SessionRunHook]:
    """Hooks as they are, and one that calls the monitors among them.

    TF symbol: `replace_monitors_with_hooks` of `contrib.learn`'s `monitors`.
    """
    every = list(monitors_or_hooks or [])
    hooks = [item for item in every if isinstance(item, SessionRunHook)]
    monitors = [item for item in every if not isinstance(item, SessionRunHook)]
    for monitor in monitors:
        monitor.set_estimator(estimator)
    return [*hooks, RunHookAdapterForMonitors(monitors)] if monitors else hooks
