"""The 64-bit fingerprint of byte strings that TensorFlow's "fast" hash buckets use: FarmHash (Google, 2014)."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _word(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _rotate(value: int, by: int) -> int:
    return ((value >> by) | (value << (64 - by))) & _MASK


def _fold(value: int) -> int:
    return value ^ (value >> 47)


def _mix(u: int, v: int, by: int) -> int:
    """Two words made one."""
    a = _fold(((u ^ v) * by) & _MASK)
    b = _fold(((v ^ a) * by) & _MASK)
    return (b * by) & _MASK


def _short(data: bytes) -> int:
    """Up to 16 bytes."""
    n = len(data)
    by = (_K2 + 2 * n) & _MASK
    if n >= 8:
        a, b = (_word(data, 0) + _K2) & _MASK, _word(data, n - 8)
        c = (_rotate(b, 37) * by + a) & _MASK
        d = ((_rotate(a, 25) + b) * by) & _MASK
        return _mix(c, d, by)
    if n >= 4:
        return _mix((n + (_word(data, 0, 4) << 3)) & _MASK, _word(data, n - 4, 4), by)
    if n > 0:
        y = data[0] + (data[n >> 1] << 8)
        z = n + (data[n - 1] << 2)
        return (_fold((y * _K2 ^ z * _K0) & _MASK) * _K2) & _MASK
    return _K2


def _medium(data: bytes) -> int:
    """17 to 32 bytes."""
    n = len(data)
    by = (_K2 + 2 * n) & _MASK
    a, b = (_word(data, 0) * _K1) & _MASK, _word(data, 8)
    c, d = (_word(data, n - 8) * by) & _MASK, (_word(data, n - 16) * _K2) & _MASK
    first = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    return _mix(first, (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, by)


def _long(data: bytes) -> int:
    """33 to 64 bytes."""
    n = len(data)
    by = (_K2 + 2 * n) & _MASK
    a, b = (_word(data, 0) * _K2) & _MASK, _word(data, 8)
    c, d = (_word(data, n - 8) * by) & _MASK, (_word(data, n - 16) * _K2) & _MASK
    y = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    z = _mix(y, (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, by)
    e, f = (_word(data, 16) * by) & _MASK, _word(data, 24)
    g, h = ((y + _word(data, n - 32)) * by) & _MASK, ((z + _word(data, n - 24)) * by) & _MASK
    first = (_rotate((e + f) & _MASK, 43) + _rotate(g, 30) + h) & _MASK
    return _mix(first, (e + _rotate((f + a) & _MASK, 18) + g) & _MASK, by)


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """32 bytes and two seeds made two words."""
    w, x, y, z = (_word(data, at + 8 * k) for k in range(4))
    a = (a + w) & _MASK
    b = _rotate((b + a + z) & _MASK, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _rotate(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


def _blocks(data: bytes) -> int:
    """More than 64 bytes, in blocks of 64 and the last 64 again."""
    n = len(data)
    seed = 81
    x, y = seed, (seed * _K1 + 113) & _MASK
    z = (_fold((y * _K2 + 113) & _MASK) * _K2) & _MASK
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(data, 0)) & _MASK
    end = (n - 1) // 64 * 64
    last = end + ((n - 1) & 63) - 63
    for at in range(0, end, 64):
        x = (_rotate((x + y + v[0] + _word(data, at + 8)) & _MASK, 37) * _K1) & _MASK
        y = (_rotate((y + v[1] + _word(data, at + 48)) & _MASK, 42) * _K1) & _MASK
        x ^= w[1]
        y = (y + v[0] + _word(data, at + 40)) & _MASK
        z = (_rotate((z + w[0]) & _MASK, 33) * _K1) & _MASK
        v = _weak(data, at, (v[1] * _K1) & _MASK, (x + w[0]) & _MASK)
        w = _weak(data, at + 32, (z + w[1]) & _MASK, (y + _word(data, at + 16)) & _MASK)
        z, x = x, z
    by = (_K1 + ((z & 0xFF) << 1)) & _MASK
    w = ((w[0] + ((n - 1) & 63)) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x = (_rotate((x + y + v[0] + _word(data, last + 8)) & _MASK, 37) * by) & _MASK
    y = (_rotate((y + v[1] + _word(data, last + 48)) & _MASK, 42) * by) & _MASK
    x ^= (w[1] * 9) & _MASK
    y = (y + v[0] * 9 + _word(data, last + 40)) & _MASK
    z = (_rotate((z + w[0]) & _MASK, 33) * by) & _MASK
    v = _weak(data, last, (v[1] * by) & _MASK, (x + w[0]) & _MASK)
    w = _weak(data, last + 32, (z + w[1]) & _MASK, (y + _word(data, last + 16)) & _MASK)
    z, x = x, z
    first = (_mix(v[0], w[0], by) + _fold(y) * _K0 + z) & _MASK
    return _mix(first, (_mix(v[1], w[1], by) + x) & _MASK, by)


def fingerprint64(data: bytes) -> int:
    """The fingerprint of `data`, from 0 to 2**64 - 1."""
    if len(data) <= 16:
        return _short(data)
    if len(data) <= 32:
        return _medium(data)
    return _long(data) if len(data) <= 64 else _blocks(data)
