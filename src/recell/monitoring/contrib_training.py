"""Loops of training and evaluation around monitored sessions: those of `tf.contrib.training`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.graph.variable_scope import get_variable
from recell.monitoring.monitored_session import MonitoredSession
from recell.monitoring.scaffold import Scaffold
from recell.monitoring.session_creator import ChiefSessionCreator
from recell.monitoring.session_run_hook import SessionRunHook
from recell.monitoring.training_session import MonitoredTrainingSession
from recell.monitoring.value_hooks import FinalOpsHook
from recell.ops.initializers import Zeros
from recell.ops.state import assign_add
from recell.platform import logging
from recell.summary.functions import merge_all
from recell.summary.writer import FileWriterCache
from recell.train.checkpoint_management import checkpoints_iterator
from recell.train.training_util import get_or_create_global_step


def train(
    train_op: Any,
    logdir: str | None,
    master: str = "",
    is_chief: bool = True,
    scaffold: Scaffold | None = None,
    hooks: Sequence[SessionRunHook] | None = None,
    chief_only_hooks: Sequence[SessionRunHook] | None = None,
    save_checkpoint_secs: float | None = 600,
    save_summaries_steps: int | None = 100,
    config: Any = None,
    max_wait_secs: float = 7200,
    run_metadata: Any = None,
) -> Any:
    """Runs `train_op` until a hook or the end of the input stops it, and gives its last value.

    The other arguments are those of `MonitoredTrainingSession`. ValueError for something to save and no folder.
    TF symbol: `tf.contrib.training.train`.
    """
    if logdir is None and is_chief:
        for argument, value in (
            ("save_summaries_steps", save_summaries_steps),
            ("save_checkpoint_secs", save_checkpoint_secs),
        ):
            if value:
                raise ValueError(f"logdir cannot be None when {argument} is not None")
    loss = None
    with MonitoredTrainingSession(
        master=master,
        is_chief=is_chief,
        checkpoint_dir=logdir,
        scaffold=scaffold,
        hooks=hooks,
        chief_only_hooks=chief_only_hooks,
        save_checkpoint_secs=save_checkpoint_secs,
        save_summaries_steps=save_summaries_steps,
        config=config,
        max_wait_secs=max_wait_secs,
    ) as session:
        while not session.should_stop():
            loss = session.run(train_op, run_metadata=run_metadata)
    return loss


def get_or_create_eval_step() -> Any:
    """The counter of evaluation steps, a local int64 variable. ValueError when there are several.

    TF symbol: `tf.contrib.training.get_or_create_eval_step`.
    """
    found = get_default_graph().get_collection(GraphKeys.EVAL_STEP)
    if len(found) > 1:
        raise ValueError(f"Multiple tensors in the collection {GraphKeys.EVAL_STEP}: one counter is expected.")
    if found:
        return found[0]
    return get_variable(
        GraphKeys.EVAL_STEP,
        shape=[],
        dtype=dtypes.int64,
        initializer=Zeros(),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.EVAL_STEP],
    )


def _counted(eval_ops: Any) -> Any:
    """What to run in each step of an evaluation: `eval_ops`, and the counter."""
    step = get_or_create_eval_step()
    if eval_ops is None:
        return None
    update = assign_add(step, 1)
    if isinstance(eval_ops, Mapping):
        return {**eval_ops, "update_eval_step": update}
    return [*eval_ops, update] if isinstance(eval_ops, (list, tuple)) else [eval_ops, update]


def _evaluate(
    checkpoint_path: str,
    master: str,
    scaffold: Scaffold | None,
    eval_ops: Any,
    feed_dict: Any,
    hooks: Sequence[SessionRunHook],
    config: Any,
) -> None:
    """One session of an evaluation."""
    creator = ChiefSessionCreator(
        scaffold=scaffold, checkpoint_filename_with_path=checkpoint_path, master=master, config=config
    )
    with MonitoredSession(session_creator=creator, hooks=hooks) as session:
        logging.info("Starting evaluation at %s", _now())
        if eval_ops is not None:
            while not session.should_stop():
                session.run(eval_ops, feed_dict)
    logging.info("Finished evaluation at %s", _now())


def _now() -> str:
    return time.strftime("%Y-%m-%d-%H:%M:%S", time.gmtime())


def evaluate_once(
    checkpoint_path: str,
    master: str = "",
    scaffold: Scaffold | None = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    hooks: Sequence[SessionRunHook] | None = None,
    config: Any = None,
) -> Any:
    """Evaluates one checkpoint, and gives the values of `final_ops` at the end.

    Args:
      checkpoint_path: the checkpoint's prefix.
      eval_ops, feed_dict: what is run in each step, until a hook or the end of the input stops it; None for no steps.
      final_ops, final_ops_feed_dict: what is run once at the end.
      hooks: such as `StopAfterNEvalsHook`.
      master, scaffold, config: as of ChiefSessionCreator.

    TF symbol: `tf.contrib.training.evaluate_once`.
    """
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    _evaluate(checkpoint_path, master, scaffold, _counted(eval_ops), feed_dict, [*(hooks or ()), final], config)
    return final.final_ops_values


def evaluate_repeatedly(
    checkpoint_dir: str,
    master: str = "",
    scaffold: Scaffold | None = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    eval_interval_secs: float = 60,
    hooks: Sequence[SessionRunHook] | None = None,
    config: Any = None,
    max_number_of_evaluations: int | None = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Any:
    """Evaluates each new checkpoint of a folder, and gives the values of `final_ops` for the last one.

    Args:
      eval_interval_secs: how long it is at least from one evaluation to the next.
      max_number_of_evaluations: after how many to end.
      timeout, timeout_fn: as of `tf.train.checkpoints_iterator`.

    The others as of `evaluate_once`. TF symbol: `tf.contrib.training.evaluate_repeatedly`.
    """
    steps = _counted(eval_ops)
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    paths = checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn)
    for done, path in enumerate(paths, 1):
        _evaluate(path, master, scaffold, steps, feed_dict, [*(hooks or ()), final], config)
        if max_number_of_evaluations is not None and done >= max_number_of_evaluations:
            break
    return final.final_ops_values


class SummaryAtEndHook(SessionRunHook):
    """Writes summaries once, at the end. TF symbol: `tf.contrib.training.SummaryAtEndHook`.

    Args:
      log_dir: folder of the events file.
      summary_writer: writes them, instead of one for `log_dir`.
      summary_op: all summaries merged by default.
      feed_dict: feeds for it.

    ValueError without a folder and a writer.
    """

    def __init__(
        self, log_dir: str | None = None, summary_writer: Any = None, summary_op: Any = None, feed_dict: Any = None
    ) -> None:
        if not log_dir and summary_writer is None:
            raise ValueError("One of log_dir or summary_writer should be used.")
        self._log_dir = log_dir
        self._summary_writer = summary_writer
        self._given_summary_op = summary_op
        self._feed_dict = feed_dict

    def begin(self) -> None:
        self._summary_op = merge_all() if self._given_summary_op is None else self._given_summary_op
        self._global_step = get_or_create_global_step()
        if self._summary_writer is None and self._log_dir:
            self._summary_writer = FileWriterCache.get(self._log_dir)

    def end(self, session: Any) -> None:
        if self._summary_op is not None:
            summary, step = session.run((self._summary_op, self._global_step), self._feed_dict)
            self._summary_writer.add_summary(summary, step)
        self._summary_writer.flush()


__all__ = ["SummaryAtEndHook", "evaluate_once", "evaluate_repeatedly", "get_or_create_eval_step", "train"]
