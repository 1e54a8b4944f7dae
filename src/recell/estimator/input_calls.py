"""Calling a program's `input_fn`, and what it gives: tensors, dicts, pairs of them, or a dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.estimator.arguments import given_by_name
from recell.graph.core import get_default_graph
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.monitoring.session_run_hook import SessionRunHook
from recell.platform import logging

_ENDING = frozenset({"InputRows", "IteratorGetNext"})
"""Operations that raise OutOfRangeError when their input ends."""


class IteratorInitializerHook(SessionRunHook):
    """Runs a dataset's initializer in every new session."""

    def __init__(self, initializer: Any) -> None:
        self._initializer = initializer

    def after_create_session(self, session: Any, coord: Any) -> None:
        session.run(self._initializer)


def call_input_fn(input_fn: Callable[..., Any], mode: str, params: Any, config: Any) -> Any:
    """What the function gives, called with those of `mode`, `params` and `config` that it takes.

    TypeError when it cannot be called.
    """
    offered = {"mode": mode, "params": params, "config": config}
    return input_fn(**given_by_name(input_fn, offered))


def opened(result: Any) -> tuple[Any, list[SessionRunHook]]:
    """The tensors of a result, which may be a dataset, and the hooks that make them ready."""
    if not hasattr(result, "make_initializable_iterator"):
        return result, []
    iterator = result.make_initializable_iterator()
    get_default_graph().add_to_collection(GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
    return iterator.get_next(), [IteratorInitializerHook(iterator.initializer)]


def features_and_labels(result: Any) -> tuple[Any, Any, list[SessionRunHook]]:
    """Features, labels (None if there are none), and hooks. ValueError for a sequence that is no pair."""
    result, hooks = opened(result)
    if isinstance(result, (list, tuple)):
        if len(result) != 2:
            raise ValueError("input_fn should return (features, labels) as a len 2 tuple.")
        return result[0], result[1], hooks
    return result, None, hooks


def never_ends(graph: Graph) -> bool:
    """Whether nothing in the graph can say that the input has ended."""
    ends = any(operation.type in _ENDING for operation in graph.get_operations())
    return not ends and not graph.get_collection(GraphKeys.QUEUE_RUNNERS)


def features_only(result: Any) -> tuple[Any, list[SessionRunHook]]:
    """Features and hooks: labels are left out. Warns of an input that never ends."""
    features, _, hooks = features_and_labels(result)
    if not hooks and never_ends(get_default_graph()):
        logging.warning(
            "Input graph does not use tf.data.Dataset or contain a QueueRunner. That means predict yields forever. "
            "This is probably a mistake."
        )
    return features, hooks
