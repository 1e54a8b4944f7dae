"""`MonitoredTrainingSession`: a monitored session with the hooks that training wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.monitoring.checkpoint_hook import CheckpointSaverHook
from recell.monitoring.monitored_session import MonitoredSession
from recell.monitoring.scaffold import Scaffold
from recell.monitoring.session_creator import ChiefSessionCreator, WorkerSessionCreator
from recell.monitoring.session_run_hook import SessionRunHook
from recell.monitoring.step_hooks import StepCounterHook
from recell.monitoring.summary_hook import SummarySaverHook

USE_DEFAULT = object()
"""Stands for an interval left out: None means never."""


def MonitoredTrainingSession(
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: str | None = None,
    scaffold: Scaffold | None = None,
    hooks: Sequence[SessionRunHook] | None = None,
    chief_only_hooks: Sequence[SessionRunHook] | None = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: str | None = None,
) -> MonitoredSession:
    """A MonitoredSession that resumes from `checkpoint_dir` and saves there. TF: `tf.train.MonitoredTrainingSession`.

    Args (day to day):
      checkpoint_dir: folder of checkpoints and summaries; None for none.
      hooks: SessionRunHooks, called after the ones made here.
      save_checkpoint_secs, save_checkpoint_steps: how often to save; 600 seconds by default. At most one; None or 0
        (of both) for never.
      save_summaries_steps, save_summaries_secs: how often to write summaries; 100 steps by default. None for never.
      log_step_count_steps: how often to log steps per second; None or 0 for never. Only with a folder.
    Args (rarely):
      master: "".
      is_chief: False waits until the model is ready, and neither saves nor summarises.
      scaffold: the pieces to start with.
      chief_only_hooks: called before all others, if `is_chief`.
      config: of the session.
      stop_grace_period_secs: how long closing waits for threads.
      max_wait_secs: how long one that is not chief waits.
      summary_dir: folder of summaries, if another than that of checkpoints.

    Raises RuntimeError without a global step, if something is to be saved; ValueError for two intervals.

    Example: trained up to step 3, and then by another program, or the same one started again, up to step 5.
      >>> import tempfile
      >>> import recell.v1 as tf
      >>> def train(folder, last_step):
      ...     with tf.Graph().as_default():
      ...         step = tf.train.get_or_create_global_step()
      ...         train_op = tf.assign_add(step, 1)
      ...         hooks = [tf.train.StopAtStepHook(last_step=last_step)]
      ...         with tf.train.MonitoredTrainingSession(checkpoint_dir=folder, hooks=hooks) as sess:
      ...             while not sess.should_stop():
      ...                 print(sess.run(train_op))
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     train(folder, 3)
      ...     train(folder, 5)
      1
      2
      3
      4
      5
    """
    scaffold = scaffold or Scaffold()
    if not is_chief:
        worker = WorkerSessionCreator(scaffold=scaffold, master=master, config=config, max_wait_secs=max_wait_secs)
        return MonitoredSession(worker, hooks=hooks or [], stop_grace_period_secs=stop_grace_period_secs)
    summary_steps, summary_secs = _interval(save_summaries_steps, save_summaries_secs, (100, None))
    checkpoint_steps, checkpoint_secs = _interval(save_checkpoint_steps, save_checkpoint_secs, (None, 600))
    every: list[SessionRunHook] = list(chief_only_hooks or [])
    creator = ChiefSessionCreator(scaffold=scaffold, checkpoint_dir=checkpoint_dir, master=master, config=config)
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir:
        if log_step_count_steps and log_step_count_steps > 0:
            every.append(StepCounterHook(output_dir=summary_dir, every_n_steps=log_step_count_steps))
        if (summary_steps or 0) > 0 or (summary_secs or 0) > 0:
            every.append(
                SummarySaverHook(
                    scaffold=scaffold, save_steps=summary_steps, save_secs=summary_secs, output_dir=summary_dir
                )
            )
    if checkpoint_dir and ((checkpoint_secs or 0) > 0 or (checkpoint_steps or 0) > 0):
        every.append(
            CheckpointSaverHook(
                checkpoint_dir, save_steps=checkpoint_steps, save_secs=checkpoint_secs, scaffold=scaffold
            )
        )
    every.extend(hooks or [])
    return MonitoredSession(creator, hooks=every, stop_grace_period_secs=stop_grace_period_secs)


def _interval(steps: Any, secs: Any, default: tuple[Any, Any]) -> tuple[Any, Any]:
    """Steps and seconds, with the default where neither was given and None for the one left out."""
    if steps is USE_DEFAULT and secs is USE_DEFAULT:
        return default
    return (None if steps is USE_DEFAULT else steps), (None if secs is USE_DEFAULT else secs)


__all__ = ["MonitoredTrainingSession"]
