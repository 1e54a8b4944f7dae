"""Running a prediction: which of the model's predictions, and how they are given out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from recell.graph import errors
from recell.graph.graph import Graph
from recell.monitoring.monitored_session import MonitoredSession


def predicted(
    graph: Graph, session: MonitoredSession, predictions: Any, batches: bool, once: bool = False
) -> Iterator[Any]:
    """What a session predicts, until the input ends: whole batches, or their rows.

    The graph is the default one while the session is used, and not while the caller has the predictions: an iterator
    may be left behind at any time.
    `once` ends after one batch.
    """
    failed: type[BaseException] | None = None
    try:
        while not session.should_stop():
            try:
                with graph.as_default():
                    values = session.run(predictions)
            except (errors.OutOfRangeError, StopIteration):
                break
            if batches:
                yield values
            else:
                yield from rows_of(values)
            if once:
                break
    except BaseException as error:
        failed = type(error)  # also GeneratorExit: the hooks are not told of an end that was not reached
        raise
    finally:
        if not sys.is_finalizing():  # an iterator that is left behind must not disturb the end of the program
            with graph.as_default():
                session.__exit__(failed, None, None)


def selected_predictions(predictions: Any, keys: Any) -> Any:
    """The predictions of these names. ValueError when there is none of them."""
    if not keys:
        return predictions
    if not isinstance(predictions, Mapping):
        raise ValueError("predict_keys argument is not valid in case of non-dict predictions.")
    names = [keys] if isinstance(keys, str) else list(keys)
    chosen = {name: value for name, value in predictions.items() if name in names}
    if not chosen:
        raise ValueError(f"Expected to run at least one output from {predictions.keys()}, provided {keys}.")
    return chosen


def rows_of(values: Any) -> Iterator[Any]:
    """The rows of a batch of predictions. ValueError for arrays of several lengths."""
    if not isinstance(values, dict):
        yield from values
        return
    count = None
    for name, value in values.items():
        length = np.shape(value)[0]
        if count not in (None, length):
            raise ValueError(
                f"Batch length of predictions should be same. {name} has different batch length than others."
            )
        count = length
    for row in range(count or 0):
        yield {name: value[row] for name, value in values.items()}
