"""Hooks that end a training when the evaluations in its folder say so."""

from __future__ import annotations

import glob
import operator
import os
from collections.abc import Callable

from recell.estimator.estimator import Estimator
from recell.monitoring.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from recell.monitoring.timer import SecondOrStepTimer
from recell.platform import logging
from recell.summary.iterator import summary_iterator
from recell.train.training_util import get_global_step


class _StopOnPredicateHook(SessionRunHook):
    """Asks a function now and then whether to stop."""

    def __init__(self, should_stop_fn: Callable[[], bool], every_secs: float | None, every_steps: int | None) -> None:
        if not callable(should_stop_fn):
            raise TypeError("`should_stop_fn` must be callable.")
        self._should_stop_fn = should_stop_fn
        self._timer = SecondOrStepTimer(every_secs=every_secs, every_steps=every_steps)

    def begin(self) -> None:
        self._global_step = get_global_step()

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        step = int(run_values.results)
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._should_stop_fn():
                logging.info("Requesting early stopping at global step %d", step)
                run_context.request_stop()


def make_early_stopping_hook(
    estimator: Estimator,
    should_stop_fn: Callable[[], bool],
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends a training. TF symbol: `tf.estimator.experimental.make_early_stopping_hook`.

    Args:
      estimator: what is trained.
      should_stop_fn: a function without arguments; true ends the training.
      run_every_secs, run_every_steps: how often to ask it; exactly one of them.

    Raises TypeError for another estimator, ValueError unless one interval is given.
    """
    if not isinstance(estimator, Estimator):
        raise TypeError(f"`estimator` must have type `tf.estimator.Estimator`. Got: {type(estimator)}")
    if run_every_secs is not None and run_every_steps is not None:
        raise ValueError("Only one of `run_every_secs` and `run_every_steps` must be set.")
    return _StopOnPredicateHook(should_stop_fn, run_every_secs, run_every_steps)


def read_eval_metrics(eval_dir: str) -> dict[int, dict[str, float]]:
    """The numbers that evaluations have written to a folder, by step, in order of steps."""
    found: dict[int, dict[str, float]] = {}
    for path in sorted(glob.glob(os.path.join(glob.escape(eval_dir), "*tfevents*"))):
        for event in summary_iterator(path):
            numbers = {v.tag: v.simple_value for v in event.summary.value if v.HasField("simple_value")}
            if numbers:
                found.setdefault(event.step, {}).update(numbers)
    return dict(sorted(found.items()))


def _results(estimator: Estimator, metric_name: str, eval_dir: str | None, min_steps: int) -> dict[int, float]:
    """The metric by step, from `min_steps` on. ValueError for a name that an evaluation has not written."""
    folder = eval_dir or estimator.eval_dir()
    found = {}
    for step, metrics in read_eval_metrics(folder).items():
        if step >= min_steps:
            if metric_name not in metrics:
                known = ", ".join(sorted(metrics))
                raise ValueError(f"The evaluations in {folder} have no metric '{metric_name}'; they have: {known}.")
            found[step] = metrics[metric_name]
    return found


def _threshold_hook(
    is_beyond: Callable[[float, float], bool],
    word: str,
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None,
    min_steps: int,
    run_every_secs: float | None,
    run_every_steps: int | None,
) -> SessionRunHook:
    def should_stop() -> bool:
        for step, value in _results(estimator, metric_name, eval_dir, min_steps).items():
            if is_beyond(value, threshold):
                logging.info(
                    'At step %s, metric "%s" has value %s which is %s the configured threshold (%s) for early '
                    "stopping.",
                    *(step, metric_name, value, word, threshold),
                )
                return True
        return False

    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)


def stop_if_higher_hook(
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Ends a training when a metric is above a number. TF symbol: `tf.estimator.experimental.stop_if_higher_hook`.

    Args:
      metric_name: as in the results of `evaluate`.
      threshold: the number.
      eval_dir: the folder of the evaluation; that of one without a name by default.
      min_steps: evaluations before this step do not count.
      estimator, run_every_secs, run_every_steps: as of `make_early_stopping_hook`.
    """
    settings = (estimator, metric_name, threshold, eval_dir, min_steps, run_every_secs, run_every_steps)
    return _threshold_hook(operator.gt, "greater than", *settings)


def stop_if_lower_hook(
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Ends a training when a metric is below a number; arguments as of `stop_if_higher_hook`.

    TF symbol: `tf.estimator.experimental.stop_if_lower_hook`.
    """
    settings = (estimator, metric_name, threshold, eval_dir, min_steps, run_every_secs, run_every_steps)
    return _threshold_hook(operator.lt, "less than", *settings)


def _no_change_hook(
    is_better: Callable[[float, float], bool],
    word: str,
    estimator: Estimator,
    metric_name: str,
    max_steps: int,
    eval_dir: str | None,
    min_steps: int,
    run_every_secs: float | None,
    run_every_steps: int | None,
) -> SessionRunHook:
    def should_stop() -> bool:
        best: float | None = None
        best_step = 0
        for step, value in _results(estimator, metric_name, eval_dir, min_steps).items():
            if best is None or is_better(value, best):
                best, best_step = value, step
            if step - best_step >= max_steps:
                logging.info(
                    'No %s in metric "%s" for %s steps, which is greater than or equal to max steps (%s) configured '
                    "for early stopping.",
                    *(word, metric_name, step - best_step, max_steps),
                )
                return True
        return False

    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)


def stop_if_no_increase_hook(
    estimator: Estimator,
    metric_name: str,
    max_steps_without_increase: int,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Ends a training when a metric has not grown for so many steps; other arguments as of `stop_if_higher_hook`.

    TF symbol: `tf.estimator.experimental.stop_if_no_increase_hook`.
    """
    settings = (metric_name, max_steps_without_increase, eval_dir, min_steps, run_every_secs, run_every_steps)
    return _no_change_hook(operator.gt, "increase", estimator, *settings)


def stop_if_no_decrease_hook(
    estimator: Estimator,
    metric_name: str,
    max_steps_without_decrease: int,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Ends a training when a metric has not fallen for so many steps; other arguments as of `stop_if_higher_hook`.

    TF symbol: `tf.estimator.experimental.stop_if_no_decrease_hook`.
    """
    settings = (metric_name, max_steps_without_decrease, eval_dir, min_steps, run_every_secs, run_every_steps)
    return _no_change_hook(operator.lt, "decrease", estimator, *settings)
