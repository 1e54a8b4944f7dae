"""TFRecord files: strings of bytes one after another, each with checksums. Needs neither torch nor a graph.

A record is its length (8 bytes, little endian), the masked CRC32C of those 8 bytes, the data, and the masked CRC32C of
the data. A file may be compressed as a whole by zlib or gzip.
TF symbols: `tf.python_io.TFRecordWriter`, `tf.python_io.tf_record_iterator`, `tf.python_io.TFRecordOptions`.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, ClassVar

from recell.graph import errors
from recell.platform.file_errors import translated_errors

_BLOCK = 1 << 18
_HEADER = struct.Struct("<QI")
_LENGTH = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")


class TFRecordCompressionType:
    """How a file is compressed. TF symbol: `tf.python_io.TFRecordCompressionType`."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


class TFRecordOptions:
    """How a file of records is compressed. TF symbol: `tf.python_io.TFRecordOptions`.

    Args:
      compression_type: "GZIP", "ZLIB", "" or None, a TFRecordCompressionType, or other options, whose type is taken.
      flush_mode: zlib's way to flush, whenever a buffer of input has been compressed.
      input_buffer_size, output_buffer_size: bytes that a writer gathers before it compresses, and before it writes.
      window_bits, compression_level, compression_method, mem_level, compression_strategy: zlib's parameters for a
        writer. A reader finds them in the file.

    Raises:
      ValueError: for another `compression_type`.
    """

    compression_type_map: ClassVar[dict[int, str]] = {
        TFRecordCompressionType.ZLIB: "ZLIB",
        TFRecordCompressionType.GZIP: "GZIP",
        TFRecordCompressionType.NONE: "",
    }

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """What options, or anything they take, mean: "GZIP", "ZLIB" or "". ValueError for what they do not take."""
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        if not options:
            return ""
        names = cls.compression_type_map
        if isinstance(options, int) and options in names:
            return names[options]
        if isinstance(options, str) and options in names.values():
            return options
        raise ValueError(f'Not a valid compression_type: "{options}"')


def masked_crc(data: bytes) -> int:
    """The checksum of `data` as TFRecord files store it."""
    import google_crc32c

    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# -- reading --------------------------------------------------------------------------------------------------------


class _Inflated:
    """The bytes that a compressed file stands for. DataLossError, in zlib's words, where they cannot be told."""

    def __init__(self, file: Any, window_bits: int) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(window_bits)
        self._buffer = b""
        self._at = 0

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end."""
        parts = [self._buffer[self._at : self._at + count]]
        self._at += len(parts[0])
        missing = count - len(parts[0])
        while missing and self._fill():
            parts.append(self._buffer[:missing])
            self._at = len(parts[-1])
            missing -= self._at
        return b"".join(parts) if len(parts) > 1 else parts[0]

    def _fill(self) -> bool:
        """Inflates the next block. False at the end of the compressed stream: what comes after it is not looked at."""
        while not self._inflate.eof:
            block = self._inflate.unconsumed_tail or self._file.read(_BLOCK)
            try:
                self._buffer = self._inflate.decompress(block, _BLOCK)
            except zlib.error as error:
                said = str(error).partition(": ")[2] or str(error)
                raise errors.DataLossError(None, None, f"inflate() failed with error -3: {said}") from None
            self._at = 0
            if self._buffer:
                return True
            if not block:
                return False
        return False

    def close(self) -> None:
        self._file.close()


def open_compressed(path: Any, compression: Any = None) -> Any:
    """A file to read bytes from, with `read` and `close`; what is read is inflated as `compression` says.

    NotFoundError and its kin for a file that cannot be opened, ValueError for another compression.
    """
    kind = TFRecordOptions.get_compression_type_string(compression)
    with translated_errors(path):
        file = open(os.fsdecode(path), "rb")  # noqa: SIM115 - whoever asked for it closes it
    return _Inflated(file, 31 if kind == "GZIP" else 15) if kind else file


class RecordReader:
    """The records of one file, each with the offset at which it starts (in the file that was compressed).

    Raises a tf.errors exception for a file that cannot be opened, here, and DataLossError for a damaged record when it
    is reached. A file that ends inside of a record's first 12 bytes just ends, as TensorFlow has it.
    """

    def __init__(self, path: Any, compression: Any = None) -> None:
        self._file = open_compressed(path, compression)
        self._offset = 0

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return self

    def __next__(self) -> tuple[int, bytes]:
        offset = self._offset
        header = self._file.read(12)
        if len(header) < 12:
            raise StopIteration
        length, crc = _HEADER.unpack(header)
        if masked_crc(header[:8]) != crc:
            raise errors.DataLossError(None, None, f"corrupted record at {offset}")
        # A length that no memory holds is read piece by piece, up to the end of the file.
        data = self._file.read(length) if length <= _BLOCK else self._read_long(length)
        footer = self._file.read(4)
        if len(data) < length or len(footer) < 4:
            raise errors.DataLossError(None, None, f"truncated record at {offset}")
        if masked_crc(data) != _CHECKSUM.unpack(footer)[0]:
            raise errors.DataLossError(None, None, f"corrupted record at {offset + 12}")
        self._offset = offset + length + 16
        return offset, data

    def _read_long(self, length: int) -> bytes:
        whole = io.BytesIO()
        while whole.tell() < length:
            part = self._file.read(min(length - whole.tell(), 64 * _BLOCK))
            if not part:
                break
            whole.write(part)
        return whole.getvalue()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> RecordReader:
        return self

    def __exit__(self, *details: Any) -> None:
        self.close()


def read_records(path: Any, compression: Any = None) -> Iterator[bytes]:
    """The records of file `path`, in order. The file is opened when the first one is asked for.

    Raises NotFoundError and its kin for a file that cannot be opened, DataLossError at a damaged record, ValueError for
    a `compression` that is none of "", "GZIP", "ZLIB", a TFRecordCompressionType or TFRecordOptions.
    """
    with RecordReader(path, compression) as reader:
        for _, data in reader:
            yield data


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of file `path`, as `read_records` gives them. TF symbol: `tf.python_io.tf_record_iterator`."""
    return read_records(path, options)


