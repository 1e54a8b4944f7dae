"""tf.compat's conversions."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from recell.platform import text


def test_conversions() -> None:
    assert text.as_bytes("ü") == text.as_bytes(b"\xc3\xbc") == b"\xc3\xbc"
    assert text.as_text(b"\xc3\xbc") == text.as_str("ü") == "ü"
    assert (text.as_str_any(b"a"), text.as_str_any(3)) == ("a", "3")
    assert (text.path_to_str(pathlib.Path("a/b")), text.path_to_str(3)) == ("a/b", 3)


@pytest.mark.parametrize("function", [text.as_bytes, text.as_text])
def test_other_values_are_refused(function: object) -> None:
    with pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
        function(3)  # type: ignore[operator]


def test_kinds_of_numbers() -> None:
    assert isinstance(np.int8(1), text.integral_types)
    assert not isinstance(1.5, text.integral_types)
    assert isinstance(np.float32(1), text.real_types)
    assert isinstance(1j, text.complex_types)
    assert isinstance("", text.bytes_or_text_types)
