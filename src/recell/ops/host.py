"""Python functions inside a graph, and checks of what flows through it."""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import to_numpy, to_torch
from recell.graph import dtypes, errors
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, get_default_graph, name_scope
from recell.graph.dtypes import DType, as_dtype, runtime_name
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.graph.tensor import Operation, Tensor
from recell.ops import rules
from recell.ops._attributes import as_list
from recell.ops._kernels import invalid, string_array
from recell.ops.op import ANY, FLOATS, op
from recell.ops.state import group, with_dependencies

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

_tokens = itertools.count()

# How TF1 reports what a function raises; every other exception is an UnknownError.
_REPORTED: list[tuple[type[Exception], Callable[..., errors.OpError]]] = [
    (ValueError, errors.InvalidArgumentError),
    (TypeError, errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
]


def reported(error: Exception) -> errors.OpError:
    """What an exception of the program's own code becomes, with its traceback in the message."""
    kinds = [kind for python, kind in _REPORTED if isinstance(error, python)]
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next))
    report = kinds[0] if kinds else errors.UnknownError
    return report(None, None, f"{type(error).__name__}: {error}\n{trace}")


def _called(func: Callable[..., Any], token: str, wanted: Sequence[DType], inputs: Sequence[Any]) -> Any:
    """The function's results as run-time values, checked against the dtypes promised."""
    # The function may write into its arguments, so they are copies.
    arguments = [to_numpy(value, True) for value in inputs]
    try:
        result = func(*arguments)
    except Exception as error:
        raise reported(error) from error
    values = [] if result is None else as_list(result)
    if len(values) != len(wanted):
        raise invalid(f"{token} returns {len(values)} values, but expects to see {len(wanted)} values.")
    found = []
    for position, (value, dtype) in enumerate(zip(values, wanted, strict=True)):
        array = _as_array(value)
        given = as_dtype(array.dtype)
        if given is not dtype:
            names = [runtime_name(given), runtime_name(dtype)]
            raise invalid(f"{position}-th value returned by {token} is {names[0]}, but expects {names[1]}")
        found.append(to_torch(array))
    return found[0] if len(found) == 1 else found


