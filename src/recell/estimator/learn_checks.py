"""What estimators of `tf.contrib.learn` ask of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.estimator.arguments import argument_names
from recell.estimator.prediction import selected_predictions
from recell.platform import logging


class NotFittedError(ValueError, AttributeError):
    """There is no trained model. TF symbol: `tf.contrib.learn.NotFittedError`."""


def check_input_arguments(x: Any, y: Any, input_fn: Any, feed_fn: Any, batch_size: Any) -> None:
    """ValueError unless either arrays or an input function is given."""
    if input_fn is None:
        if x is None:
            raise ValueError("Either x or input_fn must be provided.")
        if feed_fn is not None:
            raise ValueError("Can not provide feed_fn without input_fn.")
        return
    if x is not None or y is not None:
        raise ValueError("Can not provide both input_fn and x or y.")
    if batch_size is not None:
        raise ValueError("Can not provide both input_fn and batch_size.")


def check_params(model_fn: Callable[..., Any], params: Any) -> None:
    """ValueError for `params` that the function does not take; a warning where it takes some and gets none."""
    takes = "params" in argument_names(model_fn)
    if params is not None and not takes:
        raise ValueError(
            f"Estimator's model_fn ({model_fn}) does not have a params argument, but params ({params}) were passed to "
            "the Estimator's constructor."
        )
    if params is None and takes:
        logging.warning(
            "Estimator's model_fn (%s) includes params argument, but params are not passed to Estimator.", model_fn
        )


def chosen_outputs(predictions: Any, outputs: Sequence[str] | None) -> Any:
    """The predictions of these names, or all. ValueError for names where there are none, and for unknown ones."""
    if not outputs:
        return predictions
    if not isinstance(predictions, dict):
        raise ValueError("outputs argument is not valid in case of non-dict predictions.")
    return selected_predictions(predictions, list(outputs))
