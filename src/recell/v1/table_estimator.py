"""`tf.estimator` and `tf.contrib.learn`: rows of the table (see table.py for their form)."""

from __future__ import annotations

_TRAINING = "EvalSpec TrainSpec train_and_evaluate"
_EXPORTED = "ClassificationOutput ExportOutput PredictOutput RegressionOutput"
_INPUTS = "numpy_input_fn pandas_input_fn"

ESTIMATOR: dict[str, dict[str, str]] = {
    "estimator": {
        "recell.estimator.estimator": "Estimator",
        "recell.estimator.spec": "EstimatorSpec",
        "recell.estimator.modes": "ModeKeys",
        "recell.estimator.run_config": "RunConfig",
        "recell.estimator.train_and_evaluate": _TRAINING,
        "recell.estimator.warm_start": "WarmStartSettings",
        "recell.estimator.extenders": "add_metrics",
        "recell.monitoring.session_run_hook": "SessionRunArgs SessionRunContext SessionRunHook SessionRunValues",
        "recell.monitoring.step_hooks": "GlobalStepWaiterHook StepCounterHook StopAtStepHook",
        "recell.monitoring.value_hooks": (
            "FeedFnHook FinalOpsHook LoggingTensorHook NanLossDuringTrainingError NanTensorHook"
        ),
        "recell.monitoring.checkpoint_hook": "CheckpointSaverHook CheckpointSaverListener",
        "recell.monitoring.summary_hook": "SummarySaverHook",
        "recell.monitoring.timer": "SecondOrStepTimer",
    },
    "estimator.inputs": {"recell.estimator.inputs": _INPUTS},
    "estimator.export": {"recell.estimator.export_output": _EXPORTED},
    "estimator.experimental": {
        "recell.estimator.early_stopping": (
            "make_early_stopping_hook stop_if_higher_hook stop_if_lower_hook stop_if_no_decrease_hook "
            "stop_if_no_increase_hook"
        ),
    },
    "contrib.estimator": {
        "recell.estimator.extenders": "add_metrics",
        "recell.estimator.early_stopping": (
            "make_early_stopping_hook stop_if_higher_hook stop_if_lower_hook stop_if_no_decrease_hook "
            "stop_if_no_increase_hook"
        ),
    },
    "python.estimator.estimator": {
        "recell.estimator.estimator": "Estimator",
        "recell.estimator.warm_start": "WarmStartSettings",
    },
    "python.estimator.model_fn": {
        "recell.estimator.spec": "EstimatorSpec",
        "recell.estimator.modes": "ModeKeys",
    },
    "python.estimator.run_config": {"recell.estimator.run_config": "RunConfig TaskType"},
    "python.estimator.training": {"recell.estimator.train_and_evaluate": _TRAINING},
    "python.estimator.inputs.inputs": {"recell.estimator.inputs": _INPUTS},
    "python.estimator.inputs.numpy_io": {"recell.estimator.inputs": "numpy_input_fn"},
    "python.estimator.inputs.pandas_io": {"recell.estimator.inputs": "pandas_input_fn"},
    "python.estimator.export.export_output": {"recell.estimator.export_output": _EXPORTED},
}

ROWS: dict[str, dict[str, str]] = ESTIMATOR
