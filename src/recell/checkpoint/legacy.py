"""The first format: one table with names, dtypes, shapes and values, or several such tables beside each other.

The file is `PREFIX` itself; a sharded checkpoint is known by its pattern, `PREFIX-?????-of-0000n`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, NoReturn

import numpy as np

from recell.checkpoint import dtypes, legacy_values
from recell.checkpoint.errors import DamagedCheckpoint, UnsupportedCheckpoint, shown
from recell.checkpoint.input_file import InputFile
from recell.checkpoint.messages import VERSION, SavedTensor, parse_contents, parse_saved_slice, region_of
from recell.checkpoint.ordered import Extents, slice_key
from recell.checkpoint.slices import Region, Tensor
from recell.checkpoint.table import Table
from recell.checkpoint.wire import Malformed


class _Piece(NamedTuple):
    """Where the values of a slice are: in which table, and under which name and extents."""

    file: int
    extents: Extents


class Legacy:
    """A checkpoint of the first format, opened: its tables of contents are read.

    Args:
      files: of the checkpoint, in the order of their names; no more of them are taken than are needed.

    Raises DamagedCheckpoint, UnsupportedCheckpoint.
    """

    def __init__(self, files: Iterable[InputFile]) -> None:
        self._files: list[InputFile] = []
        self._tables: list[Table] = []
        self.tensors: dict[str, Tensor] = {}
        for number, file in enumerate(files):
            self._files.append(file)
            try:
                table = Table(file)
                data = table.get(b"")
                if data is None:
                    raise Malformed("it is a table, but not a checkpoint: it has no contents")
                contents = parse_contents(data)
            except Malformed as error:
                raise DamagedCheckpoint(file.path, str(error)) from None
            if contents.min_consumer > VERSION:
                asked = contents.min_consumer
                told = f"it asks for a reader of version {asked} of the format; version {VERSION} is known"
                raise UnsupportedCheckpoint(file.path, told)
            self._tables.append(table)
            for tensor in contents.tensors:
                self._add(number, tensor)
            if contents.alone:
                break

    @property
    def paths(self) -> list[str]:
        return [file.path for file in self._files]

    def close(self) -> None:
        for file in self._files:
            file.close()

    def _add(self, number: int, saved: SavedTensor) -> None:
        name = saved.name.decode("utf-8", "surrogateescape")
        kind = dtypes.name_of_number(saved.dtype) or dtypes.told_number(saved.dtype)
        known = self.tensors.setdefault(name, Tensor(kind, saved.shape, {}))
        if (known.dtype, known.shape) != (kind, saved.shape):
            self._damaged(
                number,
                name,
                f"it is {kind} {list(saved.shape)} here, {known.dtype} {list(known.shape)} elsewhere in the checkpoint",
            )
        if not saved.dtype or not saved.slices:
            self._damaged(number, name, "it has no dtype, or no values")
        for extents in saved.slices:
            try:
                region = region_of(extents, saved.shape)
            except Malformed as error:
                self._damaged(number, name, str(error))
            piece = _Piece(number, extents)
            if known.pieces.setdefault(region, piece) != piece:
                self._damaged(number, name, f"its slice {region} is there twice")

    def read(self, name: str, region: Region) -> np.ndarray:
        """The values of one of a tensor's pieces."""
        tensor = self.tensors[name]
        piece = tensor.pieces[region]
        if not dtypes.is_read(tensor.dtype):
            path = self._files[piece.file].path
            raise UnsupportedCheckpoint(path, f"values of dtype {tensor.dtype} are not read here", name)
        try:
            return legacy_values.decode(self._values(name, piece), tensor.dtype, region.size)
        except Malformed as error:
            self._damaged(piece.file, name, str(error))

    def in_order(self, name: str) -> list[Region]:
        """A tensor's pieces as they lie in the tables, so that no block is unpacked once for each of them."""
        pieces = self.tensors[name].pieces
        return sorted(pieces, key=lambda region: (pieces[region].file, slice_key(b"", pieces[region].extents)))

    def stored(self, name: str) -> int:
        tensor = self.tensors[name]
        if not dtypes.is_read(tensor.dtype):
            return 0
        if tensor.dtype != dtypes.STRING:
            return sum(region.elements for region in tensor.pieces) * dtypes.plain_dtype(tensor.dtype).itemsize
        try:
            return sum(len(self._values(name, tensor.pieces[region])) for region in self.in_order(name))
        except Malformed as error:
            self._damaged(next(iter(tensor.pieces.values())).file, name, str(error))

    def _values(self, name: str, piece: _Piece) -> memoryview:
        """The message with the values of a slice, which must be of this very slice."""
        key = name.encode("utf-8", "surrogateescape")
        data = self._tables[piece.file].get(slice_key(key, piece.extents))
        if data is None:
            raise Malformed("its values are not there")
        found, extents, tensor = parse_saved_slice(data)
        if (found, extents) != (key, piece.extents):
            raise Malformed(f"where its values belong, there are those of {shown(found.decode('utf-8', 'replace'))}")
        return tensor

    def _damaged(self, number: int, name: str, told: str) -> NoReturn:
        raise DamagedCheckpoint(self._files[number].path, told, name)
