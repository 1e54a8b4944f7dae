"""The global step as hooks read it: a tensor beside the variable, which a finalized graph already has."""

from __future__ import annotations

from typing import Any

from recell.graph.core import get_default_graph
from recell.graph.variables import Variable
from recell.ops.math_binary import add
from recell.train.training_util import get_global_step

COLLECTION = "global_step_read_op_cache"


def global_step_read() -> Any:
    """What reads the global step, made at the first call; None when the graph has no global step.

    In a run that also changes the step it yields the value from before the change. It has a value (the initial one)
    also where the variable has none yet.
    """
    graph = get_default_graph()
    found = graph.get_collection(COLLECTION)
    if found:
        return found[0]
    step = get_global_step()
    if step is None:
        return None
    with graph.name_scope(None), graph.name_scope(step.op.name + "/"), graph.control_dependencies(None):
        value = step.initialized_value() if isinstance(step, Variable) else step
        read = add(value, 0, name="add")
    graph.add_to_collection(COLLECTION, read)
    return read


def require_global_step_read(user: str) -> Any:
    """`global_step_read`, with a RuntimeError that names the hook when there is no global step."""
    found = global_step_read()
    if found is None:
        raise RuntimeError(f"Global step should be created to use {user}.")
    return found
