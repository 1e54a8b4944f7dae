"""Operations about variables as a whole: which have a value, their value or else their initial one, rows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import constant
from recell.graph.core import get_default_graph, name_scope
from recell.graph.partition import set_joiners
from recell.graph.registry import OpDef, register
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.graph.variable_collections import global_variables, local_variables
from recell.graph.variable_store import set_default_initializers
from recell.graph.variables import Variable
from recell.ops._kernels import string_array
from recell.ops.array_join import concat, split, stack
from recell.ops.array_shape import rank
from recell.ops.initializers import GlorotUniform, Zeros
from recell.ops.operators import overload
from recell.ops.state import count_up_to


def _initialized_value(ctx: Any, default: Any) -> Any:
    value = ctx.resources.cell(ctx.op.attrs["_variable"]).value
    if value is None:
        return default
    # A copy: the variable may be changed in place while this value is still in use.
    return value.clone() if hasattr(value, "clone") else value.copy()


def _uninitialized(ctx: Any) -> np.ndarray:
    return string_array([op.name.encode() for op in ctx.op.attrs["_variables"] if ctx.resources.cell(op).value is None])


register(OpDef("InitializedValue", _initialized_value, differentiable=False, view=True, stateful=True))
register(OpDef("UninitializedVariables", _uninitialized, differentiable=False, stateful=True))


def report_uninitialized_variables(
    var_list: Sequence[Any] | None = None, name: str = "report_uninitialized_variables"
) -> Tensor:
    """Names of the variables that have no value in this session: a string vector.

    Of `var_list`, or of the global and local variables. TF symbol: `tf.report_uninitialized_variables`.
    """
    variables = global_variables() + local_variables() if var_list is None else list(var_list)
    with name_scope(name):
        if not variables:
            return constant([], dtypes.string)
        attrs = {"_variables": [variable.op for variable in variables]}
        op = get_default_graph().create_op(
            "UninitializedVariables", [], attrs, dtypes=[dtypes.string], shapes=[TensorShape.of((None,))]
        )
    return op.outputs[0]


def assert_variables_initialized(var_list: Sequence[Any] | None = None) -> Tensor | None:
    """A tensor that raises FailedPreconditionError when run while one of the variables has no value.

    Of `var_list`, or of the global and local variables; None when there are none.
    TF symbol: `tf.assert_variables_initialized`.
    """
    variables = global_variables() + local_variables() if var_list is None else list(var_list)
    if not variables:
        return None
    graph = get_default_graph()
    ranks = []
    for variable in variables:
        with graph.control_dependencies([variable.read_value()]):
            ranks.append(rank(variable))
    return ranks[0] if len(ranks) == 1 else stack(ranks)


def _count_up_to(self: Variable, limit: int) -> Tensor:
    """Adds one to a scalar integer variable; yields what it was before. OutOfRangeError at `limit`."""
    return count_up_to(self, limit)


overload(Variable)
Variable._override_operator("count_up_to", _count_up_to)
set_joiners(concat, split)
set_default_initializers(GlorotUniform, Zeros)

__all__ = ["assert_variables_initialized", "report_uninitialized_variables"]
