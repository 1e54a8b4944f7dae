"""Running sums and counts. Symbols: tf.cumsum, cumprod, bincount, histogram_fixed_width, confusion_matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops._attributes import static_int
from recell.ops._kernels import invalid
from recell.ops.op import ANY, FLOATS, INDEX, INTS, NUMBERS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _scanned(i: Inference) -> TensorShape:
    rank = i.shape(0).ndims
    if rank is not None and not -rank <= i["axis"] < rank:
        raise i.mismatch(f"axis = {i['axis']} not in [{-rank}, {rank})")
    return i.shape(0)


def _scan(x: Tensor, axis: int, exclusive: bool, reverse: bool, scan: Any, start: int) -> Tensor:
    if reverse:
        x = x.flip(axis)
    if exclusive and x.shape[axis]:
        first = torch.full_like(x.narrow(axis, 0, 1), start)
        x = torch.cat([first, x.narrow(axis, 0, x.shape[axis] - 1)], axis)
    result: Tensor = scan(x, axis, dtype=x.dtype)
    return result.flip(axis) if reverse else result


@op("Cumsum", shape=_scanned, T=NUMBERS)
def _cumsum(x: Tensor, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Tensor:
    return _scan(x, axis, exclusive, reverse, torch.cumsum, 0)


@op("Cumprod", shape=_scanned, T=NUMBERS)
def _cumprod(x: Tensor, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Tensor:
    return _scan(x, axis, exclusive, reverse, torch.cumprod, 1)


def cumsum(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Any:
    """Sums of all elements up to each along `axis`, without it if `exclusive`, from the end if `reverse`.

    TF symbol: `tf.cumsum`. ValueError for an axis out of range.
    """
    return _cumsum(x, static_int(axis, "axis"), bool(exclusive), bool(reverse), name=name)


def cumprod(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Any:
    """Products of all elements up to each, as `cumsum`. TF symbol: `tf.cumprod`."""
    return _cumprod(x, static_int(axis, "axis"), bool(exclusive), bool(reverse), name=name)


def _bincount_shape(i: Inference) -> TensorShape:
    numbers = i.value("arr")
    least, most = (None if i.tensor(key) is None else i.value(key) for key in ("minlength", "maxlength"))
    if numbers is None or any(i.tensor(k) is not None and i.value(k) is None for k in ("minlength", "maxlength")):
        return TensorShape([None])
    size = max(int(np.max(numbers, initial=-1)) + 1, 0 if least is None else int(least))
    return TensorShape([size if most is None else min(size, int(most))])


@op(
    "Bincount",
    shape=_bincount_shape,
    types={"arr": frozenset(INTS), "weights": ANY, "minlength": INDEX, "maxlength": INDEX},
    dtype="dtype",
    differentiable=False,
)
def _bincount(
    arr: Tensor,
    weights: Tensor | None = None,
    minlength: Tensor | None = None,
    maxlength: Tensor | None = None,
    dtype: Any = dtypes.int32,
) -> Tensor:
    flat = arr.reshape(-1).long()
    if len(flat) and int(flat.min()) < 0:
        raise invalid(f"Input arr must be non-negative, got {int(flat.min())}")
    size = int(flat.max()) + 1 if len(flat) else 0
    size = max(size, 0 if minlength is None else int(minlength))
    size = size if maxlength is None else min(size, int(maxlength))
    kept = flat < size
    amounts = torch.ones(len(flat), dtype=torch_dtype(dtype)) if weights is None else weights.reshape(-1)
    return torch.zeros(size, dtype=amounts.dtype).index_add(0, flat[kept], amounts[kept])


def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: Any = dtypes.int32
) -> Any:
    """How often each number comes in `arr`, or the sum of its `weights`. TF symbols: `tf.bincount`, `tf.math.bincount`.

    A vector as long as the largest number + 1, at least `minlength`, at most `maxlength`.
    """
    with name_scope(None, "bincount"):
        arr = convert_to_tensor(arr, preferred_dtype=dtypes.int32, name="arr")
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            dtype = weights.dtype.base_dtype
        return _bincount(arr, weights, minlength, maxlength, as_dtype(dtype))


@op(
    "HistogramFixedWidth",
    shape=lambda i: TensorShape([None if i.value("nbins") is None else int(i.value("nbins"))]),
    types={"nbins": dtypes.int32},
    T=FLOATS | INTS,
    dtype="dtype",
    differentiable=False,
)
def _histogram(values: Tensor, value_range: Tensor, nbins: Tensor, dtype: Any = dtypes.int32) -> Tensor:
    low, high = value_range.tolist()
    count = int(nbins)
    if low >= high:
        raise invalid(f"value_range should satisfy value_range[0] < value_range[1], but got '[{low:g}, {high:g}]'")
    flat = values.reshape(-1).double()
    which = torch.floor((flat - low) / ((high - low) / count)).clamp(0, count - 1).long()
    return torch.bincount(which, minlength=count).to(torch_dtype(dtype))


def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> Any:
    """How many values fall into each of `nbins` equal parts of a range; the outer parts take what lies beyond.

    TF symbol: `tf.histogram_fixed_width`.
    """
    return _histogram(values, value_range, nbins, as_dtype(dtype), name=name or "histogram_fixed_width")


def _confusion_shape(i: Inference) -> TensorShape:
    if i.tensor("num_classes") is not None:
        count = i.value("num_classes")
    else:
        labels, predictions = i.value("labels"), i.value("predictions")
        count = None
        if labels is not None and predictions is not None:
            count = np.maximum(np.max(labels, initial=0), np.max(predictions, initial=0)) + 1
    return TensorShape([None if count is None else int(count)] * 2)


@op(
    "ConfusionMatrix",
    shape=_confusion_shape,
    types={"labels": INDEX, "predictions": INDEX, "num_classes": INDEX, "weights": ANY},
    dtype="dtype",
    differentiable=False,
)
def _confusion_matrix(
    labels: Tensor,
    predictions: Tensor,
    num_classes: Tensor | None = None,
    weights: Tensor | None = None,
    dtype: Any = dtypes.int32,
) -> Tensor:
    labels, predictions = labels.reshape(-1).long(), predictions.reshape(-1).long()
    for name, numbers in (("labels", labels), ("predictions", predictions)):
        if len(numbers) and int(numbers.min()) < 0:
            raise invalid(f"assertion failed: [`{name}` contains negative values] {numbers.tolist()}")
        if len(numbers) and num_classes is not None and int(numbers.max()) >= int(num_classes):
            raise invalid(f"assertion failed: [`{name}` out of bound] {numbers.tolist()} [{int(num_classes)}]")
    if len(labels) != len(predictions):
        raise invalid(f"Dimensions of labels and predictions must match: {len(labels)} and {len(predictions)}")
    both = torch.cat([labels, predictions])
    count = int(num_classes) if num_classes is not None else int(both.max()) + 1 if len(both) else 1
    target = torch_dtype(dtype)
    amounts = torch.ones(len(labels), dtype=target) if weights is None else weights.reshape(-1).to(target)
    flat = torch.zeros(count * count, dtype=target).index_add(0, labels * count + predictions, amounts)
    return flat.reshape(count, count)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    weights: Any = None,
) -> Any:
    """How often each label (row) met each prediction (column): `[num_classes, num_classes]`.

    TF symbol: `tf.confusion_matrix`. InvalidArgumentError for a negative class or one beyond `num_classes`.
    """
    from recell.ops.math_cast import cast

    with name_scope(name, "confusion_matrix", [v for v in (labels, predictions, num_classes) if hasattr(v, "graph")]):
        labels = cast(convert_to_tensor(labels, name="labels"), dtypes.int64)
        predictions = cast(convert_to_tensor(predictions, name="predictions"), dtypes.int64)
        return _confusion_matrix(labels, predictions, num_classes, weights, as_dtype(dtype))
