"""One step of training with schedule, clipping, noise and summaries. TF symbol: `tf.contrib.layers.optimize_loss`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_collection
from recell.graph.indexed_slices import IndexedSlices
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Tensor
from recell.graph.variable_collections import trainable_variables
from recell.graph.variable_scope import get_variable, variable_scope
from recell.layers.adaptive_clipping import GradsAndVars, adaptive_clipping_fn, scaled
from recell.ops.check_shapes import assert_scalar
from recell.ops.clip import clip_by_global_norm, global_norm
from recell.ops.initializers import Constant
from recell.ops.random import truncated_normal
from recell.ops.state import with_dependencies
from recell.summary import functions as summary
from recell.train.adagrad import AdagradOptimizer
from recell.train.adam import AdamOptimizer
from recell.train.ftrl import FtrlOptimizer
from recell.train.gradient_descent import GradientDescentOptimizer
from recell.train.momentum import MomentumOptimizer
from recell.train.optimizer import Optimizer
from recell.train.rmsprop import RMSPropOptimizer
from recell.train.training_util import assert_global_step, get_global_step

OPTIMIZER_CLS_NAMES: dict[str, Callable[..., Optimizer]] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "Momentum": lambda learning_rate: MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}
"""Optimizers by the names that `optimize_loss` takes."""

OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"]
"""What `optimize_loss` can add to the graph's summaries."""

_DEFAULT_SUMMARIES = ("learning_rate", "loss", "global_gradient_norm")


def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: float | None = None,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
    update_ops: Iterable[Any] | None = None,
    variables: Sequence[Any] | None = None,
    name: str | None = None,
    summaries: Sequence[str] | None = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Any:
    """The loss, as a tensor whose computation does one step of training. TF symbol: `tf.contrib.layers.optimize_loss`.

    Args:
      loss: a floating-point scalar.
      global_step: counts the steps; None for the one of the graph, if there is one.
      learning_rate: a float (kept in the variable `<name>/learning_rate`), a scalar tensor, or None when the optimizer
        brings its own.
      optimizer: a name of `OPTIMIZER_CLS_NAMES`, a class of optimizers, an optimizer, or a function that makes one of
        the learning rate (of nothing, when that is None).
      gradient_noise_scale: the standard deviation of normal noise, cut off at two of it, to add to the gradients.
      gradient_multipliers: numbers to multiply gradients with, by variable or by its name (`"w:0"`).
      clip_gradients: a float, the largest global norm; or a function of the list of (gradient, variable) that gives
        such a list, as `adaptive_clipping_fn` makes.
      learning_rate_decay_fn: a function of the learning rate and the global step that gives the one to use.
      update_ops: operations to run before the loss; by default those in the collection `update_ops`.
      variables: what to train; by default the trainable variables.
      name: the scope of variables and operations, `OptimizeLoss` by default.
      summaries: names out of `OPTIMIZER_SUMMARIES`; by default the learning rate (when it decays), the loss and the
        global norm of the gradients.
      increment_global_step: False leaves the global step alone.

    Raises:
      ValueError: the loss is no scalar, there is no global step for `learning_rate_decay_fn`, nothing can be trained,
        or an argument is none of those above.
      TypeError: `global_step` is no integer scalar.
    """
    loss = assert_scalar(convert_to_tensor(loss))
    if global_step is None:
        global_step = get_global_step()
    else:
        assert_global_step(global_step)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        updates = get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else list(update_ops)
        if updates:
            loss = with_dependencies(updates, loss)
        rate = None if learning_rate is None else _rate(learning_rate)
        summaries = _checked(summaries)
        if rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, global_step)
            if "learning_rate" in summaries:
                summary.scalar("learning_rate", rate)
        made = _optimizer(optimizer, rate)
        gradients = made.compute_gradients(
            loss,
            trainable_variables() if variables is None else variables,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gradient_noise_scale is not None:
            gradients = [(_noisy(gradient, gradient_noise_scale), variable) for gradient, variable in gradients]
        if gradient_multipliers is not None:
            gradients = _multiplied(gradients, gradient_multipliers)
        norms = "global_gradient_norm" in summaries or "gradient_norm" in summaries
        if norms:
            summary.scalar("global_norm/gradient_norm", _norm(gradients))
        gradients = _clipped(gradients, clip_gradients)
        _summarize(loss, gradients, summaries)
        if norms and clip_gradients is not None:
            summary.scalar("global_norm/clipped_gradient_norm", _norm(gradients))
        train_op = made.apply_gradients(gradients, global_step if increment_global_step else None, name="train")
        return with_dependencies([train_op], loss)


def _rate(learning_rate: Any) -> Any:
    """The learning rate as a variable or tensor. ValueError for what is none."""
    if isinstance(learning_rate, Tensor) and learning_rate.shape.ndims == 0:
        return learning_rate
    if isinstance(learning_rate, float):
        if learning_rate < 0.0:
            raise ValueError(f"Invalid learning_rate {learning_rate}: it must not be negative.")
        return get_variable("learning_rate", [], trainable=False, initializer=Constant(learning_rate))
    raise ValueError(f"Learning rate should be 0d Tensor or float. Got {learning_rate} of type {type(learning_rate)}")


def _checked(summaries: Sequence[str] | None) -> Sequence[str]:
    """The names of summaries to make. ValueError for one that there is not."""
    if summaries is None:
        return _DEFAULT_SUMMARIES
    for name in summaries:
        if name not in OPTIMIZER_SUMMARIES:
            known = ", ".join(OPTIMIZER_SUMMARIES)
            raise ValueError(f"Summaries should be one of [{known}], you provided {name}.")
    return summaries


def _optimizer(optimizer: Any, rate: Any) -> Optimizer:
    """The optimizer that the argument names, is or makes. ValueError for what is no optimizer."""
    if isinstance(optimizer, str):
        if optimizer not in OPTIMIZER_CLS_NAMES:
            names = ", ".join(sorted(OPTIMIZER_CLS_NAMES))
            raise ValueError(f"Optimizer name should be one of [{names}], you provided {optimizer}.")
        _require_rate(rate, f"string ({optimizer})")
        return OPTIMIZER_CLS_NAMES[optimizer](learning_rate=rate)
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer):
        _require_rate(rate, f"class ({optimizer})")
        return optimizer(learning_rate=rate)  # type: ignore[call-arg] # as all subclasses take it
    if isinstance(optimizer, Optimizer):
        return optimizer
    if callable(optimizer):
        made = optimizer() if rate is None else optimizer(rate)
        if not isinstance(made, Optimizer):
            raise ValueError(f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}.")
        return made
    raise ValueError(
        "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of Optimizer or "
        f"function with one argument. Got {optimizer}."
    )


