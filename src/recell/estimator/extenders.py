"""Estimators made of others, with something added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.estimator.arguments import argument_names, given_by_name
from recell.estimator.estimator import Estimator
from recell.estimator.modes import ModeKeys
from recell.estimator.spec import EstimatorSpec

_ARGUMENTS = ("features", "predictions", "labels", "config")


def add_metrics(estimator: Estimator, metric_fn: Callable[..., dict[str, Any]]) -> Estimator:
    """An estimator of the same model and folder that evaluates further metrics. TF: `tf.estimator.add_metrics`.

    Args:
      metric_fn: a function of any of `features`, `predictions`, `labels`, `config` that gives metrics by name, as
        `eval_metric_ops`. One of a name that the model has replaces it.

    Raises ValueError for a function with other arguments.
    """
    unknown = [name for name in argument_names(metric_fn) if name not in _ARGUMENTS]
    if unknown:
        raise ValueError(f"metric_fn ({metric_fn}) has following not expected args: {unknown}")

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        spec = estimator.model_fn(features, labels, mode, config)
        if mode != ModeKeys.EVAL:
            return spec
        offered = {"features": features, "labels": labels, "predictions": spec.predictions, "config": config}
        added = metric_fn(**given_by_name(metric_fn, offered)) or {}
        return spec._replace(eval_metric_ops={**spec.eval_metric_ops, **added})

    return Estimator(model_fn, estimator.model_dir, estimator.config, warm_start_from=estimator._warm_start_settings)
