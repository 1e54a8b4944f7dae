"""What a session needs before it can run a model: operations to start it, to check it, to summarise and save it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import constant
from recell.graph.core import add_to_collection, get_collection, get_default_graph, name_scope
from recell.graph.keys import GraphKeys
from recell.graph.variable_collections import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
)
from recell.ops.array_join import concat
from recell.ops.lookup import tables_initializer
from recell.ops.state import group, no_op
from recell.ops.variable_ops import report_uninitialized_variables
from recell.platform import logging
from recell.summary.functions import merge_all
from recell.train.saver import Saver

USE_DEFAULT = 0
"""Stands for an argument left out where None means something else."""


def _initialize_resources(collection: str) -> Any:
    """An operation that readies what the collection holds, objects with a `create` operation."""
    found = get_collection(collection)
    return group(*(resource.create for resource in found), name="init") if found else no_op(name="init")


def _report_uninitialized(variables: Any = None) -> Any:
    """Names of what has no value yet."""
    reported = report_uninitialized_variables(variables)
    with name_scope("report_uninitialized_resources"):
        resources = constant([], dtypes.string)
    return concat([reported, resources], 0)


def default_init_op() -> Any:
    """Initial values for the global variables."""
    return group(global_variables_initializer(), _initialize_resources(GraphKeys.RESOURCES))


def default_ready_op() -> Any:
    """Names of the variables without a value."""
    return _report_uninitialized()


def default_ready_for_local_init_op() -> Any:
    """Names of the global variables without a value."""
    return _report_uninitialized(global_variables())


def get_saver_or_default() -> Any:
    """The graph's Saver, made if there is none. RuntimeError when there are several."""
    found = get_collection(GraphKeys.SAVERS)
    if len(found) > 1:
        raise RuntimeError(
            f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to use by passing it to "
            "the constructor (saver=...)."
        )
    if found:
        return found[0]
    saver = Saver(sharded=True, allow_empty=True)
    add_to_collection(GraphKeys.SAVERS, saver)
    return saver


class Scaffold:
    """The pieces that a monitored session starts a model with. TF symbol: `tf.train.Scaffold`.

    Each is, in this order: what is given here, that of `copy_from_scaffold`, the only item of the graph's collection
    for it, or a default, made by `finalize`.

    Args:
      init_op: sets initial values where no checkpoint is restored; all global variables' by default.
      init_feed_dict: feeds for it.
      init_fn: a function of the scaffold and the session, called after it.
      ready_op: a string tensor of what is not ready; names of variables without a value by default.
      ready_for_local_init_op: the same, asked before `local_init_op`.
      local_init_op: run in every session, also a restored one; local variables and tables by default.
      summary_op: the summaries to write; all merged by default.
      saver: of all global variables by default.
      copy_from_scaffold: takes over what is not given here.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Any, Any], Any] | None = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Any = None,
    ) -> None:
        other = copy_from_scaffold
        if other is not None and not isinstance(other, Scaffold):
            raise TypeError(f"copy_from_scaffold is not a Scaffold instance: {other}")
        user_init_fn = init_fn or (other._user_init_fn if other is not None else None)
        self._user_init_fn: Callable[[Any, Any], Any] | None = user_init_fn
        self._init_fn = None if user_init_fn is None else lambda sess: user_init_fn(self, sess)
        given = {
            "init_op": init_op,
            "ready_op": ready_op,
            "ready_for_local_init_op": ready_for_local_init_op,
            "local_init_op": local_init_op,
            "summary_op": summary_op,
            "saver": saver,
            "init_feed_dict": init_feed_dict,
        }
        if other is not None:
            given = {name: getattr(other, name) if value is None else value for name, value in given.items()}
        self._init_op = given["init_op"]
        self._ready_op = given["ready_op"]
        self._ready_for_local_init_op = given["ready_for_local_init_op"]
        self._local_init_op = given["local_init_op"]
        self._summary_op = given["summary_op"]
        self._saver = given["saver"]
        self._init_feed_dict = given["init_feed_dict"]

    def finalize(self) -> Scaffold:
        """Makes what is missing, and finalizes the graph. Called when a session is made."""
        get = Scaffold.get_or_default
        if self._init_op is None:
            self._init_op = get("init_op", GraphKeys.INIT_OP, default_init_op)
        if self._ready_op is None:
            self._ready_op = get("ready_op", GraphKeys.READY_OP, default_ready_op)
        if self._ready_for_local_init_op is None:
            self._ready_for_local_init_op = get(
                "ready_for_local_init_op", GraphKeys.READY_FOR_LOCAL_INIT_OP, default_ready_for_local_init_op
            )
        if self._local_init_op is None:
            self._local_init_op = get("local_init_op", GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op)
        if self._summary_op is None:
            self._summary_op = get("summary_op", GraphKeys.SUMMARY_OP, merge_all)
        if self._saver is None:
            self._saver = get_saver_or_default()
        self._saver.build()
        get_default_graph().finalize()
        logging.info("Graph was finalized.")
        return self

    @property
    def init_fn(self) -> Callable[[Any], Any] | None:
        """A function of the session, or None."""
        return self._init_fn

    @property
    def init_op(self) -> Any:
        return self._init_op

    @property
    def ready_op(self) -> Any:
        return self._ready_op

    @property
    def ready_for_local_init_op(self) -> Any:
        return self._ready_for_local_init_op

    @property
    def local_init_op(self) -> Any:
        return self._local_init_op

    @property
    def summary_op(self) -> Any:
        return self._summary_op

    @property
    def saver(self) -> Any:
        return self._saver

    @property
    def init_feed_dict(self) -> Any:
        return self._init_feed_dict

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Callable[[], Any]) -> Any:
        """The only item of a collection; where it is empty, what the function makes, put into it if it is not None.

        RuntimeError when the collection has several items: `arg_name` is the argument that says which is meant.
        """
        found = get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(
                f'More than one item in the collection "{collection_key}". Please indicate which one to use by '
                f"passing it to the tf.Scaffold constructor as:  tf.Scaffold({arg_name}=item to use)"
            )
        if found:
            return found[0]
        made = default_constructor()
        if made is not None:
            add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Any:
        """Initial values for local variables, contents for tables."""
        return group(
            local_variables_initializer(),
            tables_initializer(),
            _initialize_resources(GraphKeys.LOCAL_RESOURCES),
        )


__all__ = ["Scaffold", "get_saver_or_default"]
