"""`variable_scope` and `get_variable`: variables that are made once and found again by name."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from recell.graph.core import as_default, get_default_graph, graph_of, name_scope
from recell.graph.dtypes import as_dtype, float32
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Tensor
from recell.graph.variable_options import VariableAggregation, VariableSynchronization
from recell.graph.variable_scope_object import AUTO_REUSE, Getter, ReuseMode, VariableScope
from recell.graph.variable_store import set_default_initializers, store_of
from recell.graph.variables import variable_creator_scope


class _Scopes(threading.local):
    """One thread's current scope in one graph, and how often each scope name has been opened."""

    def __init__(self) -> None:
        self.current = VariableScope(False)
        self.counts: dict[str, int] = {}

    def open(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def close_below(self, name: str) -> None:
        for known in self.counts:
            if known.startswith(name + "/"):
                self.counts[known] = 0

    def unique(self, prefix: str) -> str:
        """`prefix`, or `prefix_1`, ...: the first that has not been opened under the current scope."""
        full = f"{self.current.name}/{prefix}" if self.current.name else prefix
        if not self.counts.get(full):
            return prefix
        number = 1
        while self.counts.get(f"{full}_{number}"):
            number += 1
        return f"{prefix}_{number}"


def _scopes(graph: Graph) -> _Scopes:
    found: _Scopes | None = graph.scope_data.get("variable_scopes")
    if found is None:
        found = graph.scope_data.setdefault("variable_scopes", _Scopes())
    return found


def get_variable_scope() -> VariableScope:
    """The scope in force in this thread. TF symbol: `tf.get_variable_scope`."""
    return _scopes(get_default_graph()).current


def no_regularizer(_: Any) -> None:
    """Adds no loss: for parts of a scope that its regularizer must leave alone. TF symbol: `tf.no_regularizer`."""
    return None


class variable_scope:
    """Opens a prefix of variable names and, with it, a name scope. TF symbol: `tf.variable_scope`.

    Args:
        name_or_scope: a name under the current scope, or a `VariableScope` to enter again; None with a `default_name`.
        default_name: the name when `name_or_scope` is None, made unique with `_1`, `_2`, ...
        values: tensors whose graph is the one to use.
        reuse: True (variables must exist), `AUTO_REUSE`, or None and False (what is in force around).
        custom_getter: a function `(getter, name, **kwargs)` around every `get_variable` inside; those of enclosing
            scopes are called by it.
        auxiliary_name_scope: False opens no name scope, and takes variables' names from the scope only.
        initializer, regularizer, caching_device, partitioner, dtype, use_resource, constraint: defaults of
            `get_variable` inside.

    Yields the VariableScope. Raises TypeError or ValueError for what cannot be a scope.
    """

    def __init__(
        self,
        name_or_scope: str | VariableScope | None,
        default_name: str | None = None,
        values: Sequence[Any] | None = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Getter | None = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if reuse not in (None, False, True) and not isinstance(reuse, ReuseMode):
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}")
        if values is not None:
            graph_of(tensors := [v for v in values if isinstance(v, Tensor)])
        self._target = name_or_scope
        self._default_name = default_name
        self._values = tensors if values is not None else []
        self._reuse = reuse or None
        self._auxiliary_name_scope = auxiliary_name_scope
        self._settings = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "dtype": dtype,
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._custom_getter = custom_getter
        self._exit: contextlib.ExitStack | None = None

    def __enter__(self) -> VariableScope:
        target = self._target
        if target is not None and not isinstance(target, (str, VariableScope)):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if target is None and self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        with contextlib.ExitStack() as stack:
            graph = graph_of(self._values)
            if graph is not get_default_graph():
                stack.enter_context(as_default(graph))
            opened = self._enter_name_scope(stack, graph)
            if target is None:
                target = _scopes(graph).unique(str(self._default_name))
            elif isinstance(target, VariableScope):
                opened = target.original_name_scope
            scope = stack.enter_context(
                _entered(graph, target, self._reuse, self._custom_getter, opened, self._settings)
            )
            self._exit = stack.pop_all()
        return scope

    def _enter_name_scope(self, stack: contextlib.ExitStack, graph: Graph) -> str | None:
        """Opens the name scope that goes with the variable scope; returns it with its closing slash."""
        if not self._auxiliary_name_scope:
            around = graph.get_name_scope()
            return around + "/" if around else ""
        target = self._target
        if target is None:
            return stack.enter_context(name_scope(self._default_name))
        name = target.name.rpartition("/")[2] if isinstance(target, VariableScope) else target
        if name:
            return stack.enter_context(name_scope(name))
        return target.name if isinstance(target, VariableScope) else target

    def __exit__(self, *details: Any) -> None:
        if self._exit is not None:
            self._exit.__exit__(*details)


@contextlib.contextmanager
def _entered(
    graph: Graph,
    target: str | VariableScope,
    reuse: Any,
    custom_getter: Getter | None,
    opened: str | None,
    settings: dict[str, Any],
) -> Iterator[VariableScope]:
    """Makes a new scope, from the current one or from the one entered again, the current scope."""
    scopes = _scopes(graph)
    outer = scopes.current
    if isinstance(target, VariableScope):
        name, base = target.name, target
    else:
        name, base = f"{outer.name}/{target}" if outer.name else target, outer
    scope = _derived(base, name, reuse, custom_getter, opened, settings)
    scopes.open(name)
    counts = dict(scopes.counts) if isinstance(target, VariableScope) else None
    scopes.current = scope
    try:
        yield scope
    finally:
        if counts is None:
            scopes.close_below(name)
        else:
            scopes.counts = counts
        scopes.current = outer


def _derived(
    base: VariableScope,
    name: str,
    reuse: Any,
    custom_getter: Getter | None,
    opened: str | None,
    settings: dict[str, Any],
) -> VariableScope:
    """A scope like `base`, except for what is given."""
    dtype = settings["dtype"]
    getter = base.custom_getter
    if custom_getter is not None:
        getter = custom_getter if getter is None else _nested_getter(custom_getter, getter)
    chosen = {key: getattr(base, key) if value is None else value for key, value in settings.items()}
    chosen["constraint"] = settings["constraint"]  # TF1 hands on everything but this one
    chosen["dtype"] = base.dtype if dtype is None else as_dtype(dtype).base_dtype
    return VariableScope(reuse or base.reuse, name=name, name_scope=opened, custom_getter=getter, **chosen)


def _nested_getter(inner: Getter, outer: Getter) -> Getter:
    """A getter in which `inner` is called first, and reaches `outer` through the getter it is given."""

    def custom_getter(getter: Getter, *args: Any, **kwargs: Any) -> Any:
        return inner(functools.partial(outer, getter), *args, **kwargs)

    return custom_getter


@contextlib.contextmanager
def variable_op_scope(
    values: Sequence[Any] | None, name_or_scope: Any, default_name: str | None = None, *args: Any, **kwargs: Any
) -> Iterator[VariableScope]:
    """The older spelling of `variable_scope`, with `values` first. TF symbol: `tf.variable_op_scope`."""
    with variable_scope(name_or_scope, default_name, values, *args, **kwargs) as scope:
        yield scope


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
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
    """The variable `name` under the current scope: found if it exists, made if it does not, as `reuse` allows.

    Args:
        name: under the scope's prefix; name scopes do not count.
        shape: needed for a new variable unless `initializer` is a value or a function of no arguments.
        dtype: float32 unless the scope says otherwise.
        initializer: a value, a function of no arguments, or an initializer (an object or class of `tf.initializers`).
            By default `glorot_uniform_initializer` for floating-point variables and zeros for integers and bools.
        regularizer: a function of the variable whose result joins the regularization losses.
        partitioner: a function `(shape, dtype)` that returns the number of parts along each dimension; the result is
            then a `PartitionedVariable` with parts `name/part_0`, ...
        trainable, collections, validate_shape, constraint, use_resource: as `tf.Variable`'s.
        custom_getter: a function `(getter, name, **kwargs)` to call instead.

    Raises ValueError when the variable exists and must not, or must and does not, or has another shape or dtype.
    TF symbol: `tf.get_variable`.
    """
    return get_variable_scope().get_variable(
        store_of(get_default_graph()),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = False,
    collections: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """`get_variable` for the local variables: never trained, not in checkpoints. TF symbol: `tf.get_local_variable`."""
    collections = [*(collections or ()), GraphKeys.LOCAL_VARIABLES]
    return get_variable(name, shape, dtype, initializer, regularizer, False, collections, *args, **kwargs)


def create_partitioned_variables(
    shape: Sequence[int],
    slicing: Sequence[int],
    initializer: Any,
    dtype: Any = float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> list[Any]:
    """A variable in parts, `slicing` telling how many along each dimension; the list of the parts.

    ValueError when `slicing` has not one number for each dimension. TF symbol: `tf.create_partitioned_variables`.
    """
    if len(shape) != len(slicing):
        raise ValueError(
            f"The 'shape' and 'slicing' of a partitioned Variable must have the length: {shape}, {slicing}"
        )
    with variable_scope(name, "PartitionedVariable", reuse=reuse) as scope:
        whole = store_of(get_default_graph()).get_variable(
            scope.name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            reuse=None if scope.reuse is AUTO_REUSE else scope.reuse,
            trainable=trainable,
            collections=collections,
            partitioner=lambda **_: list(slicing),
        )
    return list(whole)


__all__ = [
    "AUTO_REUSE",
    "VariableScope",
    "create_partitioned_variables",
    "get_local_variable",
    "get_variable",
    "get_variable_scope",
    "no_regularizer",
    "set_default_initializers",
    "variable_creator_scope",
    "variable_op_scope",
    "variable_scope",
]