def _as_array(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.dtype.kind not in "USO":
        # What the function keeps and changes later must not change what it has returned.
        return np.array(array, order="C", copy=True)
    flat = [item.encode("utf-8") if isinstance(item, str) else item for item in array.astype(object).ravel()]
    for item in flat:
        if not isinstance(item, bytes):
            raise errors.UnimplementedError(None, None, f"Unsupported object type {type(item).__name__}")
    return string_array(flat).reshape(array.shape)


def _unknown_shapes(i: Any) -> list[TensorShape]:
    return [TensorShape(None) for _ in i["Tout"]]


@op("PyFunc", shape=_unknown_shapes, types={"input": ANY}, dtype="Tout", stateful=True, differentiable=False)
def _py_func(ctx: Any, input: list[Tensor], func: Any, token: str, Tout: Any) -> Any:
    return _called(func, token, Tout, input)


@op("PyFuncStateless", shape=_unknown_shapes, types={"input": ANY}, dtype="Tout", differentiable=False)
def _py_func_stateless(input: list[Tensor], func: Any, token: str, Tout: Any) -> Any:
    return _called(func, token, Tout, input)


def py_func(
    func: Callable[..., Any],
    inp: Sequence[Any],
    Tout: Any,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Calls a Python function of numpy arrays when the graph runs. TF symbol: `tf.py_func`.

    Args:
      func: gets an array (a numpy scalar or bytes for a scalar) for each of `inp`, gives one result or a list of them.
      Tout: the dtype of the result, or a list of dtypes; an empty list for a function that gives None.
      stateful: whether a call with the same arguments may give another result.

    Returns:
      A tensor of unknown shape, a list of them if `Tout` is a list, the operation if it is empty. No gradient goes
      through.

    Raises:
      ValueError: `func` is not callable.
      When run: InvalidArgumentError for another number or dtype of results and for ValueError and TypeError of the
      function, OutOfRangeError for StopIteration, UnimplementedError for NotImplementedError, ResourceExhaustedError
      for MemoryError, UnknownError for any other exception.
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable, got func of type {type(func)}")
    listed = isinstance(Tout, (list, tuple))
    wanted = tuple(as_dtype(each).base_dtype for each in (Tout if listed else [Tout]))
    build = _py_func if stateful else _py_func_stateless
    result = build(list(inp), func, f"pyfunc_{next(_tokens)}", wanted, name=name)
    if not listed or not wanted:
        return result
    return [result] if isinstance(result, Tensor) else list(result)


def numpy_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, name: str | None = None) -> Any:
    """`py_func`, always stateful. TF symbol: `tf.numpy_function`."""
    return py_func(func, inp, Tout, stateful=True, name=name)


# -- checks ---------------------------------------------------------------------------------------------------------


@op("CheckNumerics", shape=rules.unchanged, T=FLOATS, view=True)
def check_numerics(tensor: torch.Tensor, message: str) -> Any:
    """The tensor again. InvalidArgumentError, when run, if it holds NaN or infinity. TF symbol: `tf.check_numerics`."""
    values = tensor.detach()
    if bool(torch.isfinite(values).all()):
        return tensor
    found = [
        word for word, there in (("Inf", torch.isinf(values).any()), ("NaN", torch.isnan(values).any())) if bool(there)
    ]
    raise invalid(f"{message} : Tensor had {' and '.join(found)} values")


def verify_tensor_all_finite(
    t: Any = None, msg: str | None = None, name: str | None = None, x: Any = None, message: str | None = None
) -> Tensor:
    """`t` again; InvalidArgumentError with `msg`, when run, if it is not finite.

    TF symbol: `tf.verify_tensor_all_finite`.
    """
    t, msg = x if t is None else t, message if msg is None else msg
    with name_scope(name, "VerifyFinite", [t]):
        tensor = convert_to_tensor(t, name="x")
        return with_dependencies([check_numerics(tensor, message=msg or "")], tensor)


def add_check_numerics_ops() -> Operation:
    """An operation that checks every floating tensor made so far. TF symbol: `tf.add_check_numerics_ops`.

    ValueError when the graph holds a branch or a loop.
    """
    checks: list[Any] = []
    for operation in get_default_graph().get_operations():
        for output in operation.outputs:
            if output.dtype not in FLOATS or operation.type.startswith("TensorArray"):
                continue
            if operation.body is not None:
                raise ValueError(
                    "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow operations such as "
                    "`tf.cond()` or `tf.while_loop()`."
                )
            with control_dependencies(checks[-1:]):
                checks.append(check_numerics(output, message=output.name))
    return group(*checks)


@op("Timestamp", shape=rules.scalar, dtype=dtypes.float64, stateful=True, differentiable=False)
def timestamp(ctx: Any) -> Any:
    """Seconds since 1970 when it runs, a float64 scalar. TF symbol: `tf.timestamp`."""
    return torch.tensor(time.time(), dtype=torch.float64)


@op("GuaranteeConst", shape=rules.unchanged, view=True)
def guarantee_const(input: Tensor) -> Any:
    """The same value, which the program promises never to change. TF symbol: `tf.guarantee_const`."""
    return input


def get_static_value(tensor: Any, partial: bool = False) -> np.ndarray | None:
    """The value of a tensor if the graph alone determines it, else None. TF symbol: `tf.get_static_value`."""
    return constant_value(tensor, partial)


__all__ = [
    "add_check_numerics_ops",
    "check_numerics",
    "get_static_value",
    "guarantee_const",
    "numpy_function",
    "py_func",
    "timestamp",
    "verify_tensor_all_finite",
]
