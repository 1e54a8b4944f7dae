"""Element types against what TensorFlow 1.15.0 answers."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from recell.graph import dtypes as d

# name: (enum, size, is_integer, is_floating, is_complex, is_quantized, is_unsigned, limits or None)
FROM_TF = {
    "float16": (19, 2, False, True, False, False, False, None),
    "bfloat16": (14, 2, False, True, False, False, False, None),
    "float32": (1, 4, False, True, False, False, False, (0, 1)),
    "float64": (2, 8, False, True, False, False, False, (0, 1)),
    "complex64": (8, 8, False, False, True, False, False, None),
    "complex128": (18, 16, False, False, True, False, False, None),
    "int8": (6, 1, True, False, False, False, False, (0, 127)),
    "int16": (5, 2, True, False, False, False, False, (0, 32767)),
    "int32": (3, 4, True, False, False, False, False, (0, 2147483647)),
    "int64": (9, 8, True, False, False, False, False, (0, 9223372036854775807)),
    "uint8": (4, 1, True, False, False, False, True, (0, 255)),
    "uint16": (17, 2, True, False, False, False, True, (0, 65535)),
    "uint32": (22, 4, True, False, False, False, True, (0, 4294967295)),
    "uint64": (23, 8, True, False, False, False, True, (0, 18446744073709551615)),
    "bool": (10, 1, False, False, False, False, False, None),
    "string": (7, 8, False, False, False, False, False, None),
    "resource": (20, 1, False, False, False, False, False, None),
    "variant": (21, 1, False, False, False, False, False, None),
    "qint8": (11, 1, False, False, False, True, False, None),
    "quint8": (12, 1, False, False, False, True, False, None),
    "qint16": (15, 2, False, False, False, True, False, None),
    "quint16": (16, 2, False, False, False, True, False, None),
    "qint32": (13, 4, False, False, False, True, False, None),
}


@pytest.mark.parametrize("name", FROM_TF)
def test_properties(name: str) -> None:
    enum, size, integer, floating, complex_, quantized, unsigned, limits = FROM_TF[name]
    for ref in (False, True):
        t = getattr(d, name + "_ref" * ref)
        assert t.name == name + "_ref" * ref
        assert repr(t) == f"tf.{t.name}"
        assert str(t) == f"<dtype: '{t.name}'>"
        assert t.as_datatype_enum == hash(t) == enum + 100 * ref
        assert t.size == size
        assert (t.is_integer, t.is_floating, t.is_complex) == (integer, floating, complex_)
        assert (t.is_quantized, t.is_unsigned, t.is_bool) == (quantized, unsigned, name == "bool")
        assert t._is_ref_dtype is ref
        assert t.base_dtype is getattr(d, name)
        assert t._as_ref is getattr(d, name + "_ref")
        assert t.is_numpy_compatible is (name not in ("resource", "variant"))
        if limits:
            assert t.limits == limits
        else:
            with pytest.raises(KeyError):
                _ = t.limits


@pytest.mark.parametrize("name", [n + r for n in FROM_TF for r in ("", "_ref")])
def test_one_object_per_type(name: str) -> None:
    t = getattr(d, name)
    assert d.as_dtype(name) is t
    assert d.as_dtype(t.as_datatype_enum) is t
    assert d.DType(t.as_datatype_enum) is t
    assert copy.copy(t) is t
    assert copy.deepcopy([t])[0] is t
    assert pickle.loads(pickle.dumps(t)) is t


@pytest.mark.parametrize("number", [0, 24, 100, 124, 999])
def test_unknown_number(number: int) -> None:
    with pytest.raises(TypeError, match=f"type_enum is not a valid types_pb2.DataType: {number}"):
        d.DType(number)
    with pytest.raises(TypeError, match=f"Cannot convert value {number} to a TensorFlow DType."):
        d.as_dtype(number)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("float", d.float32),
        ("double", d.float64),
        ("half", d.float16),
        ("float_ref", d.float32_ref),
        ("half_ref", d.float16_ref),
        ("double_ref", d.float64_ref),
        (float, d.float32),
        (bool, d.bool),
        (object, d.string),
        (1.0, d.float32),
        (True, d.float32),
        (np.float32, d.float32),
        (np.float64, d.float64),
        (np.int64, d.int64),
        (np.longlong, d.int64),
        (np.ulonglong, d.uint64),
        (np.bool_, d.bool),
        (np.str_, d.string),
        (np.bytes_, d.string),
        (np.object_, d.string),
        (np.dtype("f4"), d.float32),
        (np.dtype(">f4"), d.float32),
        (np.dtype(">i8"), d.int64),
        (np.dtype("?"), d.bool),
        (np.dtype("S3"), d.string),
        (np.dtype("U3"), d.string),
        (np.dtype("O"), d.string),
        (np.dtype("c16"), d.complex128),
        (d.qint8.as_numpy_dtype, d.qint8),
        (d.quint16.as_numpy_dtype, d.quint16),
    ],
)
def test_as_dtype(value: object, expected: d.DType) -> None:
    assert d.as_dtype(value) is expected
    assert expected == value
    assert (expected != value) is False


@pytest.mark.parametrize(
    "value",
    [
        int,
        str,
        bytes,
        complex,
        None,
        "foo",
        "int",
        "str",
        "i4",
        "<f4",
        np.datetime64,
        np.dtype([("a", "f4")]),
        [1],
        np.array(1.0),
        np.floating,
        object(),
    ],
)
def test_as_dtype_refuses(value: object) -> None:
    with pytest.raises(TypeError) as error:
        d.as_dtype(value)
    assert str(error.value) == f"Cannot convert value {value!r} to a TensorFlow DType."
    assert (d.float32 == value) is False
    assert d.float32 != value


@pytest.mark.parametrize("name", [n for n in FROM_TF if n not in ("bfloat16", "resource", "variant")])
def test_numpy_type_and_back(name: str) -> None:
    t = getattr(d, name)
    assert np.zeros(2, t.as_numpy_dtype).dtype == np.dtype(t.as_numpy_dtype)
    assert d.as_dtype(t.as_numpy_dtype) is t
    assert d.as_dtype(np.dtype(t.as_numpy_dtype)) is t
    assert getattr(d, name + "_ref").as_numpy_dtype is t.as_numpy_dtype


def test_no_numpy_type() -> None:
    for t in (d.resource, d.variant, d.resource_ref):
        with pytest.raises(KeyError, match=t.name):
            _ = t.as_numpy_dtype


def test_bfloat16() -> None:
    assert d.bfloat16.max == pytest.approx(3.38953139e38, rel=1e-8)
    assert d.bfloat16.min == -d.bfloat16.max
    assert d.bfloat16.torch_name == "bfloat16"
    assert np.dtype(d.bfloat16.as_numpy_dtype).itemsize == 2
    assert d.as_dtype(d.bfloat16.as_numpy_dtype) is d.bfloat16


@pytest.mark.parametrize(
    ("t", "smallest", "largest"),
    [
        (d.float16, np.float16(-65504), np.float16(65504)),
        (d.float32, np.float32(-3.4028235e38), np.float32(3.4028235e38)),
        (d.float64, -1.7976931348623157e308, 1.7976931348623157e308),
        (d.uint8, 0, 255),
        (d.int64, -9223372036854775808, 9223372036854775807),
        (d.uint64_ref, 0, 18446744073709551615),
    ],
)
def test_extremes(t: d.DType, smallest: object, largest: object) -> None:
    assert t.min == smallest
    assert t.max == largest
    assert type(t.max) is (np.dtype(t.as_numpy_dtype).type if t.is_floating else int)


@pytest.mark.parametrize("t", [d.bool, d.string, d.complex64, d.qint8, d.resource, d.bool_ref])
def test_no_extremes(t: d.DType) -> None:
    with pytest.raises(TypeError, match=f"^Cannot find minimum value of <dtype: '{t.name}'>.$"):
        _ = t.min
    with pytest.raises(TypeError, match=f"^Cannot find maximum value of <dtype: '{t.name}'>.$"):
        _ = t.max


def test_comparison() -> None:
    assert d.float32 != d.float32_ref
    assert d.float32 == 1
    assert d.float32 == "float32"
    assert np.float32 == d.float32
    assert {d.float32: 1}[d.float32] == 1
    assert d.float32 in (np.float64, np.float32)
    with pytest.raises(TypeError):
        int(d.float32)  # type: ignore[call-overload]


def test_compatibility() -> None:
    assert d.float32.is_compatible_with(d.float32_ref)
    assert not d.float32_ref.is_compatible_with(d.float32)
    assert d.float32.is_compatible_with("float")
    assert not d.float32.is_compatible_with(d.float64)
    with pytest.raises(TypeError, match="Cannot convert value 'foo'"):
        d.float32.is_compatible_with("foo")


def test_real_dtype() -> None:
    assert d.complex64.real_dtype is d.float32
    assert d.complex128_ref.real_dtype is d.float64
    assert d.int32_ref.real_dtype is d.int32_ref


def test_quantized_set() -> None:
    assert {t.name for t in d.QUANTIZED_DTYPES} == {
        n + r for n in ("qint8", "quint8", "qint16", "quint16", "qint32") for r in ("", "_ref")
    }
