"""The graph's lists of variables, and operations that initialize them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Operation


def global_variables(scope: str | None = None) -> list[Any]:
    """Variables that checkpoints hold. `scope` is a pattern that names must start with. TF: `tf.global_variables`."""
    return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def all_variables() -> list[Any]:
    """The older name of `global_variables`. TF symbol: `tf.all_variables`."""
    return global_variables()


def trainable_variables(scope: str | None = None) -> list[Any]:
    """Variables that optimizers change. TF symbol: `tf.trainable_variables`."""
    return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Any]:
    """Variables of one process (counters of epochs, metrics). TF symbol: `tf.local_variables`."""
    return get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Any]:
    """Variables needed for inference. TF symbol: `tf.model_variables`."""
    return get_default_graph().get_collection(GraphKeys.MODEL_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Any]:
    """Variables that have a moving average. TF symbol: `tf.moving_average_variables`."""
    return get_default_graph().get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def metric_variables(scope: str | None = None) -> list[Any]:
    """Variables that hold the state of metrics."""
    return get_default_graph().get_collection(GraphKeys.METRIC_VARIABLES, scope)


def _all_saveable_objects(scope: str | None = None) -> list[Any]:
    """What a checkpoint holds by default: the global variables, and other objects that know how to be saved."""
    return global_variables(scope) + get_default_graph().get_collection(GraphKeys.SAVEABLE_OBJECTS, scope)


def variables_initializer(var_list: Iterable[Any] | None, name: str = "init") -> Operation:
    """An operation that sets the initial values of all of `var_list`. TF symbol: `tf.variables_initializer`."""
    graph = get_default_graph()
    initializers = [variable.initializer for variable in var_list or ()]
    with graph.control_dependencies(initializers):
        return graph.create_op("NoOp", [], {}, name, dtypes=[], shapes=[])


def global_variables_initializer() -> Operation:
    """An operation that sets the initial values of the global variables. TF: `tf.global_variables_initializer`."""
    return variables_initializer(global_variables())


def local_variables_initializer() -> Operation:
    """An operation that sets the initial values of the local variables. TF: `tf.local_variables_initializer`."""
    return variables_initializer(local_variables())


def initialize_variables(var_list: Sequence[Any], name: str = "init") -> Operation:
    """The older name of `variables_initializer`. TF symbol: `tf.initialize_variables`."""
    return variables_initializer(var_list, name=name)


def initialize_all_variables() -> Operation:
    """The older name of `global_variables_initializer`. TF symbol: `tf.initialize_all_variables`."""
    return global_variables_initializer()


def initialize_local_variables() -> Operation:
    """The older name of `local_variables_initializer`. TF symbol: `tf.initialize_local_variables`."""
    return local_variables_initializer()


__all__ = [
    "all_variables",
    "global_variables",
    "global_variables_initializer",
    "initialize_all_variables",
    "initialize_local_variables",
    "initialize_variables",
    "local_variables",
    "local_variables_initializer",
    "metric_variables",
    "model_variables",
    "moving_average_variables",
    "trainable_variables",
    "variables_initializer",
]
