"""Variables: values that live in a session and outlast a run. TF symbol: `tf.Variable`."""

from __future__ import annotations

import contextlib
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from recell.graph import default_session, dtypes, variable_slice
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, init_scope, name_scope
from recell.graph.dtypes import DType
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.tensor import Operation, Tensor
from recell.graph.variable_guard import guarded
from recell.graph.variable_options import VariableAggregation, VariableSynchronization, resolve_trainable
from recell.graph.variable_proto import register_variables, restore_variable, variable_to_proto
from recell.graph.variable_updates import VariableUpdates


class _Creators(threading.local):
    def __init__(self) -> None:
        self.stack: list[Callable[..., Any]] = []


def _creators(graph: Graph) -> list[Callable[..., Any]]:
    found: _Creators = graph.scope_data.setdefault("variable_creators", _Creators())
    return found.stack


@contextlib.contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Inside, `variable_creator(next_creator, **kwargs)` makes variables. TF symbol: `tf.variable_creator_scope`."""
    stack = _creators(get_default_graph())
    stack.append(variable_creator)
    try:
        yield
    finally:
        stack.remove(variable_creator)


class _VariableMeta(type):
    """Lets the creators of `variable_creator_scope` see, change or answer a call of `Variable`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        creators = _creators(get_default_graph())
        if cls is not Variable or not creators:
            return super().__call__(*args, **kwargs)
        bound = inspect.signature(cls.__init__).bind(None, *args, **kwargs)
        bound.apply_defaults()
        values = dict(bound.arguments)
        del values["self"]

        def make(**final: Any) -> Any:
            return type.__call__(cls, **final)

        for creator in creators:
            make = _chained(creator, make)
        return make(**values)


def _chained(creator: Callable[..., Any], following: Callable[..., Any]) -> Callable[..., Any]:
    def make(**values: Any) -> Any:
        return creator(following, **values)

    return make


