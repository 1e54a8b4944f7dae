"""Making labels, predictions and weights fit each other: last axes of size 1, and weights repeated along axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import bracketed, invalid
from recell.ops.array_shape import expand_dims, squeeze
from recell.ops.op import ANY, NUMBERS, op

if TYPE_CHECKING:
    from torch import Tensor


def _ends_in_one(shape: TensorShape) -> bool:
    """Whether the last axis may be of size 1."""
    return bool(shape.ndims) and shape.as_list()[-1] in (1, None)


def _squeezed(x: Any) -> Any:
    return x.reshape(x.shape[:-1])


@op("SqueezeLike", shape=rules.unknown, types={"x": ANY, "other": ANY}, dtype=lambda i: i.dtype("x"), view=True)
def _squeeze_like(x: Tensor, other: Tensor, excess: int) -> Any:
    """`x` without its last axis when that is of size 1 and `x` has `excess` axes more than `other`."""
    return _squeezed(x) if x.ndim - other.ndim == excess and x.shape[-1] == 1 else x


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Any, Any]:
    """Labels and predictions, the one that has an axis too many without its last axis (of size 1).

    TF symbol: `tf.contrib.framework.remove_squeezable_dimensions`. `expected_rank_diff` is how many axes predictions
    have more than labels when all is well. ValueError when the axis to be removed is of another size.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        known = (labels.shape.ndims, predictions.shape.ndims)
        if known[0] is not None and known[1] is not None:
            excess = known[1] - known[0] - expected_rank_diff
            if excess == 1:
                predictions = squeeze(predictions, [-1])
            elif excess == -1:
                labels = squeeze(labels, [-1])
            return labels, predictions
        # Each is compared with the other as it was given.
        given = labels, predictions
        if predictions.shape.ndims is None or _ends_in_one(predictions.shape):
            predictions = _squeeze_like(predictions, given[0], expected_rank_diff + 1)
        if labels.shape.ndims is None or _ends_in_one(labels.shape):
            labels = _squeeze_like(labels, given[1], 1 - expected_rank_diff)
        return labels, predictions


@op("RankLike", shape=rules.unknown, types={"weights": ANY, "values": ANY}, dtype=lambda i: i.dtype("weights"))
def _rank_like(weights: Tensor, values: Tensor) -> Any:
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        return _squeezed(weights).clone()
    return weights[..., None].clone() if weights.ndim and weights.ndim == values.ndim - 1 else weights.clone()


def match_weights_rank(weights: Any, values: Any) -> Any:
    """Weights with a last axis of size 1 removed or added when that gives them the rank of `values`; scalars stay."""
    weights = convert_to_tensor(weights)
    rank, wanted = weights.shape.ndims, values.shape.ndims
    if rank == 0:
        return weights
    if rank is None or wanted is None:
        return _rank_like(weights, values)
    if rank - wanted == 1:
        return squeeze(weights, [-1])
    return expand_dims(weights, -1) if wanted - rank == 1 else weights


def _check_static(weights: TensorShape, values: TensorShape) -> None:
    w, v = weights.tuple, values.tuple
    if w is None or v is None or w == ():
        return
    words = "weights can not be broadcast to values."
    shapes = f"values.shape={values}. weights.shape={weights}."
    if len(w) != len(v):
        raise ValueError(f"{words} values.rank={len(v)}. weights.rank={len(w)}. {shapes}")
    for k, (a, b) in enumerate(zip(w, v, strict=True)):
        if a not in (1, None) and b is not None and a != b:
            raise ValueError(f"{words} Mismatch at dim {k}. {shapes} Give one weight, or one for each value.")


def _check_values(weights: Any, values: Any) -> None:
    fits = not weights.ndim or (
        weights.ndim == values.ndim and all(a in (1, b) for a, b in zip(weights.shape, values.shape, strict=True))
    )
    if not fits:
        raise invalid(
            "assertion failed: [weights can not be broadcast to values.] "
            f"[weights.shape=] {bracketed(weights)} [values.shape=] {bracketed(values)}"
        )


def _shape(i: Inference) -> TensorShape:
    _check_static(i.shape("weights"), i.shape("values"))
    return i.shape("values")


@op(
    "BroadcastWeights",
    shape=_shape,
    types={"weights": NUMBERS, "values": ANY},
    dtype=lambda i: i.dtype("weights"),
)
def _broadcast_weights(weights: Tensor, values: Tensor) -> Tensor:
    _check_values(weights, values)
    # A copy: the expanded tensor would share elements among its places.
    return weights.expand(values.shape).clone() if weights.shape != values.shape else weights.clone()


def broadcast_weights(weights: Any, values: Any) -> Any:
    """Weights repeated to the shape of `values`: a scalar, or a tensor of their rank with axes of their sizes or 1.

    ValueError when the shapes cannot fit, InvalidArgumentError when only a run tells so.
    """
    return _broadcast_weights(weights, values)


__all__ = ["broadcast_weights", "match_weights_rank", "remove_squeezable_dimensions"]
