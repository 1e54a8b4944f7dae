"""What the one-step operations of the known cells share: shape rules and checks, in TF1's wording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor

KINDS = frozenset(
    {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128}
)
"""The dtypes that a cell computes in."""

Size = int | None


def check_dtype(dtype: Any) -> None:
    """ValueError unless a cell can compute in `dtype` (None: not known yet)."""
    if dtype is not None and not (dtype.is_floating or dtype.is_complex):
        raise ValueError(f"RNN cell only supports floating point inputs, but saw dtype: {dtype.base_dtype}")


def check_step_inputs(x: Tensor, h: Tensor, kernel: Any) -> None:
    """The dtypes of input, state and weights: ValueError for integers, TypeError where they differ."""
    for tensor in (x, h):
        check_dtype(tensor.dtype)
    a, b, weights = (tensor.dtype.base_dtype for tensor in (x, h, kernel))
    if a is not b:
        raise TypeError(
            f"Tensors in list passed to 'values' of 'ConcatV2' Op have types [{a.name}, {b.name}] that don't all "
            f"match. (input {x.name}, state {h.name}: use tf.cast, or another dtype= for the state)"
        )
    if weights is not a:
        raise TypeError(
            f"Input 'b' of 'MatMul' Op has type {weights.name} that does not match type {a.name} of argument 'a'. "
            f"(weights of the cell, input {x.name}: use tf.cast, or another dtype= for the cell)"
        )


def joined_batch(i: Inference, *keys: str) -> Size:
    """The batch size of input and states. ValueError when two of them differ."""
    found: Size = None
    for key in keys:
        dims = i.shape(key).tuple
        if dims is None:
            continue
        if len(dims) != 2:
            raise ValueError(f"Shape must be rank 2 but is rank {len(dims)} {_concat(i, keys)}.")
        if dims[0] is None or dims[0] == found:
            continue
        if found is not None:
            raise ValueError(
                f"Dimension 0 in both shapes must be equal, but are {found} and {dims[0]}. Shapes are [{found}] and "
                f"[{dims[0]}]. {_concat(i, keys)} and with computed input tensors: input[{len(keys)}] = <1>."
            )
        found = dims[0]
    return found


def _concat(i: Inference, keys: Sequence[str]) -> str:
    """How TF1 describes the joining of these inputs, which a step begins with."""
    shapes = ", ".join(brackets(i.shape(key)) for key in keys)
    return f"for '{_scope(i)}concat' (op: 'ConcatV2') with input shapes: {shapes}, []"


def check_product(i: Inference, x: str, h: str, kernel: str) -> TensorShape:
    """The shape of `[x, h] @ kernel`. ValueError when the depths do not add up to the kernel's rows."""
    batch = joined_batch(i, x, h)
    rows, columns = _two(i.shape(kernel))
    depths = [_two(i.shape(key))[1] for key in (x, h)]
    if None not in depths and rows is not None and sum(depths) != rows:  # type: ignore[arg-type]
        total = sum(depths)  # type: ignore[arg-type]
        raise ValueError(
            f"Dimensions must be equal, but are {total} and {rows} for '{_scope(i)}MatMul' (op: 'MatMul') with input "
            f"shapes: {brackets(TensorShape.of((batch, total)))}, {brackets(i.shape(kernel))}."
        )
    return TensorShape.of((batch, columns))


def check_memory(i: Inference, c: str, gate: TensorShape, name: str) -> Size:
    """The batch of a gate of that shape times the memory `c`; `name` is TF1's of the product. ValueError as there.

    It is `memory * gate` where TF1 calls it `Mul`, and `gate * memory` where it calls it `mul`.
    """
    if i.shape(c).ndims not in (None, 2):
        raise i.mismatch(f"Shape must be rank 2 but is rank {i.shape(c).ndims}")
    shapes = [gate, i.shape(c)] if name == "mul" else [i.shape(c), gate]
    for a, b in zip(*map(_two, shapes), strict=True):
        if a != b and None not in (a, b) and 1 not in (a, b):
            raise ValueError(
                f"Dimensions must be equal, but are {a} and {b} for '{_scope(i)}{name}' (op: 'Mul') with input "
                f"shapes: {brackets(shapes[0])}, {brackets(shapes[1])}."
            )
    rows = _two(gate)[0], _two(i.shape(c))[0]
    return next((n for n in rows if n not in (None, 1)), rows[0])


def lstm_step_sizes(i: Inference, product: str = "mul") -> tuple[Size, Size]:
    """Batch and units of an LSTM step's inputs x, c, h and kernel, once they are known to go together.

    `product` is TF1's name for that of memory and forget gate.
    """
    batch, columns = check_product(i, "x", "h", "kernel").as_list()
    units = None if columns is None else columns // 4
    return check_memory(i, "c", TensorShape.of((batch, units)), product), units


def _two(shape: TensorShape) -> Sequence[Size]:
    return (None, None) if shape.tuple is None else shape.tuple


def _scope(i: Inference) -> str:
    """The name scope of the operation, for errors that name the product inside of it."""
    head, slash, _ = i._op_name.rpartition("/")
    return head + slash


__all__ = ["KINDS", "check_dtype", "check_product", "check_step_inputs", "joined_batch", "lstm_step_sizes"]
