"""Order along an axis: turned round, sorted, made unique.

Symbols: tf.reverse, reverse_sequence, nn.top_k, unique, ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import as_dtype
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.ops import rules
from recell.ops._attributes import renamed, static_axes, static_int, static_value
from recell.ops._kernels import invalid, is_strings
from recell.ops.op import FLOATS, INDEX, INTS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


# -- turning round --------------------------------------------------------------------------------------------------


def _reversed_shape(i: Inference) -> TensorShape:
    rank = i.shape(0).ndims
    if rank is not None:
        seen = set()
        for k, axis in enumerate(i["axis"]):
            if not -rank <= axis < rank:
                raise i.mismatch(f"'axis'[{k}] = {axis} is out of valid range [0, {rank - 1}")
            if axis % rank in seen:
                raise i.mismatch(f"axis {axis % rank} specified more than once.")
            seen.add(axis % rank)
    return i.shape(0)


def _turned(tensor: Any, axis: Any) -> Any:
    return np.flip(tensor, tuple(axis)) if is_strings(tensor) else tensor.flip(tuple(axis))


@op("ReverseV2", shape=_reversed_shape)
def _reverse(tensor: Tensor, axis: Any) -> Tensor:
    turned: Tensor = _turned(tensor, axis)
    return turned


@op("ReverseV2By", shape=rules.unchanged, types={"axis": INDEX}, dtype=lambda i: i.dtype("tensor"))
def _reverse_by(tensor: Tensor, axis: Tensor) -> Tensor:
    turned: Tensor = _turned(tensor, axis.tolist())
    return turned


def reverse(tensor: Any, axis: Any = None, name: str | None = None, dims: Any = None) -> Any:
    """`tensor` turned round along `axis`, a list. TF symbols: `tf.reverse`, `tf.reverse_v2`.

    A list of bools, one for every axis, as before release 1.0, is understood too. ValueError for an axis out of range.
    """
    axis = renamed("axis", axis, "dims", dims)
    given = convert_to_tensor(axis)
    known = constant_value(given)
    if known is None:
        return _reverse_by(tensor, given, name=name)
    axes = tuple(np.flatnonzero(known).tolist()) if known.dtype == bool else static_axes(known)
    return _reverse(tensor, (axes,) if isinstance(axes, int) else axes, name=name)


def _sequence_shape(i: Inference) -> TensorShape:
    shape, lengths = i.shape("input"), i.shape("seq_lengths")
    if shape.ndims is None:
        return shape
    batch, seq = i["batch_dim"], i["seq_dim"]
    for label, axis in (("batch_dim", batch), ("seq_dim", seq)):
        if not -shape.ndims <= axis < shape.ndims:
            raise i.mismatch(f"{label} must be < input rank: {axis} vs. {shape.ndims}")
    if lengths.ndims not in (None, 1):
        raise i.mismatch(f"Shape must be rank 1 but is rank {lengths.ndims}")
    dims = list(shape.tuple or ())
    if lengths.ndims == 1:
        try:
            dims[batch] = TensorShape([dims[batch]]).merge_with(lengths).tuple[0]  # type: ignore[index]
        except ValueError:
            raise i.mismatch(f"Dimensions must be equal, but are {dims[batch]} and {lengths[0]}") from None
    return TensorShape.of(tuple(dims))


@op("ReverseSequence", shape=_sequence_shape, types={"seq_lengths": INDEX}, dtype=lambda i: i.dtype("input"))
def _reverse_sequence(input: Tensor, seq_lengths: Tensor, seq_dim: int, batch_dim: int = 0) -> Tensor:
    seq, batch = seq_dim % input.ndim, batch_dim % input.ndim
    steps = input.shape[seq]
    if len(seq_lengths) != input.shape[batch]:
        raise invalid(f"len(seq_lens) != input.dims({batch}), ({len(seq_lengths)} vs. {input.shape[batch]})")
    for k, n in enumerate(seq_lengths.tolist()):
        if n < 0:
            raise invalid(f"seq_lens({k}) < 0")
        if n > steps:
            raise invalid(f"seq_lens({k}) > input.dims({seq})")
    lengths = seq_lengths.long().unsqueeze(1)
    time = torch.arange(steps)
    order = torch.where(time < lengths, lengths - 1 - time, time)  # [batch, time]
    if batch > seq:
        order = order.t()
    order = order.reshape([n if k in (seq, batch) else 1 for k, n in enumerate(input.shape)])
    if is_strings(input):
        strings: Any = input
        return np.take_along_axis(strings, np.broadcast_to(order.numpy(), input.shape), seq)  # type: ignore[return-value]
    return torch.gather(input, seq, order.expand(input.shape))


def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: str | None = None,
    seq_dim: Any = None,
    batch_dim: Any = None,
) -> Any:
    """The first `seq_lengths[b]` elements along `seq_axis` turned round, for each b of `batch_axis` (0); the rest
    stays.

    TF symbol: `tf.reverse_sequence`. ValueError for shapes that do not fit, InvalidArgumentError for a length beyond
    the axis.
    """
    seq = renamed("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch = renamed("batch_axis", batch_axis, "batch_dim", batch_dim)
    if seq is None:
        raise TypeError("reverse_sequence() needs seq_axis: the axis that is turned round.")
    where = static_int(seq, "seq_axis"), 0 if batch is None else static_int(batch, "batch_axis")
    return _reverse_sequence(input, seq_lengths, *where, name=name)


# -- the largest ----------------------------------------------------------------------------------------------------


class TopKV2(NamedTuple):
    """What `top_k` gives: `values` and int32 `indices`, both `[..., k]`."""

    values: Any
    indices: Any


def _top_k_shapes(i: Inference) -> list[TensorShape]:
    dims, k = i.shape("input").tuple, i.value("k")
    if dims is None:
        return [TensorShape(None)] * 2
    if not dims:
        raise i.mismatch("Shape must be at least rank 1 but is rank 0")
    if k is not None and dims[-1] is not None and dims[-1] < k:
        raise i.mismatch(f"input must have last dimension >= k = {k} but is {dims[-1]}")
    return [TensorShape.of((*dims[:-1], None if k is None else int(k)))] * 2


@op(
    "TopKV2",
    shape=_top_k_shapes,
    types={"k": dtypes.int32},
    T=FLOATS | INTS,
    dtype=lambda i: [i.dtype("input"), dtypes.int32],
)
def _top_k(input: Tensor, k: Tensor, sorted: bool = True) -> Any:
    count = int(k)
    if count > input.shape[-1]:
        raise invalid(f"input must have at least k columns. Had {input.shape[-1]}, needed {count}")
    indices = _first_largest(input.detach(), count)
    return torch.gather(input, -1, indices), indices.to(torch.int32)


def _first_largest(x: Tensor, count: int) -> Tensor:
    """The places of the `count` largest along the last axis, largest first, of equal ones the first."""
    if count == 1:
        return torch.argmax(x, -1, keepdim=True)  # the first of equal ones, and quicker than sorting
    if 8 * count <= x.shape[-1] and count and x.numel():
        # Sorting all to find a few is slow (beams times a vocabulary), and torch.topk takes any of equal ones: so it
        # only tells how large is large enough.
        lowest = torch.topk(x, count, dim=-1).values[..., -1:]
        chosen = x >= lowest
        found = torch.count_nonzero(chosen, -1)
        if bool((found > count).any()):
            above, level = x > lowest, x == lowest
            chosen = above | (level & (level.cumsum(-1) <= count - above.sum(-1, keepdim=True)))
            found = torch.count_nonzero(chosen, -1)
        if bool((found == count).all()):  # not where there is a NaN
            places = chosen.nonzero()[:, -1].reshape(*x.shape[:-1], count)
            order = torch.sort(torch.gather(x, -1, places), stable=True, dim=-1, descending=True).indices
            return torch.gather(places, -1, order)
    return torch.sort(x, stable=True, dim=-1, descending=True).indices[..., :count]


def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> TopKV2:
    """The `k` largest along the last axis, largest first, of equal ones the first. TF symbol: `tf.nn.top_k`.

    ValueError (InvalidArgumentError while running) when the axis is shorter.
    """
    return TopKV2(*_top_k(input, k, bool(sorted), name=name))


@op(
    "InTopKV2",
    shape=rules.like("targets"),
    types={"predictions": dtypes.float32, "targets": INDEX, "k": INDEX},
    dtype=dtypes.bool,
    differentiable=False,
)
def _in_top_k(predictions: Tensor, targets: Tensor, k: Tensor) -> Tensor:
    classes = predictions.shape[1]
    inside = (targets >= 0) & (targets < classes)
    own = torch.gather(predictions, 1, targets.long().clamp(0, max(classes - 1, 0)).unsqueeze(1))
    ahead = (predictions > own).sum(1)
    return inside & own.squeeze(1).isfinite() & predictions.isfinite().all(1) & (ahead < k)


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Any:
    """Whether fewer than `k` classes are predicted above the target, for each row. TF symbol: `tf.nn.in_top_k`."""
    return _in_top_k(predictions, targets, k, name=name)


# -- sets -----------------------------------------------------------------------------------------------------------


class Unique(NamedTuple):
    y: Any
    idx: Any


class UniqueWithCounts(NamedTuple):
    y: Any
    idx: Any
    count: Any


class ListDiff(NamedTuple):
    out: Any
    idx: Any


def _numpy(value: Any) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else value.numpy()


def _torch(array: np.ndarray, dtype: Any = None) -> Any:
    if array.dtype == object:
        return array
    found = torch.from_numpy(np.ascontiguousarray(array))
    return found if dtype is None else found.to(torch_dtype(dtype))


def _unique_parts(x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unique values in the order in which they first come, which of them each element is, and their counts."""
    values, first, inverse, counts = np.unique(_numpy(x), return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return values[order], rank[inverse.reshape(-1)], counts[order]


def _vector(i: Inference) -> TensorShape:
    if i.shape(0).ndims not in (None, 1):
        raise i.mismatch(f"Shape must be rank 1 but is rank {i.shape(0).ndims}")
    return i.shape(0)


@op(
    "Unique",
    shape=lambda i: [TensorShape([None]), _vector(i)],
    dtype=lambda i: [i.dtype(0), i["out_idx"]],
    differentiable=False,
)
def _unique(x: Tensor, out_idx: Any) -> Any:
    values, index, _ = _unique_parts(x)
    return _torch(values), _torch(index, out_idx)


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Unique:
    """The different values of a vector in the order in which they come, and which of them each is.

    TF symbol: `tf.unique`.
    """
    return Unique(*_unique(x, as_dtype(out_idx), name=name))


@op(
    "UniqueWithCounts",
    shape=lambda i: [TensorShape([None]), _vector(i), TensorShape([None])],
    dtype=lambda i: [i.dtype(0), i["out_idx"], i["out_idx"]],
    differentiable=False,
)
def _unique_with_counts(x: Tensor, out_idx: Any) -> Any:
    values, index, counts = _unique_parts(x)
    return _torch(values), _torch(index, out_idx), _torch(counts, out_idx)


def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> UniqueWithCounts:
    """As `unique`, and how often each comes. TF symbol: `tf.unique_with_counts`."""
    return UniqueWithCounts(*_unique_with_counts(x, as_dtype(out_idx), name=name))


@op(
    "ListDiff",
    shape=lambda i: [TensorShape([None]), TensorShape([None])],
    dtype=lambda i: [i.dtype(0), i["out_idx"]],
    differentiable=False,
)
def _setdiff1d(x: Tensor, y: Tensor, out_idx: Any) -> Any:
    values = _numpy(x)
    kept = np.flatnonzero(~np.isin(values, _numpy(y)))
    return _torch(values[kept]), _torch(kept, out_idx)


def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> ListDiff:
    """The elements of `x` that are not in `y`, in their order, and where they are. TF symbol: `tf.setdiff1d`."""
    return ListDiff(*_setdiff1d(x, y, as_dtype(index_dtype), name=name))


@op("InvertPermutation", shape=_vector, T=INDEX, differentiable=False)
def invert_permutation(x: Tensor) -> Tensor:
    """Where each number of a permutation stands in it.

    TF symbol: `tf.invert_permutation`. InvalidArgumentError for none.
    """
    order = x.long()
    if not torch.equal(order.sort().values, torch.arange(len(x))):
        missing = next((int(v) for v in x if not 0 <= int(v) < len(x)), None)
        raise invalid(f"{missing} is not between 0 and {len(x)}" if missing is not None else "x has duplicates")
    return torch.argsort(order).to(x.dtype)


def _sorted_shape(i: Inference) -> TensorShape:
    rank = i.shape(0).ndims
    if rank is not None:
        rules.axis_index(i["axis"], rank, i)
    return i.shape(0)


@op("Sort", shape=_sorted_shape, T=FLOATS | INTS)
def _sort(values: Tensor, axis: int = -1, descending: bool = False) -> Tensor:
    return torch.sort(values, stable=True, dim=axis, descending=descending).values


@op("ArgSort", shape=_sorted_shape, T=FLOATS | INTS, dtype=dtypes.int32, differentiable=False)
def _argsort(values: Tensor, axis: int = -1, descending: bool = False) -> Tensor:
    return torch.sort(values, stable=True, dim=axis, descending=descending).indices.to(torch.int32)


def _descending(direction: str) -> bool:
    direction = static_value(direction, "direction")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"Unknown direction: `{direction}`. Valid directions: ASCENDING, DESCENDING")
    return bool(direction == "DESCENDING")


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """`values` sorted along `axis`. TF symbol: `tf.sort`. ValueError for an unknown direction."""
    return _sort(values, static_int(axis, "axis"), _descending(direction), name=name or "sort")


def argsort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Any:
    """The int32 indices that sort `values` along `axis`; equal ones keep their order. TF symbol: `tf.argsort`."""
    return _argsort(values, static_int(axis, "axis"), _descending(direction), name=name or "argsort")


reverse_v2 = reverse
listdiff = setdiff1d


@op("Roll", shape=rules.unchanged)
def _roll(input: Tensor, shift: Any, axis: Any) -> Tensor:
    if is_strings(input):
        return np.roll(input, shift, axis)  # type: ignore[return-value]
    return torch.roll(input, shift, axis)


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    """`input` shifted along `axis` (a number or several), what leaves at one end coming in at the other.

    TF symbols: `tf.roll`, `tf.manip.roll`. ValueError when `shift` or `axis` is not known while the graph is built.
    """
    return _roll(input, static_axes(shift, "shift"), static_axes(axis), name=name)
