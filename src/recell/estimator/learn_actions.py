"""Running a graph from a checkpoint and without a session of one's own: `run_n`, `run_feeds`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.graph.variable_collections import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
)
from recell.ops.lookup import tables_initializer
from recell.ops.state import group
from recell.session.session import Session
from recell.train.coordinator import Coordinator
from recell.train.queue_runner import start_queue_runners
from recell.train.saver import Saver


def run_feeds_iter(
    output_dict: Mapping[Any, Any], feed_dicts: Iterable[Any], restore_checkpoint_path: str | None = None
) -> Iterator[dict[Any, Any]]:
    """The values of a dict of tensors for each of several feeds, one after the other.

    TF symbol: `tf.contrib.learn.graph_actions.run_feeds_iter`.

    Args:
      output_dict: tensors of one graph, by any keys.
      feed_dicts: dicts of feeds; None for none.
      restore_checkpoint_path: a checkpoint to restore; initial values otherwise.

    Raises ValueError for no tensors or no feeds.
    """
    if not output_dict:
        raise ValueError(f"output_dict is invalid: {output_dict}.")
    if not feed_dicts:
        raise ValueError(f"feed_dicts is invalid: {feed_dicts}.")
    graph = next((tensor.graph for tensor in output_dict.values()), None) or get_default_graph()
    with graph.as_default(), Session(graph=graph) as session:
        saver = Saver() if restore_checkpoint_path and global_variables() else None
        if saver is not None:
            saver.restore(session, restore_checkpoint_path)
        else:
            session.run(global_variables_initializer())
        session.run(group(local_variables_initializer(), tables_initializer()))
        coordinator = Coordinator()
        threads: Any = None
        try:
            if graph.get_collection(GraphKeys.QUEUE_RUNNERS):
                threads = start_queue_runners(session, coord=coordinator)
            for feeds in feed_dicts:
                yield session.run(dict(output_dict), feeds)
        finally:
            coordinator.request_stop()
            if threads:
                coordinator.join(threads, stop_grace_period_secs=120)


def run_feeds(
    output_dict: Mapping[Any, Any], feed_dicts: Iterable[Any], restore_checkpoint_path: str | None = None
) -> list[dict[Any, Any]]:
    """`run_feeds_iter` as a list. TF symbol: `tf.contrib.learn.run_feeds`."""
    return list(run_feeds_iter(output_dict, feed_dicts, restore_checkpoint_path))


def run_n(
    output_dict: Mapping[Any, Any], feed_dict: Any = None, restore_checkpoint_path: str | None = None, n: int = 1
) -> list[dict[Any, Any]]:
    """The values of a dict of tensors, `n` times. TF symbol: `tf.contrib.learn.run_n`. Other arguments: `run_feeds`."""
    return run_feeds(output_dict, list(itertools.repeat(feed_dict, n)), restore_checkpoint_path)


def infer(restore_checkpoint_path: str | None, output_dict: Mapping[Any, Any], feed_dict: Any = None) -> dict[Any, Any]:
    """The values of a dict of tensors, once. TF symbol: `tf.contrib.learn.infer`. Other arguments: `run_feeds`."""
    return run_n(output_dict, feed_dict, restore_checkpoint_path, 1)[0]
