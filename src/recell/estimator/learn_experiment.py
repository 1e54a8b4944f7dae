"""`Experiment`: an estimator, its inputs, and the ways to run them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from recell.estimator.estimator import Estimator as CoreEstimator
from recell.estimator.learn_estimator import Estimator
from recell.estimator.learn_monitors import as_hooks
from recell.estimator.learn_validation import ValidationMonitor
from recell.graph import errors
from recell.platform import logging
from recell.train.checkpoint_reader import load_variable

InputFn = Callable[..., Any]
_ONE_PASS = "one_pass"
"""The name of an evaluation that goes through the input once; the summaries are in `eval_one_pass`."""


class Experiment:
    """An estimator with its inputs. TF symbol: `tf.contrib.learn.Experiment`.

    Args (day to day):
      estimator: of `tf.contrib.learn` or of `tf.estimator`.
      train_input_fn, eval_input_fn: what to train and to evaluate on.
      eval_metrics: as of `tf.contrib.learn.Estimator.evaluate`.
      train_steps: the global step at which training ends; None for the end of the input.
      eval_steps: batches of an evaluation; None for all of an input that ends.
      min_eval_frequency: while training, how many steps there are at least from one evaluation of a new checkpoint to
        the next; 0 for none.
    Args (rarely):
      train_monitors: monitors or hooks.
      eval_hooks: hooks.
      local_eval_frequency: an older name of `min_eval_frequency`.
      eval_delay_secs: how long `evaluate` waits before it begins.
      train_steps_per_iteration: steps from one evaluation to the next in `continuous_train_and_eval`.
      saving_listeners: CheckpointSaverListeners, for an estimator of `tf.estimator`.
      continuous_eval_throttle_secs, delay_workers_by_global_step: kept; they concern clusters.
      export_strategies, checkpoint_and_export: must be empty: models are not exported here.

    Raises ValueError for what is no estimator, and NotImplementedError for exports.
    """

    def __init__(
        self,
        estimator: Any,
        train_input_fn: InputFn,
        eval_input_fn: InputFn,
        eval_metrics: Any = None,
        train_steps: int | None = None,
        eval_steps: int | None = 100,
        train_monitors: Sequence[Any] | None = None,
        eval_hooks: Sequence[Any] | None = None,
        local_eval_frequency: int | None = None,
        eval_delay_secs: float = 120,
        continuous_eval_throttle_secs: float = 60,
        min_eval_frequency: int | None = None,
        delay_workers_by_global_step: bool = False,
        export_strategies: Any = None,
        train_steps_per_iteration: int | None = None,
        checkpoint_and_export: bool = False,
        saving_listeners: Sequence[Any] | None = None,
    ) -> None:
        if not isinstance(estimator, (Estimator, CoreEstimator)):
            raise ValueError("`estimator` must implement `tf.contrib.learn.Evaluable` or `tf.estimator.Estimator`.")
        self._core = isinstance(estimator, CoreEstimator)
        if export_strategies or checkpoint_and_export:
            raise NotImplementedError("export_strategies must be empty: models are not exported here.")
        if self._core and eval_metrics is not None:
            raise ValueError("`eval_metrics` must be `None` with `tf.estimator.Estimator`: give them in its model_fn.")
        if saving_listeners and not self._core:
            raise ValueError("`saving_listeners` must be `None` with `tf.contrib.learn.Estimator`.")
        self._estimator: Any = estimator
        self._train_input_fn = train_input_fn
        self._eval_input_fn = eval_input_fn
        self._eval_metrics = eval_metrics
        self._train_steps = train_steps
        self._eval_steps = eval_steps
        self._train_monitors = list(train_monitors or [])
        self._eval_hooks = list(eval_hooks or [])
        self._eval_delay_secs = eval_delay_secs
        frequency = local_eval_frequency if min_eval_frequency is None else min_eval_frequency
        self._min_eval_frequency = 1 if frequency is None else frequency
        self._train_steps_per_iteration = train_steps_per_iteration
        self._saving_listeners = list(saving_listeners or [])

    @property
    def estimator(self) -> Any:
        return self._estimator

    @property
    def eval_metrics(self) -> Any:
        return self._eval_metrics

    @property
    def train_steps(self) -> int | None:
        return self._train_steps

    @property
    def eval_steps(self) -> int | None:
        return self._eval_steps

    def extend_train_hooks(self, additional_hooks: Sequence[Any]) -> None:
        """Adds monitors or hooks to the training's."""
        self._train_monitors.extend(additional_hooks)

    # -- ways to run ------------------------------------------------------------------------------------------------

    def train(self, delay_secs: float | None = None) -> Any:
        """Trains, after waiting `delay_secs` (0 by default). Returns the estimator."""
        time.sleep(delay_secs or 0)
        return self._train(self._train_steps, self._train_monitors)

    def evaluate(self, delay_secs: float | None = None, name: str | None = None) -> dict[str, Any]:
        """The results for the newest checkpoint, after waiting `delay_secs` (`eval_delay_secs` by default)."""
        delay = self._eval_delay_secs if delay_secs is None else delay_secs
        if delay:
            logging.info("Waiting %d secs before starting eval.", delay)
            time.sleep(delay)
        return self._evaluate(name or _ONE_PASS)

    def train_and_evaluate(self) -> tuple[dict[str, Any], list[Any]]:
        """Trains, evaluates new checkpoints meanwhile, and evaluates at the end: its results, and an empty list."""
        monitors = list(self._train_monitors)
        if self._min_eval_frequency:
            monitors.append(
                ValidationMonitor(
                    input_fn=self._eval_input_fn,
                    eval_steps=self._eval_steps,
                    metrics=self._eval_metrics,
                    every_n_steps=self._min_eval_frequency,
                    hooks=self._eval_hooks,
                )
            )
        self._train(self._train_steps, monitors)
        return self._evaluate(None), []

    def local_run(self) -> tuple[dict[str, Any], list[Any]]:
        """Trains, then evaluates: the results, and an empty list."""
        self._train(self._train_steps, self._train_monitors)
        return self._evaluate(None), []

    def continuous_train_and_eval(
        self, continuous_eval_predicate_fn: Callable[[Any], bool] | None = None
    ) -> tuple[dict[str, Any] | None, list[Any]]:
        """Trains and evaluates in turns until `train_steps`, or until the function says no to the last results.

        Returns the last results and an empty list. ValueError for what is no function.
        """
        if continuous_eval_predicate_fn is not None and not callable(continuous_eval_predicate_fn):
            raise ValueError("`continuous_eval_predicate_fn` must be a callable, or None.")
        results: dict[str, Any] | None = None
        goal, stride = self._train_steps, self._train_steps_per_iteration or self._train_steps
        while continuous_eval_predicate_fn is None or continuous_eval_predicate_fn(results):
            done = self._steps_done()
            if goal is not None and done >= goal:
                logging.info("Stop training model as max steps reached")
                break
            if stride is None:
                self._train(None, self._train_monitors)
            else:
                logging.info("Training model for %s steps", stride)
                until = done + stride if goal is None else min(goal, done + stride)
                self._train(until, self._train_monitors)
            logging.info("Evaluating model now.")
            results = self._evaluate(_ONE_PASS)
            if stride is None:
                break
        return results, []

    def test(self) -> dict[str, Any]:
        """One step of training and one of evaluation, to see that both run."""
        self._train(None, self._train_monitors, steps=1)
        return self._evaluate(_ONE_PASS, steps=1)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _train(self, max_steps: int | None, monitors: Sequence[Any], steps: int | None = None) -> Any:
        if self._core:
            return self._estimator.train(
                self._train_input_fn,
                hooks=as_hooks(monitors, self._estimator),
                steps=steps,
                max_steps=max_steps,
                saving_listeners=self._saving_listeners,
            )
        return self._estimator.fit(
            input_fn=self._train_input_fn, steps=steps, max_steps=max_steps, monitors=list(monitors)
        )

    def _evaluate(self, name: str | None, steps: int | None = None) -> dict[str, Any]:
        options: dict[str, Any] = {} if self._core else {"metrics": self._eval_metrics}
        return self._estimator.evaluate(
            input_fn=self._eval_input_fn,
            steps=self._eval_steps if steps is None else steps,
            name=name,
            hooks=self._eval_hooks,
            **options,
        )

    def _steps_done(self) -> int:
        try:
            return int(load_variable(self._estimator.model_dir, "global_step"))
        except (ValueError, errors.NotFoundError):
            return 0
