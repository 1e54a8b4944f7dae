"""The error tree against TensorFlow 1.15.0's."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest

from recell.graph import errors

FROM_TF = {
    "CancelledError": ("CANCELLED", 1),
    "UnknownError": ("UNKNOWN", 2),
    "InvalidArgumentError": ("INVALID_ARGUMENT", 3),
    "DeadlineExceededError": ("DEADLINE_EXCEEDED", 4),
    "NotFoundError": ("NOT_FOUND", 5),
    "AlreadyExistsError": ("ALREADY_EXISTS", 6),
    "PermissionDeniedError": ("PERMISSION_DENIED", 7),
    "ResourceExhaustedError": ("RESOURCE_EXHAUSTED", 8),
    "FailedPreconditionError": ("FAILED_PRECONDITION", 9),
    "AbortedError": ("ABORTED", 10),
    "OutOfRangeError": ("OUT_OF_RANGE", 11),
    "UnimplementedError": ("UNIMPLEMENTED", 12),
    "InternalError": ("INTERNAL", 13),
    "UnavailableError": ("UNAVAILABLE", 14),
    "DataLossError": ("DATA_LOSS", 15),
    "UnauthenticatedError": ("UNAUTHENTICATED", 16),
}


@pytest.mark.parametrize("name", FROM_TF)
def test_class(name: str) -> None:
    constant, code = FROM_TF[name]
    cls = getattr(errors, name)
    assert cls.__mro__[1:] == (errors.OpError, Exception, BaseException, object)
    assert getattr(errors, constant) == code
    assert errors.exception_type_from_error_code(code) is cls
    assert errors.error_code_from_exception_type(cls) == code
    error = cls(None, None, "gone")
    assert (error.node_def, error.op, error.message, error.error_code) == (None, None, "gone", code)
    assert str(error) == "gone"
    assert repr(error) == f"{name}()"
    assert error.args == ()
    for twin in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(twin) is cls
        assert (twin.message, twin.error_code) == ("gone", code)


def test_tree_in_docstring_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    classes = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert len(classes) == len(FROM_TF) + 2
    for cls in classes:
        assert f"+-- {cls.__name__} " in drawn


def test_given_code() -> None:
    assert errors.OpError(None, None, "m", 3).error_code == 3
    assert errors.UnknownError(None, None, "m", 77).error_code == 77
    assert pickle.loads(pickle.dumps(errors.UnknownError(None, None, "m", 77))).error_code == 77


def test_text_tells_where_the_operation_was_made(tmp_path: Path) -> None:
    file = tmp_path / "c.py"
    file.write_text("op = tf.constant(1.)\n  op = tf.identity(op)\n")
    first = SimpleNamespace(name="foo", traceback=[(str(file), 1, "<module>")])
    second = SimpleNamespace(name="bar", traceback=[("<stdin>", 3, "f"), (str(file), 2, "g")], _original_op=first)
    error = errors.InternalError(None, second, "mm")
    assert error.message == "mm"
    assert str(error) == (
        "mm\n\nOriginal stack trace for 'bar':\n"
        '  File "<stdin>", line 3, in f\n'
        f'  File "{file}", line 2, in g\n    op = tf.identity(op)\n'
        "\n...which was originally created as op 'foo', defined at:\n"
        f'  File "{file}", line 1, in <module>\n    op = tf.constant(1.)\n'
    )


def test_unknown_codes_and_classes() -> None:
    for code in (0, 99):
        with pytest.raises(KeyError):
            errors.exception_type_from_error_code(code)
    with pytest.warns(UserWarning, match="ValueError has no error code"):
        assert errors.error_code_from_exception_type(ValueError) == errors.UNKNOWN


def test_status() -> None:
    with errors.raise_exception_on_not_ok_status() as status:
        assert status.code == errors.OK
    with pytest.raises(errors.NotFoundError, match="no such file"), errors.raise_exception_on_not_ok_status() as status:
        status.set(errors.NOT_FOUND, "no such file")
    with pytest.raises(ZeroDivisionError):
        _fail_with_status()


def _fail_with_status() -> None:
    with errors.raise_exception_on_not_ok_status() as status:
        status.set(errors.NOT_FOUND, "no such file")
        raise ZeroDivisionError
