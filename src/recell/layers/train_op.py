"""Training steps of slim's making. TF symbols: `tf.contrib.training.create_train_op`, `tf.contrib.slim.learning.*`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from recell.graph.core import control_dependencies, get_collection, get_collection_ref, name_scope
from recell.graph.indexed_slices import IndexedSlices
from recell.graph.keys import GraphKeys
from recell.graph.variable_collections import trainable_variables
from recell.layers.adaptive_clipping import GradsAndVars, scaled
from recell.ops.clip import clip_by_norm, global_norm
from recell.ops.host import check_numerics as checked
from recell.ops.state import no_op, with_dependencies
from recell.summary import functions as summary
from recell.train.optimizer import Optimizer
from recell.train.training_util import get_or_create_global_step

_OF_THE_GRAPH = 0
"""Stands for the global step of the graph, made if there is none."""


def multiply_gradients(grads_and_vars: GradsAndVars, gradient_multipliers: Mapping[Any, Any]) -> GradsAndVars:
    """Gradients times numbers given by variable or by its name without `:0`.

    TF symbols: `tf.contrib.training.multiply_gradients`, `slim.learning.multiply_gradients`. ValueError for arguments
    that are no list or no dict with something in it, and for a variable that has no gradient.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    if not isinstance(gradient_multipliers, dict):
        raise ValueError("`gradient_multipliers` must be a dict.")
    found = []
    for gradient, variable in grads_and_vars:
        key = variable if variable in gradient_multipliers else variable.op.name
        if key in gradient_multipliers:
            if gradient is None:
                raise ValueError(f"Requested multiple of `None` gradient: '{variable.name}' has none.")
            gradient = scaled(gradient, gradient_multipliers[key])
        found.append((gradient, variable))
    return found


def clip_gradient_norms(gradients_to_variables: GradsAndVars, max_norm: float) -> GradsAndVars:
    """Every gradient clipped by its own norm. TF: `tf.contrib.training.clip_gradient_norms`, `slim.learning`."""

    def clipped(gradient: Any) -> Any:
        if isinstance(gradient, IndexedSlices):
            return IndexedSlices(clip_by_norm(gradient.values, max_norm), gradient.indices, gradient.dense_shape)
        return None if gradient is None else clip_by_norm(gradient, max_norm)

    return [(clipped(gradient), variable) for gradient, variable in gradients_to_variables]


def clip_gradient_norms_fn(max_norm: float) -> Callable[[GradsAndVars], GradsAndVars]:
    """`clip_gradient_norms` for `transform_grads_fn`. TF symbol: `tf.contrib.training.clip_gradient_norms_fn`."""
    return lambda gradients_to_variables: clip_gradient_norms(gradients_to_variables, max_norm)


def add_gradients_summaries(grads_and_vars: GradsAndVars) -> list[Any]:
    """A histogram and the norm of each gradient, as summaries. TF: `tf.contrib.training.add_gradients_summaries`."""
    made = []
    for gradient, variable in grads_and_vars:
        if gradient is not None:
            values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
            made.append(summary.histogram(f"{variable.op.name}_gradient", values))
            made.append(summary.scalar(f"{variable.op.name}_gradient_norm", global_norm([values])))
    return made


def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = _OF_THE_GRAPH,
    update_ops: Iterable[Any] | None = None,
    variables_to_train: Sequence[Any] | None = None,
    transform_grads_fn: Callable[[GradsAndVars], GradsAndVars] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Any:
    """The loss, as a tensor whose computation does one step of training.

    TF symbol: `tf.contrib.training.create_train_op`.

    Args:
      global_step: counts the steps; by default that of the graph, made if there is none. None counts nothing.
      update_ops: operations to run before the loss; by default those in the collection `update_ops`.
      variables_to_train: by default the trainable variables. AssertionError for none, or others.
      transform_grads_fn: makes of the list of (gradient, variable) the one to apply.
      summarize_gradients: adds a histogram and the norm of each gradient to the summaries.
      check_numerics: InvalidArgumentError, when run, for a loss that is not finite.
    """
    step = get_or_create_global_step() if global_step is _OF_THE_GRAPH else global_step
    loss = _after_updates(total_loss, update_ops)
    if variables_to_train is None:
        variables_to_train = trainable_variables()
    elif any(variable not in trainable_variables() for variable in variables_to_train):
        raise AssertionError("All of variables_to_train must be trainable variables.")
    if not variables_to_train:
        raise AssertionError("There must be variables to train.")
    gradients = optimizer.compute_gradients(
        loss,
        variables_to_train,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if transform_grads_fn is not None:
        gradients = transform_grads_fn(gradients)
    if summarize_gradients:
        with name_scope("summarize_grads"):
            add_gradients_summaries(gradients)
    updates = optimizer.apply_gradients(gradients, global_step=step)
    with name_scope("train_op"):
        if check_numerics:
            loss = checked(loss, "LossTensor is inf or nan")
        train_op = with_dependencies([updates], loss)
    train_ops = get_collection_ref(GraphKeys.TRAIN_OP)
    if not any(train_op is other for other in train_ops):
        train_ops.append(train_op)
    return train_op


def _after_updates(loss: Any, update_ops: Iterable[Any] | None) -> Any:
    every = get_collection(GraphKeys.UPDATE_OPS)
    updates = every if update_ops is None else list(update_ops)
    if not set(every) <= set(updates):
        logging.getLogger("tensorflow").warning(
            "update_ops in create_train_op does not contain all the update_ops in GraphKeys.UPDATE_OPS"
        )
    if not updates:
        return loss
    with control_dependencies(updates):
        barrier = no_op(name="update_barrier")
    return with_dependencies([barrier], loss)


def slim_create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = _OF_THE_GRAPH,
    update_ops: Iterable[Any] | None = None,
    variables_to_train: Sequence[Any] | None = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    check_numerics: bool = True,
) -> Any:
    """`create_train_op` with multipliers (see `multiply_gradients`) and a norm to clip each gradient by, 0 for none.

    TF symbol: `tf.contrib.slim.learning.create_train_op`.
    """

    def transform(gradients: GradsAndVars) -> GradsAndVars:
        if gradient_multipliers:
            gradients = multiply_gradients(gradients, gradient_multipliers)
        return clip_gradient_norms(gradients, clip_gradient_norm) if clip_gradient_norm > 0 else gradients

    return create_train_op(
        total_loss,
        optimizer,
        global_step=global_step,
        update_ops=update_ops,
        variables_to_train=variables_to_train,
        transform_grads_fn=transform,
        summarize_gradients=summarize_gradients,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        check_numerics=check_numerics,
    )


__all__ = [
    "add_gradients_summaries",
    "clip_gradient_norms",
    "clip_gradient_norms_fn",
    "create_train_op",
    "multiply_gradients",
    "slim_create_train_op",
]