def _require_rate(rate: Any, what: str) -> None:
    if rate is None:
        raise ValueError(f"Learning rate is None, but should be specified if optimizer is {what}.")


def _norm(gradients: GradsAndVars) -> Any:
    return global_norm([gradient for gradient, _ in gradients])


def _summarize(loss: Any, gradients: GradsAndVars, summaries: Sequence[str]) -> None:
    """The summaries of the loss and of each gradient."""
    if "loss" in summaries:
        summary.scalar("loss", loss)
    for gradient, variable in gradients:
        if gradient is None:
            continue
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        name = variable.name.replace(":", "_")
        if "gradients" in summaries:
            summary.histogram(f"gradients/{name}", values)
        if "gradient_norm" in summaries:
            summary.scalar(f"gradient_norm/{name}", global_norm([values]))


def _noisy(gradient: Any, scale: Any) -> Any:
    if gradient is None:
        return None
    shape = gradient.dense_shape if isinstance(gradient, IndexedSlices) else gradient.shape
    return gradient + truncated_normal(shape) * scale


def _multiplied(gradients: GradsAndVars, multipliers: Mapping[Any, Any]) -> GradsAndVars:
    found = []
    for gradient, variable in gradients:
        key = variable if variable in multipliers else variable.name
        if gradient is not None and key in multipliers:
            gradient = scaled(gradient, multipliers[key])
        found.append((gradient, variable))
    return found


def _clipped(gradients: GradsAndVars, clip_gradients: Any) -> GradsAndVars:
    """The gradients, clipped as asked for. ValueError for what tells no way to clip."""
    if clip_gradients is None:
        return gradients
    if isinstance(clip_gradients, float):
        clipped, _ = clip_by_global_norm([gradient for gradient, _ in gradients], clip_gradients)
        return [(gradient, variable) for gradient, (_, variable) in zip(clipped, gradients, strict=True)]
    if callable(clip_gradients):
        return list(clip_gradients(gradients))
    raise ValueError(f"Unknown type {type(clip_gradients)} for clip_gradients: it is a float or a function.")


__all__ = ["OPTIMIZER_CLS_NAMES", "OPTIMIZER_SUMMARIES", "adaptive_clipping_fn", "optimize_loss"]
