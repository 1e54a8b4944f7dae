"""`EstimatorSpec`: what a model function gives back, checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from recell.estimator.export_output import checked_outputs
from recell.estimator.modes import ModeKeys
from recell.graph.core import get_default_graph
from recell.graph.tensor import Operation, Tensor
from recell.graph.variables import Variable
from recell.monitoring.scaffold import Scaffold
from recell.monitoring.session_run_hook import SessionRunHook
from recell.ops.array_shape import reshape

_TENSORS = (Tensor, Variable)


class _Fields(NamedTuple):
    mode: Any
    predictions: Any
    loss: Any
    train_op: Any
    eval_metric_ops: Any
    export_outputs: Any
    training_chief_hooks: Any
    training_hooks: Any
    scaffold: Any
    evaluation_hooks: Any
    prediction_hooks: Any


class EstimatorSpec(_Fields):
    """What a model function gives back: an immutable record. TF symbol: `tf.estimator.EstimatorSpec`.

    Args:
      mode: one of `ModeKeys`.
      predictions: a tensor or a dict of them; must be there to predict.
      loss: a scalar tensor (one element in a vector is taken out of it); must be there to train and to evaluate.
      train_op: an operation or tensor that makes a step; must be there to train.
      eval_metric_ops: name -> (value, update) pair or an object with `result()` and `updates`.
      export_outputs: name -> `tf.estimator.export.ExportOutput`, kept for `mode` PREDICT.
      training_chief_hooks, training_hooks, evaluation_hooks, prediction_hooks: `SessionRunHook`s.
      scaffold: a `tf.train.Scaffold` for the session.

    Raises:
      ValueError: something that `mode` needs is missing, the loss is no scalar, or a tensor is of another graph.
      TypeError: something is of the wrong type.
    """

    __slots__ = ()

    def __new__(
        cls,
        mode: Any,
        predictions: Any = None,
        loss: Tensor | None = None,
        train_op: Any = None,
        eval_metric_ops: Mapping[str, Any] | None = None,
        export_outputs: Mapping[str, Any] | None = None,
        training_chief_hooks: Sequence[SessionRunHook] | None = None,
        training_hooks: Sequence[SessionRunHook] | None = None,
        scaffold: Scaffold | None = None,
        evaluation_hooks: Sequence[SessionRunHook] | None = None,
        prediction_hooks: Sequence[SessionRunHook] | None = None,
    ) -> EstimatorSpec:
        train_op = _checked_train_op(train_op, mode)
        loss = _checked_loss(loss, mode)
        predictions = _checked_predictions(predictions, mode)
        if mode == ModeKeys.PREDICT:
            export_outputs = checked_outputs(export_outputs, predictions)
        metrics = _checked_metrics(eval_metric_ops)
        hooks = [training_chief_hooks, training_hooks, evaluation_hooks, prediction_hooks]
        chief, training, evaluation, prediction = (_checked_hooks(each) for each in hooks)
        if scaffold is not None and not isinstance(scaffold, Scaffold):
            raise TypeError(f"scaffold must be tf.train.Scaffold. Given: {scaffold}")
        return super().__new__(
            cls,
            mode=mode,
            predictions=predictions,
            loss=loss,
            train_op=train_op,
            eval_metric_ops=metrics,
            export_outputs=export_outputs,
            training_chief_hooks=chief,
            training_hooks=training,
            scaffold=scaffold or Scaffold(),
            evaluation_hooks=evaluation,
            prediction_hooks=prediction,
        )

    def _replace(self, **changes: Any) -> EstimatorSpec:
        """The same with some fields changed, checked anew. ValueError for another mode."""
        if "mode" in changes and changes["mode"] != self.mode:
            raise ValueError("mode of EstimatorSpec cannot be changed.")
        return EstimatorSpec(**{**self._asdict(), **changes})


def _check_graph(owner: Any, what: str, name: str) -> None:
    if owner.graph is not get_default_graph():
        raise ValueError(
            f'{what} with "{name}" must be from the default graph. Make it in the model_fn itself, anew in each call: '
            "what an earlier call or another graph has made cannot be returned."
        )


def _checked_train_op(train_op: Any, mode: Any) -> Any:
    if train_op is None:
        if mode == ModeKeys.TRAIN:
            raise ValueError("Missing train_op.")
        return None
    given, convert = train_op, getattr(train_op, "_as_graph_element", None)
    if convert is not None:
        train_op = convert()
        # A variable stands for the operation that makes it, as it does in TensorFlow.
        train_op = train_op.op if isinstance(train_op, Tensor) and not isinstance(given, Tensor) else train_op
    if not isinstance(train_op, (Operation, Tensor)):
        raise TypeError(f"train_op must be Operation or Tensor, given: {given}")
    _check_graph(train_op, "train_op", train_op.name)
    return train_op


def _checked_loss(loss: Any, mode: Any) -> Any:
    if loss is None:
        if mode in (ModeKeys.TRAIN, ModeKeys.EVAL):
            raise ValueError("Missing loss.")
        return None
    if not isinstance(loss, _TENSORS):
        raise TypeError(f"loss must be Tensor, given: {loss}")
    _check_graph(loss, "loss", loss.name)
    known = loss.shape.num_elements()
    if known not in (None, 1):
        raise ValueError(f"Loss must be scalar, given: {loss}")
    return loss if loss.shape.ndims in (None, 0) else reshape(loss, [])


def _checked_predictions(predictions: Any, mode: Any) -> Any:
    if predictions is None:
        if mode == ModeKeys.PREDICT:
            raise ValueError("Missing predictions.")
        return {}
    if isinstance(predictions, dict):
        for key, value in predictions.items():
            if not isinstance(value, _TENSORS):
                raise TypeError(f"predictions[{key}] must be Tensor, given: {value}")
            _check_graph(value, "prediction values", f"{key}: {value.name}")
    elif not isinstance(predictions, _TENSORS):
        raise TypeError(f"predictions must be Tensor, given: {predictions}")
    else:
        _check_graph(predictions, "prediction values", predictions.name)
    return predictions


def _checked_metrics(metrics: Any) -> dict[str, Any]:
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        raise TypeError(f"eval_metric_ops must be a dict, given: {metrics}")
    for key, pair in metrics.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"Values of eval_metric_ops must be (metric_value, update_op) tuples, given: {pair} for key: {key}"
            )
        for part in pair:
            element = part if isinstance(part, (Operation, Tensor)) else getattr(part, "op", None)
            if not isinstance(element, (Operation, Tensor)):
                raise AttributeError(
                    f"{type(part).__name__!r} object has no attribute 'graph': eval_metric_ops[{key!r}] must be "
                    f"tensors and operations, given: {pair}"
                )
            _check_graph(element, "eval_metric_ops", f"{key}: {element.name}")
    return metrics


def _checked_hooks(hooks: Any) -> tuple[SessionRunHook, ...]:
    listed = tuple(hooks or [])
    for hook in listed:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be SessionRunHook instances, given: {hook}")
    return listed
