"""Tables taken apart and put together again by other code than Recell's, to make files that TensorFlow could have made.

TensorFlow 1 never compresses its tables, though it reads compressed ones: `compressed` makes some.
"""

from __future__ import annotations

import struct

import cramjam
import google_crc32c

Rows = list[tuple[bytes, bytes]]


def rows_of(data: bytes) -> Rows:
    """The entries of a table that is sound and not compressed."""
    handles = _handles(data[-48:-8])
    found: Rows = []
    for _, handle in _block_rows(data, *handles[1]):
        found += _block_rows(data, *_handles(handle)[0])
    return found


def compressed(data: bytes, block: int = 4096) -> bytes:
    """The same table in blocks of about so many bytes, each compressed with snappy, however little that gains."""
    made, index, pending, size = b"", [], [], 0
    rows = rows_of(data)
    for position, (key, value) in enumerate(rows):
        pending.append((key, value))
        size += len(key) + len(value)
        if size >= block or position == len(rows) - 1:
            index.append((key, _varint(len(made))))
            content = bytes(cramjam.snappy.compress_raw(_block(pending)))
            index[-1] = (key, _varint(len(made)) + _varint(len(content)))
            made += _sealed(content, 1)
            pending, size = [], 0
    footer = b""
    for rest in ([], index):
        content = bytes(cramjam.snappy.compress_raw(_block(rest)))
        footer += _varint(len(made)) + _varint(len(content))
        made += _sealed(content, 1)
    return made + footer.ljust(40, b"\0") + data[-8:]


def _block(rows: Rows) -> bytes:
    """Entries without shared beginnings, each a restart."""
    content, restarts = b"", []
    for key, value in rows:
        restarts.append(len(content))
        content += b"\0" + _varint(len(key)) + _varint(len(value)) + key + value
    restarts = restarts or [0]
    return content + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def _sealed(content: bytes, kind: int) -> bytes:
    body = content + bytes([kind])
    crc = google_crc32c.value(body)
    return body + struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _block_rows(data: bytes, offset: int, size: int) -> Rows:
    content = data[offset : offset + size]
    assert data[offset + size] == 0, "compressed"
    end = size - 4 - 4 * struct.unpack("<I", content[-4:])[0]
    position, key, found = 0, b"", []
    while position < end:
        (shared, own, length), position = _varints(content, position, 3)
        key = key[:shared] + content[position : position + own]
        position += own + length
        found.append((key, content[position - length : position]))
    return found


def _handles(data: bytes) -> list[tuple[int, int]]:
    numbers, position = [], 0
    while position < len(data) and len(numbers) < 4:
        (number,), position = _varints(data, position, 1)
        numbers.append(number)
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _varints(data: bytes, position: int, count: int) -> tuple[list[int], int]:
    numbers = []
    for _ in range(count):
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        numbers.append(value)
    return numbers, position


def _varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])
