"""The operations that a supervisor starts a model with: given, found in the graph, or made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from recell.graph.core import add_to_collection, get_collection
from recell.graph.keys import GraphKeys
from recell.graph.variable_collections import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
)
from recell.ops.lookup import tables_initializer
from recell.ops.state import group
from recell.ops.variable_ops import report_uninitialized_variables
from recell.summary.functions import merge_all
from recell.train.saver import Saver
from recell.train.training_util import get_global_step

USE_DEFAULT = 0
"""Stands for an argument left out where None means something else."""


class Parts(NamedTuple):
    """The pieces, None for those that are not there."""

    ready_op: Any
    ready_for_local_init_op: Any
    init_op: Any
    local_init_op: Any
    saver: Any
    summary_op: Any
    global_step: Any


def complete(given: Parts, is_chief: bool) -> Parts:
    """The pieces with a default for each that is USE_DEFAULT. Only a chief initializes."""
    keys = GraphKeys
    return Parts(
        ready_op=_pick(given.ready_op, keys.READY_OP, report_uninitialized_variables),
        ready_for_local_init_op=_pick(given.ready_for_local_init_op, keys.READY_FOR_LOCAL_INIT_OP, None),
        init_op=_pick(given.init_op, keys.INIT_OP, global_variables_initializer) if is_chief else None,
        local_init_op=_pick(given.local_init_op, keys.LOCAL_INIT_OP, _local_initializer),
        saver=_pick(given.saver, keys.SAVERS, lambda: Saver() if global_variables() else None),
        summary_op=_pick(given.summary_op, keys.SUMMARY_OP, merge_all),
        global_step=_global_step() if given.global_step is USE_DEFAULT else given.global_step,
    )


def _pick(given: Any, collection: str, make: Callable[[], Any] | None) -> Any:
    """What is given; else the collection's first item; else what `make` makes, put into the collection."""
    if given is not USE_DEFAULT:
        return given
    found = get_collection(collection)
    if found:
        return found[0]
    made = make() if make is not None else None
    if made is not None:
        add_to_collection(collection, made)
    return made


def _local_initializer() -> Any:
    """Initial values for local variables, contents for tables."""
    return group(local_variables_initializer(), tables_initializer())


def _global_step() -> Any:
    """The graph's global step, put into its collection if only its name tells it."""
    step = get_global_step()
    if step is not None and not get_collection(GraphKeys.GLOBAL_STEP):
        add_to_collection(GraphKeys.GLOBAL_STEP, step)
    return step


__all__ = ["USE_DEFAULT", "Parts", "complete"]
