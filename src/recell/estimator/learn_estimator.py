"""`Estimator` and `SKCompat` of `tf.contrib.learn`: models that are fitted to arrays, or to an input function."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from recell.estimator import evaluation, training
from recell.estimator.input_calls import never_ends, opened
from recell.estimator.learn_checks import NotFittedError, check_input_arguments, check_params, chosen_outputs
from recell.estimator.learn_compat import Parameters, SKCompat, feeding
from recell.estimator.learn_metric_spec import make_metrics
from recell.estimator.learn_model_fn import ModelFnOps, call_learn_model_fn
from recell.estimator.learn_monitors import as_hooks
from recell.estimator.learn_run_config import LearnRunConfig
from recell.estimator.learn_signature import compatible, placeholders_of, signature_of
from recell.estimator.modes import LearnModeKeys
from recell.estimator.prediction import predicted
from recell.graph import errors
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.metrics.means import mean
from recell.monitoring.monitored_session import MonitoredSession
from recell.monitoring.scaffold import Scaffold
from recell.monitoring.session_creator import ChiefSessionCreator
from recell.monitoring.session_run_hook import SessionRunHook
from recell.monitoring.step_hooks import StopAtStepHook
from recell.monitoring.value_hooks import FeedFnHook
from recell.platform import logging
from recell.session.config import ConfigProto
from recell.train.checkpoint_management import latest_checkpoint
from recell.train.checkpoint_reader import list_variables, load_variable
from recell.train.training_util import create_global_step

FeedFn = Callable[[], dict[Any, Any]]


class Estimator(Parameters):
    """Fits, evaluates and asks a model that a function builds. TF symbol: `tf.contrib.learn.Estimator`.

    Args:
      model_fn: a function of features and labels, whatever it calls them, and of any of `mode`, `params`, `config`,
        `model_dir`, that gives ModelFnOps or `(predictions, loss, train_op)`.
      model_dir: the folder of checkpoints and summaries; else that of `config`, else a temporary one.
      config: a `tf.contrib.learn.RunConfig` (or `tf.estimator.RunConfig`).
      params: what the function gets as `params`.
      feature_engineering_fn: a function of features and labels that gives both, called before `model_fn`.

    Raises ValueError when two folders differ, and for parameters that the function does not take.
    """

    def __init__(
        self,
        model_fn: Callable[..., Any] | None = None,
        model_dir: str | None = None,
        config: Any = None,
        params: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
    ) -> None:
        if config is None:
            config = LearnRunConfig()
            logging.info("Using default config.")
        self._config = copy.copy(config)
        self._session_config = self._config.session_config or ConfigProto(
            allow_soft_placement=True,
            intra_op_parallelism_threads=getattr(config, "tf_config", ConfigProto()).intra_op_parallelism_threads,
        )
        self._model_dir = self._folder(model_dir)
        logging.info("Using config: %s", vars(self._config))
        if callable(model_fn):
            check_params(model_fn, params)
        self._model_fn: Any = model_fn
        self.params = params
        self._feature_engineering_fn = feature_engineering_fn or (lambda features, labels: (features, labels))
        self._features_info: Any = None
        self._labels_info: Any = None

    def _folder(self, model_dir: str | None) -> str:
        given = self._config.model_dir
        if model_dir is not None and given is not None and given != model_dir:
            raise ValueError(
                "model_dir are set both in constructor and RunConfig, but with different values. In constructor: "
                f"'{model_dir}', in RunConfig: '{given}' "
            )
        folder = model_dir or given
        if folder is None:
            folder = tempfile.mkdtemp()
            logging.warning("Using temporary folder as model directory: %s", folder)
        folder = os.fspath(folder)
        self._config._model_dir = folder
        return folder

    @property
    def model_dir(self) -> str:
        """The folder of checkpoints and summaries."""
        return self._model_dir

    @property
    def config(self) -> Any:
        """A copy of the configuration."""
        return copy.deepcopy(self._config)

    @property
    def model_fn(self) -> Callable[..., ModelFnOps]:
        """The model as a function of features, labels and mode."""

        def public_model_fn(features: Any, labels: Any, mode: str, config: Any = None) -> ModelFnOps:
            return self._call_model_fn(features, labels, mode)

        return public_model_fn

    def get_variable_names(self) -> list[str]:
        """Names in the newest checkpoint."""
        return [name for name, _ in list_variables(self._model_dir)]

    def get_variable_value(self, name: str) -> Any:
        """A value in the newest checkpoint. NotFoundError for an unknown name."""
        return load_variable(self._model_dir, name)

    # -- fitting ----------------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
        monitors: Sequence[Any] | None = None,
        max_steps: int | None = None,
    ) -> Estimator:
        """Trains, from the newest checkpoint. Returns itself.

        Args:
          x, y: arrays, data frames, iterators or dicts of arrays: features and labels.
          input_fn: or a function that gives features and labels.
          steps: how many steps; max_steps: at which global step to stop. At most one; without both, training ends with
            the input, which arrays never do.
          batch_size: rows of a batch of `x`; None for all.
          monitors: monitors or SessionRunHooks.

        Raises ValueError for both kinds of input or none, for both kinds of steps, and for an input of other dtypes or
        shapes than an earlier one.
        """
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        check_input_arguments(x, y, input_fn, None, batch_size)
        if x is not None:
            SKCompat(self).fit(x, y, batch_size, steps, max_steps, monitors)
            return self
        self._fit_input(input_fn, steps, max_steps, monitors)
        return self

    def partial_fit(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        steps: int | None = 1,
        batch_size: int | None = None,
        monitors: Sequence[Any] | None = None,
    ) -> Estimator:
        """`fit`, of one step by default."""
        logging.warning(
            "The current implementation of partial_fit is not optimized for use in a loop. Consider using fit() "
            "instead."
        )
        return self.fit(x=x, y=y, input_fn=input_fn, steps=steps, batch_size=batch_size, monitors=monitors)

    def _fit_input(self, input_fn: Any, steps: int | None, max_steps: int | None, monitors: Any) -> None:
        if max_steps is not None and self._steps_done() >= max_steps:
            logging.info("Skipping training since max_steps has already saved.")
            return
        hooks = as_hooks(monitors, self)
        if steps is not None or max_steps is not None:
            hooks.append(StopAtStepHook(steps, max_steps))
        logging.info("Loss for final step: %s.", self._train_model(input_fn, hooks))

    def _steps_done(self) -> int:
        try:
            return int(load_variable(self._model_dir, "global_step"))
        except (ValueError, errors.NotFoundError):
            return 0

    def _train_model(self, input_fn: Callable[..., Any], hooks: list[SessionRunHook]) -> Any:
        with Graph().as_default() as graph, graph.device(self._config.device_fn):
            graph.seed = self._config.tf_random_seed
            global_step = create_global_step(graph)
            features, labels, input_hooks = self._input(input_fn)
            self._check_inputs(features, labels)
            made = self._call_model_fn(features, labels, LearnModeKeys.TRAIN)
            graph.add_to_collection(GraphKeys.LOSSES, made.loss)
            training.summarise_loss(made.loss)
            scaffold = made.scaffold or Scaffold()
            training.add_saver(scaffold, self._config)
            every = [*(*input_hooks, *hooks), *training.step_hooks(made.loss, global_step, self._config)]
            every.extend(made.training_hooks)
            given = [*every, *made.training_chief_hooks]
            saving = training.saving_hooks(given, [], scaffold, self._model_dir, self._config)
            values = training.run_training(
                [made.train_op, made.loss],
                every,
                [*saving, *made.training_chief_hooks],
                scaffold,
                self._model_dir,
                self._config,
                self._session_config,
            )
            return None if values is None else values[1]

    # -- evaluation -------------------------------------------------------------------------------------------------

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        feed_fn: FeedFn | None = None,
        batch_size: int | None = None,
        steps: int | None = None,
        metrics: Any = None,
        name: str | None = None,
        checkpoint_path: str | None = None,
        hooks: Sequence[SessionRunHook] | None = None,
        log_progress: bool = True,
    ) -> dict[str, Any]:
        """The mean loss, the metrics and the global step over the input, from a checkpoint.

        Args:
          x, y, input_fn, batch_size: as for `fit`; arrays are gone through once.
          feed_fn: a function of feeds for the placeholders of `input_fn`.
          steps: how many batches; None for all.
          metrics: name -> MetricSpec, or a function of predictions and labels; see `MetricSpec`.
          name: of the evaluation, for its summaries.
          checkpoint_path: the newest one by default.

        Raises NotFittedError without a checkpoint, ValueError for the wrong arguments.
        """
        check_input_arguments(x, y, input_fn, feed_fn, batch_size)
        if x is not None:
            compat = SKCompat(self)
            return compat._score(x, y, batch_size, steps, metrics, name, checkpoint_path, hooks, log_progress)
        if metrics is not None and not isinstance(metrics, dict):
            raise ValueError(f"Metrics argument should be None or dict. Got {metrics}.")
        return self._evaluate_model(input_fn, steps, feed_fn, metrics, name or "", checkpoint_path, hooks, log_progress)

    def _evaluate_model(
        self,
        input_fn: Any,
        steps: int | None,
        feed_fn: FeedFn | None = None,
        metrics: Any = None,
        name: str = "",
        checkpoint_path: str | None = None,
        hooks: Sequence[SessionRunHook] | None = None,
        log_progress: bool = True,
    ) -> dict[str, Any]:
        path = checkpoint_path or self._trained()
        with Graph().as_default() as graph, graph.device(self._config.device_fn):
            graph.seed = self._config.tf_random_seed
            global_step = create_global_step(graph)
            features, labels, input_hooks = self._input(input_fn)
            self._check_inputs(features, labels)
            made = self._call_model_fn(features, labels, LearnModeKeys.EVAL, metrics)
            update, values = evaluation.metric_updates(made.eval_metric_ops)
            values["global_step"] = global_step
            every = [*input_hooks, *(hooks or [])]
            if feed_fn is not None:
                every.append(FeedFnHook(feed_fn))
            if steps == 0:
                logging.warning(
                    "evaluation steps are 0. If `input_fn` does not raise `OutOfRangeError`, the evaluation will never "
                    "stop. Use steps=None if intended."
                )
            if steps:
                every.append(evaluation.StopAfterNEvalsHook(steps, log_progress))
            results = evaluation.evaluate_once(path, update, values, every, made.scaffold, self._session_config)
            folder = evaluation.folder_of(self._model_dir, name)
            evaluation.write_results(folder, results, int(results["global_step"]))
            return results

    # -- prediction -------------------------------------------------------------------------------------------------

    def predict(
        self,
        x: Any = None,
        input_fn: Callable[..., Any] | None = None,
        batch_size: int | None = None,
        outputs: Sequence[str] | None = None,
        as_iterable: bool = True,
        iterate_batches: bool = False,
    ) -> Any:
        """The model's predictions, from the newest checkpoint.

        Args:
          x, input_fn, batch_size: as for `fit`, without labels.
          outputs: names of the predictions to give, where they are a dict; None for all.
          as_iterable: False gives one array, or a dict of them, in place of an iterator: of all of `x`, of one batch of
            `input_fn`.
          iterate_batches: whether the iterator gives batches, and not rows.

        Raises NotFittedError without a checkpoint, ValueError for the wrong arguments and for unknown outputs.
        """
        check_input_arguments(x, None, input_fn, None, batch_size)
        if x is not None and not as_iterable:
            return SKCompat(self).predict(x, batch_size, outputs)
        feed_fn = None
        if x is not None:
            input_fn, feed_fn = feeding(x, None, batch_size, shuffle=False, epochs=1)
        return self._infer_model(input_fn, feed_fn, outputs, as_iterable, iterate_batches)

    def _infer_model(
        self,
        input_fn: Any,
        feed_fn: FeedFn | None = None,
        outputs: Sequence[str] | None = None,
        as_iterable: bool = True,
        iterate_batches: bool = False,
    ) -> Any:
        path = self._trained()
        with Graph().as_default() as graph, graph.device(self._config.device_fn):
            graph.seed = self._config.tf_random_seed
            create_global_step(graph)
            features, _, hooks = self._input(input_fn, of_predict=True)
            labels = placeholders_of(self._labels_info)
            made = self._call_model_fn(features, labels, LearnModeKeys.INFER)
            predictions = chosen_outputs(made.predictions, outputs)
            if feed_fn is not None:
                hooks.append(FeedFnHook(feed_fn))
            once = feed_fn is None and not hooks and never_ends(graph)
            creator = ChiefSessionCreator(
                scaffold=made.scaffold or Scaffold(),
                checkpoint_filename_with_path=path,
                config=self._session_config,
            )
            session = MonitoredSession(creator, hooks=hooks)
            if not as_iterable:
                with session:
                    return session.run(predictions)
        return predicted(graph, session, predictions, iterate_batches, once)

    # -- parts ------------------------------------------------------------------------------------------------------

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """Raises NotImplementedError."""
        raise NotImplementedError("Models are not exported here: use the checkpoints in model_dir.")

    def _trained(self) -> str:
        path = latest_checkpoint(self._model_dir)
        if not path:
            raise NotFittedError(f"Couldn't find trained model at {self._model_dir}.")
        return path

    def _input(self, input_fn: Callable[..., Any], of_predict: bool = False) -> tuple[Any, Any, list[SessionRunHook]]:
        result, hooks = opened(input_fn())
        if of_predict:
            return (result[0] if isinstance(result, (list, tuple)) else result), None, hooks
        features, labels = result
        return features, labels, hooks

    def _check_inputs(self, features: Any, labels: Any) -> None:
        """ValueError for features or labels of other kinds than those of an earlier call."""
        if self._features_info is None:
            self._features_info = signature_of(features)
        elif not compatible(features, self._features_info):
            raise ValueError(
                f"Features are incompatible with given information. Given features: {features}, required signatures: "
                f"{self._features_info}."
            )
        if labels is None:
            return
        if self._labels_info is None:
            self._labels_info = signature_of(labels)
        elif not compatible(labels, self._labels_info):
            raise ValueError(
                f"Labels are incompatible with given information. Given labels: {labels}, required signatures: "
                f"{self._labels_info}."
            )

    def _call_model_fn(self, features: Any, labels: Any, mode: str, metrics: Any = None) -> ModelFnOps:
        features, labels = self._feature_engineering_fn(features, labels)
        made = call_learn_model_fn(self._model_fn, features, labels, mode, self.params, self.config, self._model_dir)
        if mode != LearnModeKeys.EVAL:
            return made
        every = {**made.eval_metric_ops, **make_metrics(metrics, features, labels, made.predictions)}
        if "loss" not in every:
            every["loss"] = mean(made.loss)
        return made._replace(eval_metric_ops=every)
