"""CRC-32C as checkpoint files keep it: masked, so that data which hold checksums themselves stay checkable."""

from __future__ import annotations

from typing import Any

import google_crc32c
import numpy as np

_DELTA = 0xA282EAD8


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
