"""One operation over a whole time axis: the values of all its steps by one call.

A value *along time* has the time axis in front of what it has at one step, or is a list, where steps might differ in
shape; other values are the same at every step.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch

from recell.graph.static import constant_value
from recell.graph.tensor import Operation

Call: TypeAlias = Callable[..., Any]


class Kind(enum.Enum):
    """How an operation's values of all steps come about."""

    ELEMENTS = "element by element, inputs broadcast to each other"
    ROWS = "row by row: time and batch can be one axis"
    SHAPE = "from the shapes of the inputs, which are those of every step"
    STEPS = "not known: step by step"


# fmt: off
_ELEMENTS = frozenset({
    "Abs", "Neg", "Sign", "Square", "Exp", "Expm1", "Tanh", "Sigmoid", "LogSigmoid", "Sin", "Cos", "Atan", "Sinh",
    "Cosh", "Asinh", "Erf", "Erfc", "Round", "Rint", "Floor", "Ceil", "IsNan", "IsInf", "IsFinite", "Relu", "Relu6",
    "Elu", "Selu", "LeakyRelu", "Softplus", "Softsign", "Swish", "Add", "Sub", "Mul", "Maximum", "Minimum",
    "SquaredDifference", "Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd",
    "LogicalOr", "LogicalNot", "Cast", "Conj", "Identity", "StopGradient", "ZerosLike", "OnesLike",
})
_WITH_POLES = frozenset({
    "Sqrt", "Rsqrt", "Reciprocal", "Log", "Log1p", "Tan", "Asin", "Acos", "Acosh", "Atanh", "RealDiv", "DivNoNan",
    "FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod", "Pow", "Atan2", "Xdivy", "Xlogy",
})
# fmt: on
"""Those that have no value or no derivative somewhere."""


def kind_of(op: Operation, along: Sequence[bool]) -> Kind:
    """How `op` runs over time, where `along` says which of its inputs are along time (at least one)."""
    if "_custom_gradient" in op.attrs:
        return Kind.STEPS
    if op.type in _ELEMENTS or op.type in _WITH_POLES:
        return Kind.ELEMENTS
    if op.type in ("Shape", "Rank", "Size"):
        return Kind.SHAPE
    is_row_wise = _ROWS.get(op.type)
    return Kind.ROWS if is_row_wise is not None and is_row_wise(op, along) else Kind.STEPS


def is_finite_at_zero(op: Operation, from_zeros: Sequence[bool]) -> bool:
    """Whether rows of zeros, in the inputs that `from_zeros` says, give finite values and derivatives."""
    if op.type == "RealDiv":
        return not from_zeros[1]
    return op.type not in _WITH_POLES


def lifted(kind: Kind, call: Call, along: Sequence[bool]) -> Call:
    """A function of the number of steps and the values of all steps, from `call`, that of one step's values.

    Step by step, what it gives are lists.
    """
    return _LIFTS[kind](call, tuple(along))


# -- which operations look at each row by itself --------------------------------------------------------------------


def _is_product_of_rows(op: Operation, along: Sequence[bool]) -> bool:
    return tuple(along) == (True, False) and not op.attrs["transpose_a"]


def _is_first_alone(op: Operation, along: Sequence[bool]) -> bool:
    return along[0] and not any(along[1:])


def _spares_the_rows(op: Operation, along: Sequence[bool]) -> bool:
    """Whether it works along another axis than that of the rows."""
    ranks = {tensor.shape.ndims for tensor in op.inputs}
    rank = ranks.pop()
    return all(along) and not ranks and rank is not None and op.attrs["axis"] not in (0, -rank)


def _keeps_the_rows(op: Operation, along: Sequence[bool]) -> bool:
    """Of a reshape: whether it changes each row alone."""
    wanted, dims = constant_value(op.inputs[1]), op.inputs[0].shape.tuple
    if tuple(along) != (True, False) or wanted is None or not dims or None in dims[1:]:
        return False
    sizes = [int(n) for n in wanted]
    return sizes[:1] == [-1] and math.prod(sizes[1:]) == math.prod(d or 0 for d in dims[1:]) > 0


