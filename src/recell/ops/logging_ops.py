"""What a running graph tells: `tf.Print`, `tf.print`, `tf.Assert`."""

from __future__ import annotations

import datetime
import pprint
import sys
from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes, errors, nest
from recell.graph.convert import convert_to_tensor, is_tensor_like
from recell.graph.core import name_scope
from recell.graph.tensor import Operation, Tensor
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops._printing import as_array, brief, edges, number
from recell.ops.op import ANY, BOOL, op


@op("Print", shape=rules.unchanged, types={"data": ANY}, view=True, stateful=True)
def _print(
    ctx: Any, input: Tensor, data: list[Tensor], message: str = "", first_n: int = -1, summarize: int = 3
) -> Any:
    count = ctx.state.get("count", 0)
    if first_n < 0 or count < first_n:
        ctx.state["count"] = count + 1
        shown = "".join(f"[{brief(as_array(item), summarize)}]" for item in data)
        sys.stderr.write(f"{message}{shown}\n")
        sys.stderr.flush()
    return input


def Print(
    input_: Any,
    data: Sequence[Any],
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`input_` again; when it is computed, `data` is written to the standard error stream. TF symbol: `tf.Print`.

    Args:
      data: a list of tensors.
      message: written before them.
      first_n: how often a session prints at most; always, if None or negative.
      summarize: how many elements of each tensor to write: 3 if None, all if negative.
    """
    return _print(
        input_,
        list(data),
        message or "",
        -1 if first_n is None else first_n,
        3 if summarize is None else summarize,
        name=name,
    )


def _failed(condition: Any, data: Sequence[Any], summarize: int) -> errors.InvalidArgumentError | None:
    if condition.ndim:
        return invalid(f"In[0] should be a scalar: {list(condition.shape)}")
    if bool(condition):
        return None
    shown = " ".join(f"[{brief(as_array(item), summarize)}]" for item in data)
    return invalid(f"assertion failed: {shown}")


@op("Assert", shape=rules.none, types={"condition": BOOL, "data": ANY}, dtype=lambda i: [], differentiable=False)
def _assert(condition: Tensor, data: list[Tensor], summarize: int = 3) -> None:
    error = _failed(condition, data, summarize)
    if error is not None:
        raise error


def Assert(condition: Any, data: Sequence[Any], summarize: int | None = None, name: str | None = None) -> Operation:
    """An operation that raises InvalidArgumentError, with `data` in its message, unless `condition` holds.

    It must be run, or stand before something that is: `with tf.control_dependencies([tf.Assert(...)])`.
    `summarize` is the number of elements written of each tensor, 3 if None. TF symbol: `tf.Assert`.
    """
    with name_scope(name, "Assert", [condition, *data]):
        items = [convert_to_tensor(item) for item in data]
        # TF1 guards data of other types by a branch, which names the operation.
        plain = all(item.dtype.base_dtype in (dtypes.string, dtypes.int32) for item in items)
        return _assert(
            condition, items, 3 if summarize is None else summarize, name="Assert" if plain else "AssertGuard/Assert"
        )


# -- tf.print -------------------------------------------------------------------------------------------------------

_LEVELS = {"info": "I", "warning": "W", "warn": "W", "error": "E"}
_NUMBERED = {20: "I", 30: "W", 40: "E"}


@op("PrintV2", shape=rules.none, types={"inputs": ANY}, dtype=lambda i: [], stateful=True, differentiable=False)
def _print_v2(ctx: Any, inputs: list[Tensor], pieces: Any, stream: str, end: str, summarize: int) -> None:
    texts = [edges(as_array(item), summarize) for item in inputs]
    _write("".join(piece if isinstance(piece, str) else texts[piece] for piece in pieces) + end, stream)


@op(
    "PrintString",
    shape=rules.none,
    types={"input": dtypes.string},
    dtype=lambda i: [],
    stateful=True,
    differentiable=False,
)
def _print_string(ctx: Any, input: Tensor, stream: str, end: str) -> None:
    _write(number(as_array(input)[()]) + end, stream)


def _write(text: str, stream: str) -> None:
    if stream.startswith("file://"):
        with open(stream[len("file://") :], "a", encoding="utf-8") as file:
            file.write(text)
        return
    if stream in "IWE":
        text = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S.%f}: {stream} recell] {text}\n"
    target = sys.stdout if stream == "stdout" else sys.stderr
    target.write(text)
    target.flush()


def _stream(output_stream: Any) -> str:
    """The name of an output stream. ValueError for what is none."""
    if output_stream is None or output_stream is sys.stderr or output_stream is sys.__stderr__:
        return "stderr"
    if output_stream is sys.stdout or output_stream is sys.__stdout__:
        return "stdout"
    if isinstance(output_stream, str) and output_stream.startswith("file://"):
        return output_stream
    if isinstance(output_stream, int) and output_stream in _NUMBERED:
        return _NUMBERED[output_stream]
    if callable(output_stream) and getattr(output_stream, "__name__", "") in _LEVELS:
        return _LEVELS[output_stream.__name__]
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{output_stream}. Supported streams are sys.stdout, "
        "sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. File needs to be in the form of "
        "'file://<filepath>'."
    )


class _Hole:
    """Stands for a tensor while the structure around it is written."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __repr__(self) -> str:
        return f"\0{self._number}\0"


def _template(values: Sequence[Any]) -> tuple[tuple[str | int, ...], list[Tensor]]:
    """Pieces of text and numbers of tensors, in the order of printing, and the tensors."""
    tensors: list[Tensor] = []

    def hole(leaf: Any) -> Any:
        if not is_tensor_like(leaf):
            return leaf
        tensors.append(convert_to_tensor(leaf))
        return _Hole(len(tensors) - 1)

    words = []
    for value in values:
        if isinstance(value, str):
            words.append(value)
        elif hasattr(value, "dense_shape") and hasattr(value, "indices"):
            parts = [repr(hole(part)) for part in (value.indices, value.values, value.dense_shape)]
            words.append("'SparseTensor(indices={}, values={}, shape={})'".format(*parts))
        elif nest.is_sequence(value):
            words.append(pprint.pformat(nest.map_structure(hole, value)))
        else:
            words.append(pprint.pformat(hole(value)))
    pieces = " ".join(words).split("\0")
    return tuple(int(piece) if k % 2 else piece for k, piece in enumerate(pieces)), tensors


def print_v2(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that writes `inputs` when it runs: tensors, Python values, and nestings of them.

    Keyword arguments: `output_stream` (`sys.stderr`, `sys.stdout`, `tf.logging.info`, `.warning` or `.error`, or
    `"file://PATH"`), `summarize` (how many first and last elements of each axis to write: 3, or all for -1), `end`
    (written last, a new line), `name`. ValueError for any other. TF symbol: `tf.print`.
    """
    output_stream = kwargs.pop("output_stream", None)
    name = kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    end = kwargs.pop("end", "\n")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    stream = _stream(output_stream)
    if len(inputs) == 1 and isinstance(inputs[0], Tensor):
        only = inputs[0]
        if only.dtype.base_dtype is dtypes.string and only.shape.ndims == 0:
            return _print_string(only, stream, end, name=name or "PrintV2")
    pieces, tensors = _template(inputs)
    return _print_v2(tensors, pieces, stream, end, 3 if summarize is None else summarize, name=name)


__all__ = ["Assert", "Print", "print_v2"]
