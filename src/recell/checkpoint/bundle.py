"""The second format, TF's tensor bundle: a table that says of each tensor where it lies, and files with the values.

`PREFIX.index` is the table; the values are in `PREFIX.data-0000i-of-0000n`, as they lay in memory.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from recell.checkpoint import checksum, dtypes
from recell.checkpoint.errors import DamagedCheckpoint, MissingShard, NotACheckpoint, UnsupportedCheckpoint, shown
from recell.checkpoint.input_file import InputFile
from recell.checkpoint.messages import VERSION, BundleEntry, check_count, parse_entry, parse_header, region_of
from recell.checkpoint.ordered import slice_key
from recell.checkpoint.slices import Region, Tensor, whole
from recell.checkpoint.table import Table
from recell.checkpoint.wire import Malformed, read_varint


def index_path(prefix: str) -> str:
    return f"{prefix}.index"


def shard_path(prefix: str, shard: int, shards: int) -> str:
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


class Bundle:
    """A checkpoint of the second format, opened: its index is read, and its data files are open.

    Raises MissingShard, NotACheckpoint, DamagedCheckpoint, UnsupportedCheckpoint; OSError for what cannot be opened.
    """

    def __init__(self, prefix: str, index: InputFile) -> None:
        self.prefix = prefix
        self._index = index
        try:
            entries = self._read_index()
        except Malformed as error:
            raise DamagedCheckpoint(index.path, str(error)) from None
        self.tensors = self._tensors(entries)
        self.files: dict[int, InputFile] = {}
        try:
            self._open_shards()
        except BaseException:
            self.close()
            raise

    @property
    def paths(self) -> list[str]:
        return [self._index.path, *(file.path for _, file in sorted(self.files.items()))]

    def close(self) -> None:
        for file in (self._index, *self.files.values()):
            file.close()

    def _read_index(self) -> dict[bytes, BundleEntry]:
        rows = iter(Table(self._index))
        key, value = next(rows, (b"?", memoryview(b"")))
        if key:
            raise Malformed("it is a table, but not the index of a checkpoint: it has no header")
        header = parse_header(value)
        if header.min_consumer > VERSION:
            told = f"it asks for a reader of version {header.min_consumer} of the format; version {VERSION} is known"
            raise UnsupportedCheckpoint(self._index.path, told)
        self.shards, self._swapped = header.shards, header.big_endian
        entries: dict[bytes, BundleEntry] = {}
        for key, value in rows:
            check_count(len(entries))
            try:
                entries[key] = parse_entry(value)
            except Malformed as error:
                raise Malformed(f"the entry of {shown(_name(key))}: {error}") from None
        return entries

    def _tensors(self, entries: dict[bytes, BundleEntry]) -> dict[str, Tensor]:
        """The tensors, without the entries of their slices, which begin with a zero byte and are no names."""
        made: dict[str, Tensor] = {}
        claimed = 0
        for key, entry in entries.items():
            if key[:1] == b"\0":
                claimed += 1
                continue
            name = _name(key)
            kind = dtypes.name_of_number(entry.dtype)
            if not entry.dtype:
                self._damaged(name, "it has no dtype")
            pieces = self._pieces(name, key, entries) if entry.slices else {whole(entry.shape): entry}
            if kind is not None:
                for piece in pieces.values():
                    self._check(name, piece, kind)
            claimed -= len(entry.slices)
            made[name] = Tensor(kind or dtypes.told_number(entry.dtype), entry.shape, pieces)
        if claimed:
            raise DamagedCheckpoint(self._index.path, "it holds slices that belong to no tensor, or fewer than it says")
        return made

    def _pieces(self, name: str, key: bytes, entries: dict[bytes, BundleEntry]) -> dict[Region, BundleEntry]:
        entry = entries[key]
        pieces: dict[Region, BundleEntry] = {}
        for extents in entry.slices:
            try:
                region = region_of(extents, entry.shape)
            except Malformed as error:
                self._damaged(name, str(error))
            piece = entries.get(slice_key(key, extents))
            if piece is None:
                self._damaged(name, f"its slice {region} is not there")
            if region in pieces:
                self._damaged(name, f"its slice {region} is there twice")
            if piece.dtype != entry.dtype or piece.shape != region.size or piece.slices:
                self._damaged(name, f"its slice {region} is of another dtype or shape than it")
            pieces[region] = piece
        return pieces

    def _check(self, name: str, entry: BundleEntry, kind: str) -> None:
        """That an entry's size is what its shape needs, and its data file one of those that there are."""
        elements = whole(entry.shape).elements
        if entry.shard >= self.shards:
            self._damaged(name, f"it lies in data file {entry.shard} of {self.shards}")
        if kind == dtypes.STRING:
            fits = entry.size >= elements + 4
        else:
            fits = entry.size == elements * dtypes.plain_dtype(kind).itemsize
        if not fits:
            self._damaged(name, f"{entry.size} bytes cannot be {kind} {list(entry.shape)}")

    def _open_shards(self) -> None:
        """Opens the data files that hold something. Each tensor must lie within its file, and no two at one place.

        Else a small file could claim to hold as much as any memory.
        """
        spans: dict[int, list[tuple[int, int, str]]] = {}
        for name, tensor in self.tensors.items():
            if dtypes.is_read(tensor.dtype):
                for entry in tensor.pieces.values():
                    spans.setdefault(entry.shard, []).append((entry.offset, entry.size, name))
        for shard, its in sorted(spans.items()):
            file = self._shard(shard)
            behind, before = 0, ""
            for offset, size, name in sorted(span for span in its if span[1]):
                if offset < behind:
                    raise DamagedCheckpoint(file.path, f"its values lie where those of {shown(before)} are", name)
                behind, before = offset + size, name
                if behind > file.size:
                    told = f"it takes {size} bytes at {offset}, but the file has {file.size}: it was cut short, or is "
                    raise DamagedCheckpoint(file.path, told + "another checkpoint's", name)

    def _shard(self, number: int) -> InputFile:
        if number not in self.files:
            path = shard_path(self.prefix, number, self.shards)
            try:
                self.files[number] = InputFile(path)
            except FileNotFoundError:
                told = f"there is no such file, but {self._index.path} needs it. Copy all files of a checkpoint"
                raise MissingShard(path, told) from None
            except IsADirectoryError:
                raise NotACheckpoint(path, "it is a folder, where a data file belongs") from None
            except Malformed as error:
                raise NotACheckpoint(path, str(error)) from None
        return self.files[number]

    def read(self, name: str, region: Region) -> np.ndarray:
        """The values of one of a tensor's pieces, their checksum compared."""
        entry, kind = self._piece(name, region)
        file = self.files[entry.shard]
        try:
            if kind == dtypes.STRING:
                return self._strings(file, entry).reshape(entry.shape)
            values = np.empty(entry.shape, dtypes.plain_dtype(kind))
            crc = _read_checked(file, entry.offset, values.reshape(-1).view(np.uint8))
        except Malformed as error:
            raise DamagedCheckpoint(file.path, str(error), name) from None
        if checksum.mask(crc) != entry.crc:
            raise DamagedCheckpoint(file.path, "the checksum does not agree with the values", name)
        if self._swapped:
            values.byteswap(inplace=True)
        if kind == "bool" and values.view(np.uint8).max(initial=0) > 1:
            raise DamagedCheckpoint(file.path, "it has values that are neither true nor false", name)
        return values.view(dtypes.numpy_dtype(kind))

    def map(self, name: str, region: Region) -> np.ndarray | None:
        """A piece's values as they lie in the file, unchecked; None where they do not lie there as they are."""
        entry, kind = self._piece(name, region)
        if kind == dtypes.STRING or self._swapped or not entry.size:
            return None
        file = self.files[entry.shard]
        try:
            values = file.map(entry.offset, entry.size)
        except Malformed as error:
            raise DamagedCheckpoint(file.path, str(error), name) from None
        return values.view(dtypes.numpy_dtype(kind)).reshape(entry.shape)

    def in_order(self, name: str) -> list[Region]:
        """A tensor's pieces as they lie in the files."""
        pieces = self.tensors[name].pieces
        return sorted(pieces, key=lambda region: (pieces[region].shard, pieces[region].offset))

    def stored(self, name: str) -> int:
        return sum(entry.size for entry in self.tensors[name].pieces.values())

    def _piece(self, name: str, region: Region) -> tuple[BundleEntry, str]:
        tensor = self.tensors[name]
        if not dtypes.is_read(tensor.dtype):
            raise UnsupportedCheckpoint(self._index.path, f"values of dtype {tensor.dtype} are not read here", name)
        return tensor.pieces[region], tensor.dtype

    def _strings(self, file: InputFile, entry: BundleEntry) -> np.ndarray:
        """Strings: the length of each, a checksum of the lengths, and their bytes one behind the other."""
        data = file.read(entry.offset, entry.size)
        lengths = np.empty(whole(entry.shape).elements, np.uint64)
        position = 0
        for place in range(lengths.size):
            lengths[place], position = read_varint(data, position)
        if lengths.size and int(lengths.max()) > len(data):
            raise Malformed("its strings are longer than their lengths say")
        little = ">" if self._swapped else "<"
        if lengths.size and int(lengths.max()) > 0xFFFFFFFF:
            crc = 0
            for length in map(int, lengths):
                crc = checksum.extend(crc, np.array(length, little + ("u8" if length > 0xFFFFFFFF else "u4")).tobytes())
        else:
            crc = checksum.extend(0, lengths.astype(little + "u4").tobytes())
        end = position + 4
        stored = bytes(data[position:end])
        if len(stored) < 4 or checksum.mask(crc) != int.from_bytes(stored, "big" if self._swapped else "little"):
            raise Malformed("the checksum does not agree with the lengths of its strings")
        crc = checksum.extend(crc, np.frombuffer(data, np.uint8)[position:])
        if checksum.mask(crc) != entry.crc:
            raise Malformed("the checksum does not agree with its strings")
        strings = np.empty(lengths.size, object)
        for place, length in enumerate(map(int, lengths)):
            strings[place] = bytes(data[end : end + length])
            end += length
        if end != len(data):
            raise Malformed("its strings are longer or shorter than their lengths say")
        return strings

    def _damaged(self, name: str, told: str) -> NoReturn:
        raise DamagedCheckpoint(self._index.path, told, name)


def _read_checked(file: InputFile, offset: int, out: np.ndarray) -> int:
    """Fills `out` with the bytes at `offset`; gives their checksum."""
    crc = 0
    for start in range(0, out.size, checksum.CHUNK):
        piece = out[start : start + checksum.CHUNK]
        file.read_into(offset + start, piece)
        crc = checksum.extend(crc, piece)
    return crc


def _name(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
