"""What the operating system says of files, in TensorFlow's error classes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from recell.graph import errors

_ERRORS: tuple[tuple[type[OSError], Callable[..., errors.OpError]], ...] = (
    (FileNotFoundError, errors.NotFoundError),
    (FileExistsError, errors.AlreadyExistsError),
    (PermissionError, errors.PermissionDeniedError),
    (IsADirectoryError, errors.FailedPreconditionError),
    (NotADirectoryError, errors.FailedPreconditionError),
    (OSError, errors.UnknownError),
)


@contextlib.contextmanager
def translated_errors(path: Any) -> Iterator[None]:
    """Turns an OSError about `path` into TensorFlow's class for it."""
    try:
        yield
    except OSError as error:
        kind = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
        raise kind(None, None, f"{os.fspath(path)}; {error.strerror or error}") from None
