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
        "recell.train.vocabulary": "VocabInfo",
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
        "recell.train.vocabulary": "VocabInfo",
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

_LEARN_ESTIMATOR = {
    "recell.estimator.learn_estimator": "Estimator",
    "recell.estimator.learn_compat": "SKCompat",
}
_MODEL_FN = {"recell.estimator.learn_model_fn": "ModelFnOps", "recell.estimator.modes": "ModeKeys=LearnModeKeys"}
_RUN_CONFIG = {"recell.estimator.learn_run_config": "RunConfig=LearnRunConfig TaskType=LearnTaskType"}
_PANDAS = {"recell.estimator.learn_pandas": "extract_pandas_data extract_pandas_labels extract_pandas_matrix"}
_MONITORS = {
    "recell.estimator.learn_monitors": (
        "BaseMonitor EveryN StopAtStep RunHookAdapterForMonitors replace_monitors_with_hooks=as_hooks"
    ),
    "recell.estimator.learn_value_monitors": "CaptureVariable LoggingTrainable NanLoss PrintTensor",
    "recell.estimator.learn_saving_monitors": "CheckpointSaver StepCounter SummarySaver get_default_monitors",
    "recell.estimator.learn_validation": "ValidationMonitor",
    "recell.monitoring.value_hooks": "NanLossDuringTrainingError",
}
_ACTIONS = {"recell.estimator.learn_actions": "infer run_feeds run_feeds_iter run_n"}
_METRIC_SPEC = {"recell.estimator.learn_metric_spec": "MetricSpec"}
_EXPERIMENT = {"recell.estimator.learn_experiment": "Experiment"}
_RUNNER = {"recell.estimator.learn_runner": "run"}
_VOCABULARY = {"recell.estimator.learn_vocabulary": "CategoricalVocabulary"}
_TEXT = {"recell.estimator.learn_text": "ByteProcessor TOKENIZER_RE VocabularyProcessor tokenizer"}
_CATEGORICAL = {"recell.estimator.learn_categorical": "CategoricalProcessor"}
_FEEDERS = {
    "recell.estimator.learn_feeder": "DataFeeder check_array",
    "recell.estimator.learn_streaming": "StreamingDataFeeder",
    "recell.estimator.learn_data": ("setup_predict_data_feeder setup_processor_data_feeder setup_train_data_feeder"),
}
_IO = {"recell.estimator.learn_inputs": _INPUTS, **_PANDAS}

_TABLES = {"recell.datasets.csv_tables": "Dataset load_csv_with_header load_csv_without_header load_iris"}

LEARN: dict[str, dict[str, str]] = {
    "contrib.learn.datasets": {"recell.datasets.csv_tables": "load_dataset load_iris"},
    "contrib.learn.datasets.base": _TABLES,
    "contrib.learn.python.learn.datasets": {"recell.datasets.csv_tables": "load_dataset load_iris"},
    "contrib.learn.python.learn.datasets.base": _TABLES,
    "contrib.learn": {
        **_LEARN_ESTIMATOR,
        **_MODEL_FN,
        **_RUN_CONFIG,
        **_PANDAS,
        **_ACTIONS,
        **_METRIC_SPEC,
        **_EXPERIMENT,
        "recell.estimator.learn_checks": "NotFittedError",
        "recell.monitoring.value_hooks": "NanLossDuringTrainingError",
    },
    "contrib.learn.monitors": _MONITORS,
    "contrib.learn.graph_actions": _ACTIONS,
    "contrib.learn.learn_runner": _RUNNER,
    "contrib.learn.io": _IO,
    "contrib.learn.io.data_feeder": _FEEDERS,
    "contrib.learn.preprocessing": {**_VOCABULARY, **_TEXT, **_CATEGORICAL},
    "contrib.learn.preprocessing.text": _TEXT,
    "contrib.learn.preprocessing.categorical_vocabulary": _VOCABULARY,
    "contrib.learn.preprocessing.categorical": _CATEGORICAL,
    "contrib.learn.python.learn": {**_LEARN_ESTIMATOR, **_MODEL_FN, **_RUN_CONFIG, **_METRIC_SPEC, **_EXPERIMENT},
    "contrib.learn.python.learn.estimators": {**_LEARN_ESTIMATOR, **_MODEL_FN, **_RUN_CONFIG},
    "contrib.learn.python.learn.estimators.estimator": _LEARN_ESTIMATOR,
    "contrib.learn.python.learn.estimators.model_fn": _MODEL_FN,
    "contrib.learn.python.learn.estimators.run_config": {
        "recell.estimator.learn_run_config": "RunConfig=LearnRunConfig TaskType=LearnTaskType Environment",
    },
    "contrib.learn.python.learn.learn_runner": _RUNNER,
    "contrib.learn.python.learn.experiment": _EXPERIMENT,
    "contrib.learn.python.learn.metric_spec": _METRIC_SPEC,
    "contrib.learn.python.learn.monitors": _MONITORS,
    "contrib.learn.python.learn.graph_actions": _ACTIONS,
    "contrib.learn.python.learn.learn_io.data_feeder": _FEEDERS,
    "contrib.learn.python.learn.learn_io.numpy_io": {"recell.estimator.learn_inputs": "numpy_input_fn"},
    "contrib.learn.python.learn.learn_io.pandas_io": {"recell.estimator.learn_inputs": "pandas_input_fn", **_PANDAS},
    "contrib.learn.python.learn.preprocessing": {**_VOCABULARY, **_TEXT, **_CATEGORICAL},
    "contrib.learn.python.learn.preprocessing.text": _TEXT,
    "contrib.learn.python.learn.preprocessing.categorical_vocabulary": _VOCABULARY,
}

ROWS: dict[str, dict[str, str]] = {**ESTIMATOR, **LEARN}
