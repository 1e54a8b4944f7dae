"""`SKCompat`: an estimator as scikit-learn has them, of arrays alone; and how arrays are fed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recell.estimator.learn_data import setup_train_data_feeder
from recell.monitoring.session_run_hook import SessionRunHook
from recell.monitoring.value_hooks import FeedFnHook


class Parameters:
    """Reads and sets an estimator's public attributes, as scikit-learn's tools do."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The public attributes; with `deep` those of their values too, as `outer__inner`."""
        found = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        if deep:
            for name, value in list(found.items()):
                if isinstance(value, Parameters):
                    found.update({f"{name}__{inner}": v for inner, v in value.get_params().items()})
        return found

    def set_params(self, **params: Any) -> Any:
        """Sets public attributes; ValueError for one that is not there. Returns itself."""
        known = self.get_params()
        for name, value in params.items():
            owner, _, inner = name.partition("__")
            if name not in known:
                raise ValueError(f"Invalid parameter {name} for estimator {type(self).__name__}")
            if inner:
                known[owner].set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in sorted(self.get_params(deep=False).items()))
        return f"{type(self).__name__}({shown})"


def feeding(
    x: Any, y: Any, batch_size: int | None, *, shuffle: bool, epochs: int | None
) -> tuple[Callable[[], Any], Callable[[], dict[Any, Any]]]:
    """An input function that makes placeholders for the data, and the function that feeds them."""
    feeder = setup_train_data_feeder(x, y, None, batch_size, shuffle=shuffle, epochs=epochs)
    return feeder.input_builder, feeder.get_feed_dict_fn()


class SKCompat(Parameters):
    """An estimator of `tf.contrib.learn` with scikit-learn's methods. TF symbol: `tf.contrib.learn.SKCompat`."""

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = 128,
        steps: int | None = None,
        max_steps: int | None = None,
        monitors: Sequence[Any] | None = None,
    ) -> SKCompat:
        """Trains on arrays, in a random order. Arguments and errors as those of `Estimator.fit`. Returns itself."""
        input_fn, feed_fn = feeding(x, y, batch_size, shuffle=True, epochs=None)
        hooks = [FeedFnHook(feed_fn), *(monitors or [])]
        self._estimator.fit(input_fn=input_fn, steps=steps, max_steps=max_steps, monitors=hooks)
        return self

    def score(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = 128,
        steps: int | None = None,
        metrics: Any = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """The mean loss and the metrics over arrays. Arguments and errors as those of `Estimator.evaluate`."""
        return self._score(x, y, batch_size, steps, metrics, name)

    def _score(
        self,
        x: Any,
        y: Any,
        batch_size: int | None,
        steps: int | None,
        metrics: Any,
        name: str | None,
        checkpoint_path: str | None = None,
        hooks: Sequence[SessionRunHook] | None = None,
        log_progress: bool = True,
    ) -> dict[str, Any]:
        if metrics is not None and not isinstance(metrics, dict):
            raise ValueError(f"Metrics argument should be None or dict. Got {metrics}.")
        input_fn, feed_fn = feeding(x, y, batch_size, shuffle=False, epochs=1)
        return self._estimator._evaluate_model(
            input_fn, steps, feed_fn, metrics, name or "", checkpoint_path, hooks, log_progress
        )

    def predict(self, x: Any, batch_size: int | None = 128, outputs: Sequence[str] | None = None) -> Any:
        """All predictions for arrays: one array, or a dict of them. Errors as those of `Estimator.predict`."""
        input_fn, feed_fn = feeding(x, None, batch_size, shuffle=False, epochs=1)
        batches = list(self._estimator._infer_model(input_fn, feed_fn, outputs, iterate_batches=True))
        if not isinstance(batches[0], dict):
            return np.concatenate(batches, axis=0)
        return {name: np.concatenate([batch[name] for batch in batches], axis=0) for name in batches[0]}
