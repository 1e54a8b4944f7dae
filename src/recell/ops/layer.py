"""`Layer`: what has variables, makes them at its first call, and uses them again at every later one.

Dense layers, convolutions and recurrent cells derive from it. TF symbol: `tf.layers.Layer`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.errors import OperatorNotAllowedInGraphError
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.shapes import as_shape
from recell.graph.variable_scope import VariableScope, variable_scope
from recell.ops.array_shape import shape as shape_of
from recell.ops.layer_names import to_snake_case, unique_object_name
from recell.ops.layer_spec import InputSpec, check_inputs
from recell.ops.layer_variables import VariableOwner, check_options
from recell.ops.math_cast import cast


class Layer(VariableOwner):
    """Base of everything that holds variables under a scope of its own.

    The first call decides the variable scope: the object's base name (its class's in snake case, or `name`), unique
    among the scopes opened there, or the `scope` argument. All later calls use the variables made then, and put their
    operations under the same name, wherever they are made.

    Subclasses write `build(input_shape)`, which makes variables with `add_weight`, and `call(inputs, ...)`.

    Args:
        trainable: False keeps the variables out of the trainable ones.
        name: base of the scope's name. `layer.name` is it, or the class's name with a number.
        dtype: of the variables; that of the first input unless given.
    """

    def __init__(self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        check_options("Keyword argument not understood:", kwargs)
        super().__init__(trainable, None if dtype is None else as_dtype(dtype).name, kwargs.get("_reuse"))
        self.input_spec: InputSpec | Sequence[InputSpec] | None = None
        self._graph: Graph | None = None
        self._activity_regularizer: Callable[[Any], Any] | None = kwargs.get("activity_regularizer")
        self._batch_input_shape = _batch_input_shape(kwargs)
        self._init_name(name)
        scope = kwargs.get("_scope")
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    def _init_name(self, name: Any) -> None:
        if isinstance(name, VariableScope):
            self._base_name = name.name
            self._name, _ = self._make_unique_name()
        elif name:
            self._base_name = self._name = name
        else:
            self._name, self._base_name = self._make_unique_name()

    def _make_unique_name(self) -> tuple[str, str]:
        base = to_snake_case(type(self).__name__)
        return unique_object_name(base), base

    # -- names and options --------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    @property
    def scope_name(self) -> str:
        """The variables' scope. ValueError before the first call, which decides it."""
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been used yet. The scope '
                "name  is determined the first time the layer instance is called. You must therefore call the layer "
                "before querying `scope_name`."
            )
        return self._scope.name

    @property
    def dtype(self) -> str | None:
        """The name of the variables' dtype; None until it is known."""
        return self._dtype

    @property
    def graph(self) -> Graph | None:
        """The graph of the first call, None before."""
        return self._graph

    @property
    def activity_regularizer(self) -> Callable[[Any], Any] | None:
        return self._activity_regularizer

    # -- calling ------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the variables; `input_shape` is the inputs' TensorShape, nested as they are."""
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The layer's result; the inputs themselves unless a subclass says otherwise."""
        return inputs

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Builds the layer at the first call, then applies it. ValueError for inputs that do not fit `input_spec`.

        `scope`, a keyword, is the name or the VariableScope that the first call shall use.
        """
        self._set_scope(kwargs.pop("scope", None))
        assert self._scope is not None
        if self._graph is None:
            self._graph = get_default_graph()
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            if _call_takes_scope(self):
                kwargs["scope"] = scope
            if any(isinstance(value, (np.ndarray, np.generic, float, int)) for value in nest.flatten(inputs)):
                inputs = nest.map_structure(convert_to_tensor, inputs)
            check_inputs(self.input_spec, inputs, self._name)
            with name_scope(scope.original_name_scope):
                self._maybe_build(inputs)
                try:
                    outputs = self.call(inputs, *args, **kwargs)
                except OperatorNotAllowedInGraphError as error:
                    raise _no_python_control_flow(self, error) from error
                if self._activity_regularizer is not None:
                    self._regularize_activity(inputs, outputs)
        get_default_graph().get_collection_ref(GraphKeys.UPDATE_OPS)  # TF1 makes it even where nothing is updated
        return outputs

    def _maybe_build(self, inputs: Any) -> None:
        if self.built:
            return
        tensors = nest.flatten(inputs)
        if self._dtype is None and tensors and hasattr(tensors[0], "dtype"):
            self._dtype = as_dtype(tensors[0].dtype).base_dtype.name
        if tensors and all(hasattr(value, "shape") for value in tensors):
            shapes = nest.map_structure(lambda value: as_shape(value.shape), inputs)
        else:
            shapes = None
        with get_default_graph().outside_unrolled():  # what a custom getter makes of a variable is for every step
            self.build(shapes)
        self.built = True

    def _regularize_activity(self, inputs: Any, outputs: Any) -> None:
        assert self._activity_regularizer is not None
        with name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                batch = cast(shape_of(output)[0], output.dtype.base_dtype)
                self.add_loss(self._activity_regularizer(output) / batch)

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The same as calling the layer."""
        return self(inputs, *args, **kwargs)

    # -- copies and configurations ------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, for `from_config`."""
        config: dict[str, Any] = {"name": self._name, "trainable": self.trainable}
        if self._batch_input_shape is not None:
            config["batch_input_shape"] = self._batch_input_shape
        config["dtype"] = self._dtype
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A new layer of the configuration that `get_config` gave."""
        return cls(**config)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A layer of its own; TypeError for one that has variables, which two layers cannot both own."""
        if self._scope is not None:
            raise TypeError(
                f"can't copy layer '{self._name}': it has been called and has variables under '{self._scope.name}'. "
                "Copy it before its first call, or make a new layer of the same arguments."
            )
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        for key, value in self.__dict__.items():
            made.__dict__[key] = value if key == "_graph" else copy.deepcopy(value, memo)
        return made


def _no_python_control_flow(layer: Layer, error: OperatorNotAllowedInGraphError) -> TypeError:
    return TypeError(
        "You are attempting to use Python control flow in a layer that was not declared to be dynamic. Pass "
        f"`dynamic=True` to the class constructor. In '{layer.name}': {error}"
    )


def _call_takes_scope(layer: Layer) -> bool:
    """Whether the layer's `call` wants to know the variable scope."""
    code = getattr(type(layer).call, "__code__", None)
    return code is not None and "scope" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _batch_input_shape(options: dict[str, Any]) -> tuple[int | None, ...] | None:
    if options.get("batch_input_shape") is not None:
        return tuple(options["batch_input_shape"])
    if options.get("input_shape") is not None:
        return (options.get("batch_size"), *options["input_shape"])
    return None


__all__ = ["InputSpec", "Layer"]
