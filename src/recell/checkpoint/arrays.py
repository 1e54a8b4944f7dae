"""Arrays as members of an archive: plain `.npy` data, with strings and bfloat16 told apart by the table of contents."""

from __future__ import annotations

from typing import IO, Any

import numpy as np

STRING = "string"
BFLOAT16 = "bfloat16"


def dtype_name(array: np.ndarray) -> str:
    """The name by which the table of contents knows an array's dtype. TypeError for one that cannot be kept."""
    if array.dtype.kind in "OSU":
        return STRING
    if array.dtype.name == BFLOAT16:
        return BFLOAT16
    if array.dtype.kind not in "biufc":
        raise TypeError(f"A checkpoint cannot hold an array of dtype {array.dtype}.")
    return array.dtype.name


def numpy_dtype(name: str) -> Any:
    """What an array of a recorded dtype is in numpy."""
    if name == STRING:
        return np.dtype(object)
    if name == BFLOAT16:
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def dump(array: np.ndarray, file: IO[bytes]) -> None:
    """Writes an array, without pickling: strings as their lengths and then their bytes."""
    kind = dtype_name(array)
    if kind == STRING:
        texts = [_as_bytes(item) for item in array.ravel()]
        np.lib.format.write_array(file, np.array([len(text) for text in texts], np.int64), allow_pickle=False)
        file.write(b"".join(texts))
        return
    plain = array.view(np.uint16) if kind == BFLOAT16 else array
    # In C order: what is read must not depend on how the array happened to lie in memory.
    np.lib.format.write_array(file, np.ascontiguousarray(plain), allow_pickle=False)


def load(file: IO[bytes], kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Reads what `dump` wrote. ValueError for data that are not of the recorded dtype and shape."""
    array = np.lib.format.read_array(file, allow_pickle=False)
    if kind == STRING:
        strings = np.empty(len(array), dtype=object)
        for position, length in enumerate(array.tolist()):
            strings[position] = file.read(length)
        return strings.reshape(shape)
    found = array.view(numpy_dtype(BFLOAT16)) if kind == BFLOAT16 else array
    if found.dtype != numpy_dtype(kind) or found.size != int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"expected {kind} {list(shape)}, found {found.dtype} {list(found.shape)}")
    return found.reshape(shape)


def _as_bytes(item: Any) -> bytes:
    if isinstance(item, str):
        return item.encode("utf-8")
    if isinstance(item, bytes):
        return item
    raise TypeError(f"A checkpoint holds strings as bytes, but got {type(item).__name__}.")
