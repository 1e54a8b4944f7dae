"""From what a program gives a Saver to a sorted list of objects that can be saved and restored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recell.graph.partition import PartitionedVariable
from recell.graph.saveable import SaveableObject, SaveSpec
from recell.graph.tensor import Tensor
from recell.graph.variables import Variable
from recell.ops.array_shape import reshape, shape
from recell.ops.state import assign, identity


class VariableSaveable(SaveableObject):
    """A variable, or one part of a partitioned one.

    Args:
      var: a Variable, or the reference tensor of one.
      slice_spec: which part of a larger tensor it is; "" for all.
      name: the key in the checkpoint.
    """

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        self.variable = var
        self._ref = var._ref() if isinstance(var, Variable) else var
        self._resource = isinstance(var, Variable) and var._resource
        read = var._snapshot if isinstance(var, Variable) and (slice_spec or self._resource) else self._ref
        super().__init__(var, [SaveSpec(read, slice_spec, name, self._ref.dtype.base_dtype)], name)

    def restore(self, restored_tensors: Sequence[Any], restored_shapes: Any) -> Any:
        """Assigns the value that was read, in the shape of `restored_shapes[0]` if that is given."""
        value = restored_tensors[0]
        if restored_shapes is not None:
            value = reshape(value, restored_shapes[0])
        validate = restored_shapes is None and self._ref.shape.is_fully_defined()
        if self._resource:
            return assign(self._ref, identity(value), validate_shape=validate, name="AssignVariableOp")
        return assign(self._ref, value, validate_shape=validate)


class BaseSaverBuilder:
    """The classes by which programs say what else is saved, under the name that they take them from.

    TF symbol: `BaseSaverBuilder` of `tensorflow.python.training.saver`. A Saver makes its operations itself.
    """

    SaveSpec = SaveSpec
    SaveableObject = SaveableObject
    VariableSaveable = VariableSaveable


class BulkSaverBuilder(BaseSaverBuilder):
    """What TensorFlow 1.15 takes for `builder`, unless another one is given: reads everything at once."""


def is_variable(value: Any) -> bool:
    """Whether it is a variable, or the reference tensor of one."""
    return isinstance(value, Variable) or (isinstance(value, Tensor) and value.op.type == "VariableV2")


def names_to_saveables(var_list: Any) -> dict[str, Any]:
    """What is saved under which name.

    Args:
      var_list: a list of variables, partitioned variables and saveable objects, or a dict of them by name.

    Raises ValueError for two of one name, TypeError for what is no variable.
    """
    if isinstance(var_list, Mapping):
        return dict(var_list)
    if not isinstance(var_list, (list, tuple, set, frozenset)):
        raise TypeError(f"Variables to save should be passed in a dict or a list: {var_list}")
    named: dict[str, Any] = {}
    parts: dict[str, list[Any]] = {}
    for var in var_list:
        if isinstance(var, (SaveableObject, PartitionedVariable)):
            _add(named, var.name, var)
        elif isinstance(var, Variable) and var._save_slice_info is not None:
            parts.setdefault(str(var._save_slice_info.full_name), []).append(var)
        elif is_variable(var):
            _add(named, var.op.name, var)
        else:
            raise TypeError(f"Variable to save is not a Variable: {var}")
    for name, found in parts.items():
        if len(set(found)) != len(found):
            raise ValueError(f"At least two variables have the same name: {name}")
        if name in named:
            raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
        named[name] = found
    return named


def _add(named: dict[str, Any], name: str, value: Any) -> None:
    if name in named:
        raise ValueError(f"At least two variables have the same name: {name}")
    named[name] = value


def make_saveables(named: Mapping[str, Any]) -> list[SaveableObject]:
    """The saveable objects, in the order of their names.

    Raises TypeError for names that are no strings and for what is no variable, ValueError for a variable with two
    names.
    """
    for name in named:
        if not isinstance(name, str):
            raise TypeError(f"names_to_saveables must be a dict mapping string names to variables. Not a name: {name}")
    found: list[SaveableObject] = []
    seen: set[Any] = set()
    for name in sorted(named):
        value = named[name]
        for saveable in _saveables_of(name, value):
            key = saveable.op
            if key in seen:
                raise ValueError(f"The same saveable will be restored with two names: {name}")
            seen.add(key)
            found.append(saveable)
    return found


def _saveables_of(name: str, value: Any) -> list[SaveableObject]:
    if isinstance(value, SaveableObject):
        return [value]
    if isinstance(value, (list, tuple, PartitionedVariable)):
        made: list[VariableSaveable] = []
        for part in value:
            if not isinstance(part, Variable):
                raise ValueError(f"Slices must all be Variables: {part}")
            info = part._save_slice_info
            if info is None:
                raise ValueError(f"Slices must all be slices: {part}")
            if made and info.full_name != made[0].variable._save_slice_info.full_name:
                raise ValueError(f"Slices must all be from the same tensor: {part}")
            made.append(VariableSaveable(part, info.spec, name))
        return [*made]
    if not is_variable(value):
        raise TypeError(
            f"names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: {value}"
        )
    # A part that is given a name of its own is a variable like any other.
    return [VariableSaveable(value, "", name)]


def restore_operations(
    saveables: Sequence[SaveableObject], read: Callable[[list[SaveSpec]], list[Any]], reshaped: bool
) -> list[Any]:
    """An operation for each object that gives it what `read(specs)`, one tensor for each of the specs, yields."""
    tensors = read([spec for saveable in saveables for spec in saveable.specs])
    made: list[Any] = []
    for saveable in saveables:
        own, tensors = tensors[: len(saveable.specs)], tensors[len(saveable.specs) :]
        shapes = [_shape_of(spec.tensor) for spec in saveable.specs] if reshaped else None
        made.append(saveable.restore(own, shapes))
    return made


def _shape_of(tensor: Tensor) -> Any:
    return tensor.shape.as_list() if tensor.shape.is_fully_defined() else shape(tensor)
