"""Cross entropies of logits: softmax with dense and sparse labels, sigmoid, weighted sigmoid; the Poisson loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import compat
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import bracketed, invalid
from recell.ops.math_cast import cast
from recell.ops.nn_activations import chosen_axis
from recell.ops.op import FLOATS, INDEX, op
from recell.ops.state import stop_gradient

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from recell import kernels
else:
    torch = lazy_module("torch")
    kernels = lazy_module("recell.kernels")


def _named(function: str, first: Any, labels: Any, logits: Any, name: Any) -> tuple[Any, Any, Any]:
    """`labels, logits, name` of a call, which every 1.x release wants by name: its order differs from that of 0.x.

    The order of 0.x, `logits, labels, name`, is taken where such a program may be meant. ValueError otherwise.
    """
    if first is not None:
        third_is_name = logits is None or isinstance(logits, str)
        if not (compat.takes_old_arguments() and labels is not None and third_is_name):
            raise ValueError(f"Only call `{function}` with named arguments (labels=..., logits=..., ...)")
        return labels, first, name if logits is None else logits
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")
    return labels, logits, name


# -- dense labels ---------------------------------------------------------------------------------------------------


def _dense_shape(i: Inference) -> TensorShape:
    try:
        dims = rules.broadcast_dims(i.shape(0).tuple, i.shape(1).tuple)
    except ValueError as error:
        raise i.mismatch(str(error)) from None
    if dims is None:
        return TensorShape(None)
    if not dims:
        raise i.mismatch("logits and labels must be at least 1-D")
    axis = rules.axis_index(i["axis"], len(dims), i)
    return TensorShape.of(dims[:axis] + dims[axis + 1 :])


def _shares_losses(logits: Tensor, bias: Tensor | None, labels: Tensor, axis: int = -1) -> Tensor:
    if bias is not None and (logits.shape != labels.shape or axis not in (-1, logits.ndim - 1)):
        logits, bias = logits + bias, None
    if logits.shape != labels.shape:
        try:
            logits, labels = torch.broadcast_tensors(logits, labels)
        except RuntimeError as error:
            raise invalid(
                f"logits and labels must be broadcastable: logits_size={bracketed(logits)} "
                f"labels_size={bracketed(labels)}"
            ) from error
    if axis not in (-1, logits.ndim - 1):
        logits, labels = logits.movedim(axis, -1), labels.movedim(axis, -1)
    return kernels.softmax_cross_entropy(logits, labels, bias)


@op("SoftmaxCrossEntropyWithLogits", shape=_dense_shape, T=FLOATS, biased=_shares_losses)
def _softmax_cross_entropy(logits: Tensor, labels: Tensor, axis: int = -1) -> Tensor:
    return _shares_losses(logits, None, labels, axis)


def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Any:
    """`-sum(labels * log_softmax(logits))` along `axis`. TF symbol: `tf.nn.softmax_cross_entropy_with_logits_v2`.

    Args:
        labels: a distribution over the classes for each row; the loss back-propagates into it.
        logits: of the same shape, `[batch, classes]` or with more axes in front.

    Returns:
        One loss a row, the shape of `logits` without `axis`.

    Raises:
        ValueError: the shapes do not go together.
    """
    if logits is None or labels is None:
        raise ValueError("Both labels and logits must be provided.")
    return _dense(labels, logits, chosen_axis(axis, dim), name, "softmax_cross_entropy_with_logits", stop=False)


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None,
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Any:
    """As the `_v2` form, except that nothing back-propagates into `labels`; arguments are given by name.

    TF symbol: `tf.nn.softmax_cross_entropy_with_logits`. ValueError for positional arguments other than those of 0.x.
    """
    labels, logits, name = _named("softmax_cross_entropy_with_logits", _sentinel, labels, logits, name)
    axis = chosen_axis(axis, dim) if axis is None else int(axis)
    return _dense(labels, logits, axis, name, "softmax_cross_entropy_with_logits_sg", stop=True)


def _dense(labels: Any, logits: Any, axis: int, name: str | None, default: str, stop: bool) -> Any:
    with name_scope(name, default, [logits, labels]):
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        if stop:
            labels = stop_gradient(labels, name="labels_stop_gradient")
        out_dtype = logits.dtype.base_dtype
        if out_dtype.name in ("float16", "bfloat16"):
            logits = cast(logits, "float32")
        if labels.dtype.base_dtype is not logits.dtype.base_dtype:
            labels = cast(labels, logits.dtype.base_dtype)
        loss = _softmax_cross_entropy(logits, labels, axis, name="Reshape_2")
        return loss if loss.dtype is out_dtype else cast(loss, out_dtype)


# -- sparse labels --------------------------------------------------------------------------------------------------


def _sparse_shape(i: Inference) -> TensorShape:
    return i.shape("labels") if i.shape("labels").tuple is not None else i.shape("logits")[:-1]


def _label_losses(logits: Tensor, bias: Tensor | None, labels: Tensor) -> Tensor:
    if logits.shape[:-1] != labels.shape:
        raise invalid(
            "logits and labels must have the same first dimension, got logits shape "
            f"{bracketed(logits)} and labels shape {bracketed(labels)}"
        )
    try:
        return kernels.sparse_softmax_cross_entropy(logits, labels, bias)
    except IndexError as error:
        classes, flat = logits.shape[-1], labels.reshape(-1).tolist()
        wrong = min(flat) if min(flat) < 0 else max(flat)
        listed = " ".join(map(str, flat))
        raise invalid(
            f"Received a label value of {wrong} which is outside the valid range of [0, {classes}).  "
            f"Label values: {listed}"
        ) from error


@op("SparseSoftmaxCrossEntropyWithLogits", shape=_sparse_shape, T=FLOATS, types={"labels": INDEX}, biased=_label_losses)
def _sparse(logits: Tensor, labels: Tensor) -> Tensor:
    return _label_losses(logits, None, labels)


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """`-log_softmax(logits)[label]` for each row. TF symbol: `tf.nn.sparse_softmax_cross_entropy_with_logits`.

    Args:
        labels: int32 or int64, the class of each row, of the shape of `logits` without its last axis.
        logits: `[..., classes]`.

    Returns:
        One loss a row, of the shape of `labels`.

    Raises:
        ValueError: positional arguments other than those of 0.x, or shapes that do not go together.
        InvalidArgumentError: while running, for a label outside `[0, classes)`.
    """
    labels, logits, name = _named("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits, name)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        _check_sparse_shapes(labels, logits)
        out_dtype = logits.dtype.base_dtype
        if out_dtype.name in ("float16", "bfloat16"):
            logits = cast(logits, "float32")
        final = "SparseSoftmaxCrossEntropyWithLogits" if logits.shape.ndims == 2 else "Reshape_2"
        loss = _sparse(logits, labels, name=final)
        return loss if loss.dtype is out_dtype else cast(loss, out_dtype)


def _check_sparse_shapes(labels: Any, logits: Any) -> None:
    label_rank, rank = labels.shape.ndims, logits.shape.ndims
    if rank == 0:
        raise ValueError(f"Logits cannot be scalars - received shape {logits.shape}.")
    if rank is None or label_rank is None:
        return
    if label_rank != rank - 1:
        raise ValueError(
            f"Rank mismatch: Rank of labels (received {label_rank}) should equal rank of logits minus 1 (received "
            f"{rank}). labels '{labels.name}' has shape {brackets(labels.shape)}, logits '{logits.name}' "
            f"{brackets(logits.shape)}."
        )
    if not labels.shape.is_compatible_with(logits.shape[:-1]):
        raise ValueError(
            f"Shape mismatch: The shape of labels (received {labels.shape}) should equal the shape of logits except "
            f"for the last dimension (received {logits.shape})."
        )


# -- logistic -------------------------------------------------------------------------------------------------------


@op("SigmoidCrossEntropyWithLogits", shape=rules.merged, T=FLOATS)
def _sigmoid_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    # The step is a half at 0, where the other term has slope 0, so that the slope there is sigmoid(0) - label.
    step = torch.heaviside(logits.detach(), logits.new_tensor(0.5))
    return logits * (step - labels) + torch.log1p(torch.exp(-logits.abs()))


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None, targets: Any = None
) -> Any:
    """`-labels * log(sigmoid(logits)) - (1 - labels) * log(1 - sigmoid(logits))`, element by element.

    TF symbol: `tf.nn.sigmoid_cross_entropy_with_logits`. Both are of one shape and dtype; so is the result.
    `targets` is what 0.x called `labels`.
    ValueError for positional arguments other than those of 0.x and for different shapes.
    """
    labels = targets if labels is None else labels
    labels, logits, name = _named("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits, name)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(logits, labels, "labels")
        return _sigmoid_cross_entropy(logits, labels, name=scope)


def _check_same_shape(logits: Any, labels: Any, called: str) -> None:
    if not labels.shape.is_compatible_with(logits.shape):
        raise ValueError(f"logits and {called} must have the same shape ({logits.shape} vs {labels.shape})")


@op("WeightedCrossEntropyWithLogits", shape=rules.broadcast, T=FLOATS)
def _weighted(logits: Tensor, labels: Tensor, pos_weight: Tensor) -> Tensor:
    weight = 1 + (pos_weight - 1) * labels
    return (1 - labels) * logits + weight * (torch.log1p(torch.exp(-logits.abs())) + torch.relu(-logits))


def weighted_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, pos_weight: Any = None, name: str | None = None, targets: Any = None
) -> Any:
    """The sigmoid cross entropy whose positive part counts `pos_weight` times.

    TF symbol: `tf.nn.weighted_cross_entropy_with_logits`. ValueError for `labels` and `logits` of different shapes.
    """
    if targets is not None:
        if labels is not None:
            raise ValueError("Cannot specify both 'labels' and 'targets'")
        labels = targets
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(logits, labels, "targets")
        return _weighted(logits, labels, pos_weight, name=scope)


@op("LogPoissonLoss", shape=rules.merged, T=FLOATS)
def _log_poisson_loss(targets: Tensor, log_input: Tensor, compute_full_loss: bool = False) -> Tensor:
    loss = log_input.exp() - log_input * targets
    if not compute_full_loss:
        return loss
    stirling = targets * targets.log() - targets + 0.5 * (2 * torch.pi * targets).log()
    inside = (targets >= 0) & (targets <= 1)
    return loss + torch.where(inside, torch.zeros_like(targets), stirling)


def log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None) -> Any:
    """`exp(log_input) - log_input * targets`; the full loss adds Stirling's approximation of `log(targets!)`.

    TF symbol: `tf.nn.log_poisson_loss`. ValueError for different shapes.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]) as scope:
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        if not targets.shape.is_compatible_with(log_input.shape):
            raise ValueError(f"log_input and targets must have the same shape ({log_input.shape} vs {targets.shape})")
        return _log_poisson_loss(targets, log_input, compute_full_loss, name=scope)


__all__ = [
    "log_poisson_loss",
    "sigmoid_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2",
    "sparse_softmax_cross_entropy_with_logits",
    "weighted_cross_entropy_with_logits",
]