# -- writing --------------------------------------------------------------------------------------------------------


class _Deflated:
    """A file whose bytes are compressed before they are written."""

    def __init__(self, file: Any, options: TFRecordOptions, window_bits: int) -> None:
        def given(value: int | None, default: int) -> int:
            return default if value is None else value

        self._file = file
        self._flush_mode = given(options.flush_mode, zlib.Z_NO_FLUSH)
        self._room = given(options.input_buffer_size, _BLOCK)
        self._deflate = zlib.compressobj(
            given(options.compression_level, zlib.Z_DEFAULT_COMPRESSION),
            given(options.compression_method, zlib.DEFLATED),
            given(options.window_bits, window_bits),
            given(options.mem_level, 9),
            given(options.compression_strategy, zlib.Z_DEFAULT_STRATEGY),
        )
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) >= self._room:
            self._compress(self._flush_mode)

    def _compress(self, flush_mode: int) -> None:
        self._file.write(self._deflate.compress(self._waiting))
        if flush_mode != zlib.Z_NO_FLUSH:
            self._file.write(self._deflate.flush(flush_mode))
        self._waiting.clear()

    def flush(self) -> None:
        self._compress(zlib.Z_SYNC_FLUSH)
        self._file.flush()

    def close(self) -> None:
        self._compress(zlib.Z_FINISH)
        self._file.close()


class RecordWriter:
    """Writes records to a file. TF symbol: `tf.python_io.TFRecordWriter`.

    Args:
      path: the file, which is made, or emptied.
      options: TFRecordOptions, or what they take as their `compression_type`.

    Raises:
      NotFoundError and its kin when the file cannot be made, ValueError for an unknown compression and for parameters
      that zlib does not take.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(options)
        kind = TFRecordOptions.get_compression_type_string(options)
        self._path = path
        self._file: Any = None
        with translated_errors(path):
            room = max(2, options.output_buffer_size or _BLOCK)
            file = open(os.fsdecode(path), "wb", buffering=room)  # noqa: SIM115 - `close` closes it
        try:
            self._file = _Deflated(file, options, 31 if kind == "GZIP" else 15) if kind else file
        except ValueError as error:
            file.close()
            raise ValueError(f"zlib does not take these TFRecordOptions ({error}): {vars(options)}") from None

    def write(self, record: bytes) -> None:
        """Appends a record. TypeError for what is not bytes, FailedPreconditionError after `close`."""
        if not isinstance(record, bytes):
            raise TypeError(f"expected bytes, {type(record).__name__} found")
        length = _LENGTH.pack(len(record))
        with translated_errors(self._path):
            self._opened().write(
                b"".join(
                    (length, _CHECKSUM.pack(masked_crc(length)), record, _CHECKSUM.pack(masked_crc(record))),
                )
            )

    def flush(self) -> None:
        """Brings what has been written to the file, for others to read. FailedPreconditionError after `close`."""
        with translated_errors(self._path):
            self._opened().flush()

    def close(self) -> None:
        """Ends the file. A second call does nothing."""
        file, self._file = self._file, None
        if file is not None:
            with translated_errors(self._path):
                file.close()

    def _opened(self) -> Any:
        if self._file is None:
            raise errors.FailedPreconditionError(None, None, "Writer not initialized or previously closed")
        return self._file

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(self, *details: Any) -> None:
        self.close()

    def __del__(self) -> None:
        # Programs leave it to the end of the object to end the file, and TensorFlow's did.
        if getattr(self, "_file", None) is not None:
            self.close()
