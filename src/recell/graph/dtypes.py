"""Element types of tensors: `tf.DType`, its instances (`float32`, `int64_ref`, ...) and `tf.as_dtype`.

A `DType` is one of a fixed set of objects, numbered as in TensorFlow's `DataType` enumeration; the type
of a reference (what a TF1 variable's own output has) is the number plus 100. There is one object per
number, so that copying, pickling and `DType(1)` all give back the very same object.

bfloat16 has no type in numpy: its `as_numpy_dtype` is that of the package `ml_dtypes`.
"""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple, final

import numpy as np

_REF = 100  # distance between the number of a type and that of a reference to it


class _Row(NamedTuple):
    """What is known of one base type; `kind`: initial of bool, integer, unsigned, float, complex, quantized, other."""

    name: str
    kind: str
    size: int
    numpy: Any  # what as_numpy_dtype answers, None where numpy cannot hold such values
    torch: str | None  # name of the torch dtype with the same values, None where there is none


_ROWS: dict[int, _Row] = {
    1: _Row("float32", "f", 4, np.float32, "float32"),
    2: _Row("float64", "f", 8, np.float64, "float64"),
    3: _Row("int32", "i", 4, np.int32, "int32"),
    4: _Row("uint8", "u", 1, np.uint8, "uint8"),
    5: _Row("int16", "i", 2, np.int16, "int16"),
    6: _Row("int8", "i", 1, np.int8, "int8"),
    7: _Row("string", "o", 8, object, None),
    8: _Row("complex64", "c", 8, np.complex64, "complex64"),
    9: _Row("int64", "i", 8, np.int64, "int64"),
    10: _Row("bool", "b", 1, builtins.bool, "bool"),
    11: _Row("qint8", "q", 1, np.dtype([("qint8", np.int8)]), None),
    12: _Row("quint8", "q", 1, np.dtype([("quint8", np.uint8)]), None),
    13: _Row("qint32", "q", 4, np.dtype([("qint32", np.int32)]), None),
    14: _Row("bfloat16", "f", 2, None, "bfloat16"),
    15: _Row("qint16", "q", 2, np.dtype([("qint16", np.int16)]), None),
    16: _Row("quint16", "q", 2, np.dtype([("quint16", np.uint16)]), None),
    17: _Row("uint16", "u", 2, np.uint16, "uint16"),
    18: _Row("complex128", "c", 16, np.complex128, "complex128"),
    19: _Row("float16", "f", 2, np.float16, "float16"),
    20: _Row("resource", "o", 1, None, None),
    21: _Row("variant", "o", 1, None, None),
    22: _Row("uint32", "u", 4, np.uint32, "uint32"),
    23: _Row("uint64", "u", 8, np.uint64, "uint64"),
}
_BFLOAT16_MAX = 3.3895313892515355e38  # 0x7f7f: largest finite value of 8 exponent and 7 fraction bits

_INTERNED: dict[int, DType] = {}


def _bfloat16_numpy() -> Any:
    from ml_dtypes import bfloat16  # here, because few programs need it

    return bfloat16


