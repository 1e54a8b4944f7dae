"""Rows added up by the segment they belong to.

Symbols: tf.segment_sum and its kin, tf.unsorted_segment_sum and its kin.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import FLOATS, INDEX, INTS, NUMBERS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_IDS = {"segment_ids": INDEX}
_REDUCE = {"sum": "sum", "mean": "sum", "sqrt_n": "sum", "prod": "prod", "max": "amax", "min": "amin"}


def _reduced(data: Tensor, ids: Tensor, count: int, how: str, of_none: float | int) -> Tensor:
    """`[count, ...]`: row s reduces the rows of `data` whose id is s; `of_none` where there is none."""
    index = ids.long()
    shape = (count, *data.shape[1:])
    if how in ("sum", "mean", "sqrt_n"):
        total = torch.zeros(shape, dtype=data.dtype).index_add(0, index, data)
        if how == "sum":
            return total
        sizes = torch.zeros(count, dtype=data.dtype).index_add(0, index, torch.ones(len(index), dtype=data.dtype))
        sizes = sizes.clamp(min=1).reshape(count, *(1 for _ in shape[1:]))
        if how == "sqrt_n":
            return total / sizes.sqrt()
        if not data.is_floating_point() and not data.is_complex():
            return torch.div(total, sizes, rounding_mode="trunc")
        return total / sizes
    spread = index.reshape(-1, *(1 for _ in data.shape[1:])).expand(data.shape)
    start = torch.full(shape, of_none, dtype=data.dtype)
    return start.scatter_reduce(0, spread, data, _REDUCE[how], include_self=how == "prod")


def _lowest(dtype: Any, largest: bool) -> float | int:
    limits = torch.finfo(dtype) if dtype.is_floating_point else torch.iinfo(dtype)
    return limits.max if largest else limits.min


# -- sorted ids -----------------------------------------------------------------------------------------------------


def _segment_shape(i: Inference) -> TensorShape:
    data, ids = i.shape("data"), i.shape("segment_ids")
    if ids.ndims not in (None, 1):
        raise i.mismatch(f"Shape must be rank 1 but is rank {ids.ndims}")
    return TensorShape(None) if data.ndims is None else TensorShape.of((None, *(data.tuple or ())[1:]))


def _sorted(data: Tensor, ids: Tensor, how: str, of_none: int) -> Tensor:
    if len(ids) != data.shape[0]:
        raise invalid(f"segment_ids should be the same size as dimension 0 of input: {len(ids)} vs. {data.shape[0]}")
    if len(ids) and int(ids[0]) < 0:
        raise invalid("segment ids must be >= 0")
    if bool((ids[1:] < ids[:-1]).any()):
        raise invalid("segment ids are not increasing")
    return _reduced(data, ids, int(ids[-1]) + 1 if len(ids) else 0, how, of_none)


@op("SegmentSum", shape=_segment_shape, types=_IDS, T=NUMBERS)
def segment_sum(data: Tensor, segment_ids: Tensor) -> Tensor:
    """Sums of the rows with one id; ids ascend. TF symbol: `tf.segment_sum`. InvalidArgumentError if they do not."""
    return _sorted(data, segment_ids, "sum", 0)


@op("SegmentMean", shape=_segment_shape, types=_IDS, T=NUMBERS)
def segment_mean(data: Tensor, segment_ids: Tensor) -> Tensor:
    """Means of the rows with one id, 0 where there is none. TF symbol: `tf.segment_mean`."""
    return _sorted(data, segment_ids, "mean", 0)


@op("SegmentProd", shape=_segment_shape, types=_IDS, T=NUMBERS)
def segment_prod(data: Tensor, segment_ids: Tensor) -> Tensor:
    """Products of the rows with one id, 1 where there is none. TF symbol: `tf.segment_prod`."""
    return _sorted(data, segment_ids, "prod", 1)


@op("SegmentMax", shape=_segment_shape, types=_IDS, T=FLOATS | INTS)
def segment_max(data: Tensor, segment_ids: Tensor) -> Tensor:
    """The largest of the rows with one id, 0 where there is none. TF symbol: `tf.segment_max`."""
    return _sorted(data, segment_ids, "max", 0)


@op("SegmentMin", shape=_segment_shape, types=_IDS, T=FLOATS | INTS)
def segment_min(data: Tensor, segment_ids: Tensor) -> Tensor:
    """The smallest of the rows with one id, 0 where there is none. TF symbol: `tf.segment_min`."""
    return _sorted(data, segment_ids, "min", 0)


# -- ids in any order -----------------------------------------------------------------------------------------------


def _unsorted_shape(i: Inference) -> TensorShape:
    data, ids, count = i.shape("data"), i.shape("segment_ids"), i.value("num_segments")
    if data.ndims is None or ids.ndims is None:
        return TensorShape(None)
    if not data[: ids.ndims].is_compatible_with(ids):
        raise i.mismatch(f"Shapes must start alike, but are {data} and {ids}")
    return TensorShape.of((None if count is None else int(count), *(data.tuple or ())[ids.ndims :]))


def _unsorted(data: Tensor, ids: Tensor, num_segments: Tensor, how: str, of_none: float | int) -> Tensor:
    count = int(num_segments)
    if tuple(data.shape[: ids.ndim]) != tuple(ids.shape):
        raise invalid(f"data.shape = {bracketed(data)} does not start with segment_ids.shape = {bracketed(ids)}")
    rows = math.prod(ids.shape)
    data, flat = data.reshape(rows, *data.shape[ids.ndim :]), ids.reshape(-1)
    wrong = torch.nonzero(flat >= count)
    if len(wrong):
        place = ",".join(str(int(k)) for k in (ids >= count).nonzero()[0])
        raise invalid(f"segment_ids[{place}] = {int(flat[wrong[0]])} is out of range [0, {count})")
    if bool((flat < 0).any()):  # rows of negative ids belong nowhere
        kept = flat >= 0
        data, flat = data[kept], flat[kept]
    return _reduced(data, flat, count, how, of_none)


_UNSORTED = {**_IDS, "num_segments": INDEX}


@op("UnsortedSegmentSum", shape=_unsorted_shape, types=_UNSORTED, T=NUMBERS)
def unsorted_segment_sum(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """Sums of the rows with one id of `num_segments`; negative ids are left out. TF symbol: `tf.unsorted_segment_sum`.

    `segment_ids` may have several axes, the first of `data`. InvalidArgumentError for an id that is too large.
    """
    return _unsorted(data, segment_ids, num_segments, "sum", 0)


@op("UnsortedSegmentProd", shape=_unsorted_shape, types=_UNSORTED, T=NUMBERS)
def unsorted_segment_prod(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """Products, 1 where there is no row. TF symbol: `tf.unsorted_segment_prod`."""
    return _unsorted(data, segment_ids, num_segments, "prod", 1)


@op("UnsortedSegmentMax", shape=_unsorted_shape, types=_UNSORTED, T=FLOATS | INTS)
def unsorted_segment_max(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """The largest, the type's smallest number where there is no row. TF symbol: `tf.unsorted_segment_max`."""
    return _unsorted(data, segment_ids, num_segments, "max", _lowest(data.dtype, largest=False))


@op("UnsortedSegmentMin", shape=_unsorted_shape, types=_UNSORTED, T=FLOATS | INTS)
def unsorted_segment_min(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """The smallest, the type's largest number where there is no row. TF symbol: `tf.unsorted_segment_min`."""
    return _unsorted(data, segment_ids, num_segments, "min", _lowest(data.dtype, largest=True))


@op("UnsortedSegmentMean", shape=_unsorted_shape, types=_UNSORTED, T=NUMBERS)
def unsorted_segment_mean(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """Means, 0 where there is no row. TF symbol: `tf.unsorted_segment_mean`."""
    return _unsorted(data, segment_ids, num_segments, "mean", 0)


@op("UnsortedSegmentSqrtN", shape=_unsorted_shape, types=_UNSORTED, T=FLOATS)
def unsorted_segment_sqrt_n(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """Sums divided by the root of how many rows there are. TF symbol: `tf.unsorted_segment_sqrt_n`."""
    return _unsorted(data, segment_ids, num_segments, "sqrt_n", 0)
