"""What running a graph raises: the `tf.errors` tree, one class for each error code of TensorFlow's runtime.

    Exception
    +-- OpError                      any of the below: message, op, node_def, error_code
    |   +-- CancelledError            1  the operation or step was cancelled
    |   +-- UnknownError              2  anything without a better class
    |   +-- InvalidArgumentError      3  a value or shape that an operation cannot take
    |   +-- DeadlineExceededError     4  a time limit passed
    |   +-- NotFoundError             5  a file, or a tensor in a checkpoint, is not there
    |   +-- AlreadyExistsError        6  something to be made is there already
    |   +-- PermissionDeniedError     7  the system does not allow it
    |   +-- ResourceExhaustedError    8  out of memory or disk
    |   +-- FailedPreconditionError   9  the state is not ready: a variable was not initialized
    |   +-- AbortedError             10  another party interfered
    |   +-- OutOfRangeError          11  the end of the input was reached
    |   +-- UnimplementedError       12  there is no such operation for this type or device
    |   +-- InternalError            13  an invariant broke
    |   +-- UnavailableError         14  a service cannot be reached
    |   +-- DataLossError            15  a file is damaged
    |   +-- UnauthenticatedError     16  no valid credentials
    +-- TypeError
        +-- OperatorNotAllowedInGraphError  a symbolic tensor was used as a Python bool or iterated over

Mistakes found while a graph is being built are ValueError and TypeError, as in TensorFlow.
"""

from __future__ import annotations

import linecache
import warnings
from types import TracebackType
from typing import Any

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


def _creation_trace(op: Any) -> str:
    """Where the program made `op`, in the layout of a Python traceback; empty if that was not recorded."""
    lines = []
    for file, number, function, *_ in getattr(op, "traceback", None) or ():
        lines.append(f'  File "{file}", line {number}, in {function}\n')
        source = linecache.getline(file, number).strip()
        if source:
            lines.append(f"    {source}\n")
    return "".join(lines)


class OpError(Exception):
    """An error from running an operation (`tf.errors.OpError`, `tf.OpError`).

    Args:
        node_def: serialised form of the operation, or None.
        op: the `Operation` that failed, or None if it is not known.
        message: what went wrong.
        error_code: number of the kind of error, one of this module's constants.
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int) -> None:
        super().__init__()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._node_def, self._op, self._message, self._error_code)

    @property
    def message(self) -> str:
        """What went wrong, without the place where the operation was made."""
        return self._message

    @property
    def op(self) -> Any:
        """The operation that failed, None if not known."""
        return self._op

    @property
    def error_code(self) -> int:
        """Number of the kind of error."""
        return self._error_code

    @property
    def node_def(self) -> Any:
        """Serialised form of the operation that failed, None if not known."""
        return self._node_def

    def __str__(self) -> str:
        if self._op is None:
            return self._message
        lines = [f"{self._message}\n\nOriginal stack trace for {self._op.name!r}:\n", _creation_trace(self._op)]
        # A gradient or another rewritten operation remembers the one it was made from.
        seen, original = {id(self._op)}, getattr(self._op, "_original_op", None)
        while original is not None and id(original) not in seen:
            seen.add(id(original))
            lines.append(f"\n...which was originally created as op {original.name!r}, defined at:\n")
            lines.append(_creation_trace(original))
            original = getattr(original, "_original_op", None)
        return "".join(lines)


def _restore(cls: type[OpError], node_def: Any, op: Any, message: str, error_code: int) -> OpError:
    """The pickled error again, whatever arguments its class takes."""
    error = cls.__new__(cls)
    OpError.__init__(error, node_def, op, message, error_code)
    return error


class CancelledError(OpError):
    """The operation or step was cancelled, for example because its session or coordinator closed."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, CANCELLED)


class UnknownError(OpError):
    """An error that fits no other class."""

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int = UNKNOWN) -> None:
        super().__init__(node_def, op, message, error_code)


