"""Starting variables from another model's checkpoint. TF symbol: `tf.train.warm_start`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recell.graph.core import get_collection, get_default_graph
from recell.graph.keys import GraphKeys
from recell.graph.partition import PartitionedVariable
from recell.graph.variables import Variable
from recell.platform import logging
from recell.train.checkpoint_init import init_from_checkpoint, set_initial_value
from recell.train.checkpoint_reader import checkpoint_prefix
from recell.train.vocabulary import VocabInfo, remapped


def warm_start(
    ckpt_to_initialize_from: Any,
    vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: Mapping[str, VocabInfo] | None = None,
    var_name_to_prev_var_name: Mapping[str, str] | None = None,
) -> None:
    """Makes the variables' initial values those of a checkpoint. TF symbol: `tf.train.warm_start`.

    Args:
      ckpt_to_initialize_from: a checkpoint's prefix, or a folder, whose newest one is meant.
      vars_to_warm_start: a regular expression of names of trainable variables; a list of such expressions for all
        global variables; a list of variables; None for those that have a vocabulary.
      var_name_to_vocab_info: variables whose rows or columns follow the words of a file.
      var_name_to_prev_var_name: names in the checkpoint, where they differ.

    Raises ValueError for what is no such list, a variable that the checkpoint has not, or has in another shape, and for
    names of variables that are not warm-started; NotFoundError without a checkpoint.
    """
    logging.info("Warm-starting from: %s", ckpt_to_initialize_from)
    vocabularies, names = dict(var_name_to_vocab_info or {}), dict(var_name_to_prev_var_name or {})
    grouped = _grouped(_variables(vars_to_warm_start, list(vocabularies)))
    used = set()
    # Outside of all name scopes: what reads is called `checkpoint_initializer` in every program.
    with get_default_graph().name_scope(None):
        for name, parts in grouped.items():
            before = names.get(name, name)
            info = vocabularies.get(name)
            used |= {name} & names.keys()
            if info is None:
                _start(ckpt_to_initialize_from, before, parts)
                continue
            prefix = checkpoint_prefix(ckpt_to_initialize_from)
            for part in parts:
                set_initial_value(part, remapped(prefix, before, info, part))
    logging.info("Warm-started %d variables.", len(grouped))
    _check_used("var_name_to_prev_var_name", set(names) - used, grouped)
    _check_used("var_name_to_vocab_info", set(vocabularies) - set(grouped), grouped)


def _start(checkpoint: Any, name: str, parts: list[Any]) -> None:
    whole = parts if parts[0]._save_slice_info is not None else parts[0]
    init_from_checkpoint(checkpoint, {name: whole})


def _check_used(argument: str, unused: set[str], grouped: Mapping[str, Any]) -> None:
    if unused:
        raise ValueError(
            f"You provided the following variables in {argument} that were not used: {unused}.  Perhaps you misspelled "
            f"them?  Here is the list of viable variable names: {grouped.keys()}"
        )


def _matching(pattern: str, collection: str) -> list[Any]:
    return [v for v in get_collection(collection) if re.match(pattern, v.op.name)]


def _variables(wanted: Any, with_vocabulary: list[str]) -> list[Any]:
    """The variables that are meant. ValueError for anything but None, a string, or a list of strings or variables."""
    if wanted is None:
        logging.info("Warm-starting variables only in TRAINABLE_VARIABLES.")
        return [v for v in get_collection(GraphKeys.TRAINABLE_VARIABLES) if _name(v) in with_vocabulary]
    if isinstance(wanted, str):
        logging.info("Warm-starting variables only in TRAINABLE_VARIABLES.")
        return _matching(wanted, GraphKeys.TRAINABLE_VARIABLES)
    if not isinstance(wanted, list):
        raise ValueError(f"`vars_to_warm_start must be a `list` or `str`.  Given type is {type(wanted).__name__}")
    if all(isinstance(item, str) for item in wanted):
        return list(dict.fromkeys(v for pattern in wanted for v in _matching(pattern, GraphKeys.GLOBAL_VARIABLES)))
    if all(isinstance(item, (Variable, PartitionedVariable)) for item in wanted):
        return [part for item in wanted for part in (item if isinstance(item, PartitionedVariable) else [item])]
    kinds = ", ".join(type(item).__name__ for item in wanted)
    raise ValueError(
        f"If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given types are [{kinds}]"
    )


def _name(variable: Any) -> str:
    info = variable._save_slice_info
    return str(info.full_name) if info is not None else str(variable.op.name)


def _grouped(variables: list[Any]) -> dict[str, list[Any]]:
    """The variables by their names in a checkpoint: the parts of one are together."""
    grouped: dict[str, list[Any]] = {}
    for variable in variables:
        grouped.setdefault(_name(variable), []).append(variable)
    return grouped


__all__ = ["warm_start"]
