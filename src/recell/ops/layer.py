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
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.shapes import as_shape
from recell.graph.tensor import Operation, Tensor
from recell.graph.variable_collections import global_variables
from recell.graph.variable_options import VariableAggregation, VariableSynchronization
from recell.graph.variable_scope import VariableScope, get_variable, variable_scope
from recell.graph.variables import Variable
from recell.ops.array_shape import shape as shape_of
from recell.ops.keras_initializers import get as get_initializer
from recell.ops.layer_names import to_snake_case, unique_object_name
from recell.ops.layer_spec import InputSpec, check_inputs
from recell.ops.math_cast import cast

_KNOWN_OPTIONS = frozenset(
    {
        "_scope",
        "_reuse",
        "activity_regularizer",
        "autocast",
        "batch_input_shape",
        "batch_size",
        "dynamic",
        "experimental_autocast",
        "input_dim",
        "input_shape",
        "weights",
    }
)


class Layer:
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
        for option in kwargs:
            if option not in _KNOWN_OPTIONS:
                raise TypeError("Keyword argument not understood:", option)
        self.built = False
        self.stateful = False
        self.input_spec: InputSpec | Sequence[InputSpec] | None = None
        self._trainable = trainable
        self._dtype: str | None = None if dtype is None else as_dtype(dtype).name
        self._reuse = kwargs.get("_reuse")
        self._graph: Graph | None = None
        self._scope: VariableScope | None = None
        self._current_scope: VariableScope | None = None
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._losses: list[Tensor] = []
        self._updates: list[Any] = []
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
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value

    @property
    def activity_regularizer(self) -> Callable[[Any], Any] | None:
        return self._activity_regularizer

    # -- variables ----------------------------------------------------------------------------------------------

    @property
    def trainable_weights(self) -> list[Any]:
        return list(self._trainable_weights) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        if self.trainable:
            return list(self._non_trainable_weights)
        return [*self._trainable_weights, *self._non_trainable_weights]

    @property
    def weights(self) -> list[Any]:
        return [*self.trainable_weights, *self.non_trainable_weights]

    @property
    def trainable_variables(self) -> list[Any]:
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        return self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        return self.weights

    def count_params(self) -> int:
        """The number of elements of all variables. ValueError when they are not made yet."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self._name}, but the layer isn't built. You can build it "
                f"manually via: `{self._name}.build(batch_input_shape)`."
            )
        return sum(int(np.prod(variable.get_shape().as_list(), dtype=np.int64)) for variable in self.weights)

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Callable[[Any], Any] | None = None,
        trainable: bool | None = None,
        constraint: Callable[[Any], Any] | None = None,
        use_resource: bool | None = None,
        synchronization: VariableSynchronization = VariableSynchronization.AUTO,
        aggregation: VariableAggregation = VariableAggregation.NONE,
        partitioner: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A variable `<scope of the layer>/<name>`, made, or found again when the layer reuses.

        Without an `initializer` it takes the scope's, else Glorot's uniform one (zeros for integers and bools).
        Raises ValueError where neither can be, and, from `get_variable`, for a name that is taken or missing.
        """
        for option in kwargs:
            if option not in _KNOWN_OPTIONS:
                raise TypeError("Unknown keyword argument:", option)
        if synchronization is VariableSynchronization.ON_READ:
            if trainable:
                raise ValueError(
                    "Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable "
                    "variables. You have specified trainable=True and synchronization=VariableSynchronization.ON_READ."
                )
            trainable = False
        elif trainable is None:
            trainable = True
        trainable = trainable and self.trainable
        found_dtype = as_dtype(dtype if dtype is not None else self._dtype or "float32").base_dtype
        if self._dtype is None:
            self._dtype = found_dtype.name
        self._set_scope(None)
        assert self._scope is not None
        known = set(global_variables())
        reuse = self.built or self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(scope.original_name_scope):
                if initializer is None and scope.initializer is None:
                    self._check_has_default(name, found_dtype)
                variable = get_variable(
                    name,
                    shape=shape,
                    dtype=found_dtype,
                    initializer=_initializer(initializer),
                    trainable=trainable,
                    constraint=constraint,
                    partitioner=partitioner,
                    use_resource=use_resource,
                    synchronization=synchronization,
                    aggregation=aggregation,
                )
                if regularizer is not None and not known.issuperset(_parts(variable)):
                    self._regularize(name, variable, regularizer)
        (self._trainable_weights if trainable else self._non_trainable_weights).append(variable)
        return variable

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """The older name of `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def _check_has_default(self, name: str, dtype: Any) -> None:
        if not (dtype.is_floating or dtype.is_integer or dtype.is_bool):
            raise ValueError(f"An initializer for variable {name} of type {dtype} is required for layer {self._name}")

    def _regularize(self, name: str, variable: Any, regularizer: Callable[[Any], Any]) -> None:
        with name_scope(name + "/Regularizer"):
            for part in _parts(variable):
                loss = regularizer(part)
                if loss is not None:
                    self.add_loss(loss)

    # -- losses and updates -------------------------------------------------------------------------------------

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds scalar tensors (or functions that make one) to `losses` and to the graph's regularization losses."""
        found = [loss() if callable(loss) else loss for loss in nest.flatten(losses)]
        tensors = [convert_to_tensor(loss) for loss in found if loss is not None]
        self._losses.extend(tensors)
        _add_new(GraphKeys.REGULARIZATION_LOSSES, tensors)

    @property
    def losses(self) -> list[Tensor]:
        return list(self._losses)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds operations (or functions that make one) to `updates` and to the graph's collection `update_ops`."""
        found = [update() if callable(update) else update for update in nest.flatten(updates)]
        ops = [update if isinstance(update, Operation) else update.op for update in found]
        self._updates.extend(ops)
        _add_new(GraphKeys.UPDATE_OPS, ops)

    @property
    def updates(self) -> list[Any]:
        return list(self._updates) if self.trainable or self.stateful else []

    # -- calling ------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the variables; `input_shape` is the inputs' TensorShape, nested as they are."""
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The layer's result; the inputs themselves unless a subclass says otherwise."""
        return inputs

    def _set_scope(self, scope: Any = None) -> None:
        if self._scope is not None:
            return
        if self._reuse:
            opened = variable_scope(self._base_name if scope is None else scope)
        else:
            opened = variable_scope(scope, default_name=self._base_name)
        with opened as captured:
            self._scope = captured

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
                outputs = self.call(inputs, *args, **kwargs)
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


def _parts(variable: Any) -> list[Any]:
    """The variable, or the parts of a partitioned one."""
    return [variable] if isinstance(variable, Variable) else list(variable)


def _initializer(initializer: Any) -> Any:
    """An initializer that may have been given by its Keras name, such as `"zeros"`."""
    if isinstance(initializer, (str, dict)):
        return get_initializer(initializer)
    return initializer


def _add_new(key: str, elements: Sequence[Any]) -> None:
    collection = get_default_graph().get_collection_ref(key)
    known = {id(element) for element in collection}
    collection.extend(element for element in elements if id(element) not in known)


__all__ = ["InputSpec", "Layer"]
