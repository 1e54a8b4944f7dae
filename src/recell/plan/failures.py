"""Errors inside a plan, told in TF1's terms: the operation, and the user's line that made it."""

from __future__ import annotations

from typing import Any

from recell.graph import errors
from recell.graph.tensor import Operation


def describe(op: Operation) -> str:
    """`[[node name (defined at file:line)]]`, as TF1 ends its messages."""
    if not op.site:
        return f"\t [[node {op.name}]]"
    file, line, _ = op.site[0]
    return f"\t [[node {op.name} (defined at {file}:{line})]]"


def _retold(error: errors.OpError, op: Operation, message: str) -> errors.OpError:
    """The same error, of the same class, told of `op`."""
    if type(error) is errors.OpError:
        return errors.OpError(op.node_def, op, message, error.error_code)
    kind: Any = type(error)  # whose constructor knows its code
    return kind(op.node_def, op, message)


def translate(error: BaseException, op: Operation) -> BaseException:
    """The tf.errors exception for what a kernel raised; errors that are no fault of a value are left as they are."""
    if isinstance(error, errors.OpError):
        if error.op is None or "[[node" not in (error.message or ""):
            return _retold(error, op, f"{error.message}\n{describe(op)}")
        return error
    message = f"{str(error) or type(error).__name__}\n{describe(op)}"
    if isinstance(error, MemoryError) or "not enough memory" in str(error):
        return errors.ResourceExhaustedError(op.node_def, op, message)
    if isinstance(error, NotImplementedError):
        return errors.UnimplementedError(op.node_def, op, message)
    if isinstance(error, (RuntimeError, ValueError, IndexError, TypeError, ZeroDivisionError)):
        shapes = ", ".join(f"{t.name} {t.shape}" for t in op.inputs)
        return errors.InvalidArgumentError(op.node_def, op, f"{message}\n\t inputs: {shapes}" if shapes else message)
    return error
