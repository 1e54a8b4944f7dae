"""What the operations that apply gradients share: shapes, the decorator, the reading of hyper-parameters."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from recell._lazy import lazy_module
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.ops import training_rules as rules
from recell.ops.op import FLOATS, INDEX, OpBuilder, op
from recell.ops.training_rules import number

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _agreed(i: Inference, first: TensorShape, second: TensorShape) -> TensorShape:
    """The shape of both. ValueError in TF1's words when they differ."""
    try:
        return first.merge_with(second)
    except ValueError:
        a, b = first.tuple, second.tuple
    if a is None or b is None or len(a) != len(b):
        raise i.mismatch(
            f"Shapes must be equal rank, but are {first.ndims} and {second.ndims}. "
            f"Shapes are {brackets(first)} and {brackets(second)}."
        )
    at = next(k for k, (x, y) in enumerate(zip(a, b, strict=True)) if None not in (x, y) and x != y)
    raise i.mismatch(
        f"Dimension {at} in both shapes must be equal, but are {a[at]} and {b[at]}. "
        f"Shapes are {brackets(first)} and {brackets(second)}."
    )


def _updated(i: Inference) -> TensorShape:
    """The variable's shape: slots have it too, and a dense gradient; hyper-parameters are scalars."""
    groups = i._groups
    shape = groups["var"].shape
    for label, tensor in groups.items():
        if label in _SCALARS:
            if tensor.shape.ndims not in (None, 0):
                raise i.mismatch(f"Shape must be rank 0 but is rank {tensor.shape.ndims}")
        elif label == "indices":
            if tensor.shape.ndims not in (None, 1):
                raise i.mismatch(f"Shape must be rank 1 but is rank {tensor.shape.ndims}")
        elif label in ("grad", "delta") and "indices" in groups:
            _check_rows(i, shape, tensor.shape)
        else:
            shape = _agreed(i, shape, tensor.shape)
    return groups["var"].shape


def _check_rows(i: Inference, shape: TensorShape, grad: TensorShape) -> None:
    if shape.ndims == 0:
        raise i.mismatch("Shape must be at least rank 1 but is rank 0")
    if shape.tuple is not None and grad.tuple:
        _agreed(i, TensorShape([None, *shape.tuple[1:]]), grad)


_SCALARS = {"lr", "alpha", "momentum", "beta1_power", "beta2_power", "beta1", "beta2", "epsilon", "rho", "global_step"}
_SCALARS |= {"l1", "l2", "l2_shrinkage", "lr_power"}


class Update(NamedTuple):
    """The two forms of one update."""

    dense: OpBuilder
    """`Apply...`: a gradient of the variable's shape."""
    sparse: OpBuilder
    """`SparseApply...`: rows of a gradient, and their `indices` behind them."""


def update(name: str, changes: int) -> Callable[[Any], Update]:
    """The decorator for `Apply<name>` and `SparseApply<name>`, whose first `changes` inputs are variable and slots.

    Its function serves both: the parameter annotated `Gradient` is a tensor in the one and `Rows` in the other.
    """
    dense, sparse = dense_update(f"Apply{name}", changes), sparse_update(f"SparseApply{name}", changes)
    return lambda function: Update(dense(function), sparse(function))


def dense_update(op_type: str, changes: int) -> Callable[[Any], OpBuilder]:
    """The decorator for a type that has only the dense form."""

    def decorate(function: Any) -> OpBuilder:
        at, parameters = _gradient(function)
        parameters[at] = parameters[at].replace(annotation="Tensor")
        function.__signature__ = inspect.Signature(parameters)
        return _operation(op_type, changes, scaled=at)(function)

    return decorate


def sparse_update(op_type: str, changes: int) -> Callable[[Any], OpBuilder]:
    """The decorator for a type that has only the sparse form."""

    def decorate(function: Any) -> OpBuilder:
        at, parameters = _gradient(function)

        def kernel(*inputs: Any, **attrs: Any) -> None:
            function(*inputs[:at], rules.Rows(inputs[at], inputs[at + 1]), *inputs[at + 2 :], **attrs)

        pair = [parameters[at].replace(name=name, annotation="Tensor") for name in ("grad", "indices")]
        made: Any = functools.update_wrapper(kernel, function)
        made.__name__ = f"sparse_{function.__name__}"
        made.__signature__ = inspect.Signature([*parameters[:at], *pair, *parameters[at + 1 :]])
        return _operation(op_type, changes)(made)

    return decorate


def _gradient(function: Any) -> tuple[int, list[inspect.Parameter]]:
    """The place of the gradient among the parameters, and these."""
    parameters = list(inspect.signature(function).parameters.values())
    return next(k for k, parameter in enumerate(parameters) if parameter.name in ("grad", "delta")), parameters


def _operation(op_type: str, changes: int, scaled: int | None = None) -> Callable[[Any], OpBuilder]:
    return op(
        op_type,
        shape=_updated,
        dtype=lambda i: i.tensor(0).dtype,
        types={"indices": INDEX, "global_step": INDEX},
        T=FLOATS,
        mutates=tuple(range(changes)),
        differentiable=False,
        scaled=scaled,
    )


@op(
    "DeduplicateRows",
    shape=lambda i: [TensorShape(None) if (s := i.shape(0).tuple) is None else TensorShape([None, *s[1:]]), [None]],
    dtype=lambda i: [i.dtype("values"), i.dtype("indices")],
    types={"indices": INDEX},
    differentiable=False,
    view=True,
)
def deduplicate(values: Tensor, indices: Tensor) -> Any:
    """The sum of the rows of `values` `[n, ...]` that have one index, and the indices, ascending, each once."""
    unique, places = torch.unique(indices, return_inverse=True)
    if unique.numel() == indices.numel():
        return values, indices
    summed = values.new_zeros((unique.numel(), *values.shape[1:]))
    return summed.index_add_(0, places, values), unique


Four = tuple[float, float, float, float]


def adam_numbers(b1p: Tensor, b2p: Tensor, lr: Tensor, b1: Tensor, b2: Tensor, epsilon: Tensor) -> Four:
    rate = rules.adam_rate(number(lr, "lr"), number(b1p, "beta1_power"), number(b2p, "beta2_power"))
    return rate, number(b1, "beta1"), number(b2, "beta2"), number(epsilon, "epsilon")


def ada_max_numbers(b1p: Tensor, lr: Tensor, b1: Tensor, b2: Tensor, epsilon: Tensor) -> tuple[float, ...]:
    rate = number(lr, "lr") / (1.0 - number(b1p, "beta1_power"))
    return rate, number(b1, "beta1"), number(b2, "beta2"), number(epsilon, "epsilon")


def rms_numbers(lr: Tensor, rho: Tensor, momentum: Tensor, epsilon: Tensor) -> tuple[float, ...]:
    return number(lr, "lr"), number(rho, "rho"), number(momentum, "momentum"), number(epsilon, "epsilon")


def ftrl_numbers(lr: Tensor, l1: Tensor, l2: Tensor, shrinkage: Tensor | None, power: Tensor) -> tuple[float, ...]:
    shrink = 0.0 if shrinkage is None else number(shrinkage, "l2_shrinkage")
    return number(lr, "lr"), number(l1, "l1"), number(l2, "l2"), shrink, number(power, "lr_power")


def da_numbers(lr: Tensor, l1: Tensor, l2: Tensor, step: Tensor) -> tuple[float, ...]:
    return number(lr, "lr"), number(l1, "l1"), number(l2, "l2"), number(step, "global_step")
