"""How scores meet thresholds: counts of right and wrong answers at each, and areas under the curves these make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

EPSILON = 1e-7
"""What keeps ratios of counts finite, and puts the outermost thresholds beyond every score."""

_AREA_EPSILON = 1e-6


def _count_shapes(i: Inference) -> list[TensorShape]:
    return [TensorShape.of((i.shape("thresholds").as_list()[0],))] * 4


def _scores(predictions: Tensor) -> Tensor:
    scores = predictions.reshape(-1).contiguous()
    for bound, fails in (("x >= 0", ~(scores >= 0)), ("x <= 1", ~(scores <= 1))):
        if bool(fails.any()):
            raise invalid(
                "assertion failed: [predictions must be in [0, 1]] "
                f"[Condition {bound} did not hold element-wise:] {scores[fails][:3].tolist()}"
            )
    return scores


@op(
    "ConfusionAtThresholds",
    shape=_count_shapes,
    types={"labels": dtypes.bool},
    T=frozenset({dtypes.float32}),
    dtype=lambda i: [dtypes.float32] * 4,
    differentiable=False,
)
def confusion_at_thresholds(labels: Tensor, predictions: Tensor, thresholds: Tensor, weights: Tensor) -> Any:
    """Weights of true positives, false negatives, true negatives and false positives, each `[thresholds]`.

    A prediction is positive above a threshold. InvalidArgumentError for predictions outside of 0 to 1.
    """
    scores = _scores(predictions)
    ordered, order = torch.sort(thresholds)
    # A score is above the first `place` of the ordered thresholds.
    place = torch.searchsorted(ordered, scores)
    count = len(ordered)
    positive = labels.reshape(-1)
    amounts = weights.reshape(-1).double()
    counts = []
    for chosen in (positive, ~positive):
        at = torch.zeros(count + 1, dtype=torch.float64).index_add(0, place[chosen], amounts[chosen])
        above = at.flip(0).cumsum(0).flip(0)[1:]
        counts.append((above, at.sum() - above))
    back = torch.empty_like(order)
    back[order] = torch.arange(count)
    (tp, fn), (fp, tn) = counts
    return [part[back].float() for part in (tp, fn, tn, fp)]


@op("ScoresInRange", shape=rules.unchanged, view=True, differentiable=False)
def scores_in_range(predictions: Tensor) -> Tensor:
    """The scores again. InvalidArgumentError for one outside of 0 to 1."""
    _scores(predictions)
    return predictions


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    """The quotient, 0 where the denominator is not positive."""
    positive = denominator > 0
    return torch.where(positive, numerator / torch.where(positive, denominator, 1), 0)


def _interpolated_area(tp: Tensor, fn: Tensor, fp: Tensor) -> Tensor:
    """The area under precision over recall, counts interpolated linearly between thresholds (Davis, Goadrich 2006)."""
    found = tp + fp
    gained_hits, gained = tp[:-1] - tp[1:], (found[:-1] - found[1:]).clamp(min=0)
    slope = _ratio(gained_hits, gained)
    intercept = tp[1:] - slope * found[1:]
    both = (found[:-1] > 0) & (found[1:] > 0)
    growth = torch.where(both, _ratio(found[:-1], found[1:].clamp(min=0)), 1)
    area = slope * (gained_hits + intercept * torch.log(growth))
    return _ratio(area, (tp[1:] + fn[1:]).clamp(min=0)).sum()


@op("AreaUnderCurve", shape=rules.scalar, differentiable=False)
def area_under_curve(
    tp: Tensor, fn: Tensor, fp: Tensor, tn: Tensor | None, curve: str, summation_method: str, points: int
) -> Tensor:
    """The area under the ROC curve, or under precision over recall, from counts at thresholds in ascending order.

    True negatives are needed for the ROC curve alone. A curve of fewer than two points has the area 0.
    """
    if points < 2:
        return torch.zeros(())
    if curve == "PR" and summation_method == "careful_interpolation":
        return _interpolated_area(tp, fn, fp)
    hit_rate = (tp + _AREA_EPSILON) / (tp + fn + _AREA_EPSILON)
    if tn is not None:
        x, y = fp / (fp + tn + _AREA_EPSILON), hit_rate
    else:
        x, y = hit_rate, (tp + _AREA_EPSILON) / (tp + fp + _AREA_EPSILON)
    if summation_method == "minoring":
        heights = torch.minimum(y[:-1], y[1:])
    elif summation_method == "majoring":
        heights = torch.maximum(y[:-1], y[1:])
    else:
        heights = (y[:-1] + y[1:]) / 2
    return ((x[:-1] - x[1:]) * heights).sum()


def _at(numerator: Tensor, rest: Tensor, index: Tensor) -> Tensor:
    return numerator[index] / (numerator[index] + rest[index] + EPSILON)


@op("SensitivityAtSpecificity", shape=rules.scalar, differentiable=False)
def sensitivity_at(tp: Tensor, fn: Tensor, tn: Tensor, fp: Tensor, specificity: float) -> Tensor:
    """The sensitivity at the first threshold whose specificity is nearest to the one wanted."""
    reached = tn / (tn + fp + EPSILON)
    return _at(tp, fn, torch.argmin((reached - specificity).abs()))


@op("SpecificityAtSensitivity", shape=rules.scalar, differentiable=False)
def specificity_at(tp: Tensor, fn: Tensor, tn: Tensor, fp: Tensor, sensitivity: float) -> Tensor:
    """The specificity at the last threshold whose sensitivity is nearest to the one wanted."""
    distance = (tp / (tp + fn + EPSILON) - sensitivity).abs()
    nearest = torch.nonzero(distance == distance.min())
    return _at(tn, fp, nearest[-1, 0])


@op("PrecisionAtRecall", shape=rules.scalar, differentiable=False)
def precision_at(tp: Tensor, fn: Tensor, fp: Tensor, recall: float) -> Tensor:
    """The precision at the last threshold whose recall reaches the one wanted."""
    reached = torch.nonzero((tp + EPSILON) / (tp + fn + EPSILON) >= recall)
    index = reached[-1, 0]
    return (tp[index] + EPSILON) / (tp[index] + fp[index] + EPSILON)


@op("RecallAtPrecision", shape=rules.scalar, differentiable=False)
def recall_at(tp: Tensor, fn: Tensor, fp: Tensor, precision: float, strict: bool) -> Tensor:
    """The recall at the first threshold whose precision is nearest to the one wanted.

    With `strict`, at the one nearest above it; 0 when there is none.
    """
    excess = tp / (tp + fp + EPSILON) - precision
    if not strict:
        return _at(tp, fn, torch.argmin(excess.abs()))
    # Positive where the precision is high enough, and larger the nearer it is.
    index = torch.argmax(1 / (excess + _AREA_EPSILON))
    return torch.where(excess[index] >= 0, _at(tp, fn, index), 0)


@op("BestF1", shape=rules.scalar, differentiable=False)
def best_f1(tp: Tensor, fn: Tensor, fp: Tensor) -> Tensor:
    """The largest harmonic mean of precision and recall over the thresholds."""
    precision, recall = tp / (tp + fp + EPSILON), tp / (tp + fn + EPSILON)
    return (2 * precision * recall / (precision + recall + EPSILON)).max()


@op("CurvePoints", shape=lambda i: [i.shape(0).as_list()[0], 2], differentiable=False)
def curve_points(tp: Tensor, fn: Tensor, tn: Tensor, fp: Tensor, curve: str) -> Tensor:
    """A point for each threshold: false positive rate and recall, or for "PR" recall and precision."""
    recall = (tp + _AREA_EPSILON) / (tp + fn + _AREA_EPSILON)
    if curve == "ROC":
        return torch.stack([fp / (fp + tn + _AREA_EPSILON), recall], 1)
    return torch.stack([recall, (tp + _AREA_EPSILON) / (tp + fp + _AREA_EPSILON)], 1)


__all__ = [
    "EPSILON",
    "area_under_curve",
    "best_f1",
    "confusion_at_thresholds",
    "curve_points",
    "precision_at",
    "recall_at",
    "sensitivity_at",
    "specificity_at",
]
