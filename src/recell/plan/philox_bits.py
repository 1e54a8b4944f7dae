"""Philox4x32-10, the counter-based generator under TensorFlow's random operations.

A block of four 32-bit words is a pure function of a 128-bit counter and a 64-bit key, so any part of a stream can be
computed without the parts before it, and a stream's whole state is one integer.

Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011).
"""

from __future__ import annotations

import threading

import numpy as np

COUNTER_PERIOD = 1 << 128
_WORD = (1 << 32) - 1
_HALF_PERIOD = 1 << 64
_ROUNDS = 10
_KEY_STEP = (0x9E3779B9, 0xBB67AE85)
_SHIFT = np.uint64(32)
_LOW = np.uint64(_WORD)
# Row r multiplies counter word 2r. Operands are kept below 2**32 in uint64, so a product holds both of its halves.
_MULTIPLIERS = np.array([[0xD2511F53], [0xCD9E8D57]], np.uint64)
# Three work arrays of this many blocks (384 KiB) stay in the second-level cache through all ten rounds.
_CHUNK = 8192


class _Workspace(threading.local):
    """Work arrays of one thread, kept between calls: allocating them costs as much as two rounds."""

    def __init__(self) -> None:
        self.arrays = tuple(np.empty((2, _CHUNK), np.uint64) for _ in range(3))


_workspace = _Workspace()


def split_seed(seed: int) -> tuple[int, int]:
    """The low and the high 32 bits of a 64-bit seed (two's complement for a negative one)."""
    return seed & _WORD, (seed >> 32) & _WORD


def round_keys(seed: int) -> list[np.ndarray]:
    """The ten keys of `seed`, each uint64 `[2, 1]` to meet the two counter words that it is mixed into."""
    key = split_seed(seed)
    return [
        np.array([[(word + r * step) & _WORD] for word, step in zip(key, _KEY_STEP, strict=True)], np.uint64)
        for r in range(_ROUNDS)
    ]


def blocks(keys: list[np.ndarray], start: int, count: int) -> np.ndarray:
    """Words of `count` consecutive counters from `start`, uint32 `[count, 4]`."""
    out = np.empty((count, 4), np.uint32)
    done = 0
    while done < count:
        low = (start + done) % _HALF_PERIOD
        # A chunk ends where the low half of the counter wraps, so that its high half is one number.
        step = min(_CHUNK, count - done, _HALF_PERIOD - low)
        _fill(keys, (start + done) >> 64, np.arange(step, dtype=np.uint64) + np.uint64(low), out[done : done + step])
        done += step
    return out


def scattered_blocks(keys: list[np.ndarray], start: int, offsets: np.ndarray) -> np.ndarray:
    """Words of the counters `start + offsets` (`offsets` uint64 `[n]`), uint32 `[n, 4]`."""
    out = np.empty((len(offsets), 4), np.uint32)
    if len(offsets) == 0:
        return out
    low = start % _HALF_PERIOD
    if low + int(offsets.max()) >= _HALF_PERIOD:
        for row, offset in enumerate(offsets.tolist()):
            out[row] = blocks(keys, start + offset, 1)[0]
        return out
    for at in range(0, len(offsets), _CHUNK):
        part = slice(at, at + _CHUNK)
        _fill(keys, start >> 64, offsets[part] + np.uint64(low), out[part])
    return out


def _fill(keys: list[np.ndarray], high: int, low: np.ndarray, out: np.ndarray) -> None:
    """Writes the words of the counters `high * 2**64 + low` (`low` uint64 `[n]`, n <= _CHUNK) to `out` `[n, 4]`."""
    even, odd, product = (array[:, : len(low)] for array in _workspace.arrays)
    np.bitwise_and(low, _LOW, out=even[0])
    np.right_shift(low, _SHIFT, out=odd[0])
    even[1], odd[1] = split_seed(high)
    even, odd = _mix(keys, even, odd, product)
    out[:, 0], out[:, 1], out[:, 2], out[:, 3] = even[0], odd[0], even[1], odd[1]


def _mix(
    keys: list[np.ndarray], even: np.ndarray, odd: np.ndarray, product: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The ten rounds, in place, on counter words 0 and 2 (`even`, uint64 `[2, n]`) and 1 and 3 (`odd`).

    Each round crosses over: word 0 is multiplied into the new words 2 and 3, word 2 into 0 and 1. The results are
    written where their factor was and the rows are then read in the other order, which saves the copies.
    """
    for key in keys:
        np.multiply(even, _MULTIPLIERS, out=product)
        np.right_shift(product, _SHIFT, out=even)
        even = even[::-1]
        np.bitwise_xor(even, odd, out=even)
        np.bitwise_xor(even, key, out=even)
        np.bitwise_and(product, _LOW, out=odd)
        odd = odd[::-1]
    return even, odd
