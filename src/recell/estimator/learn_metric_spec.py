"""`MetricSpec`: which prediction, label and weight go into a metric; and metrics as `evaluate` takes them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from recell.estimator.arguments import argument_names
from recell.platform import logging

_PREDICTIONS = ("predictions", "prediction")
_LABELS = ("labels", "label", "targets", "target")
_WEIGHTS = ("weights", "weight")


class MetricSpec:
    """A metric and the names of what it takes. TF symbol: `tf.contrib.learn.MetricSpec`.

    Args:
      metric_fn: a function of predictions, and of labels and weights if it takes them, by these names.
      prediction_key, label_key: which of a dict; None for the only one.
      weight_key: which feature, or label, is the weights; None for none.
    """

    def __init__(
        self,
        metric_fn: Callable[..., Any],
        prediction_key: str | None = None,
        label_key: str | None = None,
        weight_key: str | None = None,
    ) -> None:
        self._metric_fn = metric_fn
        self._prediction_key = prediction_key
        self._label_key = label_key
        self._weight_key = weight_key

    @property
    def prediction_key(self) -> str | None:
        return self._prediction_key

    @property
    def label_key(self) -> str | None:
        return self._label_key

    @property
    def weight_key(self) -> str | None:
        return self._weight_key

    @property
    def metric_fn(self) -> Callable[..., Any]:
        """The function, called with keywords `predictions`, `labels` and `weights`."""
        return self._call

    def __str__(self) -> str:
        inner = self._metric_fn
        while isinstance(inner, functools.partial):
            inner = inner.func
        name = getattr(inner, "__name__", str(inner))
        return (
            f"MetricSpec(metric_fn={name}, prediction_key={self._prediction_key}, label_key={self._label_key}, "
            f"weight_key={self._weight_key})"
        )

    def create_metric_ops(self, inputs: Any, labels: Any, predictions: Any) -> Any:
        """The metric's operations for these features, labels and predictions.

        Raises ValueError for a key without a dict and for a dict of several without a key, KeyError for a key that is
        not there, and what the function raises.
        """
        prediction = self._one_of("prediction", predictions, self._prediction_key)
        label = self._one_of("label", labels, self._label_key)
        try:
            weights = None
            if self._weight_key is not None:
                has_it = (
                    isinstance(labels, Mapping)
                    and self._weight_key in labels
                    and not (isinstance(inputs, Mapping) and self._weight_key in inputs)
                )
                weights = labels[self._weight_key] if has_it else inputs[self._weight_key]
            return self._call(predictions=prediction, labels=label, weights=weights)
        except (TypeError, KeyError) as error:
            logging.error("Could not create metric ops for %s, %s.", self, error)
            raise

    def _one_of(self, kind: str, values: Any, key: str | None) -> Any:
        if key is not None:
            if not isinstance(values, Mapping):
                raise ValueError(
                    f"MetricSpec with {kind}_key specified requires {kind}s dict, got {values}.\n"
                    f"You must not provide a {kind}_key if you only have a single Tensor as {kind}s."
                )
            return values[key]
        if isinstance(values, Mapping):
            if len(values) != 1:
                raise ValueError(
                    f"MetricSpec without specified {kind}_key requires {kind}s tensor or single element dict, got "
                    f"{values}"
                )
            return next(iter(values.values()))
        return values

    def _call(self, predictions: Any = None, labels: Any = None, weights: Any = None) -> Any:
        """Calls the function with what it takes, by the names it uses. ValueError when it takes no weights it gets."""
        names = argument_names(self._metric_fn)
        taken: dict[str, Any] = {}
        positional: list[Any] = []
        for spellings, value in ((_PREDICTIONS, predictions), (_LABELS, labels)):
            known = [name for name in spellings if name in names]
            if known:
                taken[known[0]] = value
            elif spellings is _PREDICTIONS:
                positional.append(value)
        known = [name for name in _WEIGHTS if name in names]
        if known:
            taken[known[0]] = weights
        elif weights is not None:
            shown = getattr(self._metric_fn, "__name__", self._metric_fn)
            raise ValueError(f"{set(_WEIGHTS)} missing from {shown}({names}).")
        return self._metric_fn(*positional, **taken)


def make_metrics(metrics: Any, features: Any, labels: Any, predictions: Any) -> dict[str, Any]:
    """The operations of metrics as `evaluate` takes them: a MetricSpec, or a function of predictions and labels.

    The key of a function is its name, or a pair of it and of the prediction that it takes. ValueError for a key of
    another form.
    """
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        raise ValueError(f"Metrics argument should be None or dict. Got {metrics}.")
    if isinstance(labels, dict) and len(labels) == 1:
        labels = next(iter(labels.values()))
    made: dict[str, Any] = {}
    for name, metric in sorted(metrics.items(), key=lambda item: str(item[0])):
        if isinstance(metric, MetricSpec):
            made[name] = metric.create_metric_ops(features, labels, predictions)
        elif isinstance(name, tuple):
            if len(name) != 2:
                raise ValueError(f"Invalid metric for {name}. It returned a tuple with len {len(name)}, expected 2.")
            if not isinstance(predictions, dict):
                raise ValueError(
                    "Metrics passed provide (name, prediction), but predictions are not dict. Metrics: "
                    f"{metrics}, Predictions: {predictions}."
                )
            own = isinstance(labels, dict) and name[1] in labels
            made[name[0]] = metric(predictions[name[1]], labels[name[1]] if own else labels)
        elif isinstance(predictions, dict):
            raise ValueError(
                "Metrics passed provide only name, no prediction, but predictions are dict. Metrics: "
                f"{metrics}, Labels: {labels}."
            )
        else:
            made[name] = metric(predictions, labels)
    return made
