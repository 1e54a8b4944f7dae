"""`RunConfig`: how an estimator runs: seeds, how often it saves and reports, what its sessions are made with."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

from recell.estimator.arguments import argument_names
from recell.session.config import ConfigProto

_UNSET: Any = object()
_DEFAULT_SECS = 600
_REPLACEABLE = [
    "model_dir",
    "tf_random_seed",
    "save_summary_steps",
    "save_checkpoints_steps",
    "save_checkpoints_secs",
    "session_config",
    "keep_checkpoint_max",
    "keep_checkpoint_every_n_hours",
    "log_step_count_steps",
    "train_distribute",
    "device_fn",
    "protocol",
    "eval_distribute",
    "experimental_distribute",
    "experimental_max_worker_delay_secs",
    "session_creation_timeout_secs",
]


class TaskType:
    """Kinds of tasks of a cluster. TF symbol: `tf.estimator.TaskType` (`tensorflow.python.estimator.run_config`)."""

    MASTER = "master"
    PS = "ps"
    WORKER = "worker"
    CHIEF = "chief"
    EVALUATOR = "evaluator"


class ClusterSpec:
    """The tasks of a cluster by kind; always empty: a model runs in one process."""

    def as_dict(self) -> dict[str, list[str]]:
        return {}

    @property
    def jobs(self) -> list[str]:
        return []

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec)

    __hash__ = object.__hash__


def local_task() -> dict[str, Any]:
    """What the environment variable `TF_CONFIG` says, for a model that runs in one process.

    ValueError when it is no JSON object, describes a cluster, or names a task that only a cluster has.
    """
    given = os.environ.get("TF_CONFIG", "{}")
    try:
        described = json.loads(given)
    except json.JSONDecodeError as error:
        raise ValueError(f"The environment variable TF_CONFIG must hold a JSON object: {error}.") from None
    if described.get("cluster"):
        raise ValueError(
            "TF_CONFIG describes a cluster of several processes. A model runs in one process here: unset TF_CONFIG."
        )
    for name in ("session_master", "eval_session_master"):
        if described.get(name):
            raise ValueError(f"There are no remote sessions here: {name} of TF_CONFIG must be empty.")
    if described.get("task", {}).get("type", TaskType.WORKER) != TaskType.WORKER:
        raise ValueError('If "cluster" is not set in TF_CONFIG, task type must be WORKER.')
    return described


def _field(name: str) -> Any:
    """A property that shows a private attribute."""
    return property(lambda self: getattr(self, f"_{name}"))


class RunConfig:
    """How an estimator runs. Fields are read-only; `replace` gives a changed copy. TF symbol: `tf.estimator.RunConfig`.

    Args:
      model_dir: the folder of checkpoints and summaries; also read from `TF_CONFIG`.
      tf_random_seed: the graph's seed in each call; None lets every call draw other numbers.
      save_summary_steps: every how many steps summaries are written; None or 0 for never.
      save_checkpoints_steps, save_checkpoints_secs: how often to save; at most one of them. 600 seconds when neither
        is given; no checkpoints but the last when both are None.
      session_config: a `tf.ConfigProto` for every session.
      keep_checkpoint_max: how many of the newest checkpoints stay; None or 0 for all.
      keep_checkpoint_every_n_hours: one checkpoint of every so many hours stays for good.
      log_step_count_steps: every how many steps the loss and the speed are logged; None for never.
      device_fn: a function of an argument `op` that gives its device.
      protocol, session_creation_timeout_secs, experimental_max_worker_delay_secs: checked and kept; they concern
        clusters.
      train_distribute, eval_distribute, experimental_distribute: must be None: a model runs in one process.

    Raises:
      ValueError: a number is out of its range, a value of a wrong type, or both ways to save are given.
    """

    model_dir: Any = _field("model_dir")
    tf_random_seed: Any = _field("tf_random_seed")
    save_summary_steps: Any = _field("save_summary_steps")
    save_checkpoints_steps: Any = _field("save_checkpoints_steps")
    save_checkpoints_secs: Any = _field("save_checkpoints_secs")
    session_config: Any = _field("session_config")
    keep_checkpoint_max: Any = _field("keep_checkpoint_max")
    keep_checkpoint_every_n_hours: Any = _field("keep_checkpoint_every_n_hours")
    log_step_count_steps: Any = _field("log_step_count_steps")
    train_distribute: Any = _field("train_distribute")
    device_fn: Any = _field("device_fn")
    protocol: Any = _field("protocol")
    eval_distribute: Any = _field("eval_distribute")
    experimental_max_worker_delay_secs: Any = _field("experimental_max_worker_delay_secs")
    session_creation_timeout_secs: Any = _field("session_creation_timeout_secs")
    service: Any = _field("service")
    cluster_spec: Any = _field("cluster_spec")
    task_type: Any = _field("task_type")
    task_id: Any = _field("task_id")
    global_id_in_cluster: Any = _field("global_id_in_cluster")
    master: Any = _field("master")
    evaluation_master: Any = _field("evaluation_master")
    is_chief: Any = _field("is_chief")
    num_ps_replicas: Any = _field("num_ps_replicas")
    num_worker_replicas: Any = _field("num_worker_replicas")

    def __init__(
        self,
        model_dir: str | None = None,
        tf_random_seed: int | None = None,
        save_summary_steps: int | None = 100,
        save_checkpoints_steps: int | None = _UNSET,
        save_checkpoints_secs: int | None = _UNSET,
        session_config: ConfigProto | None = None,
        keep_checkpoint_max: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        train_distribute: Any = None,
        device_fn: Any = None,
        protocol: str | None = None,
        eval_distribute: Any = None,
        experimental_distribute: Any = None,
        experimental_max_worker_delay_secs: float | None = None,
        session_creation_timeout_secs: float = 7200,
    ) -> None:
        if save_checkpoints_steps is _UNSET and save_checkpoints_secs is _UNSET:
            save_checkpoints_steps, save_checkpoints_secs = None, _DEFAULT_SECS
        task = local_task()
        self._model_dir = _model_dir(model_dir, task)
        self._set(
            tf_random_seed=tf_random_seed,
            save_summary_steps=save_summary_steps,
            save_checkpoints_steps=None if save_checkpoints_steps is _UNSET else save_checkpoints_steps,
            save_checkpoints_secs=None if save_checkpoints_secs is _UNSET else save_checkpoints_secs,
            session_config=session_config,
            keep_checkpoint_max=keep_checkpoint_max,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            log_step_count_steps=log_step_count_steps,
            train_distribute=train_distribute,
            device_fn=device_fn,
            protocol=protocol,
            eval_distribute=eval_distribute,
            experimental_distribute=experimental_distribute,
            experimental_max_worker_delay_secs=experimental_max_worker_delay_secs,
            session_creation_timeout_secs=session_creation_timeout_secs,
        )
        self._service = task.get("service")
        self._cluster_spec = ClusterSpec()
        self._task_type: str | None = TaskType.WORKER
        self._task_id = int(task.get("task", {}).get("index", 0))
        self._global_id_in_cluster = 0
        self._master = ""
        self._evaluation_master = ""
        self._is_chief = True
        self._num_ps_replicas = 0
        self._num_worker_replicas = 1

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, f"_{name}", value)
        _check(self)

    def replace(self, **kwargs: Any) -> RunConfig:
        """A copy with other values. ValueError for a name that cannot be replaced and for a value out of range."""
        for name in kwargs:
            if name not in _REPLACEABLE:
                raise ValueError(f"Replacing {name} is not supported. Allowed properties are {_REPLACEABLE}.")
        if "save_checkpoints_steps" in kwargs and "save_checkpoints_secs" in kwargs:
            _check_one_way_to_save(kwargs["save_checkpoints_steps"], kwargs["save_checkpoints_secs"])
        changed = copy.copy(self)
        changed._cluster_spec = ClusterSpec()
        # Asking for one way to save ends the other.
        if kwargs.get("save_checkpoints_steps") is not None:
            kwargs.setdefault("save_checkpoints_secs", None)
        elif kwargs.get("save_checkpoints_secs") is not None:
            kwargs.setdefault("save_checkpoints_steps", None)
        changed._set(**kwargs)
        return changed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({vars(self)})"


def _model_dir(given: str | None, task: dict[str, Any]) -> str | None:
    """The folder that is asked for by argument or by `TF_CONFIG`; ValueError when they differ or one is empty."""
    if given is None:
        found = task.get("model_dir")
        if found == "":
            raise ValueError("model_dir should be non-empty.")
        return found
    if given == "":
        raise ValueError("model_dir should be non-empty.")
    if task.get("model_dir", given) != given:
        raise ValueError(
            f"`model_dir` provided in RunConfig construct, if set, must have the same value as the model_dir in "
            f"TF_CONFIG. Given: {given} and {task['model_dir']}"
        )
    return given


def _check_one_way_to_save(steps: Any, secs: Any) -> None:
    if steps is not None and secs is not None:
        raise ValueError("`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set.")


def _check(config: Any) -> None:
    if config._model_dir == "":
        raise ValueError("model_dir should be non-empty")
    _check_one_way_to_save(config._save_checkpoints_steps, config._save_checkpoints_secs)
    for name in ("save_summary_steps", "save_checkpoints_steps", "save_checkpoints_secs", "keep_checkpoint_max"):
        value = getattr(config, f"_{name}")
        if value is not None and value < 0:
            raise ValueError(f"{name} should be >= 0")
    if config._session_config is not None and not isinstance(config._session_config, ConfigProto):
        raise ValueError("session_config must be instance of ConfigProto")
    for name in ("keep_checkpoint_every_n_hours", "log_step_count_steps", "session_creation_timeout_secs"):
        value = getattr(config, f"_{name}")
        if value is not None and value <= 0:
            raise ValueError(f"{name} should be > 0")
    seed = config._tf_random_seed
    if seed is not None and not isinstance(seed, int):
        raise ValueError("tf_random_seed must be integer.")
    device_fn = config._device_fn
    if device_fn is not None and (not callable(device_fn) or argument_names(device_fn) != ("op",)):
        raise ValueError('device_fn must be callable with exactly one argument "op".')
    if config._protocol not in (None, "grpc", "grpc+verbs"):
        raise ValueError("protocol should be grpc or grpc+verbs")
    for name in ("train_distribute", "eval_distribute", "experimental_distribute"):
        if getattr(config, f"_{name}") is not None:
            raise ValueError(f"{name} must be None: a model runs in one process here.")
