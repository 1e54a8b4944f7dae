"""Files as operations. Symbols: `tf.read_file`, `tf.write_file`, `tf.matching_files`, ..."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from recell.graph.core import name_scope
from recell.graph.keys import GraphKeys
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.variables import Variable
from recell.ops import rules
from recell.ops._kernels import as_strings, bracketed, invalid, string_array
from recell.ops.op import STRING, op
from recell.ops.parsing_columns import as_array
from recell.platform.file_errors import translated_errors
from recell.platform.file_names import matching_names

if TYPE_CHECKING:
    from torch import Tensor


def _scalars(i: Inference) -> TensorShape:
    for position in range(len(i.shapes())):
        rules.ranked(i, position, 0)
    return TensorShape.of(())


def _no_outputs(i: Inference) -> list[TensorShape]:
    _scalars(i)
    return []


def _file_name(value: Any, what: str = "filename") -> str:
    if value.ndim:
        raise invalid(f"Input {what} tensor must be scalar, but had shape: {bracketed(value)}")
    return os.fsdecode(value[()])


@op("ReadFile", shape=_scalars, types={"filename": STRING}, dtype=STRING, stateful=True, differentiable=False)
def read_file(ctx: Any, filename: Tensor) -> Tensor:
    """All bytes of a file, a string. TF symbol: `tf.read_file`. When run: NotFoundError and its kin."""
    path = _file_name(filename)
    with translated_errors(path), open(path, "rb") as file:
        return as_strings(file.read())


@op(
    "WriteFile",
    shape=_no_outputs,
    types={"filename": STRING, "contents": STRING},
    stateful=True,
    differentiable=False,
)
def write_file(ctx: Any, filename: Tensor, contents: Tensor) -> None:
    """An operation that writes a string to a file, whose folders it makes. TF symbol: `tf.write_file`.

    When run: FailedPreconditionError and its kin for a file that cannot be written.
    """
    path = _file_name(filename)
    if contents.ndim:
        raise invalid(f"Input contents tensor must be scalar, but had shape: {bracketed(contents)}")
    folder = os.path.dirname(path)
    with translated_errors(path):
        # A file in the place of a folder is for `open` to complain of.
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            os.makedirs(folder or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(bytes(as_array(contents)[()]))


# -- names of files -------------------------------------------------------------------------------------------------


def _matching_shape(i: Inference) -> TensorShape:
    shape = i.shape(0)
    if shape.ndims is not None and shape.ndims > 1:
        raise i.mismatch(f"Shape must be at most rank 1 but is rank {shape.ndims}")
    return TensorShape([None])


def _all_matching(patterns: Iterable[bytes]) -> list[bytes]:
    return sorted(os.fsencode(name) for pattern in patterns for name in matching_names(os.fsdecode(pattern)))


@op(
    "MatchingFiles",
    shape=_matching_shape,
    types={"pattern": STRING},
    dtype=STRING,
    stateful=True,
    differentiable=False,
)
def matching_files(ctx: Any, pattern: Tensor) -> Any:
    """The names of all files that match a pattern, or any of several, sorted `[n]`. TF symbol: `tf.matching_files`.

    `*`, `?` and `[...]` stand for characters of one folder's names. When run: NotFoundError when the folder in which
    to look is missing.
    """
    patterns = as_array(pattern)
    if patterns.ndim > 1:
        raise invalid(f"Input patterns tensor must be scalar or vector, but had shape: {bracketed(patterns)}")
    return string_array(_all_matching(patterns.ravel()))


def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """A local variable of the names that match when it is initialized. TF symbol: `tf.train.match_filenames_once`.

    `tf.local_variables_initializer()` fills it. Arguments are those of `tf.matching_files`.
    """
    with name_scope(name, "matching_filenames", [pattern]) as scope:
        return Variable(
            matching_files(pattern),
            trainable=False,
            validate_shape=False,
            name=scope,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )


__all__ = ["match_filenames_once", "matching_files", "read_file", "write_file"]
