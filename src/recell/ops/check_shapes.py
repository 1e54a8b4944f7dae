"""Assertions about ranks and shapes: errors while building where these are known, else when they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.static import constant_value
from recell.graph.tensor import Operation, Tensor
from recell.ops import comparison
from recell.ops.array_shape import rank as rank_of
from recell.ops.array_shape import shape as shape_of
from recell.ops.check_ops import assert_type
from recell.ops.logging_ops import Assert
from recell.ops.reductions import reduce_any
from recell.ops.state import group, no_op


def _as_rank(rank: Any, name: str = "rank") -> tuple[Tensor, int | None]:
    """A rank as a tensor, and its value where it is known."""
    tensor = convert_to_tensor(rank, name=name)
    assert_type(tensor, dtypes.int32)
    known = constant_value(tensor)
    if (known is not None and known.ndim) or tensor.shape.ndims not in (0, None):
        raise ValueError("Rank must be a scalar.")
    return tensor, None if known is None else int(known)


def _report(x: Tensor, message: str | None, data: Sequence[Any] | None, told: str, ranks: Sequence[Any]) -> list[Any]:
    if data is not None:
        return list(data)
    return [message or "", f"Tensor {x.name} must have rank{told}", *ranks, "Received shape: ", shape_of(x)]


def _rank_assertion(
    title: str, told: str, fits: Callable[[int, int], bool], compare: Callable[..., Tensor], doc: str
) -> Callable[..., Operation]:
    def check(
        x: Any,
        rank: Any,
        data: Sequence[Any] | None = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        with name_scope(name, title, [x, rank, data]):
            x = convert_to_tensor(x, name="x")
            tensor, known = _as_rank(rank)
            if known is not None and x.shape.ndims is not None:
                if not fits(x.shape.ndims, known):
                    raise ValueError(
                        f"{message or ''}.  Tensor {x.name} must have rank{told} {known}.  Received rank "
                        f"{x.shape.ndims}, shape {x.shape}"
                    )
                return no_op(name="static_checks_determined_all_ok")
            return Assert(compare(rank_of(x), tensor), _report(x, message, data, told, [tensor]), summarize)

    check.__name__ = check.__qualname__ = title
    check.__doc__ = doc
    return check


assert_rank = _rank_assertion(
    "assert_rank",
    "",
    lambda found, wanted: found == wanted,
    comparison.equal,
    """Asserts that `x` has rank `rank`. TF symbol: `tf.assert_rank`.

    ValueError while building where both are known, else InvalidArgumentError when run.
    """,
)
assert_rank_at_least = _rank_assertion(
    "assert_rank_at_least",
    " at least",
    lambda found, wanted: found >= wanted,
    comparison.greater_equal,
    """Asserts that `x` has rank `rank` or a higher one. TF symbol: `tf.assert_rank_at_least`.

    ValueError while building where both are known, else InvalidArgumentError when run.
    """,
)


def assert_rank_in(
    x: Any,
    ranks: Sequence[Any],
    data: Sequence[Any] | None = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts that the rank of `x` is one of `ranks`. TF symbol: `tf.assert_rank_in`.

    ValueError while building where all are known, else InvalidArgumentError when run.
    """
    with name_scope(name, "assert_rank_in", [x, *ranks]):
        x = convert_to_tensor(x, name="x")
        pairs = [_as_rank(rank) for rank in ranks]
        known = [value for _, value in pairs]
        if None not in known and x.shape.ndims is not None:
            if x.shape.ndims not in known:
                raise ValueError(
                    f"{message or ''}.  Tensor {x.name} must have rank in {tuple(known)}.  Received rank "
                    f"{x.shape.ndims}, shape {x.shape}"
                )
            return no_op(name="static_checks_determined_all_ok")
        tensors = [tensor for tensor, _ in pairs]
        found = comparison.equal(convert_to_tensor(tensors), rank_of(x))
        return Assert(reduce_any(found), _report(x, message, data, " in", tensors), summarize)


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """`tensor`, if its shape is known to be that of a scalar. ValueError otherwise. TF symbol: `tf.assert_scalar`."""
    with name_scope(name, "assert_scalar", [tensor]):
        tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.shape.ndims != 0:
            raise ValueError(f"{message or ''}Expected scalar shape for {tensor.name}, saw shape: {tensor.shape}.")
        return tensor


def assert_shapes(
    shapes: Any,
    data: Sequence[Any] | None = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts the shapes of tensors, and which of their dimensions are equal. TF symbol: `tf.debugging.assert_shapes`.

    Args:
      shapes: a dict, or a list of pairs, from tensor to its shape: for each dimension a number, None for any, or a
        symbol; a symbol means the same number wherever it stands. One symbol alone fits a scalar too.

    Raises:
      ValueError: a shape that is known while building is another. Else InvalidArgumentError when run.
    """
    pairs = list(shapes.items()) if isinstance(shapes, Mapping) else list(shapes)
    with name_scope(name, "assert_shapes", [tensor for tensor, _ in pairs]):
        checks: list[Operation] = []
        sizes: dict[Any, tuple[Any, str]] = {}
        for given, wanted in pairs:
            x = convert_to_tensor(given)
            symbols = _symbols(wanted)
            ranks = (0, 1) if len(symbols) <= 1 else (len(symbols),)
            if len(ranks) == 1:
                checks.append(assert_rank(x, ranks[0], data, summarize, message))
            else:
                checks.append(assert_rank_in(x, ranks, data, summarize, message))
            for axis, symbol in enumerate(symbols):
                if symbol is None or (x.shape.ndims == 0 and len(symbols) == 1):
                    continue
                check = _size_check(x, axis, symbol, sizes, (data, summarize, message))
                if check is not None:
                    checks.append(check)
        return group(*checks)


def _symbols(wanted: Any) -> list[Any]:
    if isinstance(wanted, (str, int)):
        return [wanted]
    return [getattr(symbol, "value", symbol) for symbol in wanted]


def _size_check(
    x: Tensor, axis: int, symbol: Any, sizes: dict[Any, tuple[Any, str]], report: tuple[Any, Any, Any]
) -> Operation | None:
    data, summarize, message = report
    static = None if x.shape.ndims is None else x.shape.as_list()[axis]
    actual: Any = shape_of(x)[axis] if static is None else static
    if isinstance(symbol, (int, np.integer)):
        expected, source = int(symbol), "Specified explicitly"
    elif symbol in sizes:
        expected, source = sizes[symbol]
    else:
        sizes[symbol] = (actual, f"Specified by tensor {x.name} dimension {axis}")
        return None
    if isinstance(actual, int) and isinstance(expected, int):
        if actual != expected:
            raise ValueError(
                f"{message or ''}.  {source}.  Tensor {x.name} dimension {axis} must have size {expected}.  Received "
                f"size {actual}, shape {x.shape}"
            )
        return None
    told = [
        message or "",
        source,
        f"Tensor {x.name} dimension",
        axis,
        "must have size",
        expected,
        "Received shape: ",
        shape_of(x),
    ]
    return Assert(comparison.equal(expected, actual), told if data is None else data, summarize)


__all__ = ["assert_rank", "assert_rank_at_least", "assert_rank_in", "assert_scalar", "assert_shapes"]
