"""Numbers of one type as another. Symbols: tf.cast, to_float and its kin, saturate_cast, bitcast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor as GraphTensor
from recell.ops import rules
from recell.ops._composites import unwrapped
from recell.ops._kernels import is_strings
from recell.ops.op import op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@op("Cast", shape=rules.unchanged, dtype="DstT", view=True)
def _cast(x: Tensor, DstT: Any) -> Tensor:
    if is_strings(x):
        raise NotImplementedError("Cast string to a number is not supported: use tf.string_to_number.")
    target = torch_dtype(DstT)
    if x.is_complex() and not target.is_complex:
        x = x.real
    return x.to(target)


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """`x` as `dtype`, towards zero where digits are lost; `x` itself if that is its type. TF symbol: `tf.cast`.

    A SparseTensor or IndexedSlices keeps its form. Raises TypeError for a value or dtype that cannot be cast.
    """
    base = as_dtype(dtype).base_dtype
    if isinstance(x, GraphTensor) and x.dtype is base:
        return x
    with name_scope(name, "Cast", [x]) as scope:
        elements, rewrap = unwrapped(x)
        elements = convert_to_tensor(elements, name="x")
        return rewrap(elements if elements.dtype.base_dtype is base else _cast(elements, base, name=scope))


def to_float(x: Any, name: str = "ToFloat") -> Any:
    """TF symbol: `tf.to_float`."""
    return cast(x, dtypes.float32, name)


def to_double(x: Any, name: str = "ToDouble") -> Any:
    """TF symbol: `tf.to_double`."""
    return cast(x, dtypes.float64, name)


def to_int32(x: Any, name: str = "ToInt32") -> Any:
    """TF symbol: `tf.to_int32`."""
    return cast(x, dtypes.int32, name)


def to_int64(x: Any, name: str = "ToInt64") -> Any:
    """TF symbol: `tf.to_int64`."""
    return cast(x, dtypes.int64, name)


def to_bfloat16(x: Any, name: str = "ToBFloat16") -> Any:
    """TF symbol: `tf.to_bfloat16`."""
    return cast(x, dtypes.bfloat16, name)


def to_complex64(x: Any, name: str = "ToComplex64") -> Any:
    """TF symbol: `tf.to_complex64`."""
    return cast(x, dtypes.complex64, name)


def to_complex128(x: Any, name: str = "ToComplex128") -> Any:
    """TF symbol: `tf.to_complex128`."""
    return cast(x, dtypes.complex128, name)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """`value` as `dtype`, what does not fit becoming the nearest that does. TF symbol: `tf.saturate_cast`."""
    from recell.ops.math_binary import maximum, minimum

    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        dtype = as_dtype(dtype).base_dtype
        given = value.dtype.base_dtype
        if given.min < dtype.min:
            value = maximum(value, convert_to_tensor(dtype.min, given, name="min"))
        if given.max > dtype.max:
            value = minimum(value, convert_to_tensor(_largest(given, dtype), given, name="max"))
        return cast(value, dtype, name=scope)


def _largest(given: DType, dtype: DType) -> Any:
    """The largest value of `given` that `dtype` holds: float32 rounds 2**31 - 1 up to what int32 does not hold."""
    if not given.is_floating or not dtype.is_integer:
        return dtype.max
    import numpy as np

    numpy_type = given.as_numpy_dtype
    top = numpy_type(dtype.max)
    return np.nextafter(top, numpy_type(0)) if int(top) > dtype.max else top


def _bitcast_shape(i: Inference) -> TensorShape:
    dims = i.shape(0).tuple
    given, wanted = i.dtype(0).size, as_dtype(i["type"]).size
    if dims is None or given == wanted:
        return TensorShape.of(dims)
    if given > wanted:
        return TensorShape.of((*dims, given // wanted))
    if not dims or dims[-1] not in (None, wanted // given):
        raise i.mismatch(f"Cannot bitcast from {i.dtype(0).name} to {as_dtype(i['type']).name} because of shape")
    return TensorShape.of(dims[:-1])


@op("Bitcast", shape=_bitcast_shape, dtype=lambda i: as_dtype(i["type"]), differentiable=False, view=True)
def bitcast(input: Tensor, type: Any) -> Tensor:
    """The same bits read as another type. A last axis appears or goes when sizes differ. TF symbol: `tf.bitcast`."""
    target = torch_dtype(type)
    if input.dtype.itemsize == target.itemsize:
        return input.view(target)
    if input.dtype.itemsize > target.itemsize:
        return input.unsqueeze(-1).contiguous().view(target)
    return input.contiguous().view(target).squeeze(-1)
