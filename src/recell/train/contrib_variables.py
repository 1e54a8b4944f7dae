"""Choosing variables, and giving them values, by name: what `tf.contrib.framework` (and slim) have for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recell.graph.core import get_collection
from recell.graph.keys import GraphKeys
from recell.graph.partition import PartitionedVariable
from recell.graph.variables import Variable
from recell.ops.state import group, placeholder
from recell.platform import logging
from recell.train import checkpoint_reader
from recell.train.checkpoint_reader import CheckpointReader
from recell.train.saver import Saver
from recell.train.saver_def import V1


def get_variables(
    scope: Any = None, suffix: str | None = None, collection: str = GraphKeys.GLOBAL_VARIABLES
) -> list[Any]:
    """Variables whose names begin with `scope` (a pattern, or a VariableScope) and end in `suffix`.

    TF symbol: `tf.contrib.framework.get_variables`.
    """
    pattern = getattr(scope, "name", scope)
    if suffix is not None:
        ending = suffix if ":" in suffix else suffix + ":"
        pattern = f"{pattern or ''}.*{ending}"
    return get_collection(collection, pattern)


def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """`get_variables` of the model variables. TF symbol: `tf.contrib.framework.get_model_variables`."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """`get_variables` of the local variables. TF symbol: `tf.contrib.framework.get_local_variables`."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """`get_variables` of the trainable variables. TF symbol: `tf.contrib.framework.get_trainable_variables`."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """Variables whose own name, behind the scopes, is `given_name`.

    TF symbol: `tf.contrib.framework.get_variables_by_name`.
    """
    return get_variables(scope, f"/{given_name}:|^{given_name}:")


def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """Variables whose names end in `suffix`. TF symbol: `tf.contrib.framework.get_variables_by_suffix`."""
    return get_variables(scope, suffix)


def get_unique_variable(var_op_name: str) -> Any:
    """The variable of this name, without `:0`. ValueError when there is none.

    TF symbol: `tf.contrib.framework.get_unique_variable`.
    """
    candidates = get_variables(var_op_name)
    if not candidates:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


def get_variables_to_restore(include: Sequence[Any] | None = None, exclude: Sequence[Any] | None = None) -> list[Any]:
    """Global variables of the scopes `include` (all, if None) but not of `exclude`. TypeError for what is no list.

    TF symbol: `tf.contrib.framework.get_variables_to_restore`.
    """
    return [v for v in _of_scopes("include", include, get_variables()) if v not in _of_scopes("exclude", exclude, [])]


def _of_scopes(argument: str, scopes: Any, default: list[Any]) -> list[Any]:
    if scopes is None:
        return default
    if not isinstance(scopes, (list, tuple)):
        raise TypeError(f"{argument} is provided but is not a list or a tuple.")
    return [variable for scope in scopes for variable in get_variables(scope)]


def filter_variables(
    var_list: Sequence[Any],
    include_patterns: Sequence[str] | None = None,
    exclude_patterns: Sequence[str] | None = None,
    reg_search: bool = True,
) -> list[Any]:
    """Variables whose names hold (begin with, if not `reg_search`) one of the first patterns and none of the others.

    TF symbol: `tf.contrib.framework.filter_variables`.
    """
    find = re.search if reg_search else re.match
    found = list(var_list)
    if include_patterns is not None:
        found = [v for v in found if any(find(pattern, v.name) for pattern in include_patterns)]
    if exclude_patterns is not None:
        found = [v for v in found if not any(find(pattern, v.name) for pattern in exclude_patterns)]
    return found


def get_variable_full_name(var: Any) -> str:
    """A variable's name, a part's that of the whole. TF symbol: `tf.contrib.framework.get_variable_full_name`."""
    info = var._save_slice_info
    return str(info.full_name) if info else var.op.name


def add_model_variable(var: Any) -> None:
    """Makes it a model variable, if it is none yet. TF symbol: `tf.contrib.framework.add_model_variable`."""
    if var not in get_collection(GraphKeys.MODEL_VARIABLES):
        var.graph.add_to_collection(GraphKeys.MODEL_VARIABLES, var)


def assign_from_values(var_names_to_values: Mapping[str, Any]) -> tuple[Any, dict[Any, Any]]:
    """An operation that gives variables these values, and what to feed when running it.

    ValueError for a name without a variable, or a value of another size.
    TF symbol: `tf.contrib.framework.assign_from_values`.
    """
    feeds: dict[Any, Any] = {}
    assigned = []
    for name, value in var_names_to_values.items():
        found = [variable for variable in get_variables(name) if variable.op.name == name]
        if not found:
            raise ValueError(f"Variable {name} wasn't found")
        target = placeholder(found[0].dtype.base_dtype, found[0].shape, name=f"placeholder/{found[0].op.name}")
        assigned.append(found[0].assign(target))
        feeds[target] = np.asarray(value).reshape(found[0].shape.as_list())
    return group(*assigned), feeds


def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable[[Any], None]:
    """A function of a session that gives variables these values. TF: `tf.contrib.framework.assign_from_values_fn`."""
    operation, feeds = assign_from_values(var_names_to_values)

    def assign(session: Any) -> None:
        session.run(operation, feeds)

    return assign


def assign_from_checkpoint(
    model_path: Any, var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Any, dict[Any, Any]]:
    """An operation that gives variables their values in a checkpoint, and what to feed when running it.

    Args:
      model_path: prefix of the checkpoint, which is read now.
      var_list: a list of variables, or a dict of variables, or of lists of parts, by name in the checkpoint.
      ignore_missing_vars: leaves out what the checkpoint lacks, with a warning, instead of a ValueError.

    ValueError also for a value of another shape. TF symbol: `tf.contrib.framework.assign_from_checkpoint`.
    """
    reader = CheckpointReader(model_path)
    feeds: dict[Any, Any] = {}
    assigned = []
    for name, variables in _grouped(var_list).items():
        if not reader.has_tensor(name):
            told = f"Checkpoint is missing variable [{name}]"
            if not ignore_missing_vars:
                raise ValueError(told)
            logging.warning(told)
            continue
        value = np.asarray(reader.get_tensor(name))
        for variable in variables:
            target = placeholder(variable.dtype.base_dtype, variable.shape, name=f"placeholder/{variable.op.name}")
            assigned.append(variable.assign(target))
            feeds[target] = _fitting(variable, value, name)
    return group(*assigned), feeds


def _grouped(var_list: Any) -> dict[str, list[Any]]:
    if isinstance(var_list, Mapping):
        named: dict[str, list[Any]] = {}
        for name, found in var_list.items():
            named[name] = list(found) if isinstance(found, (list, tuple, PartitionedVariable)) else [found]
        return named
    grouped: dict[str, list[Any]] = {}
    for variable in var_list:
        grouped.setdefault(get_variable_full_name(variable), []).append(variable)
    return grouped


def _fitting(variable: Variable, value: np.ndarray, name: str) -> np.ndarray:
    """The value, or the part of it that the variable is. ValueError for another shape."""
    wanted = variable.shape.as_list()
    info = variable._save_slice_info
    if info is not None:
        offsets, sizes = info.var_offset or (), info.var_shape or ()
        value = value[tuple(slice(start, start + size) for start, size in zip(offsets, sizes, strict=True))]
    if list(value.shape) != wanted:
        raise ValueError(
            f"Total size of new array must be unchanged for {name} lh_shape: [{value.shape}], "
            f"rh_shape: [{tuple(wanted)}]"
        )
    return value


def assign_from_checkpoint_fn(
    model_path: Any, var_list: Any, ignore_missing_vars: bool = False, reshape_variables: bool = False
) -> Callable[[Any], None] | None:
    """A function of a session that restores variables from a checkpoint; None, with a warning, when it has none.

    Args:
      var_list: as a Saver's.
      ignore_missing_vars: leaves out what the checkpoint lacks, with a warning.
      reshape_variables: as a Saver's `reshape`.

    ValueError for no variables. TF symbol: `tf.contrib.framework.assign_from_checkpoint_fn`.
    """
    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        reader = CheckpointReader(model_path)
        named = var_list if isinstance(var_list, Mapping) else {v.op.name: v for v in var_list}
        for name in named:
            if not reader.has_tensor(name):
                logging.warning("Variable %s missing in checkpoint %s", name, model_path)
        var_list = {name: variable for name, variable in named.items() if reader.has_tensor(name)}
        if not var_list:
            logging.warning("No Variables to restore")
            return None
    saver = Saver(var_list, reshape=reshape_variables, write_version=V1)

    def restore(session: Any) -> None:
        saver.restore(session, model_path)

    return restore


def load_checkpoint(filepattern: Any) -> CheckpointReader:
    """`tf.train.load_checkpoint`. TF symbol: `tf.contrib.framework.load_checkpoint`."""
    return checkpoint_reader.load_checkpoint(filepattern)


def load_variable(checkpoint_dir: Any, name: str) -> Any:
    """`tf.train.load_variable`. TF symbol: `tf.contrib.framework.load_variable`."""
    return checkpoint_reader.load_variable(checkpoint_dir, name)


def list_variables(checkpoint_dir: Any) -> list[tuple[str, list[int]]]:
    """`tf.train.list_variables`. TF symbol: `tf.contrib.framework.list_variables`."""
    return checkpoint_reader.list_variables(checkpoint_dir)


__all__ = [
    "add_model_variable",
    "assign_from_checkpoint",
    "assign_from_checkpoint_fn",
    "assign_from_values",
    "assign_from_values_fn",
    "filter_variables",
    "get_local_variables",
    "get_model_variables",
    "get_trainable_variables",
    "get_unique_variable",
    "get_variable_full_name",
    "get_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
    "get_variables_to_restore",
    "list_variables",
    "load_checkpoint",
    "load_variable",
]
