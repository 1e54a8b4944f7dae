"""Numbers out of Philox words: the distributions as TensorFlow's CPU kernels shape them.

Elementary functions are evaluated in float64 and rounded once, which is what the C library does for float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

# Box-Muller takes the logarithm of a uniform number that may be 0; this is the least one it is given.
_LEAST_UNIFORM = 1e-7
_TRUNCATION = 2.0

Shaper = Callable[[np.ndarray], np.ndarray]
"""Makes numbers `[n, k]` out of the words of blocks, uint32 `[n, 4]`."""

BlockSource = Callable[[np.ndarray], np.ndarray]
"""Words (uint32 `[n, 4]`) of the blocks at the given offsets (uint64 `[n]`) from a stream's position."""


def uniform32(words: np.ndarray, mantissa_bits: int = 23) -> np.ndarray:
    """Float32 in [0, 1) from the low `mantissa_bits` of each word; float16 has 10 of them, bfloat16 7."""
    low = np.bitwise_and(words, np.uint32((1 << mantissa_bits) - 1))
    # Reading the bits as signed is the faster conversion, and the same number below 2**31.
    return np.multiply(low.view(np.int32), np.float32(2.0**-mantissa_bits), dtype=np.float32, casting="unsafe")


def uniform64(words: np.ndarray) -> np.ndarray:
    """Float64 in [0, 1), 52 bits each, from pairs of words: `[n, 2k]` -> `[n, k]`."""
    bits = words[:, 0::2].astype(np.uint64)
    bits &= np.uint64(0xFFFFF)
    bits <<= np.uint64(32)
    bits |= words[:, 1::2]
    return bits * 2.0**-52


def integers(words: np.ndarray, minval: int, maxval: int, dtype: np.dtype) -> np.ndarray:
    """Integers in [minval, maxval): a word (int32) or a pair of words, low one first (int64), modulo the range."""
    if dtype == np.dtype(np.int64):
        bits = words[:, 1::2].astype(np.uint64)
        bits <<= np.uint64(32)
        bits |= words[:, 0::2]
    else:
        bits = words.copy()
    bits %= bits.dtype.type(maxval - minval)
    bits += bits.dtype.type(minval % (1 << 8 * bits.itemsize))
    return bits.view(dtype)


def normal32(words: np.ndarray) -> np.ndarray:
    """Standard normal float32, four from a block: `[n, 4]` -> `[n, 4]` (Box and Muller 1958)."""
    u = uniform32(words)
    return _box_muller(u[:, 0::2], u[:, 1::2])


def normal64(words: np.ndarray) -> np.ndarray:
    """Standard normal float64, two from a block: `[n, 4]` -> `[n, 2]`."""
    u = uniform64(words)
    return _box_muller(u[:, 0::2], u[:, 1::2])


def _box_muller(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Pairs of normals, sine first, from pairs of uniforms: `[n, k]`, `[n, k]` -> `[n, 2k]`, of their dtype."""
    dtype = radius.dtype.type
    log = np.log(np.maximum(radius, dtype(_LEAST_UNIFORM)).astype(np.float64)).astype(dtype)
    scale = np.sqrt(dtype(-2.0) * log)
    # 2 pi is a float64 in TF's product, whatever the dtype of the numbers.
    turn = (2.0 * math.pi * angle.astype(np.float64)).astype(dtype).astype(np.float64)
    out = np.empty((len(radius), 2 * radius.shape[1]), dtype)
    np.multiply(scale, np.sin(turn).astype(dtype), out=out[:, 0::2])
    np.multiply(scale, np.cos(turn).astype(dtype), out=out[:, 1::2])
    return out


def truncated_normals(source: BlockSource, groups: int, stride: int, normal: Shaper, per_block: int) -> np.ndarray:
    """Normals within two standard deviations, `[groups, per_block]`, by rejection.

    Group g reads the blocks from offset `g * stride` on, keeps what falls inside and stops when it has
    `per_block` numbers; the blocks it does not need stay unused, so groups do not depend on each other.
    """
    out = np.empty((groups, per_block), np.float64 if normal is normal64 else np.float32)
    filled = np.zeros(groups, np.int64)
    active = np.arange(groups)
    attempt = 0
    while len(active):
        candidates = normal(source(active.astype(np.uint64) * np.uint64(stride) + np.uint64(attempt)))
        inside = np.abs(candidates) < _TRUNCATION
        position = filled[active, None] + np.cumsum(inside, axis=1) - 1
        row, column = np.nonzero(inside & (position < per_block))
        out[active[row], position[row, column]] = candidates[row, column]
        filled[active] += inside.sum(axis=1)
        active = active[filled[active] < per_block]
        attempt += 1
    return out


def categories(logits: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Classes drawn by inverting the cumulative distribution, int64 `[batch, num_samples]`.

    Args:
        logits: `[batch, classes]`; entries that are not finite have no probability (and a row without any finite
            one gives `classes`, one past the last, as TF does).
        uniforms: float64 `[batch, num_samples]` in [0, 1).
    """
    logits = logits.astype(np.float64)
    finite = np.isfinite(logits)
    top = np.max(logits, axis=1, keepdims=True, where=finite, initial=-np.inf)
    top[top == -np.inf] = 0.0
    weights = np.zeros_like(logits)
    np.exp(np.subtract(logits, top, where=finite, out=weights), where=finite, out=weights)
    cumulative = np.cumsum(weights, axis=1, out=weights)
    targets = uniforms * cumulative[:, -1:]
    out = np.empty(uniforms.shape, np.int64)
    for row in range(len(out)):
        out[row] = np.searchsorted(cumulative[row], targets[row], side="right")
    return out


def permutation(words: np.ndarray, n: int) -> np.ndarray:
    """A permutation of `range(n)`, int64 `[n]`, by Fisher and Yates' exchanges from the front; n - 1 words."""
    order = list(range(n))
    ahead = words[: n - 1] % np.arange(n, 1, -1, dtype=np.uint32)
    for i, distance in enumerate(ahead.tolist()):
        j = i + distance
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)
