"""`VariableScope`: the settings that `get_variable` finds where it is called."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.dtypes import as_dtype, float32
from recell.graph.keys import GraphKeys
from recell.graph.variable_options import VariableAggregation, VariableSynchronization
from recell.graph.variable_store import VariableStore


class ReuseMode(enum.Enum):
    """How an existing variable is met; True and False are the other two modes."""

    AUTO_REUSE = 1


AUTO_REUSE = ReuseMode.AUTO_REUSE
"""Variables are made when they do not exist and found when they do. TF symbol: `tf.AUTO_REUSE`."""

Getter = Callable[..., Any]


class VariableScope:
    """A prefix of variable names and the defaults of `get_variable` under it. TF symbol: `tf.VariableScope`.

    `reuse` is True (variables must exist), False (must not) or `AUTO_REUSE`. Change a scope through its `set_`
    methods: they act on `get_variable` calls and scopes that come after.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Getter | None = None,
        name_scope: str | None = "",
        dtype: Any = float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ) -> None:
        self._name = name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    @property
    def name(self) -> str:
        return self._name

    @property
    def original_name_scope(self) -> str | None:
        """The name scope that was opened with this scope when it was first entered, with its closing slash."""
        return self._name_scope

    @property
    def reuse(self) -> Any:
        return self._reuse

    @property
    def initializer(self) -> Any:
        return self._initializer

    @property
    def dtype(self) -> Any:
        return self._dtype

    @property
    def use_resource(self) -> bool | None:
        return self._use_resource

    @property
    def regularizer(self) -> Any:
        return self._regularizer

    @property
    def caching_device(self) -> Any:
        return self._caching_device

    @property
    def partitioner(self) -> Any:
        return self._partitioner

    @property
    def custom_getter(self) -> Getter | None:
        return self._custom_getter

    @property
    def constraint(self) -> Any:
        return self._constraint

    def reuse_variables(self) -> None:
        """From here on, variables must exist already."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        self._initializer = initializer

    def set_dtype(self, dtype: Any) -> None:
        self._dtype = dtype

    def set_use_resource(self, use_resource: bool | None) -> None:
        self._use_resource = use_resource

    def set_regularizer(self, regularizer: Any) -> None:
        self._regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        self._caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter: Getter | None) -> None:
        self._custom_getter = custom_getter

    def get_collection(self, name: Any) -> list[Any]:
        """What of the collection has a name under this scope's."""
        return get_default_graph().get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self) -> list[Any]:
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: VariableStore,
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        custom_getter: Getter | None = None,
        constraint: Any = None,
        synchronization: VariableSynchronization = VariableSynchronization.AUTO,
        aggregation: VariableAggregation = VariableAggregation.NONE,
    ) -> Any:
        """The variable `name` under this scope, with the scope's settings where none are given."""
        reuse = self._reuse if reuse is None else reuse
        full_name = f"{self._name}/{name}" if self._name else name
        with name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                _check_value_dtype(initializer, as_dtype(dtype).base_dtype)
            return var_store.get_variable(
                full_name,
                shape=shape,
                dtype=_or(dtype, self._dtype),
                initializer=_or(initializer, self._initializer),
                regularizer=_or(regularizer, self._regularizer),
                reuse=None if reuse is AUTO_REUSE else reuse,
                trainable=trainable,
                collections=collections,
                caching_device=_or(caching_device, self._caching_device),
                partitioner=_or(partitioner, self._partitioner),
                validate_shape=validate_shape,
                use_resource=bool(_or(use_resource, self._use_resource)),
                custom_getter=_or(custom_getter, self._custom_getter),
                synchronization=synchronization,
                aggregation=aggregation,
                constraint=_or(constraint, self._constraint),
            )


def _or(given: Any, default: Any) -> Any:
    return default if given is None else given


def _check_value_dtype(initializer: Any, dtype: Any) -> None:
    # TF1 makes a constant to learn the value's dtype, and leaves it in the graph: later names depend on it.
    found = convert_to_tensor(initializer).dtype.base_dtype
    if found is not dtype:
        raise ValueError(f"Initializer type '{found}' and explicit dtype '{dtype}' don't match.")
