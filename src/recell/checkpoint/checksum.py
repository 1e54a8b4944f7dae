"""CRC-32C as checkpoint files keep it: masked, so that data which hold checksums themselves stay checkable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import google_crc32c
import numpy as np

_DELTA = 0xA282EAD8
CHUNK = 1 << 18
"""Bytes that are read or written with their checksum at once: they are in the processor's cache for both."""


def extend(crc: int, data: bytes | np.ndarray) -> int:
    """The checksum of what `crc` is the checksum of, followed by `data`."""
    given: Any = data
    return google_crc32c.extend(crc, given)


def mask(crc: int) -> int:
    """A checksum as it is stored."""
    return ((crc >> 15 | crc << 17) + _DELTA) & 0xFFFFFFFF


def masked(data: bytes | np.ndarray, crc: int = 0) -> int:
    """The stored form of the checksum of `data`, behind what `crc` is the checksum of."""
    return mask(extend(crc, data))


def write(data: bytes | np.ndarray, crc: int, out: Callable[[bytes | np.ndarray], object]) -> int:
    """Gives `data` to `out`, and returns the checksum of what `crc` is the checksum of, followed by it."""
    for start in range(0, len(data), CHUNK):
        piece = data[start : start + CHUNK]
        crc = extend(crc, piece)
        out(piece)
    return crc
