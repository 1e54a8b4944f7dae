"""Assertions about values: they fail while building where the graph alone decides, else when they run.

Each gives an operation to run or to put before others: `with tf.control_dependencies([tf.assert_positive(x)])`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.static import constant_value
from recell.graph.tensor import Operation, Tensor
from recell.ops import comparison
from recell.ops._kernels import invalid
from recell.ops.logging_ops import Assert
from recell.ops.math_binary import add, multiply, subtract
from recell.ops.math_unary import abs as absolute
from recell.ops.reductions import reduce_all

_COMMON = """
    Args:
      data: what to report instead of the values, a list of tensors.
      summarize: how many elements of each to report, 3 if None.
      message: reported first.

    Raises:
      InvalidArgumentError: now, if the graph alone determines that it fails, else when the operation runs.
"""


def _static_all(compare: Callable[..., Any], x: Tensor, y: Tensor) -> Any:
    """Whether the comparison holds everywhere, None if the graph does not tell."""
    a, b = constant_value(x), constant_value(y)
    if a is None or b is None:
        return None
    return bool(np.all(compare(a, b)))


def _compared(
    x: Tensor,
    y: Tensor,
    compare: tuple[Callable[..., Any], Callable[..., Any]],
    data: Sequence[Any],
    summarize: int | None,
) -> Operation:
    builder, numpy_compare = compare
    condition = reduce_all(builder(x, y))
    if _static_all(numpy_compare, x, y) is False:
        shown = [constant_value(item) if isinstance(item, Tensor) else item for item in data]
        text = "\n".join(str(item if value is None else value) for item, value in zip(data, shown, strict=True))
        raise invalid(text)
    return Assert(condition, data, summarize)


_PAIRS: dict[str, tuple[str, Callable[..., Any], Callable[..., Any]]] = {
    "assert_equal": ("==", comparison.equal, np.equal),
    "assert_none_equal": ("!=", comparison.not_equal, np.not_equal),
    "assert_less": ("<", comparison.less, np.less),
    "assert_less_equal": ("<=", comparison.less_equal, np.less_equal),
    "assert_greater": (">", comparison.greater, np.greater),
    "assert_greater_equal": (">=", comparison.greater_equal, np.greater_equal),
}


def _pair_assertion(title: str) -> Callable[..., Operation]:
    sign, builder, numpy_compare = _PAIRS[title]

    def check(
        x: Any,
        y: Any,
        data: Sequence[Any] | None = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        if title == "assert_equal":  # TensorFlow's uses a name up before it: its operations are in `assert_equal_1`
            with name_scope(name, title, [x, y, data]):
                pass
        with name_scope(name, title, [x, y, data]):
            x, y = _same_dtype(x, y)
            if data is None:
                told = [f"Condition x {sign} y did not hold element-wise:", f"x ({_name(x)}) = ", x]
                data = [*told, f"y ({_name(y)}) = ", y]
            if message is not None:
                data = [message, *data]
            return _compared(x, y, (builder, numpy_compare), data, summarize)

    check.__name__ = check.__qualname__ = title
    check.__doc__ = f"Asserts that `x {sign} y` everywhere; the shapes broadcast. TF symbol: `tf.{title}`.\n{_COMMON}"
    return check


def _same_dtype(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors; Python values take the other's dtype."""
    if not isinstance(x, Tensor) and (isinstance(y, Tensor) or hasattr(y, "_as_tensor")):
        y = convert_to_tensor(y, name="y")
        return convert_to_tensor(x, preferred_dtype=y.dtype.base_dtype, name="x"), y
    x = convert_to_tensor(x, name="x")
    return x, convert_to_tensor(y, preferred_dtype=x.dtype.base_dtype, name="y")


def _name(x: Any) -> str:
    return getattr(x, "name", "?")


assert_equal = _pair_assertion("assert_equal")
assert_none_equal = _pair_assertion("assert_none_equal")
assert_less = _pair_assertion("assert_less")
assert_less_equal = _pair_assertion("assert_less_equal")
assert_greater = _pair_assertion("assert_greater")
assert_greater_equal = _pair_assertion("assert_greater_equal")


