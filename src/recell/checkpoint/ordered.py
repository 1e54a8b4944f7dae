"""Names of slices as keys of a table: a byte string that sorts as (name, starts, lengths) do.

Facts of TF's ordered coding: numbers without a sign are a count of bytes and then these bytes; strings end in 00 01,
and have 00 ff for 00 and ff 00 for ff; numbers with a sign say their length in their first bits, and negative ones are
inverted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = re.compile(rb"[\x00\xff]")
_QUOTED = {b"\x00": b"\x00\xff", b"\xff": b"\xff\x00"}

Extents = tuple[tuple[int, int], ...]
"""Start and length along each dimension; length -1 for all of it."""


def slice_key(name: bytes, extents: Sequence[tuple[int, int]]) -> bytes:
    """The key under which a table has the values of a slice."""
    quoted = _SPECIAL.sub(lambda match: _QUOTED[match[0]], name)
    made = [_unsigned(0), quoted, b"\x00\x01", _unsigned(len(extents))]
    made += [_signed(number) for extent in extents for number in extent]
    return b"".join(made)


def _unsigned(value: int) -> bytes:
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def _signed(value: int) -> bytes:
    """`size` bytes hold 7 * size - 1 bits and the sign: the first `size` bits are ones, and then there is a zero."""
    positive = ~value if value < 0 else value
    size = positive.bit_length() // 7 + 1
    total = 8 * size
    coded = positive | ((1 << size) - 1) << (total - size)
    if value < 0:
        coded ^= (1 << total) - 1
    return coded.to_bytes(size, "big")
