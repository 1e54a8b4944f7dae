"""Elements left out, and repeated, until classes come as often as wanted.

TF symbol: `tf.data.experimental.rejection_resample`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.data.dataset import Dataset
from recell.data.experimental import scan
from recell.data.selecting import sample_from_datasets
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.static import constant_value
from recell.ops.array_index import gather
from recell.ops.array_join import stack
from recell.ops.array_make import fill, one_hot
from recell.ops.array_pad import tile
from recell.ops.array_shape import expand_dims, shape
from recell.ops.math_binary import truediv
from recell.ops.math_cast import cast
from recell.ops.random import random_uniform
from recell.ops.reductions import reduce_max, reduce_min, reduce_sum

_ESTIMATED_AT_ONCE = 32
_SEEN_BEFORE = 10  # of each class, so that the first estimates are no extremes
_AHEAD = 3


def rejection_resample(
    class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Callable[[Any], Any]:
    """Pairs of a class and an element, of classes as frequent as wanted.

    Elements come from two passes over the dataset: one from which some are left out, and one as it is, mixed so that
    as few as possible are lost. An element may therefore come twice.
    TF symbol: `tf.data.experimental.rejection_resample`.

    Args:
      class_func: from an element to its class, an int32 scalar.
      target_dist: the wanted share of each class, floating `[classes]`.
      initial_dist: the shares there are; estimated from the elements that have come if None.
      seed: makes the choice the same each time.
    """

    def apply(dataset: Any) -> Any:
        target = convert_to_tensor(target_dist, name="target_dist")
        classes = dataset.map(lambda *parts: class_func(*parts))
        if initial_dist is None:
            shares = _estimated(classes, target)
        else:
            shares = Dataset.from_tensors(convert_to_tensor(initial_dist, name="initial_dist")).repeat()
        chances = shares.map(lambda share: _chances(share, target))
        marked = Dataset.zip((classes, chances, dataset))
        kept = marked.filter(lambda label, chance, _: random_uniform([], seed=seed) < gather(chance[0], label))
        kept = kept.map(lambda label, _, element: (label, element)).prefetch(_AHEAD)
        as_it_is = Dataset.zip((classes, dataset))
        share = None if initial_dist is None else _known_share(initial_dist, target)
        if share is not None and share in (0.0, 1.0):
            return as_it_is if share else kept
        weights = chances.map(lambda _, untouched: stack([untouched, 1.0 - untouched]))
        return sample_from_datasets([as_it_is, kept], weights=weights, seed=seed)

    return apply


def _chances(share: Any, target: Any) -> tuple[Any, Any]:
    """The chance of each class to be kept, and how much of the result may be the dataset as it is."""
    ratio = target / (share + np.finfo(share.dtype.as_numpy_dtype).tiny)
    least, most = reduce_min(ratio), reduce_max(ratio)
    return (ratio - least) / (most - least), least


def _known_share(initial_dist: Any, target: Any) -> float | None:
    share, wanted = constant_value(convert_to_tensor(initial_dist)), constant_value(target)
    return None if share is None or wanted is None else float(np.min(wanted / share))


def _estimated(classes: Any, target: Any) -> Any:
    """The share of each class among the elements so far, estimated a stretch of elements at a time."""
    count = shape(target)[0]

    def step(seen: Any, labels: Any) -> tuple[Any, Any]:
        after = seen + reduce_sum(one_hot(labels, count, dtype=dtypes.int64), 0)
        shares = cast(truediv(after, reduce_sum(after)), target.dtype)
        return after, tile(expand_dims(shares, 0), [_ESTIMATED_AT_ONCE, 1])

    start = fill([count], np.int64(_SEEN_BEFORE))
    return classes.batch(_ESTIMATED_AT_ONCE).apply(scan(start, step)).unbatch()