def _sign_assertion(title: str, sign: str, inner: str) -> Callable[..., Operation]:
    check_pair = {"less": assert_less, "less_equal": assert_less_equal}[inner]

    def check(
        x: Any,
        data: Sequence[Any] | None = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        with name_scope(name, title, [x, data]):
            x = convert_to_tensor(x, name="x")
            if data is None:
                data = [message or "", f"Condition x {sign} 0 did not hold element-wise:", f"x ({_name(x)}) = ", x]
            zero = convert_to_tensor(0, x.dtype.base_dtype)
            # 0 < x, x < 0, 0 <= x or x <= 0
            pair = (zero, x) if sign.startswith(">") else (x, zero)
            return check_pair(*pair, data=data, summarize=summarize)

    check.__name__ = check.__qualname__ = title
    check.__doc__ = f"Asserts that `x {sign} 0` everywhere. TF symbol: `tf.{title}`.\n{_COMMON}"
    return check


assert_positive = _sign_assertion("assert_positive", ">", "less")
assert_negative = _sign_assertion("assert_negative", "<", "less")
assert_non_negative = _sign_assertion("assert_non_negative", ">=", "less_equal")
assert_non_positive = _sign_assertion("assert_non_positive", "<=", "less_equal")


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Sequence[Any] | None = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts that `|x - y| <= atol + rtol * |y|` everywhere. TF symbol: `tf.assert_near`.

    The tolerances are ten times the resolution of x's dtype where they are None. InvalidArgumentError when run.
    """
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x, y = _same_dtype(x, y)
        dtype = x.dtype.base_dtype
        default = 10 * np.finfo(dtype.as_numpy_dtype).eps if dtype.is_floating else 0
        rtol = convert_to_tensor(default if rtol is None else rtol, dtype, name="rtol")
        atol = convert_to_tensor(default if atol is None else atol, dtype, name="atol")
        if data is None:
            told = f"x and y not equal to tolerance rtol = {_shown(rtol)}, atol = {_shown(atol)}"
            data = [message or "", told, f"x ({_name(x)}) = ", x, f"y ({_name(y)}) = ", y]
        distance, allowed = absolute(subtract(x, y)), add(atol, multiply(rtol, absolute(y)))
        return Assert(reduce_all(comparison.less_equal(distance, allowed)), data, summarize)


def _shown(tolerance: Tensor) -> Any:
    known = constant_value(tolerance)
    return tolerance.name if known is None else known


# -- dtypes ---------------------------------------------------------------------------------------------------------


def _nothing(name: str) -> Operation:
    from recell.ops.state import no_op

    return no_op(name=name)


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Asserts that `x` is of an integer dtype. TypeError otherwise. TF symbol: `tf.assert_integer`."""
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.base_dtype.is_integer:
            raise TypeError(f'{message or ""}  Expected "x" to be integer type.  Found: {x.name} of dtype {x.dtype!s}')
        return _nothing("statically_determined_was_integer")


def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Asserts that `tensor` is of dtype `tf_type`. TypeError otherwise. TF symbol: `tf.assert_type`."""
    with name_scope(name, "assert_type", [tensor]):
        tensor = convert_to_tensor(tensor, name="tensor")
        wanted = dtypes.as_dtype(tf_type).base_dtype
        if tensor.dtype.base_dtype is not wanted:
            raise TypeError(f"{message or ''}  {tensor.name} must be of type {wanted!s}")
        return _nothing("statically_determined_correct_type")


def assert_same_float_dtype(tensors: Sequence[Any] | None = None, dtype: Any = None) -> dtypes.DType:
    """The one floating dtype of `tensors` (float32 if there are none). TF symbol: `tf.assert_same_float_dtype`.

    ValueError when they differ, from each other or from `dtype`, or are not floating.
    """
    expected = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    first = None
    for tensor in tensors or ():
        if tensor is None:
            continue
        found = tensor.dtype.base_dtype
        if expected is None:
            expected, first = found, tensor
        elif found is not expected:
            as_first = "" if first is None else f" as {first.name}"
            raise ValueError(f"{tensor.name}, type={found!s}, must be of the same type ({expected!s}){as_first}.")
    expected = expected or dtypes.float32
    if not expected.is_floating:
        raise ValueError(f"Expected floating point type, got {expected!s}.")
    return expected


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether it is a tensor of real numbers. TF symbol: `tf.is_numeric_tensor`."""
    return isinstance(tensor, Tensor) and (tensor.dtype.base_dtype.is_floating or tensor.dtype.base_dtype.is_integer)


def _differences(x: Any, name: str | None, title: str, compare: Callable[..., Tensor]) -> Tensor:
    from recell.ops.array_shape import reshape

    with name_scope(name, title, [x]):
        flat = reshape(convert_to_tensor(x, name="x"), [-1])
        if not is_numeric_tensor(flat):
            raise TypeError(f"Expected x to be numeric, instead found: {flat}")
        return reduce_all(compare(flat[1:], flat[:-1]))


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether no element is below the one before it, a bool scalar. TF symbol: `tf.is_non_decreasing`."""
    return _differences(x, name, "is_non_decreasing", comparison.greater_equal)


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether every element is above the one before it, a bool scalar. TF symbol: `tf.is_strictly_increasing`."""
    return _differences(x, name, "is_strictly_increasing", comparison.greater)


def assert_proper_iterable(values: Any) -> None:
    """TypeError for tensors, arrays and strings, and for what cannot be iterated over.

    TF symbol: `tf.assert_proper_iterable`.
    """
    improper = (Tensor, np.ndarray, bytes, str)
    if isinstance(values, improper) or hasattr(values, "dense_shape"):
        raise TypeError(f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}')
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


__all__ = [
    "assert_equal",
    "assert_greater",
    "assert_greater_equal",
    "assert_integer",
    "assert_less",
    "assert_less_equal",
    "assert_near",
    "assert_negative",
    "assert_non_negative",
    "assert_non_positive",
    "assert_none_equal",
    "assert_positive",
    "assert_proper_iterable",
    "assert_same_float_dtype",
    "assert_type",
    "is_non_decreasing",
    "is_numeric_tensor",
    "is_strictly_increasing",
]
