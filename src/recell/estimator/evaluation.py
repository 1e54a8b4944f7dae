"""One evaluation: a checkpoint restored, updates run until the input or the steps end, results read and written."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recell.graph import nest
from recell.graph.tensor import Operation
from recell.monitoring.monitored_session import MonitoredSession
from recell.monitoring.scaffold import Scaffold
from recell.monitoring.session_creator import ChiefSessionCreator
from recell.monitoring.session_run_hook import SessionRunContext, SessionRunHook, SessionRunValues
from recell.monitoring.value_hooks import FinalOpsHook
from recell.ops.state import group
from recell.platform import logging
from recell.platform.tensor_values import make_tensor_proto
from recell.summary import protos
from recell.summary.writer import FileWriterCache


class StopAfterNEvalsHook(SessionRunHook):
    """Stops an evaluation after a number of steps. TF symbol: `tf.contrib.training.StopAfterNEvalsHook`.

    Args:
      num_evals: how many steps; None for no limit.
      log_progress: whether to log how far it is, at about every tenth of the way.
    """

    def __init__(self, num_evals: int | None, log_progress: bool = True) -> None:
        self._num_evals = num_evals
        self._done = 0
        self._log_progress = log_progress
        self._log_frequency = 1 if num_evals is None or num_evals < 20 else math.floor(num_evals / 10)

    def after_create_session(self, session: Any, coord: Any) -> None:
        self._done = 0

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        self._done += 1
        if self._log_progress:
            if self._num_evals is None:
                logging.info("Evaluation [%d]", self._done)
            elif self._done % self._log_frequency == 0 or self._done == self._num_evals:
                logging.info("Evaluation [%d/%d]", self._done, self._num_evals)
        if self._num_evals is not None and self._done >= self._num_evals:
            run_context.request_stop()


def metric_updates(metrics: Mapping[str, Any]) -> tuple[Operation, dict[str, Any]]:
    """One operation that updates all metrics, and the value of each. A value alone has nothing to update."""
    values: dict[str, Any] = {}
    updates: list[Any] = []
    for name, metric in metrics.items():
        if isinstance(metric, (list, tuple)):
            values[name] = metric[0]
            updates.append(metric[1])
        else:
            values[name] = metric
    return group(*updates), values


def evaluate_once(
    checkpoint_path: str | None,
    eval_ops: Any,
    final_ops: Any,
    hooks: Sequence[SessionRunHook],
    scaffold: Scaffold | None = None,
    config: Any = None,
) -> Any:
    """The values of `final_ops` after `eval_ops` have been run until a hook or the end of the input stops them."""
    logging.info("Starting evaluation at %s", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    final = FinalOpsHook(final_ops)
    creator = ChiefSessionCreator(scaffold=scaffold, checkpoint_filename_with_path=checkpoint_path, config=config)
    with MonitoredSession(creator, hooks=[*hooks, final]) as session:
        while not session.should_stop():
            session.run(eval_ops)
    logging.info("Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S", time.gmtime()))
    return final.final_ops_values


def folder_of(model_dir: str, name: str | None) -> str:
    """The folder of an evaluation's summaries."""
    return os.path.join(model_dir, f"eval_{name}" if name else "eval")


def described(results: Mapping[str, Any]) -> str:
    """`loss = 0.5, mae = 1.0`, in order of names."""
    shown = []
    for name, value in sorted(nest.flatten_dict_items(dict(results)).items()):
        # `str` and not a format: numpy formats its float32 as the float64 of the same value.
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        shown.append(f"{name} = {text}")
    return ", ".join(shown)


def write_results(folder: str, results: Mapping[str, Any], step: int) -> None:
    """Adds the results to the folder's events: numbers as scalars, arrays as tensors."""
    logging.info("Saving dict for global step %d: %s", step, described(results))
    summary = protos.Summary()
    for key, value in sorted(results.items()):
        if value is None or key == "global_step":
            continue
        if isinstance(value, bytes):
            _add_serialized(summary, key, value)
            continue
        array = np.asarray(value)
        if array.ndim > 0:
            summary.value.add(tag=key, tensor=make_tensor_proto(array))
        elif array.dtype.kind in "fiu":
            summary.value.add(tag=key, simple_value=float(array))
        else:
            logging.warning("Skipping summary for %s, must be a number, an array or a serialized Summary.", key)
    writer = FileWriterCache.get(folder)
    writer.add_summary(summary, step)
    writer.flush()


def _add_serialized(summary: Any, key: str, value: bytes) -> None:
    from google.protobuf.message import DecodeError

    try:
        parsed = protos.Summary.FromString(value)
    except DecodeError as error:
        logging.warning("Skipping summary for %s, cannot parse string to Summary: %s", key, error)
        return
    for number, part in enumerate(parsed.value):
        part.tag = f"{key}/{number}"
        summary.value.add().CopyFrom(part)


def write_checkpoint_path(folder: str, step: int, checkpoint_path: str) -> None:
    """Notes in the folder's events which checkpoint was evaluated."""
    logging.info("Saving 'checkpoint_path' summary for global step %d: %s", step, checkpoint_path)
    summary = protos.Summary()
    summary.value.add(tag="checkpoint_path", tensor=make_tensor_proto(os.fspath(checkpoint_path)))
    writer = FileWriterCache.get(folder)
    writer.add_summary(summary, step)
    writer.flush()
