"""Products with the joined inputs, for users' own cells: `_linear` and `_Linear` of TensorFlow's `rnn_cell_impl`."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.graph.variable_scope_object import VariableScope
from recell.ops.array_join import concat
from recell.ops.initializers import Constant, Zeros
from recell.ops.linalg import matmul
from recell.ops.nn_dense import bias_add


class Linear:
    """`concat(args, 1) @ kernel + bias`, with variables `kernel` and `bias` made at once in the current scope.

    TF symbol: `_Linear` of `tensorflow.contrib.rnn.python.ops.core_rnn_cell`.

    Args:
      args: a tensor `[batch, n]` or a list of them, of which only shapes and dtype matter here.
      output_size: columns of the result.
      build_bias: whether there is a bias; it starts as `bias_initializer` says, with zeros by default.
      kernel_initializer: the scope's unless given.

    Raises ValueError for no tensors, another rank than 2, or an unknown depth.
    """

    def __init__(
        self,
        args: Any,
        output_size: int,
        build_bias: bool,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        tensors = _tensors(args)
        depth = _total_depth(tensors)
        dtype = tensors[0].dtype.base_dtype
        with variable_scope(get_variable_scope()):
            self._weights = get_variable("kernel", [depth, output_size], dtype=dtype, initializer=kernel_initializer)
            self._biases = whole_bias(output_size, dtype, bias_initializer) if build_bias else None

    def __call__(self, args: Any) -> Any:
        tensors = _tensors(args)
        joined = tensors[0] if len(tensors) == 1 else concat(tensors, 1)
        product = matmul(joined, self._weights)
        return product if self._biases is None else bias_add(product, self._biases)


def linear(
    args: Any,
    output_size: int,
    bias: bool,
    bias_initializer: Any = None,
    kernel_initializer: Any = None,
    bias_start: float | None = None,
    scope: Any = None,
) -> Any:
    """`Linear(...)(args)`: `[batch, output_size]`. TF symbol: `_linear`.

    Up to 1.0 the fourth argument was `bias_start`, a number, and the fifth `scope`, a variable scope or its name; both
    are understood there, and by name.
    """
    if isinstance(bias_initializer, (int, float)):
        bias_start, bias_initializer = bias_initializer, None
    if isinstance(kernel_initializer, (str, VariableScope)):
        scope, kernel_initializer = kernel_initializer, None
    if bias_start is not None:
        bias_initializer = Constant(bias_start)
    with contextlib.nullcontext() if scope is None else variable_scope(scope):
        return Linear(args, output_size, bias, bias_initializer, kernel_initializer)(args)


def whole_bias(size: int, dtype: Any, initializer: Any = None) -> Any:
    """The variable `bias` `[size]`, zeros at first, in one part whatever the scope's partitioner."""
    with variable_scope(get_variable_scope()) as scope:
        scope.set_partitioner(None)
        return get_variable("bias", [size], dtype, initializer=Zeros() if initializer is None else initializer)


def _tensors(args: Any) -> list[Any]:
    if args is None or (nest.is_sequence(args) and not args):
        raise ValueError("`args` must be specified")
    return [convert_to_tensor(arg) for arg in (args if nest.is_sequence(args) else [args])]


def _total_depth(tensors: Sequence[Any]) -> int:
    total = 0
    for tensor in tensors:
        dims = tensor.shape.tuple
        if dims is None or len(dims) != 2:
            raise ValueError(f"linear is expecting 2D arguments: {[t.shape for t in tensors]}")
        if dims[1] is None:
            raise ValueError(f"linear expects shape[1] to be provided for shape {tensor.shape}, but saw {dims[1]}")
        total += dims[1]
    return total


__all__ = ["Linear", "linear", "whole_bias"]
