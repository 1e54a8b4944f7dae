"""Python values, numpy arrays and tensor-like objects made into tensors, by TF1's rules."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.core import get_default_graph
from recell.graph.dtypes import DType, as_dtype
from recell.graph.registry import OpDef, register
from recell.graph.shapes import Dimension, TensorShape, as_shape
from recell.graph.tensor import Operation, Tensor

register(OpDef("Const", kernel=None, differentiable=False))

Conversion = Callable[[Any, DType | None, str | None, bool], Any]
_conversions: list[tuple[int, type | tuple[type, ...], Conversion]] = []


def register_tensor_conversion_function(base_type: Any, conversion_func: Conversion, priority: int = 100) -> None:
    """Lets `convert_to_tensor` take objects of `base_type`. TF symbol: `tf.register_tensor_conversion_function`."""
    _conversions.append((priority, base_type, conversion_func))
    _conversions.sort(key=lambda entry: entry[0])


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """`value` as a tensor of the default graph. TF symbol: `tf.convert_to_tensor`.

    Raises ValueError when a tensor has another dtype than the one asked for, TypeError for what cannot be a tensor.
    """
    if dtype is not None:
        dtype = as_dtype(dtype).base_dtype
    if isinstance(value, Tensor):
        if dtype is not None and value.dtype.base_dtype is not dtype:
            raise ValueError(
                f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {value.dtype.name}: {value!s}. "
                f"Use tf.cast(x, tf.{dtype.name}) to convert it."
            )
        return value
    preferred = preferred_dtype if preferred_dtype is not None else dtype_hint
    for _, base_type, convert in _conversions:
        if isinstance(value, base_type):
            result = convert(value, dtype, name, as_ref)
            if result is not NotImplemented:
                return result
    if dtype is None and preferred is not None:
        try:
            return _from_python(value, as_dtype(preferred).base_dtype, name)
        except (TypeError, ValueError):
            pass  # a preference, not a demand: the value's own type decides
    return _from_python(value, dtype, name)


def _from_python(value: Any, dtype: DType | None, name: str | None) -> Tensor:
    convert = getattr(value, "_as_tensor", None)
    if convert is not None:
        return convert_to_tensor(convert(), dtype, name)
    if isinstance(value, Operation):
        raise TypeError(f"Can't convert Operation '{value.name}' to Tensor (target dtype={dtype!r}, name={name!r})")
    if isinstance(value, (list, tuple)) and _holds_tensor(value):
        return _packed(value, dtype, name)
    return constant(value, dtype, name=name or "Const")


def is_tensor_like(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "_as_tensor")


def _holds_tensor(values: Any) -> bool:
    for value in values:
        if isinstance(value, (list, tuple)):
            if _holds_tensor(value):
                return True
        elif is_tensor_like(value) and not isinstance(value, (Dimension, TensorShape)):
            return True
    return False


def _packed(values: Any, dtype: DType | None, name: str | None) -> Tensor:
    """A list that holds tensors, stacked: the Python numbers beside them take their dtype, or all take `dtype`."""
    graph = get_default_graph()
    found = _first_dtype(values) if dtype is None else dtype
    parts = []
    for value in values:
        part = convert_to_tensor(value, None if is_tensor_like(value) else found)
        if found is not None and part.dtype.base_dtype is not found:
            if dtype is None:
                raise TypeError(
                    f"Cannot convert a list containing a tensor of dtype {part.dtype.base_dtype.name} to {found.name} "
                    f"(Tensor is: {part!r}). Use tf.cast to bring the list's tensors to one type."
                )
            cast = graph.create_op("Cast", [part], {"DstT": dtype}, dtypes=[dtype], groups={"x": part})
            part = cast.outputs[0]
        parts.append(part)
    return graph.create_op(
        "Pack", parts, {"axis": 0}, name or "packed", groups={"values": parts}, layout=(len(parts),)
    ).outputs[0]


def _first_dtype(values: Any) -> DType | None:
    for value in values:
        found = _first_dtype(value) if isinstance(value, (list, tuple)) else getattr(value, "dtype", None)
        if found is not None and not isinstance(value, (np.ndarray, np.generic)):
            return as_dtype(found).base_dtype
    return None


def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str = "Const", verify_shape: bool = False
) -> Tensor:
    """A tensor of a value known now. TF symbol: `tf.constant`.

    `value` is a number, string, nested list or numpy array; Python floats become float32 and ints int32. `shape`
    repeats a value that has fewer elements. TypeError for a value that is not of `dtype` or is none at all,
    ValueError for too many elements.
    """
    array = to_numpy(value, None if dtype is None else as_dtype(dtype).base_dtype)
    if shape is not None:
        array = _with_shape(array, _all_known(as_shape(shape)), verify_shape)
    if array is value or array.base is not None:
        array = array.copy()  # what the program does to its own array later is not the graph's
    found = as_dtype(array.dtype)
    if dtype is not None:
        found = as_dtype(dtype).base_dtype
    op = get_default_graph().create_op(
        "Const", [], {"value": array, "dtype": found}, name, dtypes=[found], shapes=[TensorShape.of(array.shape)]
    )
    return op.outputs[0]


def _all_known(shape: TensorShape) -> tuple[int, ...]:
    return tuple(_known(dim, shape) for dim in shape.as_list())


def _with_shape(array: np.ndarray, shape: tuple[int, ...], verify: bool) -> np.ndarray:
    if array.shape == shape:
        return array
    size = int(np.prod(shape, dtype=np.int64))
    if verify:
        raise TypeError(f"Expected Tensor's shape: {shape}, got {array.shape}.")
    if array.size > size > 0:  # any value does for no elements at all
        raise ValueError(f"Too many elements provided. Needed at most {size}, but received {array.size}")
    if array.size == 0 or size == 0:
        return np.zeros(shape, array.dtype)
    flat = array.ravel()
    if array.size < size:
        flat = np.concatenate([flat, np.repeat(flat[-1:], size - array.size)])
    return flat.reshape(shape)


def to_numpy(value: Any, dtype: DType | None) -> np.ndarray:
    """`value` as an array of `dtype`, or of the dtype TF1 gives it; strings as an object array of bytes."""
    if value is None:
        raise ValueError("None values not supported.")
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        value = value.detach().cpu().numpy()
    if isinstance(value, (np.ndarray, np.generic)) or callable(getattr(value, "__array__", None)):
        return _from_array(np.asarray(value), dtype)  # a pandas column, too, keeps its own dtype
    if isinstance(value, Dimension):
        value = _known(value.value, value)
    elif isinstance(value, TensorShape):
        value = [_known(d, value) for d in value.as_list()]
    elif isinstance(value, (list, tuple)):
        value = _plain(value)
    if dtype is not None:
        _check_elements(value, dtype)
        if dtype is dtypes.string:
            return _strings(np.array(value, dtype=object))
        try:
            return np.array(value, dtype=dtype.as_numpy_dtype)
        except OverflowError as error:
            raise ValueError(f"Python value {value!r} does not fit into {dtype.name}.") from error
    try:
        array = np.array(value)
    except ValueError as error:
        raise ValueError(f"Argument must be a dense tensor: {value!r} - got rows of different lengths.") from error
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.int64:
        narrow = array.astype(np.int32)
        return narrow if np.array_equal(narrow, array) else array.astype(np.int64)
    if array.dtype.kind in "US":
        return _strings(np.array(value, dtype=object))
    if array.dtype == object:
        return _from_array(array, None)
    return array


def _known(dim: int | None, value: Any) -> int:
    if dim is None:
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
    return dim


def _plain(values: Any) -> Any:
    return [
        _plain(v) if isinstance(v, (list, tuple)) else _known(v.value, v) if isinstance(v, Dimension) else v
        for v in values
    ]


def _from_array(array: np.ndarray, dtype: DType | None) -> np.ndarray:
    if array.dtype.kind in "USO":
        if dtype is None or dtype is dtypes.string:
            return _strings(array.astype(object))
        raise TypeError(f"Expected {dtype.name}, got an array of {array.dtype} instead.")
    if dtype is None:
        as_dtype(array.dtype)
        return array
    if dtype is dtypes.string:
        raise TypeError(f"Expected string, got an array of {array.dtype} instead.")
    return array.astype(dtype.as_numpy_dtype, copy=False)


def _strings(array: np.ndarray) -> np.ndarray:
    flat = np.empty(array.size, dtype=object)
    for position, item in enumerate(array.ravel()):
        if isinstance(item, str):
            item = item.encode("utf-8")
        elif not isinstance(item, bytes):
            raise TypeError(
                f"Failed to convert object of type {type(item)} to Tensor. Contents: {item!r}. "
                "Consider casting elements to a supported type."
            )
        flat[position] = bytes(item)
    return flat.reshape(array.shape)


def _check_elements(value: Any, dtype: DType) -> None:
    """TypeError, in TF1's words, when a Python value would lose something by becoming `dtype`."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _check_elements(item, dtype)
        return
    if isinstance(value, np.ndarray):
        return
    if dtype.is_floating:
        good = isinstance(value, numbers.Real)  # bools are, as for TF1
    elif dtype.is_integer:
        good = isinstance(value, numbers.Integral)
    elif dtype.is_complex:
        good = isinstance(value, numbers.Complex)
    elif dtype is dtypes.bool:
        good = isinstance(value, (bool, np.bool_))
    else:
        good = isinstance(value, (str, bytes)) if dtype is dtypes.string else True
    if not good:
        if value is None:
            raise ValueError("None values not supported.")
        raise TypeError(f"Expected {dtype.name}, got {value!r} of type '{type(value).__name__}' instead.")
