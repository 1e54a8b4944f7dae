"""`ValidationMonitor`: evaluates new checkpoints while a model trains, and may end the training early."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from recell.estimator.learn_monitors import EveryN
from recell.platform import logging
from recell.train.checkpoint_management import latest_checkpoint


class ValidationMonitor(EveryN):
    """Evaluates new checkpoints. TF symbol: `tf.contrib.learn.monitors.ValidationMonitor`.

    Args (day to day):
      x, y, input_fn: what to evaluate on, as of `tf.contrib.learn.Estimator.evaluate`.
      every_n_steps: how often to look for a new checkpoint: nothing happens between checkpoints, so save often enough
        (`RunConfig(save_checkpoints_secs=...)`).
      early_stopping_rounds: after how many steps without improvement to end the training; None for never.
    Args (rarely):
      batch_size, eval_steps, metrics, hooks, name: of the evaluation.
      early_stopping_metric: what is to improve; early_stopping_metric_minimize: whether by becoming smaller.
      check_interval_secs: how many seconds must have gone by since the last look; None for any.

    Raises ValueError without an input, and while training for a metric that the evaluation has not.
    """

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        batch_size: int | None = None,
        eval_steps: int | None = None,
        every_n_steps: int = 100,
        metrics: Any = None,
        hooks: Sequence[Any] | None = None,
        early_stopping_rounds: int | None = None,
        early_stopping_metric: str = "loss",
        early_stopping_metric_minimize: bool = True,
        name: str | None = None,
        check_interval_secs: float | None = 5,
    ) -> None:
        super().__init__(every_n_steps=every_n_steps, first_n_steps=-1)
        if x is None and input_fn is None:
            raise ValueError("Either x or input_fn should be provided.")
        self.x = x
        self.y = y
        self.input_fn = input_fn
        self.batch_size = batch_size
        self.eval_steps = eval_steps
        self.metrics = metrics
        self.hooks = hooks
        self.early_stopping_rounds = early_stopping_rounds
        self.early_stopping_metric = early_stopping_metric
        self.early_stopping_metric_minimize = early_stopping_metric_minimize
        self.name = name
        self.check_interval_secs = check_interval_secs
        self._best_value: Any = None
        self._best_value_step: int | None = None
        self._best_metrics: dict[str, Any] | None = None
        self._early_stopped = False
        self._latest_path: str | None = None
        self._latest_check_time: float | None = None

    @property
    def early_stopped(self) -> bool:
        """Whether it has ended the training."""
        return self._early_stopped

    @property
    def best_step(self) -> int | None:
        """The step at which the best value was found."""
        return self._best_value_step

    @property
    def best_value(self) -> Any:
        """The best value so far."""
        return self._best_value

    @property
    def best_metrics(self) -> dict[str, Any] | None:
        """All results of the evaluation that gave the best value."""
        return self._best_metrics

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        super().every_n_step_end(step, outputs)
        if self._estimator is None:
            raise ValueError("Missing call to set_estimator.")
        now = time.time()
        last = self._latest_check_time
        if self.check_interval_secs is not None and last is not None and now - last <= self.check_interval_secs:
            return False
        self._latest_check_time = now
        path = latest_checkpoint(self._estimator.model_dir)
        if path is None or path == self._latest_path:
            return False
        self._latest_path = path
        results = self._evaluate()
        shown = ", ".join(f"{name} = {value!s}" for name, value in results.items())
        logging.info("Validation (step %d): %s", step, shown)
        return self._is_time_to_stop(step, results) if self.early_stopping_rounds is not None else False

    def _evaluate(self) -> dict[str, Any]:
        # An estimator of `tf.estimator` has no arguments for arrays and metrics.
        further = {"x": self.x, "y": self.y, "batch_size": self.batch_size, "metrics": self.metrics}
        return self._estimator.evaluate(
            input_fn=self.input_fn,
            steps=self.eval_steps,
            hooks=self.hooks,
            name=self.name,
            **{name: value for name, value in further.items() if value is not None},
        )

    def _is_time_to_stop(self, step: int, results: dict[str, Any]) -> bool:
        if self.early_stopping_metric not in results:
            raise ValueError(f"Metric {self.early_stopping_metric} missing from outputs {set(results)}.")
        value = results[self.early_stopping_metric]
        best = self._best_value
        if best is None or (value < best if self.early_stopping_metric_minimize else value > best):
            self._best_value, self._best_value_step, self._best_metrics = value, step, results
        assert self._best_value_step is not None
        assert self.early_stopping_rounds is not None
        if step - self._best_value_step < self.early_stopping_rounds:
            return False
        logging.info(
            "Stopping. Best step: %d with %s = %s.", self._best_value_step, self.early_stopping_metric, self._best_value
        )
        self._early_stopped = True
        return True
