"""Files in safetensors' format that hold a checkpoint's tensors, read and written by its own library."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from recell.checkpoint import NotACheckpoint, Region, TensorInfo, UnsupportedCheckpoint
from recell.checkpoint.storage import sync_folder
from recell.cli.reports import elements, is_text

SUFFIX = ".safetensors"
_DTYPES = {
    "BOOL": "bool",
    **{f"{sign}{bits}": f"{kind}{bits}" for sign, kind in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "BF16": "bfloat16",
    "C64": "complex64",
}
_RESERVED = "__metadata__"


class SafetensorsFile:
    """A file opened for reading, as `checkpoint.Reader` is.

    Raises OSError when it cannot be opened, NotACheckpoint for what is no such file, UnsupportedCheckpoint for a dtype
    that TensorFlow 1 does not have.
    """

    format = "safetensors"

    def __init__(self, path: str) -> None:
        self.prefix, self.paths = path, [path]
        # The library says only "No such device" for a folder.
        with open(path, "rb"):
            pass
        with self._damage_told():
            self._file = _library().safe_open(path, framework="numpy")
            self._infos = {name: self._info(name) for name in sorted(self._file.keys())}

    def _info(self, name: str) -> TensorInfo:
        found = self._file.get_slice(name)
        dtype = _DTYPES.get(found.get_dtype())
        if dtype is None:
            raise UnsupportedCheckpoint(
                self.prefix, f"it is of dtype {found.get_dtype()}, which no checkpoint holds.", name
            )
        return TensorInfo(dtype, tuple(found.get_shape()))

    @contextlib.contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except _library().SafetensorError as error:
            raise NotACheckpoint(self.prefix, f"cannot be read: {error}.") from error

    def __enter__(self) -> SafetensorsFile:
        return self

    def __exit__(self, *details: object) -> None:
        self._file.__exit__(*details)

    def tensors(self) -> dict[str, TensorInfo]:
        return dict(self._infos)

    def read(self, name: str) -> np.ndarray:
        """The array of `name`."""
        with self._damage_told():
            return self._file.get_tensor(name)

    map = read

    def stored(self, name: str) -> int:
        info = self._infos[name]
        if info.dtype == "bfloat16":
            return 2 * elements(info.shape)
        return np.dtype(info.dtype).itemsize * elements(info.shape)

    def parts(self, name: str) -> list[Region]:
        shape = self._infos[name].shape
        return [Region((0,) * len(shape), shape)]

    def check(self, name: str) -> None:
        """Nothing: the format has no checksums, and its library has checked sizes and offsets when opening."""


def _library() -> Any:
    import safetensors

    return safetensors


def why_not(name: str, info: TensorInfo) -> str | None:
    """Why such a file has no place for a tensor; None when it has."""
    if info.dtype not in _DTYPES.values():
        return info.dtype
    return "its name" if name == _RESERVED or not is_text(name) else None


def write(path: str, arrays: Iterable[tuple[str, np.ndarray]], step: Callable[[str], None]) -> list[str]:
    """Writes tensors to the file `path`, all at once.

    Args:
      path: where to. An older file is there, whole, until the new one is.
      arrays: names and values for which `why_not` has nothing to say. The library wants all before it begins to write.
      step: called with each name whose values are there.

    Returns an empty list: nothing is kept in another form. Raises OSError when it cannot be written.
    """
    from safetensors.numpy import save_file

    held: dict[str, np.ndarray] = {}
    for name, array in arrays:
        held[name] = np.asarray(array, order="C")
        step(name)
    folder, name = os.path.split(path)
    # The library writes to a name, not to an open file that could be held: one in this folder would be swept away by
    # a Saver at work there, as if it had been left over.
    with tempfile.TemporaryDirectory(prefix=f".{name}.", suffix=".tmp", dir=folder or ".") as own:
        temporary = os.path.join(own, name)
        try:
            with open(temporary, "xb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            save_file(held, temporary, metadata={"format": "np"})
            os.chmod(temporary, mode)  # the library makes files for their owner alone
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except _library().SafetensorError as error:
            raise OSError(None, str(error), path) from error
    sync_folder(folder)
    return []
