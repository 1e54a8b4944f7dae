"""What functions of tf.contrib.layers share: their scopes, their variables' names, and the collections they fill."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from recell.graph.core import add_to_collection, get_collection_ref
from recell.graph.keys import GraphKeys
from recell.graph.variable_scope import VariableScope, get_variable, variable_scope

_RENAMED = {
    "kernel": "weights",
    "bias": "biases",
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
}


def _getter(getter: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
    """Makes a layer's variables under the names that tf.contrib.layers gives them, as model variables."""
    prefix, slash, last = name.rpartition("/")
    kwargs["collections"] = model_collections(kwargs.get("collections"))
    return getter(prefix + slash + _RENAMED.get(last, last), *args, **kwargs)


def model_collections(collections: Any) -> list[Any]:
    """Collections of a variable that belongs to the model."""
    found = list(collections or [GraphKeys.GLOBAL_VARIABLES])
    return [*found, *(key for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES) if key not in found)]


@contextlib.contextmanager
def layer_scope(scope: Any, default: str, values: list[Any], reuse: Any) -> Iterator[VariableScope]:
    """The variable scope of one call, in which layers' variables get their contrib names."""
    with variable_scope(scope, default, values, reuse=reuse, custom_getter=_getter) as opened:
        yield opened


def model_variable(name: str, collections: Any, **options: Any) -> Any:
    """A variable of the model, under the current scope."""
    return get_variable(name, collections=model_collections(collections), **options)


def collect_variable(variable: Any, collections: Any, kind: str) -> None:
    """Adds a variable to `collections`: names of some, or a dictionary that has them for each kind of variable."""
    if variable is None or not collections:
        return
    names = collections.get(kind) if isinstance(collections, dict) else collections
    for name in names or ():
        members = get_collection_ref(name)
        if not any(member is variable for member in members):
            members.append(variable)


def collections_for(collections: Any, kind: str) -> Any:
    """The collections that a variable of one kind joins besides the standard ones."""
    found = collections.get(kind) if isinstance(collections, dict) else collections
    return None if not found else [GraphKeys.GLOBAL_VARIABLES, *found]


def collect_output(outputs: Any, collections: Any) -> Any:
    """Adds the outputs of a call to `collections`, one name or several; returns them."""
    for name in [collections] if isinstance(collections, str) else collections or ():
        add_to_collection(name, outputs)
    return outputs


def layout(data_format: str | None) -> str:
    """What `tf.layers` calls a data format."""
    return "channels_first" if data_format is not None and data_format.startswith("NC") else "channels_last"


def applied(layer: Any, inputs: Any, variables_collections: Any, kernels: tuple[str, ...] = ("kernel",)) -> Any:
    """What a layer makes of `inputs`; its variables are then in `variables_collections`."""
    outputs = layer.apply(inputs)
    for kernel in kernels:
        collect_variable(getattr(layer, kernel), variables_collections, "weights")
    collect_variable(layer.bias, variables_collections, "biases")
    return outputs


def finished(
    outputs: Any, activation_fn: Any, collections: Any, normalizer_fn: Any = None, normalizer_params: Any = None
) -> Any:
    """The end of a call: outputs normalized, activated, and added to `collections`."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    return collect_output(outputs, collections)
