"""Errors inside a plan, told in TF1's terms: the operation, and the user's line that made it."""

from __future__ import annotations

from recell.graph import errors
from recell.graph.tensor import Operation


def describe(op: Operation) -> str:
    """`[[node name (defined at file:line)]]`, as TF1 ends its messages."""
    if not op.site:
        return f"\t [[node {op.name}]]"
    file, line, _ = op.site[0]
    return f"\t [[node {op.name} (defined at {file}:{line})]]"


def translate(error: BaseException, op: Operation) -> BaseException:
    """The tf.errors exception for what a kernel raised; errors that are no fault of a value are left as they are."""
    if isinstance(error, errors.OpError):
        if error.op is None or "[[node" not in (error.message or ""):
            return type(error)(op.node_def, op, f"{error.message}\n{describe(op)}")
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
