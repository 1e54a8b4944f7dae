"""The global step: a variable that counts the steps of training, found by its collection or its name."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.core import get_default_graph
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Tensor
from recell.graph.variable_options import VariableAggregation
from recell.graph.variable_scope import get_variable
from recell.graph.variables import Variable
from recell.ops.initializers import Zeros


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of steps so far in a session. TF symbol: `tf.train.global_step`.

    The tensor may have any shape of one element. TypeError for more.
    """
    value = np.asarray(sess.run(global_step_tensor))
    return int(value.item() if value.size == 1 else value)


def get_global_step(graph: Graph | None = None) -> Any:
    """The global step of the graph, None when it has none (or several). TF symbol: `tf.train.get_global_step`.

    It is what the collection `global_step` holds, else the tensor called `global_step:0`. TypeError when that is no
    integer scalar.
    """
    graph = get_default_graph() if graph is None else graph
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) == 1:
        step = found[0]
    elif found:
        logging.getLogger("tensorflow").error("Multiple tensors in global_step collection.")
        return None
    else:
        try:
            step = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(step)
    return step


def create_global_step(graph: Graph | None = None) -> Any:
    """Makes the global step, an int64 variable under the current variable scope. ValueError when there is one."""
    graph = get_default_graph() if graph is None else graph
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=Zeros(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
            aggregation=VariableAggregation.ONLY_FIRST_REPLICA,
        )


def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The global step, made if there is none. TF symbol: `tf.train.get_or_create_global_step`."""
    graph = get_default_graph() if graph is None else graph
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


def assert_global_step(global_step_tensor: Any) -> None:
    """TypeError unless it is a scalar integer tensor or variable. TF symbol: `tf.train.assert_global_step`."""
    if not isinstance(global_step_tensor, (Variable, Tensor)):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor}.')
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {global_step_tensor.dtype!r}')
    if global_step_tensor.shape.ndims != 0 and global_step_tensor.shape.is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {global_step_tensor.shape}')


def assert_or_get_global_step(graph: Graph | None = None, global_step_tensor: Any = None) -> Any:
    """The given global step, checked, or that of the graph. TF: `tf.contrib.framework.assert_or_get_global_step`."""
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor
