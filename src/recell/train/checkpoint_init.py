"""Initial values from a checkpoint: variables whose initializers read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recell.graph.core import get_default_graph
from recell.graph.partition import PartitionedVariable
from recell.graph.shapes import as_shape
from recell.graph.variable_store import store_of
from recell.graph.variables import Variable
from recell.platform import logging
from recell.train.checkpoint_reader import CheckpointReader, checkpoint_prefix
from recell.train.saveables import VariableSaveable, is_variable
from recell.train.saver_ops import restore_v2


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Mapping[str, Any]) -> None:
    """Makes variables' initializers read their values from a checkpoint.

    Args:
      ckpt_dir_or_file: a checkpoint's prefix, or a folder, whose newest one is meant.
      assignment_map: name in the checkpoint -> variable, list of the parts of one, or name of one made by
        `get_variable`. Or, both ending in a slash, scope in the checkpoint -> scope of variables: `{"old/": "new/"}`,
        `{"/": "new/"}`, `{"/": "/"}`.

    Raises ValueError for names that are not in the checkpoint, and shapes that differ; NotFoundError when there is no
    checkpoint. TF symbol: `tf.train.init_from_checkpoint`.
    """
    prefix = checkpoint_prefix(ckpt_dir_or_file)
    reader = CheckpointReader(prefix)
    for name, target in sorted(assignment_map.items()):
        found = _variable(target)
        if found is None:
            _init_scope(reader, prefix, ckpt_dir_or_file, name, target)
            continue
        shapes = reader.get_variable_to_shape_map()
        if name not in shapes:
            raise ValueError(f"Tensor {name} is not found in {ckpt_dir_or_file} checkpoint {shapes}")
        _init_variable(found, prefix, name, shapes[name])


def _variable(target: Any) -> Any:
    """The variable, or list of parts, that an entry means; None for a scope's name. TypeError for something else."""
    if is_variable(target):
        return target
    if isinstance(target, PartitionedVariable) or (
        isinstance(target, (list, tuple)) and target and all(isinstance(part, Variable) for part in target)
    ):
        return list(target)
    if not isinstance(target, str):
        raise TypeError(
            "assignment_map maps names in the checkpoint to variables, lists of parts or names of variables, but got "
            f"{target!r}."
        )
    store = store_of(get_default_graph())
    if target in store._vars:
        return store._vars[target]
    whole = store._partitioned_vars.get(target)
    return None if whole is None else list(whole)


def _init_scope(reader: CheckpointReader, prefix: str, given: Any, name: str, target: str) -> None:
    """Every variable of scope `target` from the tensor of the same name in scope `name`."""
    scope = "" if target == "/" else target
    if not name.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope.rstrip('/')} should map to scope only {name}. Should be "
            "'scope/': 'other_scope/'."
        )
    outer = "" if name == "/" else name
    store = store_of(get_default_graph())
    parts = {part for whole in store._partitioned_vars.values() for part in whole}
    named: dict[str, Any] = {key: var for key, var in store._vars.items() if var not in parts}
    named |= {key: list(whole) for key, whole in store._partitioned_vars.items()}
    shapes = reader.get_variable_to_shape_map()
    for key in sorted(named):
        if scope and not key.startswith(scope.rstrip("/") + "/"):
            continue
        inner = key[len(scope) :]
        full = outer + inner
        if full not in shapes:
            raise ValueError(f"Tensor {full} ({inner} in {name}) is not found in {given} checkpoint")
        _init_variable(named[key], prefix, full, shapes[full])


def _init_variable(found: Any, prefix: str, name: str, shape: list[int]) -> None:
    parts = found if isinstance(found, list) else [found]
    _check_shape(parts, name, shape)
    for part in parts:
        info = part._save_slice_info if isinstance(found, list) else None
        _set_initializer(part, prefix, name, "" if info is None else info.spec)
    shown = re.sub(r"/part_\d+(:0)?$", "", parts[0].name) if isinstance(found, list) else found.name
    logging.debug("Initialize variable %s from checkpoint %s with %s", shown, prefix, name)


def _check_shape(parts: list[Any], name: str, shape: list[int]) -> None:
    info = parts[0]._save_slice_info if isinstance(parts[0], Variable) and len(parts) > 1 else None
    own = parts[0].shape if info is None else as_shape(info.full_shape)
    if not own.is_compatible_with(shape):
        raise ValueError(
            f"Shape of variable {parts[0].name} ({own}) doesn't match with shape of tensor {name} ({shape}) from "
            "checkpoint reader."
        )


def _set_initializer(variable: Any, prefix: str, name: str, slice_spec: str) -> None:
    """Makes the reading of a tensor the variable's initial value."""
    if not isinstance(variable, Variable):
        raise TypeError(f"An initial value can be given to a variable, but got {variable!r}.")
    value = restore_v2(prefix, [name], [slice_spec], [variable.dtype], name="checkpoint_initializer")[0]
    value.set_shape(variable.shape)
    set_initial_value(variable, value)


def set_initial_value(variable: Variable, value: Any) -> None:
    """Makes the variable's initializer assign `value`."""
    variable._initializer_op = VariableSaveable(variable, "", variable.op.name).restore([value], None).op
    variable._initial_value = value


__all__ = ["init_from_checkpoint", "set_initial_value"]
