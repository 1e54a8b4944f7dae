"""The variables made by `get_variable`, by full name: finds them again, or makes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from recell.graph.core import get_default_graph, init_scope, name_scope
from recell.graph.dtypes import DType, as_dtype, float32
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.partition import PartitionedVariable, PartitionInfo, partition_plan
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.variable_options import VariableAggregation, VariableSynchronization, resolve_trainable
from recell.graph.variables import Variable

_NOT_VALID = (
    "The initializer passed is not valid. It should be a callable with no arguments and the shape should not be "
    "provided or an instance of `tf.keras.initializers.*' and `shape` should be fully defined."
)

_default_initializers: dict[str, Callable[[], Any]] = {}


def set_default_initializers(floating: Callable[[], Any], other: Callable[[], Any]) -> None:
    """Tells what makes the initializers of floating-point variables, and of integer, bool and string ones."""
    _default_initializers.update(floating=floating, other=other)


class VariableStore:
    """One graph's variables by full name, partitioned ones apart. `reuse` is True, False or None (either)."""

    def __init__(self) -> None:
        self._vars: dict[str, Variable] = {}
        self._partitioned_vars: dict[str, PartitionedVariable] = {}

    def get_variable(
        self, name: str, shape: Any = None, dtype: Any = float32, *, custom_getter: Any = None, **options: Any
    ) -> Any:
        """The variable `name`, through `custom_getter` if there is one. ValueError as TF1 raises it.

        The options are those of `_true_getter`, which a custom getter is given by keyword, all of them.
        """
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        options = {"name": name, "shape": shape, "dtype": as_dtype(dtype).base_dtype, **options}
        if custom_getter is None:
            return self._true_getter(**options)
        return custom_getter(getter=self._true_getter, **options)

    def _true_getter(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: bool | None = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        constraint: Any = None,
        synchronization: VariableSynchronization = VariableSynchronization.AUTO,
        aggregation: VariableAggregation = VariableAggregation.NONE,
    ) -> Any:
        """What a custom getter calls in the end: finds or makes the variable."""
        if partitioner is not None and not callable(partitioner):
            raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
        making = {
            "trainable": resolve_trainable(trainable, synchronization),
            "collections": collections,
            "caching_device": caching_device,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        dtype = as_dtype(dtype).base_dtype
        is_scalar = shape is not None and isinstance(shape, (list, tuple)) and not shape
        known = reuse is True and partitioner is None and name in self._partitioned_vars
        if (partitioner is not None and not is_scalar) or known:
            with name_scope(None):
                return self._partitioned(name, partitioner, shape, dtype, initializer, regularizer, reuse, making)
        if f"{name}/part_0" in self._vars:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was found: "
                f"{name}/part_0. Perhaps a variable of the same name was already created with partitioning?"
            )
        return self._single(name, shape, dtype, initializer, regularizer, reuse, making, None)

    # -- variables in one piece -------------------------------------------------------------------------------------

    def _single(
        self,
        name: str,
        shape: Any,
        dtype: DType,
        initializer: Any,
        regularizer: Any,
        reuse: bool | None,
        making: dict[str, Any],
        partition_info: PartitionInfo | None,
    ) -> Variable:
        is_value = initializer is not None and not callable(initializer)
        if is_value and shape is not None:
            raise ValueError("If initializer is a constant, do not specify shape.")
        shape = as_shape(shape)
        if name in self._vars:
            return self._found(name, shape, dtype, reuse)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            initializer = _default_initializer(name, dtype)
        with init_scope():
            value, variable_dtype = _initial_value(initializer, is_value, shape, dtype, partition_info)
        variable = Variable(initial_value=value, name=name, dtype=variable_dtype, **making)
        self._vars[name] = variable
        if regularizer is not None:
            self._regularize(name, variable, regularizer)
        return variable

    def _found(self, name: str, shape: TensorShape, dtype: DType, reuse: bool | None) -> Variable:
        variable = self._vars[name]
        if reuse is False:
            raise ValueError(
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                f"reuse=tf.AUTO_REUSE in VarScope?{_definition(variable)}"
            )
        _check_same(f"Trying to share variable {name}", variable, shape, dtype, _definition(variable))
        return variable

    def _regularize(self, name: str, variable: Variable, regularizer: Callable[[Any], Any]) -> None:
        graph = get_default_graph()
        with init_scope(), graph.name_scope(name + "/Regularizer/"):
            loss = regularizer(variable)
        if loss is not None:
            graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)

    # -- variables in parts -----------------------------------------------------------------------------------------

    def _partitioned(
        self,
        name: str,
        partitioner: Any,
        shape: Any,
        dtype: DType,
        initializer: Any,
        regularizer: Any,
        reuse: bool | None,
        making: dict[str, Any],
    ) -> PartitionedVariable:
        if initializer is not None and not callable(initializer):
            shape = _merged_with_value(shape, initializer) if shape is not None else shape
        shape = as_shape(shape)
        if name in self._partitioned_vars:
            return self._found_partitioned(name, partitioner, shape, dtype, reuse)
        if name in self._vars:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was found: "
                f"{name}.  Perhaps a variable of the same name was already created without partitioning?"
            )
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). Did you mean "
                "to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?"
            )
        plan = partition_plan(partitioner, shape, dtype)
        parts = []
        for number, (offset, size) in enumerate(zip(plan.offsets, plan.shapes, strict=True)):
            info = PartitionInfo(shape.as_list(), offset)
            start, part_shape = initializer, size
            if initializer is not None and not callable(initializer):
                start = _slice_of(initializer, offset, size)
                part_shape = None  # type: ignore[assignment]
            with name_scope(None):
                part = self._single(f"{name}/part_{number}", part_shape, dtype, start, regularizer, reuse, making, info)
            part._set_save_slice_info(Variable.SaveSliceInfo(name, shape.as_list(), offset, size))
            parts.append(part)
        whole = PartitionedVariable(name, shape, dtype, parts, plan.partitions)
        self._partitioned_vars[name] = whole
        return whole

    def _found_partitioned(
        self, name: str, partitioner: Any, shape: TensorShape, dtype: DType, reuse: bool | None
    ) -> PartitionedVariable:
        found = self._partitioned_vars[name]
        if reuse is False:
            raise ValueError(
                f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
        _check_same(f"Trying to reuse partitioned variable {name}", found, shape, dtype)
        if partitioner is not None:
            asked = partition_plan(partitioner, found.shape, dtype).partitions
            if asked != found._get_partitions():
                raise ValueError(
                    f"Trying to reuse partitioned variable {name}, but specified partitions {asked} and found "
                    f"partitions {found._get_partitions()}."
                )
        return found


def _check_same(trying: str, found: Any, shape: TensorShape, dtype: DType, ending: str = "") -> None:
    """ValueError where the variable that was found is not of the shape and dtype that is asked for."""
    if not shape.is_compatible_with(found.shape):
        raise ValueError(f"{trying}, but specified shape {shape} and found shape {found.shape}.{ending}")
    if not dtype.is_compatible_with(found.dtype):
        raise ValueError(f"{trying}, but specified dtype {dtype.name} and found dtype {found.dtype.name}.{ending}")


def _default_initializer(name: str, dtype: DType) -> Any:
    kind = "floating" if dtype.is_floating else "other"
    plain = dtype.is_floating or dtype.is_integer or dtype.is_bool or dtype.name == "string"
    if not plain or kind not in _default_initializers:
        raise ValueError(f"An initializer for variable {name} of {dtype} is required")
    return _default_initializers[kind]()


def _initial_value(
    initializer: Any, is_value: bool, shape: TensorShape, dtype: DType, partition_info: PartitionInfo | None
) -> tuple[Any, DType | None]:
    """What `Variable` is given: the value, or a function that makes it; and the dtype to convert it to, if any."""
    if is_value:
        return initializer, None
    if inspect.isclass(initializer):
        initializer = initializer()
    if shape.is_fully_defined():
        sizes = shape.as_list()
        return (lambda: initializer(sizes, dtype=dtype, partition_info=partition_info)), dtype
    if _needs_no_arguments(initializer):
        return initializer, None
    raise ValueError(_NOT_VALID)


def _needs_no_arguments(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _merged_with_value(shape: Any, initializer: Any) -> TensorShape:
    value_shape = as_shape(initializer.shape)
    shape = as_shape(shape)
    if not shape.is_compatible_with(value_shape):
        raise ValueError(f"Incompatible shape {shape} with the shape {value_shape} of initializer")
    return shape.merge_with(value_shape)


def _slice_of(value: Any, offset: list[int], size: list[int]) -> Any:
    """The part of an array or tensor that starts at `offset`, of `size`."""
    return value[tuple(slice(start, start + length) for start, length in zip(offset, size, strict=True))]


def _definition(variable: Variable) -> str:
    """Where in the user's program a variable was first made, for the end of an error message."""
    lines = [f'  File "{path}", line {line}, in {function}' for path, line, function in variable.op.traceback]
    return " Originally defined at:\n\n" + "\n".join(lines) + "\n" if lines else ""


def store_of(graph: Graph) -> VariableStore:
    found: VariableStore = graph.scope_data.setdefault("variable_store", VariableStore())
    return found
