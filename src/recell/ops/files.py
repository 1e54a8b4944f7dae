"""Files as operations. Symbols: `tf.read_file`, `tf.write_file`, `tf.matching_files`, ..."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from recell.graph.core import name_scope
from recell.graph.keys import GraphKeys
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.variables import Variable
from recell.ops._kernels import as_strings, bracketed, invalid
from recell.ops.op import STRING, op
from recell.ops.parsing_columns import as_array, filled
from recell.platform.gfile import translated_errors

if TYPE_CHECKING:
    from torch import Tensor

_WILD = re.compile(r"[*?\[\\]")


def _scalars(i: Inference) -> TensorShape:
    for shape in i.shapes():
        if shape.ndims:
            raise i.mismatch(f"Shape must be rank 0 but is rank {shape.ndims}")
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


def matching_names(pattern: str) -> list[str]:
    """The files and folders whose names match, hidden ones too, in order.

    `*`, `?` and `[...]` stand for characters other than `/`, a backslash takes what follows as it is. NotFoundError
    when the folder before the first of these is missing, and the pattern has any.
    """
    wild = _WILD.search(pattern)
    folder = os.path.dirname(pattern[: wild.start()] if wild else pattern)
    rest = pattern[len(folder) :].lstrip("/") if folder != "/" else pattern[1:]
    folder = folder or "."
    if not rest:
        return []
    if wild:
        with translated_errors(folder):
            os.listdir(folder)
    found = [folder]
    for part in rest.split("/"):
        matches = re.compile(_expression(part), re.DOTALL).fullmatch
        found = [os.path.join(parent, name) for parent in found for name in _children(parent) if matches(name)]
    return sorted(found)


def _children(folder: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from os.listdir(folder)


def _expression(part: str) -> str:
    """A pattern for the names in one folder as a regular expression."""
    found = []
    rest = part
    while rest:
        one = re.match(r"\\(.)|\[([!^]?)(\]?[^\]]*)\]|(.)", rest, re.DOTALL)
        if one is None:  # a lone backslash at the end
            return r"(?!)"
        escaped, negated, members, plain = one.groups()
        if members is not None:
            inside = members.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
            found.append(f"[{'^' if negated else ''}{inside}]")
        elif escaped is not None:
            found.append(re.escape(escaped))
        elif plain == "[":
            return r"(?!)"
        else:
            found.append({"*": ".*", "?": "."}.get(plain, re.escape(plain)))
        rest = rest[one.end() :]
    return "".join(found)


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
def matching_files(ctx: Any, pattern: Tensor) -> Tensor:
    """The names of all files that match a pattern, or any of several, sorted `[n]`. TF symbol: `tf.matching_files`.

    `*`, `?` and `[...]` stand for characters of one folder's names. When run: NotFoundError when the folder in which
    to look is missing.
    """
    patterns = as_array(pattern)
    if patterns.ndim > 1:
        raise invalid(f"Input patterns tensor must be scalar or vector, but had shape: {bracketed(patterns)}")
    return filled(_all_matching(patterns.ravel()))  # type: ignore[return-value]


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
