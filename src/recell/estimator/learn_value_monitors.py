"""Monitors that look at values: print them, keep them, end the training at NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recell.estimator.learn_monitors import EveryN
from recell.graph.core import get_collection
from recell.graph.keys import GraphKeys
from recell.monitoring.value_hooks import NanLossDuringTrainingError
from recell.platform import logging


class PrintTensor(EveryN):
    """Logs values. TF symbol: `tf.contrib.learn.monitors.PrintTensor`.

    Args:
      tensor_names: names of tensors in a list, or by their labels in a dict.
      every_n, first_n: as of `EveryN`.
    """

    def __init__(self, tensor_names: Mapping[str, Any] | Sequence[Any], every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        named = tensor_names if isinstance(tensor_names, Mapping) else {item: item for item in tensor_names}
        self._tensor_names = dict(named)

    def every_n_step_begin(self, step: int) -> list[Any]:
        super().every_n_step_begin(step)
        return list(self._tensor_names.values())

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        super().every_n_step_end(step, outputs)
        shown = [f"{tag} = {outputs[name]!s}" for tag, name in self._tensor_names.items() if name in outputs]
        logging.info("Step %d: %s", step, ", ".join(shown))
        return False


class LoggingTrainable(EveryN):
    """Logs trainable variables. TF symbol: `tf.contrib.learn.monitors.LoggingTrainable`.

    Args:
      scope: a regular expression of names; None for all.
      every_n, first_n: as of `EveryN`.
    """

    def __init__(self, scope: str | None = None, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._scope = scope
        self._names: list[str] = []

    def every_n_step_begin(self, step: int) -> list[Any]:
        super().every_n_step_begin(step)
        if not self._names:
            self._names = [v.name for v in get_collection(GraphKeys.TRAINABLE_VARIABLES, self._scope)]
        return list(self._names)

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        super().every_n_step_end(step, outputs)
        shown = [f"{name} = {outputs[name]!s}" for name in self._names if name in outputs]
        logging.info("Logging Trainable: Step %d: %s", step, ", ".join(shown))
        return False


class CaptureVariable(EveryN):
    """Keeps the values of a variable. TF symbol: `tf.contrib.learn.monitors.CaptureVariable`.

    Args:
      var_name: its name, or a tensor's.
      every_n, first_n: as of `EveryN`.
    """

    def __init__(self, var_name: str, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._var_name = var_name
        self._var_values: dict[int, Any] = {}

    @property
    def values(self) -> dict[int, Any]:
        """The values by the numbers of their steps."""
        return self._var_values

    def every_n_step_begin(self, step: int) -> list[Any]:
        super().every_n_step_begin(step)
        return [self._var_name]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        super().every_n_step_end(step, outputs)
        self._var_values[step] = outputs[self._var_name]
        return False


class NanLoss(EveryN):
    """Ends the training when the loss is NaN. TF symbol: `tf.contrib.learn.monitors.NanLoss`.

    Args:
      loss_tensor: the loss, or its name.
      every_n_steps: how often to look.
      fail_on_nan_loss: whether to raise NanLossDuringTrainingError.
    """

    def __init__(self, loss_tensor: Any, every_n_steps: int = 100, fail_on_nan_loss: bool = True) -> None:
        super().__init__(every_n_steps)
        self._loss_tensor = loss_tensor
        self._fail_on_nan_loss = fail_on_nan_loss

    def every_n_step_begin(self, step: int) -> list[Any]:
        super().every_n_step_begin(step)
        return [self._loss_tensor]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        super().every_n_step_end(step, outputs)
        if not np.isnan(outputs[self._loss_tensor]):
            return False
        if self._fail_on_nan_loss:
            logging.error("Model diverged with loss = NaN.")
            raise NanLossDuringTrainingError
        logging.warning("Model diverged with loss = NaN.")
        return True
