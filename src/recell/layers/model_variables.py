"""Variables for `arg_scope`. TF symbols: `tf.contrib.framework.model_variable` and its kin, also in `slim`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from recell.graph import dtypes
from recell.graph.core import device as on_device
from recell.graph.keys import GraphKeys
from recell.graph.variable_options import VariableAggregation, VariableSynchronization
from recell.graph.variable_scope import get_variable, get_variable_scope
from recell.graph.variables import Variable
from recell.layers.arg_scope import add_arg_scope


@add_arg_scope
def variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Iterable[Any] | None = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Callable[..., Any] | None = None,
    use_resource: bool | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """`tf.get_variable` with a device, for `arg_scope`. TF symbol: `tf.contrib.framework.variable`.

    `collections` are those that the variable joins instead of the global variables. `custom_getter` is called in place
    of `tf.get_variable`, with its keyword arguments. The rest is as in `tf.get_variable`.
    """
    keys = list(dict.fromkeys([GraphKeys.GLOBAL_VARIABLES] if collections is None else collections))
    getter: Callable[..., Any] = get_variable
    if custom_getter is not None:
        getter = functools.partial(custom_getter, reuse=get_variable_scope().reuse)
    with on_device(device or ""):
        return getter(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=keys,
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )


@add_arg_scope
def model_variable(
    name: str,
    shape: Any = None,
    dtype: Any = dtypes.float32,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Iterable[Any] | None = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Callable[..., Any] | None = None,
    use_resource: bool | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """`variable`, in the collections of global and of model variables besides `collections`.

    TF symbol: `tf.contrib.framework.model_variable`.
    """
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=[*(collections or ()), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES],
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def local_variable(
    initial_value: Any, validate_shape: bool = True, name: str | None = None, use_resource: bool | None = None
) -> Any:
    """A local variable, not trainable. TF symbol: `tf.contrib.framework.local_variable`."""
    keys = [GraphKeys.LOCAL_VARIABLES]
    return Variable(initial_value, False, keys, validate_shape, name=name, use_resource=use_resource)


def global_variable(
    initial_value: Any, validate_shape: bool = True, name: str | None = None, use_resource: bool | None = None
) -> Any:
    """A global variable, not trainable. TF symbol: `tf.contrib.framework.global_variable`."""
    keys = [GraphKeys.GLOBAL_VARIABLES]
    return Variable(initial_value, False, keys, validate_shape, name=name, use_resource=use_resource)


__all__ = ["global_variable", "local_variable", "model_variable", "variable"]
