"""`Estimator`: a model function that is trained, evaluated and asked, from and to a folder of checkpoints."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from recell.estimator import evaluation, training
from recell.estimator.input_calls import call_input_fn, features_and_labels, features_only
from recell.estimator.model_calls import call_model_fn, check_model_fn
from recell.estimator.modes import ModeKeys
from recell.estimator.prediction import predicted, selected_predictions
from recell.estimator.run_config import RunConfig
from recell.estimator.spec import EstimatorSpec
from recell.estimator.warm_start import settings_of, warm_start
from recell.graph import errors
from recell.graph.graph import Graph
from recell.metrics.means import mean
from recell.monitoring.checkpoint_hook import CheckpointSaverListener
from recell.monitoring.monitored_session import MonitoredSession
from recell.monitoring.session_creator import ChiefSessionCreator
from recell.monitoring.session_run_hook import SessionRunHook
from recell.platform import logging
from recell.session.config import ConfigProto
from recell.train.checkpoint_management import latest_checkpoint
from recell.train.checkpoint_reader import list_variables, load_variable
from recell.train.training_util import assert_global_step, create_global_step

Hooks = Sequence[SessionRunHook] | None
InputFn = Callable[..., Any]


class Estimator:
    """Trains, evaluates and asks a model that a function builds. TF symbol: `tf.estimator.Estimator`.

    Each call builds a graph of its own, starts from the newest checkpoint in `model_dir`, and training leaves one
    there.

    Args:
      model_fn: a function of `features` and any of `labels`, `mode`, `params`, `config` that gives an EstimatorSpec.
      model_dir: the folder of checkpoints and summaries; else that of `config`, else a temporary one.
      config: a `RunConfig`.
      params: what `model_fn` gets as `params`, copied.
      warm_start_from: a checkpoint's path or `WarmStartSettings`: where variables start when `model_dir` has no
        checkpoint.

    Raises ValueError when the function's arguments are not these, when two folders differ, or for another config.
    """

    def __init__(
        self,
        model_fn: Callable[..., EstimatorSpec],
        model_dir: str | None = None,
        config: RunConfig | None = None,
        params: Any = None,
        warm_start_from: Any = None,
    ) -> None:
        self._check_overrides()
        self._config = _configured(config, model_dir)
        self._model_dir: str = self._config.model_dir
        logging.info("Using config: %s", vars(self._config))
        if model_fn is None:
            raise ValueError("model_fn must be provided to Estimator.")
        check_model_fn(model_fn, params)
        self._model_fn = model_fn
        self._params = copy.deepcopy(params or {})
        self._warm_start_settings = settings_of(warm_start_from)

    def _check_overrides(self) -> None:
        own = {name for name in vars(Estimator) if not name.startswith("_")}
        overridden = sorted(own & {name for kind in type(self).__mro__ if kind is not Estimator for name in vars(kind)})
        if overridden:
            raise ValueError(
                f"Subclasses of Estimator cannot override members of Estimator. {type(self)} does override {overridden}"
            )

    @property
    def model_dir(self) -> str:
        """The folder of checkpoints and summaries."""
        return self._model_dir

    @property
    def config(self) -> RunConfig:
        """A copy of the configuration."""
        return copy.deepcopy(self._config)

    @property
    def params(self) -> Any:
        """A copy of the parameters."""
        return copy.deepcopy(self._params)

    @property
    def model_fn(self) -> Callable[..., EstimatorSpec]:
        """The model as a function of features, labels, mode and config, whichever of them the program's takes."""

        def public_model_fn(features: Any, labels: Any, mode: str, config: RunConfig) -> EstimatorSpec:
            return self._call_model_fn(features, labels, mode, config)

        return public_model_fn

    # -- what checkpoints hold --------------------------------------------------------------------------------------

    def latest_checkpoint(self) -> str | None:
        """The newest checkpoint's path, None when there is none."""
        return latest_checkpoint(self._model_dir)

    def get_variable_names(self) -> list[str]:
        """Names in the newest checkpoint. ValueError when there is none."""
        return [name for name, _ in list_variables(self._trained())]

    def get_variable_value(self, name: str) -> Any:
        """A value in the newest checkpoint. ValueError when there is none, NotFoundError for an unknown name."""
        return load_variable(self._trained(), name)

    def _trained(self) -> str:
        found = self.latest_checkpoint()
        if found is None:
            raise ValueError(f"Could not find trained model in model_dir: {self._model_dir}.")
        return found

    def eval_dir(self, name: str | None = None) -> str:
        """The folder of an evaluation's summaries."""
        return evaluation.folder_of(self._model_dir, name)

    # -- training ---------------------------------------------------------------------------------------------------

    def train(
        self,
        input_fn: InputFn,
        hooks: Hooks = None,
        steps: int | None = None,
        max_steps: int | None = None,
        saving_listeners: Sequence[CheckpointSaverListener] | None = None,
    ) -> Estimator:
        """Trains until the input or the steps end, from the newest checkpoint, and saves. Returns itself.

        Args:
          input_fn: a function of any of `mode`, `params`, `config` that gives features (a tensor or a dict of them),
            or a pair of features and labels, or a dataset of such.
          hooks: SessionRunHooks.
          steps: how many steps; max_steps: at which global step to stop. At most one of them.
          saving_listeners: CheckpointSaverListeners.

        Raises ValueError for steps that are not positive or both given, TypeError for wrong hooks, and what the model
        and the input raise.
        """
        stops = training.stop_hooks(steps, max_steps)
        if max_steps is not None and self._steps_done() >= max_steps:
            logging.info("Skipping training since max_steps has already saved.")
            return self
        all_hooks = [*training.checked_hooks(hooks), *stops]
        listeners = training.checked_listeners(saving_listeners)
        loss = self._train(input_fn, all_hooks, listeners)
        logging.info("Loss for final step: %s.", loss)
        return self

    def _steps_done(self) -> int:
        """The global step of the newest checkpoint, 0 where there is none."""
        path = self.latest_checkpoint()
        try:
            return 0 if path is None else int(load_variable(path, "global_step"))
        except errors.NotFoundError:
            return 0

    def _train(
        self, input_fn: InputFn, hooks: list[SessionRunHook], listeners: Sequence[CheckpointSaverListener]
    ) -> Any:
        with Graph().as_default() as graph, graph.device(self._config.device_fn):
            graph.seed = self._config.tf_random_seed
            global_step = self._make_global_step(graph)
            features, labels, input_hooks = self._input(input_fn, ModeKeys.TRAIN)
            spec = self._call_model_fn(features, labels, ModeKeys.TRAIN, self.config)
            self._warm_start(self.latest_checkpoint())
            training.summarise_loss(spec.loss)
            all_hooks = [
                *(*input_hooks, *hooks),
                *training.step_hooks(spec.loss, global_step, self._config),
                *spec.training_hooks,
            ]
            training.add_saver(spec.scaffold, self._config)
            given = [*all_hooks, *spec.training_chief_hooks]
            saving = training.saving_hooks(given, listeners, spec.scaffold, self._model_dir, self._config)
            values = training.run_training(
                [spec.train_op, spec.loss],
                all_hooks,
                [*saving, *spec.training_chief_hooks],
                spec.scaffold,
                self._model_dir,
                self._config,
            )
            return None if values is None else values[1]

    # -- evaluation -------------------------------------------------------------------------------------------------

    def evaluate(
        self,
        input_fn: InputFn,
        steps: int | None = None,
        hooks: Hooks = None,
        checkpoint_path: str | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Means of the loss and the model's metrics over the input, and the global step. Written to `eval_dir(name)`.

        Args:
          input_fn: as for `train`.
          steps: how many batches; None for all of an input that ends.
          hooks: SessionRunHooks.
          checkpoint_path: the checkpoint to evaluate, the newest one by default; where there is none, the model's
            initial values.
          name: of the evaluation.

        Raises ValueError for steps that are not positive, and for a metric called `loss` or `global_step`.
        """
        all_hooks = training.checked_hooks(hooks)
        if steps is not None:
            if steps <= 0:
                raise ValueError(f"Must specify steps > 0, given: {steps}")
            all_hooks.append(evaluation.StopAfterNEvalsHook(steps))
        path = checkpoint_path or self._latest_or_told("evaluate")
        with Graph().as_default() as graph, graph.device(self._config.device_fn):
            graph.seed = self._config.tf_random_seed
            global_step = self._make_global_step(graph)
            features, labels, input_hooks = self._input(input_fn, ModeKeys.EVAL)
            spec = self._call_model_fn(features, labels, ModeKeys.EVAL, self.config)
            update, values = evaluation.metric_updates(_with_loss(spec))
            values["global_step"] = global_step
            self._warm_start(path)
            results = evaluation.evaluate_once(
                path,
                update,
                values,
                [*input_hooks, *all_hooks, *spec.evaluation_hooks],
                spec.scaffold,
                self._config.session_config,
            )
            step = results["global_step"]
            evaluation.write_results(self.eval_dir(name), results, step)
            if path:
                evaluation.write_checkpoint_path(self.eval_dir(name), step, path)
            return results

    # -- prediction -------------------------------------------------------------------------------------------------

    def predict(
        self,
        input_fn: InputFn,
        predict_keys: Any = None,
        hooks: Hooks = None,
        checkpoint_path: str | None = None,
        yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """The model's predictions, one row after the other, until the input ends. Nothing runs before the first.

        Args:
          input_fn: as for `train`; labels are left out.
          predict_keys: a name, or a list of names, of the predictions to give; None for all.
          hooks: SessionRunHooks.
          checkpoint_path: as for `evaluate`.
          yield_single_examples: False gives whole batches.

        Raises ValueError for predictions of several lengths and for names of which there is none.
        """
        all_hooks = training.checked_hooks(hooks)
        path = checkpoint_path or self._latest_or_told("predict")
        with Graph().as_default() as graph, graph.device(self._config.device_fn):
            graph.seed = self._config.tf_random_seed
            self._make_global_step(graph)
            result = call_input_fn(input_fn, ModeKeys.PREDICT, self.params, self.config)
            features, input_hooks = features_only(result)
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT, self.config)
            self._warm_start(path)
            predictions = selected_predictions(spec.predictions, predict_keys)
            creator = ChiefSessionCreator(
                scaffold=spec.scaffold, checkpoint_filename_with_path=path, config=self._config.session_config
            )
            session = MonitoredSession(creator, hooks=[*input_hooks, *all_hooks, *spec.prediction_hooks])
        yield from predicted(graph, session, predictions, batches=not yield_single_examples)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _latest_or_told(self, purpose: str) -> str | None:
        path = self.latest_checkpoint()
        if path is None:
            told = "Could not find trained model in model_dir: %s, running initialization to %s."
            logging.info(told, self._model_dir, purpose)
        return path

    def _create_global_step(self, graph: Graph) -> Any:
        """Makes the global step; subclasses may make another one."""
        return create_global_step(graph)

    def _make_global_step(self, graph: Graph) -> Any:
        step = self._create_global_step(graph)
        assert_global_step(step)
        return step

    def _input(self, input_fn: InputFn, mode: str) -> tuple[Any, Any, list[SessionRunHook]]:
        return features_and_labels(call_input_fn(input_fn, mode, self.params, self.config))

    def _call_model_fn(self, features: Any, labels: Any, mode: str, config: RunConfig) -> EstimatorSpec:
        return call_model_fn(self._model_fn, features, labels, mode, self.params, config)

    def _warm_start(self, checkpoint_path: str | None) -> None:
        if self._warm_start_settings is not None and not checkpoint_path:
            warm_start(self._warm_start_settings)


def _configured(config: RunConfig | None, model_dir: str | None) -> RunConfig:
    """The configuration with a folder and a session's configuration."""
    if config is None:
        config = RunConfig()
        logging.info("Using default config.")
    elif not isinstance(config, RunConfig):
        raise ValueError(f"config must be an instance of `RunConfig`, but provided {config}.")
    if model_dir is not None and config.model_dir is not None and config.model_dir != model_dir:
        raise ValueError(
            "`model_dir` are set both in constructor and `RunConfig`, but with different values. In constructor: "
            f"'{model_dir}', in `RunConfig`: '{config.model_dir}' "
        )
    folder = os.fspath(model_dir) if model_dir is not None else config.model_dir
    if folder is None:
        folder = tempfile.mkdtemp()
        logging.warning("Using temporary folder as model directory: %s", folder)
    changes: dict[str, Any] = {"model_dir": folder}
    if config.session_config is None:
        changes["session_config"] = ConfigProto(allow_soft_placement=True)
    return config.replace(**changes)


def _with_loss(spec: EstimatorSpec) -> dict[str, Any]:
    """The model's metrics and the mean loss. ValueError where the model has used a name of ours."""
    if "loss" in spec.eval_metric_ops:
        raise ValueError(
            'Metric with name "loss" is not allowed, because Estimator already defines a default metric with the same '
            "name."
        )
    if "global_step" in spec.eval_metric_ops:
        raise ValueError(
            "Metric with name `global_step` is not allowed, because Estimator already defines a default metric with "
            "the same name."
        )
    return dict(sorted({**spec.eval_metric_ops, "loss": mean(spec.loss)}.items()))