def _slices_each_row(op: Operation, along: Sequence[bool]) -> bool:
    begin, size = map(constant_value, op.inputs[1:])
    is_whole = begin is not None and size is not None and begin.size > 0 and (begin[0], size[0]) == (0, -1)
    return is_whole and _is_first_alone(op, along)


def _indexes_each_row(op: Operation, along: Sequence[bool]) -> bool:
    return len(op.inputs) == 1 and op.attrs["index"][:1] == (slice(None),)


def _looks_rows_up(op: Operation, along: Sequence[bool]) -> bool:
    rank = op.inputs[1].shape.ndims
    return tuple(along) == (False, True) and rank not in (None, 0) and not op.attrs["axis"] | op.attrs["batch_dims"]


def _has_rows(op: Operation, along: Sequence[bool]) -> bool:
    return all(along) and op.inputs[0].shape.ndims not in (None, 0)


_ROWS: dict[str, Callable[[Operation, Sequence[bool]], bool]] = {
    "AddN": _has_rows,
    "ArgMax": _spares_the_rows,
    "ArgMin": _spares_the_rows,
    "BiasAdd": _is_first_alone,
    "ConcatV2": _spares_the_rows,
    "GatherV2": _looks_rows_up,
    "LogSoftmax": _spares_the_rows,
    "MatMul": _is_product_of_rows,
    "Reshape": _keeps_the_rows,
    "Slice": _slices_each_row,
    "Softmax": _spares_the_rows,
    "Split": _spares_the_rows,
    "SplitV": _spares_the_rows,
    "StridedSlice": _indexes_each_row,
}


# -- from a call of one step to one of all --------------------------------------------------------------------------


def _by_elements(call: Call, along: tuple[bool, ...]) -> Call:
    if len(along) == 1:
        return lambda steps, value: call(value)

    def run(steps: int, *values: Any) -> Any:
        rank = max(value.dim() - of_time for value, of_time in zip(values, along, strict=True))
        return call(*(_of_rank(v, rank) if of_time else v for v, of_time in zip(values, along, strict=True)))

    return run


def _of_rank(value: torch.Tensor, rank: int) -> torch.Tensor:
    """`[time, ...]` with as many axes behind time as `rank` says, so that broadcasting leaves time where it is."""
    missing = rank + 1 - value.dim()
    return value.reshape(value.shape[0], *[1] * missing, *value.shape[1:]) if missing else value


def _by_rows(call: Call, along: tuple[bool, ...]) -> Call:
    first = along.index(True)

    def run(steps: int, *values: Any) -> Any:
        front = values[first].shape[:2]
        result = call(*(v.flatten(0, 1) if of_time else v for v, of_time in zip(values, along, strict=True)))
        several = isinstance(result, (tuple, list))
        parted = [part.unflatten(0, front) for part in (result if several else [result])]
        return parted if several else parted[0]

    return run


def _by_shapes(call: Call, along: tuple[bool, ...]) -> Call:
    return lambda steps, *values: call(*(v[0] if of_time else v for v, of_time in zip(values, along, strict=True)))


def _by_steps(call: Call, along: tuple[bool, ...]) -> Call:
    def run(steps: int, *values: Any) -> Any:
        apart = [_apart(v) if of_time else [v] * steps for v, of_time in zip(values, along, strict=True)]
        results = [call(*[part[step] for part in apart]) for step in range(steps)]
        return list(zip(*results, strict=True)) if isinstance(results[0], (tuple, list)) else results

    return run


def _apart(value: Any) -> Sequence[Any]:
    return value.unbind(0) if isinstance(value, torch.Tensor) else value


_LIFTS: dict[Kind, Callable[[Call, tuple[bool, ...]], Call]] = {
    Kind.ELEMENTS: _by_elements,
    Kind.ROWS: _by_rows,
    Kind.SHAPE: _by_shapes,
    Kind.STEPS: _by_steps,
}