@final
class DType:
    """The type of the elements of a tensor (`tf.DType`).

    Args:
        type_enum: number in TensorFlow's `DataType` enumeration (1 is float32, 101 float32_ref).

    Raises:
        TypeError: no type has this number.
    """

    __slots__ = (
        "_enum",
        "_row",
        "is_bool",
        "is_complex",
        "is_floating",
        "is_integer",
        "is_quantized",
        "is_unsigned",
        "name",
    )

    _enum: int
    _row: _Row
    name: str
    is_bool: builtins.bool
    is_complex: builtins.bool
    is_floating: builtins.bool
    is_integer: builtins.bool
    is_quantized: builtins.bool
    is_unsigned: builtins.bool

    def __new__(cls, type_enum: Any) -> DType:
        number = int(type_enum)
        known = _INTERNED.get(number)
        if known is not None:
            return known
        base = number - _REF if number > _REF else number
        if base not in _ROWS:
            raise TypeError(f"type_enum is not a valid types_pb2.DataType: {number}")
        self = super().__new__(cls)
        row = _ROWS[base]
        self._enum, self._row = number, row
        self.name = row.name + "_ref" if number > _REF else row.name
        self.is_bool = row.kind == "b"
        self.is_integer = row.kind in "iu"
        self.is_unsigned = row.kind == "u"
        self.is_floating = row.kind == "f"
        self.is_complex = row.kind == "c"
        self.is_quantized = row.kind == "q"
        return _INTERNED.setdefault(number, self)

    @property
    def as_datatype_enum(self) -> int:
        """Number in the `DataType` enumeration."""
        return self._enum

    @property
    def _is_ref_dtype(self) -> builtins.bool:
        return self._enum > _REF

    @property
    def _as_ref(self) -> DType:
        return self if self._enum > _REF else _INTERNED[self._enum + _REF]

    @property
    def base_dtype(self) -> DType:
        """This type without the reference: `float32` for `float32_ref`."""
        return _INTERNED[self._enum - _REF] if self._enum > _REF else self

    @property
    def real_dtype(self) -> DType:
        """Type of the real part: float32 for complex64, float64 for complex128, otherwise this type."""
        if not self.is_complex:
            return self
        return float32 if self._row.size == 8 else float64

    @property
    def is_numpy_compatible(self) -> builtins.bool:
        """False for resource and variant, whose values numpy cannot hold."""
        return self._row.numpy is not None or self._row.name == "bfloat16"

    @property
    def as_numpy_dtype(self) -> Any:
        """The numpy type of this type's values; `object` for strings, which are `bytes` there.

        Raises:
            KeyError: resource and variant values do not exist outside a graph.
        """
        if self._row.numpy is not None:
            return self._row.numpy
        if self._row.name == "bfloat16":
            return _bfloat16_numpy()
        raise KeyError(f"values of type {self.name} have no numpy type: they live in a session only")

    @property
    def torch_name(self) -> str | None:
        """Name of the same type in `torch`, None where there is none (strings, handles, quantized types)."""
        return self._row.torch

    @property
    def size(self) -> int:
        """Bytes per element (8, a pointer, for strings)."""
        return self._row.size

    @property
    def min(self) -> Any:
        """Smallest finite value. Raises TypeError for types without an order (bool, string, complex, quantized...)."""
        return self._extreme("minimum")

    @property
    def max(self) -> Any:
        """Largest finite value. Raises TypeError for types without an order (bool, string, complex, quantized...)."""
        return self._extreme("maximum")

    def _extreme(self, which: str) -> Any:
        attribute = which[:3]
        if self._row.name == "bfloat16":
            return _BFLOAT16_MAX if attribute == "max" else -_BFLOAT16_MAX
        if self.is_floating:
            return getattr(np.finfo(self._row.numpy), attribute)
        if self.is_integer:
            return int(getattr(np.iinfo(self._row.numpy), attribute))
        raise TypeError(f"Cannot find {which} value of {self}.")

    @property
    def limits(self) -> tuple[int, int]:
        """Range of an image's intensities in this type: (0, 255) for uint8, (0, 127) for int8, (0, 1) for floats.

        Raises:
            KeyError: TF 1.15 defines the range for integers, float32 and float64 only.
        """
        if self.is_integer:
            return 0, self.max
        if self.is_floating and self._row.size >= 4:
            return 0, 1
        raise KeyError(f"no intensity range is defined for {self.name}")

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Whether a tensor of type `other` may stand where this type is wanted: equal, or a reference to this type."""
        other = as_dtype(other)
        return self._enum in (other._enum, other.base_dtype._enum)

    def __eq__(self, other: object) -> builtins.bool:
        if other is self:
            return True
        if isinstance(other, DType) or other is None:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: object) -> builtins.bool:
        return not self == other

    def __hash__(self) -> int:
        return self._enum

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __repr__(self) -> str:
        return "tf." + self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)

    def __copy__(self) -> DType:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> DType:
        return self


float16 = half = DType(19)
bfloat16 = DType(14)
float32 = DType(1)
float64 = double = DType(2)
complex64 = DType(8)
complex128 = DType(18)
int8 = DType(6)
int16 = DType(5)
int32 = DType(3)
int64 = DType(9)
uint8 = DType(4)
uint16 = DType(17)
uint32 = DType(22)
uint64 = DType(23)
bool = DType(10)
string = DType(7)
resource = DType(20)
variant = DType(21)
qint8 = DType(11)
quint8 = DType(12)
qint16 = DType(15)
quint16 = DType(16)
qint32 = DType(13)

float16_ref = half_ref = DType(119)
bfloat16_ref = DType(114)
float32_ref = DType(101)
float64_ref = double_ref = DType(102)
complex64_ref = DType(108)
complex128_ref = DType(118)
int8_ref = DType(106)
int16_ref = DType(105)
int32_ref = DType(103)
int64_ref = DType(109)
uint8_ref = DType(104)
uint16_ref = DType(117)
uint32_ref = DType(122)
uint64_ref = DType(123)
bool_ref = DType(110)
string_ref = DType(107)
resource_ref = DType(120)
variant_ref = DType(121)
qint8_ref = DType(111)
quint8_ref = DType(112)
qint16_ref = DType(115)
quint16_ref = DType(116)
qint32_ref = DType(113)

QUANTIZED_DTYPES = frozenset(t for t in _INTERNED.values() if t.is_quantized)

# Everything hashable that names a type; numbers are keys like the rest, so that 1.0 and True find float32 as in TF.
_BY_VALUE: dict[Any, DType] = {
    **_INTERNED,
    **{t.name: t for t in _INTERNED.values()},
    "half": half,
    "half_ref": half_ref,
    "float": float32,
    "float_ref": float32_ref,
    "double": double,
    "double_ref": double_ref,
    float: float32,
    np.bool_: bool,
    np.object_: string,
    np.str_: string,
    np.bytes_: string,
    **{row.numpy: _INTERNED[number] for number, row in _ROWS.items() if row.numpy is not None},
}


def _from_numpy(value: Any) -> DType | None:
    """The type for numpy's own ways of naming one: dtype objects, aliased scalar classes, ml_dtypes' bfloat16."""
    if isinstance(value, type):
        if not issubclass(value, np.generic):
            return None
        try:
            value = np.dtype(value)
        except TypeError:  # an abstract class such as np.floating
            return None
    if not isinstance(value, np.dtype):
        return None
    if value.kind in "SUO":
        return string
    if value.name == "bfloat16":
        return bfloat16
    if value.names is not None:
        return _BY_VALUE.get(value)
    return _BY_VALUE.get(value.type) or _BY_VALUE.get(np.dtype(f"{value.kind}{value.itemsize}").type)


def as_dtype(type_value: Any) -> DType:
    """The `DType` that a value names (`tf.as_dtype`).

    Args:
        type_value: a `DType`; a name (`"float32"`, `"double"`, `"int32_ref"`); a number of the `DataType` enumeration;
            a numpy dtype or scalar class; Python's `float` (float32), `bool` or `object` (string).

    Raises:
        TypeError: none of these. Python's `int` and `str` are not accepted, as in TF 1.15.
    """
    if type(type_value) is DType:
        return type_value
    try:
        known = _BY_VALUE.get(type_value)
    except TypeError:  # not hashable
        known = None
    if known is None:
        known = _from_numpy(type_value)
    if known is None:
        raise TypeError(f"Cannot convert value {type_value!r} to a TensorFlow DType.")
    return known


_RUNTIME_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def runtime_name(dtype: DType | str) -> str:
    """What TensorFlow's runtime calls a dtype (or the dtype of a name) in its errors: `float` is float32."""
    name = dtype if isinstance(dtype, str) else dtype.name
    return _RUNTIME_NAMES.get(name, name)
