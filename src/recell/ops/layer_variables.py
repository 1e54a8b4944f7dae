"""What a layer owns: its variables, their scope, and the losses and updates that come with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Operation, Tensor
from recell.graph.variable_collections import global_variables
from recell.graph.variable_options import VariableAggregation, VariableSynchronization
from recell.graph.variable_scope import VariableScope, get_variable, variable_scope
from recell.ops.keras_initializers import get as get_initializer

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


def check_options(told: str, options: Iterable[str]) -> None:
    """TypeError for a keyword that no layer takes."""
    for option in options:
        if option not in _KNOWN_OPTIONS:
            raise TypeError(told, option)


class VariableOwner:
    """Makes variables under one scope, or finds them again there, and lists them."""

    _name: str
    _base_name: str

    def __init__(self, trainable: bool, dtype: str | None, reuse: Any) -> None:
        self.built = False
        self.stateful = False
        self._trainable = trainable
        self._dtype = dtype
        self._reuse = reuse
        self._scope: VariableScope | None = None
        self._current_scope: VariableScope | None = None
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._losses: list[Tensor] = []
        self._updates: list[Any] = []

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value

    def _set_scope(self, scope: Any = None) -> None:
        if self._scope is not None:
            return
        if self._reuse:
            opened = variable_scope(self._base_name if scope is None else scope)
        else:
            opened = variable_scope(scope, default_name=self._base_name)
        with opened as captured:
            self._scope = captured

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
        check_options("Unknown keyword argument:", kwargs)
        trainable = _is_trainable(trainable, synchronization) and self.trainable
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
        # A custom getter may have made something else of it: a tensor, or a variable that is not to be trained.
        trainable = trainable and all(getattr(part, "trainable", False) for part in _parts(variable))
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


def _is_trainable(trainable: bool | None, synchronization: VariableSynchronization) -> bool:
    """What was asked for, else True; False, and ValueError for True, for variables that are read in sync."""
    if synchronization is not VariableSynchronization.ON_READ:
        return True if trainable is None else trainable
    if trainable:
        raise ValueError(
            "Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable "
            "variables. You have specified trainable=True and synchronization=VariableSynchronization.ON_READ."
        )
    return False


def _parts(variable: Any) -> list[Any]:
    """The variable, or the parts of a partitioned one."""
    return list(variable) if hasattr(variable, "_get_variable_list") else [variable]


def _initializer(initializer: Any) -> Any:
    """An initializer that may have been given by its Keras name, such as `"zeros"`."""
    if isinstance(initializer, (str, dict)):
        return get_initializer(initializer)
    return initializer


def _add_new(key: str, elements: Sequence[Any]) -> None:
    collection = get_default_graph().get_collection_ref(key)
    known = {id(element) for element in collection}
    collection.extend(element for element in elements if id(element) not in known)


__all__ = ["VariableOwner", "check_options"]
