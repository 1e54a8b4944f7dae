"""What the demos that read digits do: train with a progress bar, print the accuracy, draw one digit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import recell.v1 as tf
from recell.demos.display import progress, table
from recell.demos.picture import draw
from recell.demos.rows import RowReader


def batches(images: Any, labels: Any, size: int, seed: int = 0) -> Callable[[], tuple[Any, Any]]:
    """A function that gives the next `size` examples, in another order every epoch."""
    random = np.random.default_rng(seed)

    def endless() -> Iterator[tuple[Any, Any]]:
        while True:
            order = random.permutation(len(images))
            for start in range(0, len(images) - size + 1, size):
                chosen = order[start : start + size]
                yield images[chosen], labels[chosen]

    return endless().__next__


def train_and_show(
    reader: RowReader,
    steps: int,
    next_batch: Callable[[], tuple[Any, Any]],
    test: tuple[Any, Any],
    out: str,
) -> float:
    """Trains `reader`, prints its accuracy on `test` (images, labels) by digit, draws one test digit into `out`.

    Returns the accuracy.
    """
    started = time.perf_counter()
    # One thread: steps this small gain little from a second one, and lose much where another program is busy.
    config = tf.ConfigProto(intra_op_parallelism_threads=1)
    with tf.Session(graph=reader.graph, config=config) as session:
        with progress(steps) as advance:
            reader.train(session, steps, next_batch, lambda loss: advance(f"steps, loss {loss:.3f}"))
        accuracy = reader.accuracy_on(session, *test)
        seconds = time.perf_counter() - started
        images, labels = test
        rows = [
            [int(k), *_counted(reader, session, images[labels == k], labels[labels == k])] for k in np.unique(labels)
        ]
        table("digits not seen in training", ["digit", "pictures", "accuracy"], rows)
        print(f"test accuracy {accuracy:.4f} after {seconds:.0f} s")
        image, label = _most_telling(reader, session, *test)
        draw(out, image, reader.beliefs(session, image), label)
    print(f"wrote {out}: one digit, and what the network believed after each of its rows")
    return accuracy


def _counted(reader: RowReader, session: Any, images: Any, labels: Any) -> tuple[int, float]:
    """How many pictures there are, and how many of them are read rightly."""
    return len(labels), round(reader.accuracy_on(session, images, labels), 4)


def _most_telling(reader: RowReader, session: Any, images: Any, labels: Any, among: int = 100) -> tuple[Any, int]:
    """Of the first test digits, a rightly read one about which the network changed its mind most often."""
    changes = []
    for image, label in zip(images[:among], labels[:among], strict=True):
        best = np.argmax(reader.beliefs(session, image), axis=1)
        changes.append(int(np.count_nonzero(np.diff(best))) if best[-1] == label else -1)
    chosen = int(np.argmax(changes))
    return images[chosen], int(labels[chosen])
