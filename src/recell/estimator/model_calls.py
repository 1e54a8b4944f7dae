"""Calling a program's `model_fn`: which arguments it must, may and does get."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from recell.estimator.arguments import argument_names
from recell.estimator.spec import EstimatorSpec
from recell.platform import logging

ARGUMENTS = frozenset({"features", "labels", "mode", "params", "config"})


def taken(model_fn: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the arguments that are left to be given."""
    names = argument_names(model_fn)
    bound = model_fn.keywords if isinstance(model_fn, functools.partial) else {}
    return tuple(name for name in names if name not in bound)


def check_model_fn(model_fn: Any, params: Any) -> None:
    """ValueError for a function without `features`, with unknown arguments, or at odds with `params`."""
    names = taken(model_fn)
    if "features" not in names:
        raise ValueError(f"model_fn ({model_fn}) must include features argument.")
    if params is not None and "params" not in names:
        raise ValueError(
            f"model_fn ({model_fn}) does not include params argument, but params ({params}) is passed to Estimator."
        )
    if params is None and "params" in names:
        logging.warning(
            "Estimator's model_fn (%s) includes params argument, but params are not passed to Estimator.", model_fn
        )
    unknown = sorted(name for name in names if name not in ARGUMENTS and name != "self")
    if unknown:
        raise ValueError(f"model_fn ({model_fn}) has following not expected args: {unknown}")


def call_model_fn(
    model_fn: Callable[..., Any], features: Any, labels: Any, mode: str, params: Any, config: Any
) -> EstimatorSpec:
    """The function's spec. ValueError when it takes no labels although there are some, or gives something else."""
    names = taken(model_fn)
    offered: dict[str, Any] = {"mode": mode, "params": params, "config": config}
    if "labels" in names:
        offered["labels"] = labels
    elif labels is not None:
        raise ValueError("model_fn does not take labels, but input_fn returns labels.")
    logging.info("Calling model_fn.")
    spec = model_fn(features=features, **{name: value for name, value in offered.items() if name in names})
    logging.info("Done calling model_fn.")
    if not isinstance(spec, EstimatorSpec):
        raise ValueError("model_fn should return an EstimatorSpec.")
    return spec
