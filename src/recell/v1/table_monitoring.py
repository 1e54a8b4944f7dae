"""Savers, hooks, monitored sessions: rows of the table (see table.py for their form)."""

from __future__ import annotations

_MANAGEMENT = (
    "checkpoint_exists checkpoints_iterator generate_checkpoint_state_proto get_checkpoint_mtimes "
    "get_checkpoint_state latest_checkpoint remove_checkpoint update_checkpoint_state"
)
_BASIC_HOOKS = {
    "recell.monitoring.step_hooks": "GlobalStepWaiterHook StepCounterHook StopAtStepHook",
    "recell.monitoring.value_hooks": (
        "FeedFnHook FinalOpsHook LoggingTensorHook NanLossDuringTrainingError NanTensorHook"
    ),
    "recell.monitoring.checkpoint_hook": "CheckpointSaverHook CheckpointSaverListener",
    "recell.monitoring.summary_hook": "SummarySaverHook",
    "recell.monitoring.timer": "SecondOrStepTimer",
}
_HOOK = {
    "recell.monitoring.session_run_hook": "SessionRunArgs SessionRunContext SessionRunHook SessionRunValues",
}
_MONITORED = {
    "recell.monitoring.scaffold": "Scaffold",
    "recell.monitoring.session_creator": "ChiefSessionCreator SessionCreator WorkerSessionCreator",
    "recell.monitoring.monitored_session": "MonitoredSession SingularMonitoredSession",
    "recell.monitoring.training_session": "MonitoredTrainingSession",
}
_SUPERVISOR = {
    "recell.monitoring.supervisor": "Supervisor",
    "recell.monitoring.supervisor_threads": (
        "SVStepCounterThread=StepCounterThread SVSummaryThread=SummaryThread SVTimerCheckpointThread=CheckpointThread"
    ),
}
_MANAGER = {"recell.monitoring.session_manager": "SessionManager"}
_READING = "list_variables load_checkpoint load_variable"
_IO_OPS = {
    "recell.train.saver_ops": "restore_v2 save_slices save_v2",
    "recell.train.io_ops": "merge_v2_checkpoints restore restore_slice save sharded_filename sharded_filespec",
}

ROWS: dict[str, dict[str, str]] = {
    "train": {
        "recell.train.saver": "Saver",
        "recell.train.saver_def": "SaverDef",
        "recell.train.checkpoint_management": _MANAGEMENT,
        "recell.train.checkpoint_reader": f"{_READING} NewCheckpointReader",
        "recell.train.checkpoint_init": "init_from_checkpoint",
        "recell.train.warm_start": "warm_start",
        "recell.train.vocabulary": "VocabInfo",
        "recell.train.object_checkpoint": "Checkpoint",
        "recell.train.checkpoint_manager": "CheckpointManager",
        **_BASIC_HOOKS,
        **_HOOK,
        **_MONITORED,
        **_MANAGER,
        "recell.monitoring.supervisor": "Supervisor",
        "recell.monitoring.basic_loops": "basic_train_loop",
    },
    "raw_ops": {
        "recell.train.raw_ops": (
            "MergeV2Checkpoints Restore RestoreSlice RestoreV2 Save SaveSlices SaveV2 ShardedFilename ShardedFilespec"
        )
    },
    "python.ops.gen_io_ops": {**_IO_OPS, "recell.ops.files": "matching_files read_file write_file"},
    "python.ops.io_ops": {
        "recell.train.saver_ops": _IO_OPS["recell.train.saver_ops"],
        "recell.train.io_ops": (
            f"{_IO_OPS['recell.train.io_ops']} _save=saved_by_hand _restore_slice=restored_by_hand"
        ),
    },
    "python.tools.inspect_checkpoint": {"recell.train.inspect_checkpoint": "print_tensors_in_checkpoint_file"},
    "train.saving.saveable_object": {"recell.graph.saveable": "SaveSpec SaveableObject"},
    "contrib.framework.python.framework.checkpoint_utils": {
        "recell.train.checkpoint_init": "init_from_checkpoint",
        "recell.train.contrib_variables": _READING,
    },
    "python.pywrap_tensorflow": {"recell.train.checkpoint_reader": "NewCheckpointReader CheckpointReader"},
    "train.saver": {
        "recell.train.saver": "Saver",
        "recell.train.saveables": "BaseSaverBuilder BulkSaverBuilder",
        "recell.train.checkpoint_state": "CheckpointState",
        "recell.train.checkpoint_management": _MANAGEMENT,
    },
    "train.basic_session_run_hooks": {**_BASIC_HOOKS, **_HOOK},
    "train.supervisor": _SUPERVISOR,
    "train.basic_loops": {"recell.monitoring.basic_loops": "basic_train_loop"},
    "train.session_run_hook": _HOOK,
    "train.monitored_session": {**_MONITORED, **_MANAGER},
    "train.session_manager": _MANAGER,
    "train.checkpoint_management": {
        "recell.train.checkpoint_management": _MANAGEMENT,
        "recell.train.checkpoint_state": "CheckpointState",
        "recell.train.checkpoint_manager": "CheckpointManager",
    },
    "contrib.checkpoint": {"recell.train.checkpoint_manager": "CheckpointManager"},
    "train.warm_starting_util": {
        "recell.train.warm_start": "warm_start",
        "recell.train.vocabulary": "VocabInfo",
    },
    "train.checkpoint_state_pb2": {"recell.train.checkpoint_state": "CheckpointState"},
    "train.checkpoint_utils": {
        "recell.train.checkpoint_reader": _READING,
        "recell.train.checkpoint_init": "init_from_checkpoint",
    },
    "contrib.framework": {
        "recell.train.checkpoint_init": "init_from_checkpoint",
        "recell.train.contrib_variables": (
            "add_model_variable assign_from_checkpoint assign_from_checkpoint_fn assign_from_values "
            "assign_from_values_fn filter_variables get_local_variables get_model_variables get_trainable_variables "
            "get_unique_variable get_variable_full_name get_variables get_variables_by_name get_variables_by_suffix "
            f"get_variables_to_restore {_READING}"
        ),
    },
    "contrib.training": {
        "recell.train.checkpoint_management": "checkpoints_iterator wait_for_new_checkpoint",
        "recell.monitoring.contrib_training": (
            "SummaryAtEndHook evaluate_once evaluate_repeatedly get_or_create_eval_step train"
        ),
        "recell.estimator.evaluation": "StopAfterNEvalsHook",
    },
}