class InvalidArgumentError(OpError):
    """An operation received a value or shape it cannot take, or a placeholder was not fed."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, INVALID_ARGUMENT)


class DeadlineExceededError(OpError):
    """A time limit passed before the operation ended."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, DEADLINE_EXCEEDED)


class NotFoundError(OpError):
    """A file, or a tensor in a checkpoint, does not exist."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, NOT_FOUND)


class AlreadyExistsError(OpError):
    """Something that was to be made exists already."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, ALREADY_EXISTS)


class PermissionDeniedError(OpError):
    """The system does not allow the program to do this."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, PERMISSION_DENIED)


class ResourceExhaustedError(OpError):
    """Memory or disk space ran out."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, RESOURCE_EXHAUSTED)


class FailedPreconditionError(OpError):
    """The state is not ready for this operation, for example a variable is not initialized."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, FAILED_PRECONDITION)


class AbortedError(OpError):
    """The operation gave up because another one interfered."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, ABORTED)


class OutOfRangeError(OpError):
    """The end of the input was reached: a dataset or queue has no further element."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, OUT_OF_RANGE)


class UnimplementedError(OpError):
    """The operation does not exist for this type, layout or device."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, UNIMPLEMENTED)


class InternalError(OpError):
    """Something that must always hold did not."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, INTERNAL)


class UnavailableError(OpError):
    """A service cannot be reached at present."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, UNAVAILABLE)


class DataLossError(OpError):
    """A file is damaged or cut short."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, DATA_LOSS)


class UnauthenticatedError(OpError):
    """The request carries no valid credentials."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, UNAUTHENTICATED)


class OperatorNotAllowedInGraphError(TypeError):
    """A symbolic tensor was used where Python needs a value: as a bool, or to iterate over."""


_CLASS_OF_CODE: dict[int, type[OpError]] = {
    CANCELLED: CancelledError,
    UNKNOWN: UnknownError,
    INVALID_ARGUMENT: InvalidArgumentError,
    DEADLINE_EXCEEDED: DeadlineExceededError,
    NOT_FOUND: NotFoundError,
    ALREADY_EXISTS: AlreadyExistsError,
    PERMISSION_DENIED: PermissionDeniedError,
    RESOURCE_EXHAUSTED: ResourceExhaustedError,
    FAILED_PRECONDITION: FailedPreconditionError,
    ABORTED: AbortedError,
    OUT_OF_RANGE: OutOfRangeError,
    UNIMPLEMENTED: UnimplementedError,
    INTERNAL: InternalError,
    UNAVAILABLE: UnavailableError,
    DATA_LOSS: DataLossError,
    UNAUTHENTICATED: UnauthenticatedError,
}
_CODE_OF_CLASS: dict[type[BaseException], int] = {cls: code for code, cls in _CLASS_OF_CODE.items()}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The class for an error code. Raises KeyError for `OK` and for numbers that are no code."""
    return _CLASS_OF_CODE[error_code]


def error_code_from_exception_type(cls: type[BaseException]) -> int:
    """The code of an `OpError` class, `UNKNOWN` (with a warning) for any other class."""
    code = _CODE_OF_CLASS.get(cls)
    if code is None:
        warnings.warn(f"{cls.__name__} has no error code of its own: answering UNKNOWN.", stacklevel=2)
        return UNKNOWN
    return code


class Status:
    """Outcome of a step of work: an error code, `OK` until `set`, and a message."""

    def __init__(self) -> None:
        self.code = OK
        self.message = ""

    def set(self, code: int, message: str) -> None:
        """Records the outcome."""
        self.code = code
        self.message = message


class raise_exception_on_not_ok_status:
    """Context manager that gives a `Status` and, on leaving, raises the error that was set in it, if any."""

    def __enter__(self) -> Status:
        self._status = Status()
        return self._status

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An exception already under way tells more than the status.
        if kind is None and self._status.code != OK:
            raise exception_type_from_error_code(self._status.code)(None, None, self._status.message)  # type: ignore[call-arg]
