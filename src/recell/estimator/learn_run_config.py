"""`RunConfig` of `tf.contrib.learn`: the one of TensorFlow 1.0, without the checks of its successor."""

from __future__ import annotations

from typing import Any, ClassVar

from recell.estimator.run_config import ClusterSpec, RunConfig, TaskType, local_task
from recell.session.config import ConfigProto, GPUOptions

_NOT_IN_UID = [
    "_tf_random_seed",
    "_save_summary_steps",
    "_save_checkpoints_secs",
    "_log_step_count_steps",
    "_session_config",
    "_save_checkpoints_steps",
    "_keep_checkpoint_max",
    "_keep_checkpoint_every_n_hours",
]


class Environment:
    """Where a program runs. TF symbol: `Environment` of `tensorflow.contrib.learn.python.learn.estimators`."""

    LOCAL = "local"
    CLOUD = "cloud"
    GOOGLE = "google"


class LearnTaskType:
    """TF symbol: `tf.contrib.learn.TaskType`."""

    MASTER = TaskType.MASTER
    PS = TaskType.PS
    WORKER = TaskType.WORKER


class LearnRunConfig(RunConfig):
    """How an estimator of `tf.contrib.learn` runs. TF symbol: `tf.contrib.learn.RunConfig`.

    Args:
      master, evaluation_master: must be empty: there are no remote sessions.
      num_cores: how many threads a session computes with; 0 for all.
      log_device_placement, gpu_memory_fraction, protocol, session_creation_timeout_secs: kept, without effect here.
      tf_random_seed: the graph's seed in each call; None lets every call draw other numbers.
      save_summary_steps: every how many steps summaries are written.
      save_checkpoints_secs, save_checkpoints_steps: how often to save; 600 seconds when neither is given.
      keep_checkpoint_max, keep_checkpoint_every_n_hours: as of `tf.train.Saver`.
      log_step_count_steps: every how many steps the speed is logged.
      model_dir: the folder of checkpoints and summaries.
      session_config: a `tf.ConfigProto`, in place of what the arguments above say of it.

    Raises ValueError for a master.
    """

    _USE_DEFAULT: ClassVar[int] = 0

    def __init__(
        self,
        master: str | None = None,
        num_cores: int = 0,
        log_device_placement: bool = False,
        gpu_memory_fraction: float = 1,
        tf_random_seed: int | None = None,
        save_summary_steps: int = 100,
        save_checkpoints_secs: int | None = _USE_DEFAULT,
        save_checkpoints_steps: int | None = None,
        keep_checkpoint_max: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        protocol: str | None = None,
        evaluation_master: str = "",
        model_dir: str | None = None,
        session_config: ConfigProto | None = None,
        session_creation_timeout_secs: float = 7200,
    ) -> None:
        if master or evaluation_master:
            raise ValueError(f"There are no remote sessions here: master must be empty, got {master!r}.")
        task = local_task()
        self._task_type = None
        self._task_id = int(task.get("task", {}).get("index", 0))
        self._cluster_spec = ClusterSpec()
        self._master = ""
        self._num_ps_replicas = 0
        self._num_worker_replicas = 0
        self._environment = task.get("environment", Environment.LOCAL)
        self._is_chief = True
        self._evaluation_master = ""
        self._train_distribute = self._eval_distribute = self._experimental_distribute = None
        self._experimental_max_worker_delay_secs = None
        self._device_fn = None
        self._tf_config = ConfigProto(
            log_device_placement=log_device_placement,
            inter_op_parallelism_threads=num_cores,
            intra_op_parallelism_threads=num_cores,
            gpu_options=GPUOptions(per_process_gpu_memory_fraction=gpu_memory_fraction),
        )
        self._tf_random_seed = tf_random_seed
        self._save_summary_steps = save_summary_steps
        if save_checkpoints_secs == self._USE_DEFAULT and save_checkpoints_secs is not None:
            save_checkpoints_secs = 600 if save_checkpoints_steps is None else None
        self._save_checkpoints_secs = save_checkpoints_secs
        self._log_step_count_steps = log_step_count_steps
        self._protocol = protocol
        self._session_config = session_config
        self._save_checkpoints_steps = save_checkpoints_steps
        self._keep_checkpoint_max = keep_checkpoint_max
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._model_dir = model_dir or task.get("model_dir")
        self._session_creation_timeout_secs = session_creation_timeout_secs
        self._service = None
        self._global_id_in_cluster = 0

    @property
    def tf_config(self) -> ConfigProto:
        """The session's configuration that the arguments describe."""
        return self._tf_config

    @property
    def environment(self) -> str:
        return self._environment

    @staticmethod
    def get_task_id() -> int:
        """The task's number in `TF_CONFIG`, 0 where there is none."""
        return int(local_task().get("task", {}).get("index", 0))

    def uid(self, whitelist: Any = None) -> str:
        """Text that is equal for configurations that differ at most in the fields named in `whitelist`.

        By default these are the ones that say how often something is saved or logged, and the seed.
        """
        ignored = set(_NOT_IN_UID if whitelist is None else whitelist) | {"_service", "_experimental_distribute"}
        shown = {name: value for name, value in vars(self).items() if name not in ignored}
        shown["_cluster_spec"] = {}
        return ", ".join(f"{name}={value!r}" for name, value in sorted(shown.items()))
