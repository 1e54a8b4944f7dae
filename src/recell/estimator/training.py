"""One training: the hooks around a step, the saver, the session, the loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.estimator.run_config import RunConfig
from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.monitoring.checkpoint_hook import CheckpointSaverHook, CheckpointSaverListener
from recell.monitoring.session_run_hook import SessionRunHook
from recell.monitoring.step_hooks import StopAtStepHook
from recell.monitoring.training_session import MonitoredTrainingSession
from recell.monitoring.value_hooks import LoggingTensorHook, NanTensorHook
from recell.platform import logging
from recell.summary.functions import scalar
from recell.train.saver import Saver


def checked_hooks(hooks: Any) -> list[SessionRunHook]:
    """TypeError for what is no hook."""
    listed = list(hooks or [])
    for hook in listed:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"Hooks must be a SessionRunHook, given: {hook}")
    return listed


def checked_listeners(listeners: Any) -> list[CheckpointSaverListener]:
    """TypeError for what is no listener."""
    listed = list(listeners or [])
    for listener in listed:
        if not isinstance(listener, CheckpointSaverListener):
            raise TypeError(f"saving_listeners must be a list of CheckpointSaverListener, given: {listener}")
    return listed


def stop_hooks(steps: int | None, max_steps: int | None) -> list[SessionRunHook]:
    """What ends a training. ValueError unless at most one is given, and above zero."""
    if steps is not None and max_steps is not None:
        raise ValueError("Can not provide both steps and max_steps.")
    for name, value in (("steps", steps), ("max_steps", max_steps)):
        if value is not None and value <= 0:
            raise ValueError(f"Must specify {name} > 0, given: {value}")
    return [] if steps is None and max_steps is None else [StopAtStepHook(steps, max_steps)]


def summarise_loss(loss: Any) -> None:
    """Adds a summary of the loss, unless the program has one of that name."""
    if not any(summary.op.name == "loss" for summary in get_default_graph().get_collection(GraphKeys.SUMMARIES)):
        scalar("loss", loss)


def step_hooks(loss: Any, global_step: Any, config: RunConfig) -> list[SessionRunHook]:
    """Stops at a loss that is no number, and logs it now and then."""
    hooks: list[SessionRunHook] = [NanTensorHook(loss)]
    if config.log_step_count_steps is not None:
        logged = {"loss": loss, "step": global_step}
        hooks.append(LoggingTensorHook(logged, every_n_iter=config.log_step_count_steps))
    return hooks


def add_saver(scaffold: Any, config: RunConfig) -> None:
    """Puts a saver into the graph, as the configuration wants it, unless the program brings one."""
    graph = get_default_graph()
    if scaffold.saver is not None or graph.get_collection(GraphKeys.SAVERS):
        return
    saver = Saver(
        sharded=True,
        max_to_keep=config.keep_checkpoint_max,
        keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
        defer_build=True,
        save_relative_paths=True,
    )
    graph.add_to_collection(GraphKeys.SAVERS, saver)


def saving_hooks(
    hooks: Sequence[SessionRunHook],
    listeners: Sequence[CheckpointSaverListener],
    scaffold: Any,
    model_dir: str,
    config: RunConfig,
) -> list[SessionRunHook]:
    """What saves checkpoints, if the program's hooks do not, and tells the listeners.

    ValueError for listeners of a training that saves nothing.
    """
    made: list[SessionRunHook] = []
    savers = [hook for hook in hooks if isinstance(hook, CheckpointSaverHook)]
    if not savers and (config.save_checkpoints_secs or config.save_checkpoints_steps):
        savers = [
            CheckpointSaverHook(
                model_dir,
                save_secs=config.save_checkpoints_secs,
                save_steps=config.save_checkpoints_steps,
                scaffold=scaffold,
            )
        ]
        made.extend(savers)
    if listeners:
        if not savers:
            raise ValueError(
                "There should be a CheckpointSaverHook to use saving_listeners. Please set one of the "
                "RunConfig.save_checkpoints_steps or RunConfig.save_checkpoints_secs."
            )
        savers[0]._listeners.extend(listeners)
    return made


def run_training(
    step: Any,
    hooks: Sequence[SessionRunHook],
    chief_hooks: Sequence[SessionRunHook],
    scaffold: Any,
    model_dir: str,
    config: RunConfig,
    session_config: Any = None,
) -> Any:
    """Runs `step` until a hook or the end of the input stops it; its last value, None when no step was made."""
    value = None
    with MonitoredTrainingSession(
        checkpoint_dir=model_dir,
        scaffold=scaffold,
        hooks=hooks,
        chief_only_hooks=chief_hooks,
        save_checkpoint_secs=0,
        save_summaries_steps=config.save_summary_steps,
        config=session_config or config.session_config,
        log_step_count_steps=config.log_step_count_steps,
    ) as session:
        while not session.should_stop():
            value = session.run(step)
    if value is None:
        logging.warning("Training with estimator made no steps. Perhaps input is empty or misspecified.")
    return value
