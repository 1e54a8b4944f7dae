"""Values and gradients kept within bounds.

Symbols: tf.clip_by_value, clip_by_norm, clip_by_global_norm, global_norm, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.convert import constant, convert_to_tensor, is_tensor_like
from recell.graph.core import name_scope
from recell.graph.indexed_slices import IndexedSlices
from recell.ops._attributes import static_axes
from recell.ops._composites import unwrapped
from recell.ops.array_join import stack
from recell.ops.array_make import ones_like
from recell.ops.array_shape import size as size_of
from recell.ops.comparison import greater, where
from recell.ops.math_binary import divide, maximum, minimum, multiply, realdiv
from recell.ops.math_cast import cast
from recell.ops.math_unary import is_finite, sqrt
from recell.ops.nn_dense import l2_loss
from recell.ops.reductions import reduce_sum
from recell.ops.state import identity


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """`t` within the two bounds, numbers or tensors that broadcast to its shape. TF symbol: `tf.clip_by_value`.

    IndexedSlices keep their form. Where the bounds cross, the lower one wins. ValueError when a bound would make the
    result larger than `t`.
    """
    with name_scope(
        name, "clip_by_value", [v for v in (t, clip_value_min, clip_value_max) if is_tensor_like(v)]
    ) as scope:
        values, rewrap = unwrapped(t)
        values = convert_to_tensor(values, name="t")
        lower = minimum(values, clip_value_max)
        values.shape.assert_is_compatible_with(lower.shape)
        clipped = maximum(lower, clip_value_min, name=scope)
        values.shape.assert_is_compatible_with(clipped.shape)
        return rewrap(clipped)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """`t` scaled down so that its norm (over `axes`) is at most `clip_norm`. TF symbol: `tf.clip_by_norm`."""
    with name_scope(name, "clip_by_norm", [v for v in (t, clip_norm) if is_tensor_like(v)]) as scope:
        values, rewrap = unwrapped(t)
        values = convert_to_tensor(values, name="t")
        total = reduce_sum(multiply(values, values), static_axes(axes, "axes"), keepdims=True)
        positive = greater(total, 0)
        # The root of 0 has no derivative: take it of 1 there, and put the 0 back afterwards.
        norm = where(positive, sqrt(where(positive, total, ones_like(total))), total)
        scaled = multiply(values, clip_norm)
        values.shape.assert_is_compatible_with(scaled.shape)
        clipped = identity(realdiv(scaled, maximum(norm, clip_norm)), name=scope)
        return rewrap(clipped)


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Any:
    """`t` scaled down so that its norm divided by its size is at most `clip_norm`.

    TF symbol: `tf.clip_by_average_norm`.
    """
    with name_scope(name, "clip_by_average_norm", [v for v in (t, clip_norm) if is_tensor_like(v)]) as scope:
        t = convert_to_tensor(t, name="t")
        norm = sqrt(reduce_sum(multiply(t, t)))
        inverse = realdiv(cast(size_of(t), t.dtype.base_dtype), norm)
        bound = divide(constant(1.0, t.dtype.base_dtype), clip_norm)
        return identity(multiply(multiply(t, clip_norm), minimum(inverse, bound)), name=scope)


def _checked_list(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, (str, bytes)):
        raise TypeError("t_list should be a sequence")
    return [
        t if t is None or isinstance(t, IndexedSlices) else convert_to_tensor(t, name=f"t_{k}")
        for k, t in enumerate(t_list)
    ]


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Any:
    """The norm of all tensors together, None entries left out. TF symbol: `tf.global_norm`.

    Of IndexedSlices the slices' own values count, as in TF 1: rows named twice are not added up first. TypeError when
    `t_list` is no list.
    """
    with name_scope(name, "global_norm", [t for t in t_list if t is not None] if isinstance(t_list, Sequence) else []):
        tensors = _checked_list(t_list)
        halves = [l2_loss(unwrapped(t)[0]) for t in tensors if t is not None]
        half = reduce_sum(stack(halves))
        return sqrt(multiply(half, constant(2.0, half.dtype)), name="global_norm")


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """The tensors all scaled by `clip_norm / max(global norm, clip_norm)`, and the norm.

    TF symbol: `tf.clip_by_global_norm`. None entries stay None and IndexedSlices keep their form. If the norm is not
    finite, every value becomes NaN. TypeError when `t_list` is no list.
    """
    tensors = _checked_list(t_list)
    if use_norm is None:
        use_norm = global_norm(tensors, name)
    with name_scope(name, "clip_by_global_norm", [t for t in tensors if t is not None]):
        dtype = use_norm.dtype.base_dtype if is_tensor_like(use_norm) else None
        if not is_tensor_like(use_norm):
            use_norm = convert_to_tensor(use_norm, name="use_norm")
            dtype = use_norm.dtype.base_dtype
        inverse = divide(constant(1.0, dtype), use_norm)
        bound = divide(constant(1.0, dtype), clip_norm)
        scale = multiply(clip_norm, minimum(inverse, bound))
        # An infinite norm would scale everything to 0 and hide that the gradients are lost.
        scale = _nan_unless_finite(scale, use_norm)
        clipped: list[Any] = []
        for k, t in enumerate(tensors):
            if t is None:
                clipped.append(None)
                continue
            values, rewrap = unwrapped(t)
            clipped.append(rewrap(identity(multiply(values, scale), name=f"clip_by_global_norm/_{k}")))
    return clipped, use_norm


def _nan_unless_finite(scale: Any, norm: Any) -> Any:
    return where(is_finite(norm), scale, constant(float("nan"), scale.dtype.base_dtype))


__all__ = ["clip_by_average_norm", "clip_by_global_norm", "clip_by_norm", "clip_by_value", "global_norm"]
