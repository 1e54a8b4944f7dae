"""What a model offers to those who serve it, as `EstimatorSpec` takes and checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recell.graph.dtypes import string
from recell.graph.tensor import Tensor

DEFAULT_SIGNATURE = "serving_default"


class ExportOutput:
    """The base of the three kinds. TF symbol: `tf.estimator.export.ExportOutput`."""


def _floating(value: Any, what: str) -> Any:
    if not (isinstance(value, Tensor) and value.dtype.base_dtype.is_floating):
        raise ValueError(f"{what} must be a float32 Tensor; got {value}")
    return value


class ClassificationOutput(ExportOutput):
    """Scores of classes, their names, or both. TF symbol: `tf.estimator.export.ClassificationOutput`.

    Args:
      scores: a floating tensor, or None.
      classes: a string tensor, or None.

    Raises ValueError when both are missing or one has another dtype.
    """

    def __init__(self, scores: Tensor | None = None, classes: Tensor | None = None) -> None:
        if scores is not None:
            _floating(scores, "Classification scores")
        if classes is not None and not (isinstance(classes, Tensor) and classes.dtype.base_dtype is string):
            raise ValueError(f"Classification classes must be a string Tensor; got {classes}")
        if scores is None and classes is None:
            raise ValueError("At least one of scores and classes must be set.")
        self.scores = scores
        self.classes = classes


class RegressionOutput(ExportOutput):
    """One number a row. TF symbol: `tf.estimator.export.RegressionOutput`. ValueError unless `value` is floating."""

    def __init__(self, value: Tensor) -> None:
        self.value = _floating(value, "Regression output value")


class PredictOutput(ExportOutput):
    """Tensors by name; one tensor alone is called `output`. TF symbol: `tf.estimator.export.PredictOutput`."""

    def __init__(self, outputs: Tensor | Mapping[str, Tensor]) -> None:
        named = dict(outputs) if isinstance(outputs, Mapping) else {"output": outputs}
        for key, value in named.items():
            if not isinstance(key, str):
                raise ValueError(f"Prediction output key must be a string; got {key}.")
            if not isinstance(value, Tensor):
                raise ValueError(f"Prediction output value must be a Tensor; got {value}.")
        self.outputs = named


def checked_outputs(given: Any, predictions: Any) -> dict[str, ExportOutput]:
    """What a prediction's spec exports, one of it under the default name.

    TypeError for anything but a dict of `ExportOutput`, ValueError when no one of several is the default.
    """
    if given is None:
        return {DEFAULT_SIGNATURE: PredictOutput(predictions)}
    if not isinstance(given, dict):
        raise TypeError(f"export_outputs must be dict, given: {given}")
    for value in given.values():
        if not isinstance(value, ExportOutput):
            raise TypeError(f"Values in export_outputs must be ExportOutput objects. Given: {given}")
    outputs = dict(given)
    if len(outputs) == 1:
        outputs.setdefault(DEFAULT_SIGNATURE, next(iter(outputs.values())))
    elif outputs and DEFAULT_SIGNATURE not in outputs:
        raise ValueError(
            "Multiple export_outputs were provided, but none of them is specified as the default.  Name one of them "
            f"{DEFAULT_SIGNATURE!r}."
        )
    return outputs
