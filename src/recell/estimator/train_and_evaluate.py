"""`train_and_evaluate`: training that stops for an evaluation after each checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recell.estimator.estimator import Estimator
from recell.monitoring.checkpoint_hook import CheckpointSaverListener
from recell.monitoring.session_run_hook import SessionRunHook
from recell.monitoring.timer import SecondOrStepTimer
from recell.platform import logging


def _checked_input_fn(input_fn: Any) -> None:
    if not callable(input_fn):
        raise TypeError(f"`input_fn` must be callable, given: {input_fn}")


def _checked_hooks(hooks: Any) -> tuple[SessionRunHook, ...]:
    listed = tuple(hooks or ())
    for hook in listed:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be `SessionRunHook` instances, given: {hook}")
    return listed


class _TrainFields(NamedTuple):
    input_fn: Any
    max_steps: int | None
    hooks: Any


class TrainSpec(_TrainFields):
    """What to train on. TF symbol: `tf.estimator.TrainSpec`.

    Args:
      input_fn: as for `Estimator.train`.
      max_steps: the global step at which training ends; None for the end of the input.
      hooks: SessionRunHooks.

    Raises TypeError for a function or hooks of the wrong type, ValueError for steps that are not positive.
    """

    __slots__ = ()

    def __new__(
        cls, input_fn: Callable[..., Any], max_steps: int | None = None, hooks: Sequence[SessionRunHook] | None = None
    ) -> TrainSpec:
        _checked_input_fn(input_fn)
        if max_steps is not None and max_steps <= 0:
            raise ValueError(f"Must specify max_steps > 0, given: {max_steps}")
        return super().__new__(cls, input_fn, max_steps, _checked_hooks(hooks))


class _EvalFields(NamedTuple):
    input_fn: Any
    steps: int | None
    name: str | None
    hooks: Any
    exporters: Any
    start_delay_secs: float
    throttle_secs: float


class EvalSpec(_EvalFields):
    """What to evaluate on, and how often. TF symbol: `tf.estimator.EvalSpec`.

    Args:
      input_fn, steps, name, hooks: as for `Estimator.evaluate`; 100 steps by default.
      exporters: must be empty: models are not exported here.
      start_delay_secs: checked and kept; it concerns clusters.
      throttle_secs: after an evaluation, checkpoints of so many seconds are not evaluated.

    Raises TypeError for something of the wrong type, ValueError for a number out of range, NotImplementedError for
    exporters.
    """

    __slots__ = ()

    def __new__(
        cls,
        input_fn: Callable[..., Any],
        steps: int | None = 100,
        name: str | None = None,
        hooks: Sequence[SessionRunHook] | None = None,
        exporters: Any = None,
        start_delay_secs: float = 120,
        throttle_secs: float = 600,
    ) -> EvalSpec:
        _checked_input_fn(input_fn)
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"`name` must be string, given: {name}")
        checked = _checked_hooks(hooks)
        if isinstance(exporters, (int, float, str)):
            raise TypeError(f"`exporters` must be an Exporter, an iterable of Exporter, or `None`, found {exporters}.")
        if exporters:
            raise NotImplementedError("exporters must be empty: models are not exported here.")
        for what, value in (("start_delay_secs", start_delay_secs), ("throttle_secs", throttle_secs)):
            if value < 0:
                raise ValueError(f"Must specify {what} >= 0, given: {value}")
        return super().__new__(cls, input_fn, steps, name, checked, (), start_delay_secs, throttle_secs)


class _EvaluatingListener(CheckpointSaverListener):
    """Evaluates new checkpoints, and the last one in any case."""

    def __init__(self, evaluate: Callable[[], None], throttle_secs: float) -> None:
        self._evaluate = evaluate
        self._timer = SecondOrStepTimer(every_secs=throttle_secs)
        self._is_first = True

    def begin(self) -> None:
        self._is_first = True

    def after_save(self, session: Any, global_step_value: int) -> None:
        # The first checkpoint is what the training starts from.
        if self._is_first:
            self._is_first = False
        elif self._timer.should_trigger_for_step(global_step_value):
            self._evaluate_at(global_step_value)
        else:
            logging.info("Skip the current checkpoint eval due to throttle secs (%s secs).", self._timer._every_secs)

    def end(self, session: Any, global_step_value: int) -> None:
        if self._timer.last_triggered_step() != global_step_value:
            self._evaluate_at(global_step_value)

    def _evaluate_at(self, step: int) -> None:
        self._timer.update_last_triggered_step(step)
        self._evaluate()


def train_and_evaluate(
    estimator: Estimator, train_spec: TrainSpec, eval_spec: EvalSpec
) -> tuple[dict[str, Any] | None, list[Any] | None]:
    """Trains, and evaluates after checkpoints. TF symbol: `tf.estimator.train_and_evaluate`.

    How often a checkpoint is made, the estimator's `RunConfig` says; an evaluation reads the same folder in the same
    process.

    Returns:
      The results of the last evaluation and an empty list; `(None, None)` when `max_steps` is already there.

    Raises TypeError for an argument of the wrong class, ValueError when the configuration makes no checkpoints.
    """
    for what, value, kind, name in (
        ("eval_spec", eval_spec, EvalSpec, "EvalSpec"),
        ("train_spec", train_spec, TrainSpec, "TrainSpec"),
        ("estimator", estimator, Estimator, "Estimator"),
    ):
        if not isinstance(value, kind):
            raise TypeError(f"`{what}` must have type `tf.estimator.{name}`. Got: {type(value)}")
    config = estimator.config
    logging.info("Not using Distribute Coordinator.")
    logging.info("Running training and evaluation locally (non-distributed).")
    logging.info(
        "Start train and evaluate loop. The evaluate will happen after every checkpoint. Checkpoint frequency is "
        "determined based on RunConfig arguments: save_checkpoints_steps %s or save_checkpoints_secs %s.",
        config.save_checkpoints_steps,
        config.save_checkpoints_secs,
    )
    results: dict[str, Any] | None = None

    def evaluate() -> None:
        nonlocal results
        results = estimator.evaluate(
            eval_spec.input_fn, steps=eval_spec.steps, name=eval_spec.name, hooks=eval_spec.hooks
        )

    estimator.train(
        train_spec.input_fn,
        max_steps=train_spec.max_steps,
        hooks=train_spec.hooks,
        saving_listeners=[_EvaluatingListener(evaluate, eval_spec.throttle_secs)],
    )
    return (None, None) if results is None else (results, [])