class Variable(VariableUpdates, metaclass=_VariableMeta):
    """A value of a session that operations read and change, set first by running its `initializer`.

    Args (TF 1.15's, in its order):
        initial_value: a number, array, tensor, or a function of no arguments that makes one (needed inside loops and
            branches, as variables are made outside of them).
        trainable: adds it to the trainable variables, which optimizers change.
        collections: keys of the graph collections it joins, the global variables' by default.
        validate_shape: False lets the value's shape change, and be unknown.
        dtype: what `initial_value` is converted to.
        constraint: a function that an optimizer applies to the value after each update.
        shape: the static shape, when it is not that of the initial value.
        use_resource: makes names and `dtype` those of a ResourceVariable.
        variable_def, import_scope: instead of a value, the `VariableDef` of a variable whose operations are in the
            graph already, under a scope if need be. It joins no collections.
        caching_device, expected_shape, synchronization, aggregation: recorded, without effect.

    Raises ValueError for a missing initial value, one of unknown shape, or one from inside a loop or a branch.
    """

    SaveSliceInfo = variable_slice.SaveSliceInfo

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Sequence[Any] | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        use_resource: bool | None = None,
        synchronization: VariableSynchronization = VariableSynchronization.AUTO,
        aggregation: VariableAggregation = VariableAggregation.NONE,
        shape: Any = None,
    ) -> None:
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            restore_variable(self, variable_def, import_scope)
            return
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        self._trainable = resolve_trainable(trainable, synchronization)
        keys = _collection_keys(collections, self._trainable)
        self._caching_device = caching_device
        self._constraint = constraint
        self._resource = bool(_scope_default() if use_resource is None else use_resource)
        self._synchronization = synchronization
        self._aggregation = aggregation
        self._save_slice_info: variable_slice.SaveSliceInfo | None = None
        with init_scope():
            values = [initial_value] if isinstance(initial_value, (Tensor, Variable)) else []
            with name_scope(name, "Variable", values) as scope:
                if not scope:
                    raise ValueError(f"'{name}' is not a valid node name")
                self._make(initial_value, dtype, scope, validate_shape, shape)
            get_default_graph().add_to_collections(keys, self)

    def _make(self, initial_value: Any, dtype: Any, scope: str, validate_shape: bool, shape: Any) -> None:
        """The four operations of a variable: the initial value, the variable, its initializer and its reading."""
        graph = get_default_graph()
        if callable(initial_value) and not isinstance(initial_value, Variable):
            with graph.name_scope("Initializer"), graph.device(None):
                initial = convert_to_tensor(initial_value(), dtype, name="initial_value")
        elif self._resource:
            with graph.name_scope("Initializer"):
                initial = convert_to_tensor(initial_value, dtype, name="initial_value")
        else:
            initial = convert_to_tensor(initial_value, dtype, name="initial_value")
        if initial.op.body is not None:
            raise ValueError(
                f"Initializer for variable {scope} is from inside a control-flow construct, such as a loop or "
                "conditional. When creating a variable inside a loop or conditional, use a lambda as the initializer."
            )
        self._initial_value = initial
        static = as_shape(shape) if shape is not None else initial.shape if validate_shape else TensorShape(None)
        base = initial.dtype.base_dtype
        attrs = {"dtype": base, "shape": static, "container": "", "shared_name": ""}
        if self._resource:
            attrs["_resource"] = True  # fetched, it is a value of its own, not the variable's memory
        ref = graph.create_op("VariableV2", [], attrs, scope, dtypes=[base._as_ref], shapes=[static]).outputs[0]
        self._variable = ref
        if self._resource:
            # TF1 asks here; the operation is made so that seeds, which count operations, come out as its do.
            asking = scope + "IsInitialized/VarIsInitializedOp/"
            asked = {"_variable": ref.op}
            graph.create_op("IsVariableInitialized", [], asked, asking, dtypes=[dtypes.bool], shapes=[()])
        if validate_shape and not initial.shape.is_fully_defined():
            raise ValueError(f"initial_value must have a shape specified: {initial}")
        value = guarded(scope, initial)
        groups = {"ref": ref, "value": value}
        assign = {"validate_shape": validate_shape, "use_locking": True}
        self._initializer_op = graph.create_op("Assign", [ref, value], assign, "Assign", groups=groups)
        reading = scope + "Read/ReadVariableOp/" if self._resource else "read"
        self._snapshot = graph.create_op("Identity", [ref], {}, reading, groups={"input": ref}).outputs[0]

    # -- what it is -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._variable.name

    @property
    def _shared_name(self) -> str:
        return self.op.name

    @property
    def op(self) -> Operation:
        return self._variable.op

    @property
    def graph(self) -> Graph:
        return self._variable.graph

    @property
    def device(self) -> str:
        return self._variable.device

    @property
    def dtype(self) -> DType:
        """A reference dtype (`float32_ref`), or the plain one with `use_resource`."""
        return self._variable.dtype.base_dtype if self._resource else self._variable.dtype

    @property
    def shape(self) -> TensorShape:
        return self._variable.shape

    def get_shape(self) -> TensorShape:
        return self._variable.shape

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        return self._variable.shape.tuple

    def set_shape(self, shape: Any) -> None:
        """Adds what the caller knows of the shape. Raises ValueError when it contradicts what is known."""
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    @property
    def trainable(self) -> bool:
        return self._trainable

    @property
    def constraint(self) -> Callable[[Any], Any] | None:
        return self._constraint

    @property
    def synchronization(self) -> VariableSynchronization:
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        return self._aggregation

    @property
    def initializer(self) -> Operation:
        """The operation that sets the initial value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Tensor:
        return self._initial_value

    # -- reading ----------------------------------------------------------------------------------------------------

    def value(self) -> Tensor:
        """The value as operations use it: the tensor `name/read`, the same one at each call.

        With `use_resource` a new reading at each call, after the control dependencies in force.
        """
        return self._reading("ReadVariableOp") if self._resource else self._snapshot

    def read_value(self) -> Tensor:
        """A new operation that reads the value, after the control dependencies in force."""
        return self._reading("read")

    def _reading(self, name: str) -> Tensor:
        ref = self._variable
        return get_default_graph().create_op("Identity", [ref], {}, name, groups={"input": ref}).outputs[0]

    def initialized_value(self) -> Tensor:
        """The value, or the initial value in a session where this variable has none yet."""
        # What the initializer assigns, not what it was made from: that may read variables without a value.
        initial, graph = self._initializer_op.inputs[1], get_default_graph()
        attrs = {"_variable": self.op}
        with init_scope():
            op = graph.create_op(
                "InitializedValue", [initial], attrs, dtypes=[initial.dtype.base_dtype], shapes=[self.shape]
            )
        return op.outputs[0]

    def eval(self, session: Any = None) -> Any:
        """The value in `session` or the default one, as a numpy array. ValueError when there is no session."""
        return self._variable.eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Sets the value in `session` or the default one, without adding to the graph."""
        if session is None:
            session = default_session.get_default_session()
            if session is None:
                raise ValueError("Either session argument should be provided or default session should be established")
        session.run(self._initializer_op, {self._initializer_op.inputs[1]: value})

    # -- what the rest of the package uses --------------------------------------------------------------------------

    def _ref(self) -> Tensor:
        """The reference tensor, for operations that change the variable."""
        return self._variable

    def _as_tensor(self) -> Tensor:
        return self.value()

    def _as_graph_element(self) -> Tensor:
        return self._variable

    def experimental_ref(self) -> Any:
        """This variable, as a key of dictionaries: variables compare by identity here."""
        return self

    def _get_save_slice_info(self) -> variable_slice.SaveSliceInfo | None:
        return self._save_slice_info

    def _set_save_slice_info(self, save_slice_info: variable_slice.SaveSliceInfo | None) -> None:
        self._save_slice_info = save_slice_info

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This variable as a `VariableDef`, its names without the scope; None for one outside of the scope."""
        return variable_to_proto(self, export_scope)

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Variable:
        """The variable that a `VariableDef` names. KeyError for operations that are not in the default graph."""
        return Variable(variable_def=variable_def, import_scope=import_scope)

    @staticmethod
    def _override_operator(operator: str, function: Callable[..., Any]) -> None:
        """Gives every variable an operator or a method that takes operations of the rooms above."""
        setattr(Variable, operator, function)

    # -- Python's protocols -----------------------------------------------------------------------------------------

    __array_priority__ = 100  # numpy arrays on the left leave operators to us

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __copy__(self) -> Variable:
        return self

    def __deepcopy__(self, memo: Any) -> Variable:
        return self

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("'Variable' object is not iterable.")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(
            f"Cannot convert the variable {self.name} to a numpy array: its value is a session's. Use "
            "session.run(variable)."
        )


register_variables(Variable)


def _scope_default() -> bool | None:
    """What the variable scope in force says of `use_resource`; None where no scope was ever asked for."""
    scopes = get_default_graph().scope_data.get("variable_scopes")
    return None if scopes is None else scopes.current.use_resource


def _collection_keys(collections: Any, trainable: bool) -> list[Any]:
    if collections is None:
        keys = [GraphKeys.GLOBAL_VARIABLES]
    elif isinstance(collections, (list, tuple, set)):
        keys = list(collections)
    else:
        raise ValueError(
            "collections argument to Variable constructor must be a list, tuple, or set. Got "
            f"{collections} of type {type(collections)}"
        )
    if trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
        keys.append(GraphKeys.TRAINABLE_VARIABLES)
    return keys


def is_resource_variable(variable: Any) -> bool:
    """Whether it was made with `use_resource=True`."""
    return isinstance(variable, Variable) and variable._resource


__all__ = [
    "Variable",
    "VariableAggregation",
    "VariableSynchronization",
    "is_resource_variable",
    "variable_creator_scope",
]
