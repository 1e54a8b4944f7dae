"""`learn_runner.run`: makes an experiment and runs one of its ways."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from recell.estimator.learn_experiment import Experiment
from recell.estimator.learn_run_config import LearnRunConfig
from recell.platform import logging
from recell.platform.hparams import HParams


def run(
    experiment_fn: Callable[..., Experiment],
    output_dir: str | None = None,
    schedule: str | None = None,
    run_config: LearnRunConfig | None = None,
    hparams: Any = None,
) -> Any:
    """Makes an experiment and calls its method `schedule`. TF symbol: `tf.contrib.learn.learn_runner.run`.

    Args:
      experiment_fn: a function of `output_dir`, or, when `run_config` is given, of `run_config` and `hparams`.
      output_dir: the folder of checkpoints, or `run_config` with a `model_dir`. Exactly one of the two.
      schedule: `train_and_evaluate` by default, or `train`, `evaluate`, `local_run`, `test`,
        `continuous_train_and_eval`.
      hparams: `tf.contrib.training.HParams` that the function gets as `hparams`; only with `run_config`.

    Returns what the method does.

    Raises TypeError for what is no function or experiment, ValueError for missing or doubled arguments and for a
    schedule that there is not.
    """
    if output_dir is not None and run_config is not None:
        raise ValueError("Cannot provide both `output_dir` and `run_config`")
    if not callable(experiment_fn):
        raise TypeError(f'Experiment builder "{experiment_fn}" is not callable.')
    if run_config is not None:
        if not run_config.model_dir:
            raise ValueError("Must specify a model directory `model_dir` in `run_config`.")
        if hparams is not None and not isinstance(hparams, HParams):
            raise ValueError("`hparams` must be `HParams` instance")
        experiment = experiment_fn(run_config=run_config, hparams=hparams)
        if experiment.estimator.config.model_dir != run_config.model_dir:
            raise RuntimeError(
                "`RunConfig` instance is expected to be used by the `Estimator` inside the `Experiment`: pass it as "
                "config."
            )
    else:
        if output_dir is None:
            raise ValueError("Must set value for `output_dir` or `run_config`")
        if not output_dir:
            raise ValueError("Must specify an output directory")
        if hparams is not None:
            raise ValueError("Must set `hparams` as None for `experiment_fn` with `output_dir`.")
        experiment = experiment_fn(output_dir=output_dir)
    if not isinstance(experiment, Experiment):
        raise TypeError(f"Experiment builder did not return an Experiment instance, got {type(experiment)} instead.")
    return _method(experiment, schedule or "train_and_evaluate")()


def _method(experiment: Experiment, schedule: str) -> Callable[[], Any]:
    """ValueError for a name that an experiment has not, TypeError for one that is no method."""
    method = getattr(experiment, schedule, None)
    if callable(method):
        return method
    trouble = "non-callable member" if hasattr(experiment, schedule) else "non-existent task"
    message = f"Schedule references {trouble} {schedule}"
    logging.error(message)
    allowed = [name for name, _ in inspect.getmembers(experiment, callable) if not name.startswith("_")]
    logging.error("Allowed values for this experiment are: %s", allowed)
    raise (TypeError if hasattr(experiment, schedule) else ValueError)(message)
