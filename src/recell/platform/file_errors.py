"""What the operating system says of files, in TensorFlow's error classes."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from typing import Any

from recell.graph import errors

_ERRORS: tuple[tuple[type[OSError], type[errors.OpError]], ...] = (
    (FileNotFoundError, errors.NotFoundError),
    (FileExistsError, errors.AlreadyExistsError),
    (PermissionError, errors.PermissionDeniedError),
    (IsADirectoryError, errors.FailedPreconditionError),
    (NotADirectoryError, errors.FailedPreconditionError),
)
_BY_NUMBER: dict[int | None, type[errors.OpError]] = {
    errno.ENAMETOOLONG: errors.InvalidArgumentError,
    errno.EINVAL: errors.InvalidArgumentError,
    errno.ENOSPC: errors.ResourceExhaustedError,
    errno.EDQUOT: errors.ResourceExhaustedError,
    errno.EMFILE: errors.ResourceExhaustedError,
    errno.ENFILE: errors.ResourceExhaustedError,
    errno.EFBIG: errors.OutOfRangeError,
    errno.EROFS: errors.PermissionDeniedError,
}


def kind_of(error: OSError) -> Callable[..., errors.OpError]:
    """TensorFlow's class for an error of the operating system."""
    kind = next((ours for theirs, ours in _ERRORS if isinstance(error, theirs)), errors.UnknownError)
    return _BY_NUMBER.get(error.errno, kind)


@contextlib.contextmanager
def translated_errors(path: Any) -> Iterator[None]:
    """Turns an OSError about `path` into TensorFlow's class for it."""
    try:
        yield
    except OSError as error:
        raise kind_of(error)(None, None, f"{os.fspath(path)}; {error.strerror or error}") from None
