"""What programs with cells and drivers of their own borrow from TensorFlow's modules `rnn_cell_impl` and `rnn`.

The names there begin with an underscore (`_concat`, `_rnn_step`, ...), and copies of TensorFlow's cells use them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor, is_tensor_like
from recell.graph.dtypes import DType, as_dtype, int32
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.static import constant_value_as_shape
from recell.graph.tensor import Tensor
from recell.graph.variable_scope import get_variable
from recell.ops.array_join import concat, stack, unstack
from recell.ops.array_order import reverse_sequence
from recell.ops.comparison import where
from recell.ops.tensor_array import TensorArray
from recell.rnn.step import check_dtype

WEIGHTS, BIAS = "kernel", "bias"
"""What cells call their variables: `_WEIGHTS_VARIABLE_NAME` and `_BIAS_VARIABLE_NAME`."""

NOT_A_CELL = "is not an RNNCell"
"""In the message for what is no cell: `ASSERT_LIKE_RNNCELL_ERROR_REGEXP`."""


def join_sizes(prefix: Any, suffix: Any, static: bool = False) -> Any:
    """The sizes in `prefix` and then those in `suffix`: each an int, a list, a TensorShape, or an integer tensor.

    TF symbol: `_concat`. Returns an int32 vector; with `static` a list of ints, None where they are not all known.
    Raises ValueError for a size of None, unless `static`, and for a tensor that is neither scalar nor vector.
    """
    parts = [_sizes(part, name) for part, name in ((prefix, "prefix"), (suffix, "suffix"))]
    if static:
        known = as_shape(parts[0][0]).concatenate(as_shape(parts[1][0]))
        return known.as_list() if known.is_fully_defined() else None
    if any(tensor is None for _, tensor in parts):
        raise ValueError(f"Provided a prefix or suffix of None: {prefix} and {suffix}")
    return concat([tensor for _, tensor in parts], 0)


def _sizes(part: Any, name: str) -> tuple[TensorShape, Tensor | None]:
    """The sizes as far as they are known, and as a vector; None for a vector of sizes that are not known."""
    if not is_tensor_like(part):
        shape = as_shape(part if isinstance(part, (list, tuple, TensorShape)) else [part])
        return shape, convert_to_tensor(shape.as_list(), int32) if shape.is_fully_defined() else None
    tensor = convert_to_tensor(part)
    if tensor.shape.ndims == 0:
        tensor = stack([tensor])
    elif tensor.shape.ndims != 1:
        raise ValueError(f"{name} tensor must be either a scalar or vector, but saw tensor: {part}")
    return constant_value_as_shape(tensor), tensor


def infer_state_dtype(explicit_dtype: Any, state: Any) -> DType:
    """`explicit_dtype`, or else the dtype that all tensors of a nested `state` have; without nesting, its own.

    TF symbol: `_infer_state_dtype`. Raises ValueError for an empty state and for tensors of several dtypes.
    """
    if explicit_dtype is not None:
        return as_dtype(explicit_dtype)
    if not nest.is_sequence(state):
        return state.dtype
    kinds = [leaf.dtype for leaf in nest.flatten(state)]
    if not kinds:
        raise ValueError("Unable to infer dtype from empty state.")
    if any(kind != kinds[0] for kind in kinds):
        raise ValueError(
            "State has tensors of different inferred_dtypes. Unable to infer a single representative dtype."
        )
    return kinds[0]


def known_shape(shape: Any) -> TensorShape:
    """`shape` as a TensorShape, an integer vector as far as its value is known.

    TF symbol: `_maybe_tensor_shape_from_tensor`.
    """
    return constant_value_as_shape(shape) if isinstance(shape, Tensor) else as_shape(shape)


def should_cache() -> bool:
    """Whether a driver keeps copies of variables on its device: graphs always do. TF symbol: `_should_cache`."""
    return True


def is_keras_cell(cell: Any) -> bool:
    """Whether `cell` is called as Keras' are: with a list of states, and without `zero_state`.

    TF symbol: `_is_keras_rnn_cell`.
    """
    return not hasattr(cell, "zero_state")


def check_dtypes(inputs: Any) -> None:
    """ValueError unless cells compute in the dtype of every tensor of the nested `inputs`.

    TF symbol: `_check_rnn_cell_input_dtypes`.
    """
    for leaf in nest.flatten(inputs):
        check_dtype(leaf.dtype)


def check_supported_dtype(dtype: Any) -> None:
    """ValueError unless cells compute in `dtype`; None is any. TF symbol: `_check_supported_dtypes`."""
    check_dtype(None if dtype is None else as_dtype(dtype).base_dtype)


def rnn_step(
    time: Any,
    sequence_length: Any,
    min_sequence_length: Any,
    max_sequence_length: Any,
    zero_output: Any,
    state: Any,
    call_cell: Callable[[], tuple[Any, Any]],
    state_size: Any,
    skip_conditionals: bool = False,
) -> tuple[Any, Any]:
    """One step of a driver: `call_cell()` where the row goes on, `zero_output` and the old state where it is over.

    TF symbol: `_rnn_step`. `time` is a scalar, `sequence_length` `[batch]`; `state` is nested as `state_size`. The
    bounds on the lengths and `skip_conditionals` say only when TensorFlow leaves the cell or the choice out.
    """
    output, new_state = call_cell()
    nest.assert_same_structure(state, new_state)
    over = convert_to_tensor(time) >= sequence_length
    outputs = [
        _chosen(over, old, new) for old, new in zip(nest.flatten(zero_output), nest.flatten(output), strict=True)
    ]
    states = [_chosen(over, old, new) for old, new in zip(nest.flatten(state), nest.flatten(new_state), strict=True)]
    return nest.pack_sequence_as(zero_output, outputs), nest.pack_sequence_as(state, states)


def _chosen(over: Tensor, old: Any, new: Any) -> Any:
    if isinstance(new, TensorArray) or new.shape.ndims == 0:
        return new
    chosen = where(over, convert_to_tensor(old), new)
    chosen.set_shape(new.shape)
    return chosen


def reversed_steps(input_seq: Sequence[Any], lengths: Any) -> list[Any]:
    """The steps, each `[batch, ...]` in any nesting, from the last to the first of each row: the rest stays behind.

    TF symbol: `_reverse_seq`. `lengths` `[batch]`, or None for rows that all go to the end.
    """
    if lengths is None:
        return list(reversed(input_seq))
    columns = []
    for column in zip(*(nest.flatten(step) for step in input_seq), strict=True):
        joined = reverse_sequence(stack(list(column)), lengths, seq_axis=0, batch_axis=1)
        columns.append(unstack(joined, num=len(column)))
    flat = zip(*columns, strict=True)
    return [nest.pack_sequence_as(step, list(leaves)) for step, leaves in zip(input_seq, flat, strict=True)]


def concat_variable(name: str, shape: Sequence[int], dtype: Any, num_shards: int) -> Any:
    """A variable of `shape`, as a tensor, made of `num_shards` ones that share its rows: `<name>_0`, ...

    TF symbol: `_get_concat_variable`. ValueError for more shards than rows.
    """
    parts = sharded_variable(name, shape, dtype, num_shards)
    return parts[0] if len(parts) == 1 else concat(parts, 0, name=f"{name}/concat")


def sharded_variable(name: str, shape: Sequence[int], dtype: Any, num_shards: int) -> list[Any]:
    """The variables of `concat_variable`, `[rows / num_shards, ...]` each. TF symbol: `_get_sharded_variable`."""
    if num_shards > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={num_shards}")
    size, larger = divmod(int(shape[0]), num_shards)
    rows = [size + (k < larger) for k in range(num_shards)]
    return [get_variable(f"{name}_{k}", [n, *shape[1:]], dtype=dtype) for k, n in enumerate(rows)]


__all__ = [
    "check_dtypes",
    "check_supported_dtype",
    "concat_variable",
    "infer_state_dtype",
    "is_keras_cell",
    "join_sizes",
    "known_shape",
    "reversed_steps",
    "rnn_step",
    "sharded_variable",
    "should_cache",
]
