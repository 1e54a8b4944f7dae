"""The progress bar of an estimator: a hook, as any that a program hands to `Estimator.train`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import recell.v1 as tf


class ProgressHook(tf.train.SessionRunHook):
    """Asks every training step for the loss, and hands it to `advance` as text."""

    def __init__(self, loss: str, advance: Callable[[str], None]) -> None:
        self._loss = loss
        self._advance = advance

    def before_run(self, run_context: Any) -> Any:
        return tf.train.SessionRunArgs(run_context.session.graph.get_tensor_by_name(self._loss))

    def after_run(self, run_context: Any, run_values: Any) -> None:
        self._advance(f"steps, loss {run_values.results:.4f}")
