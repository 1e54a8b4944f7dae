"""`ModelFnOps`: what a model function of `tf.contrib.learn` gives back, and the older forms of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from recell.estimator.arguments import given_by_name
from recell.estimator.modes import LearnModeKeys
from recell.estimator.spec import EstimatorSpec
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.sparse_tensor import SparseTensor
from recell.graph.tensor import Operation, Tensor
from recell.monitoring.session_run_hook import SessionRunHook
from recell.ops.array_shape import reshape


class _Fields(NamedTuple):
    predictions: Any
    loss: Any
    train_op: Any
    eval_metric_ops: Any
    output_alternatives: Any
    training_chief_hooks: Any
    training_hooks: Any
    scaffold: Any
    mode: Any


class ModelFnOps(_Fields):
    """What a model function gives back. TF symbol: `tf.contrib.learn.ModelFnOps`.

    Args:
      mode: one of `tf.contrib.learn.ModeKeys`.
      predictions: a tensor or a dict of them, or what can be made one; must be there except to train.
      loss: a scalar; must be there except to predict.
      train_op: an operation or tensor that makes a step; must be there to train.
      eval_metric_ops: name -> (value, update).
      output_alternatives: kept for those who export.
      training_chief_hooks, training_hooks: SessionRunHooks.
      scaffold: a `tf.train.Scaffold`.

    Raises ValueError for an unknown mode, for what is missing, and for a loss that is no scalar; TypeError for hooks
    of another class.
    """

    __slots__ = ()

    def __new__(
        cls,
        mode: str | None,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metric_ops: Mapping[str, Any] | None = None,
        output_alternatives: Any = None,
        training_chief_hooks: Sequence[SessionRunHook] | None = None,
        training_hooks: Sequence[SessionRunHook] | None = None,
        scaffold: Any = None,
    ) -> ModelFnOps:
        LearnModeKeys.validate(mode)
        train_op = _checked_train_op(train_op, mode)
        loss = _checked_loss(loss, mode)
        predictions = _checked_predictions(predictions, mode)
        if eval_metric_ops is None:
            eval_metric_ops = {}
        elif not isinstance(eval_metric_ops, dict):
            raise ValueError(f"eval_metric_ops must be a dict, got {eval_metric_ops!r}.")
        hooks, chief_hooks = list(training_hooks or []), list(training_chief_hooks or [])
        for hook in (*hooks, *chief_hooks):
            if not isinstance(hook, SessionRunHook):
                raise TypeError(
                    "All hooks returned from model_fn must be SessionRunHook instances, got instance of "
                    f"{type(hook)}: {hook}"
                )
        return super().__new__(
            cls,
            predictions,
            loss,
            train_op,
            eval_metric_ops,
            output_alternatives,
            chief_hooks,
            hooks,
            scaffold,
            mode,
        )

    def estimator_spec(self, default_serving_output_alternative_key: Any = None) -> EstimatorSpec:
        """The same as a `tf.estimator.EstimatorSpec`; output alternatives are left out."""
        return EstimatorSpec(
            mode=self.mode,
            predictions=self.predictions,
            loss=self.loss,
            train_op=self.train_op,
            eval_metric_ops=self.eval_metric_ops,
            training_chief_hooks=self.training_chief_hooks,
            training_hooks=self.training_hooks,
            scaffold=self.scaffold,
        )


def _check_graph(element: Any) -> None:
    if element.graph is not get_default_graph():
        raise ValueError(
            f"{element} must be from the same graph as the model: make it in the model_fn itself, anew in each call."
        )


def _checked_loss(loss: Any, mode: Any) -> Any:
    if loss is None:
        if mode in (LearnModeKeys.TRAIN, LearnModeKeys.EVAL):
            raise ValueError("Missing loss.")
        return None
    loss = convert_to_tensor(loss)
    _check_graph(loss)
    if loss.shape.num_elements() not in (None, 1):
        raise ValueError(f"Loss must be scalar: {loss}.")
    return loss if loss.shape.ndims in (None, 0) else reshape(loss, [])


def _checked_train_op(train_op: Any, mode: Any) -> Any:
    if train_op is None:
        if mode == LearnModeKeys.TRAIN:
            raise ValueError("Missing train_op.")
        return None
    if not isinstance(train_op, Operation):
        train_op = convert_to_tensor(train_op).op
    _check_graph(train_op)
    return train_op


def _checked_predictions(predictions: Any, mode: Any) -> Any:
    if predictions is None:
        if mode in (LearnModeKeys.INFER, LearnModeKeys.EVAL):
            raise ValueError("Missing predictions.")
        return None
    if isinstance(predictions, dict):
        return {name: _as_tensor(value) for name, value in predictions.items()}
    return _as_tensor(predictions)


def _as_tensor(value: Any) -> Any:
    return value if isinstance(value, (Tensor, SparseTensor)) else convert_to_tensor(value)


def call_learn_model_fn(
    model_fn: Callable[..., Any],
    features: Any,
    labels: Any,
    mode: str,
    params: Any,
    config: Any,
    model_dir: str | None,
) -> ModelFnOps:
    """What a model function gives, whichever form it has.

    It is called with features, labels and those of `mode`, `params`, `config`, `model_dir` that it takes, and gives
    ModelFnOps or a triple of predictions, loss and training operation. ValueError for anything else.
    """
    offered = {"mode": mode, "params": params, "config": config, "model_dir": model_dir}
    result = model_fn(features, labels, **given_by_name(model_fn, offered))
    if isinstance(result, ModelFnOps):
        return result
    if not isinstance(result, (list, tuple)) or len(result) != 3:
        raise ValueError("Unrecognized value returned by model_fn, please return ModelFnOps.")
    predictions, loss, train_op = result
    return ModelFnOps(mode, predictions, loss, train_op)
