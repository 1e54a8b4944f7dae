"""How many values fall between fixed limits that grow by a tenth: TensorFlow's default histogram."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

_SMALLEST, _LARGEST, _GROWTH = 1e-12, 1e20, 1.1


@functools.cache
def bucket_limits() -> np.ndarray:
    """The upper limits of the buckets in order; the last one is the largest float64."""
    positive = []
    limit = _SMALLEST
    while limit < _LARGEST:
        positive.append(limit)
        limit *= _GROWTH
    positive.append(sys.float_info.max)
    return np.array([-limit for limit in reversed(positive)] + [0.0, *positive])


def histogram_fields(values: np.ndarray) -> dict[str, Any]:
    """The fields of a `HistogramProto` of finite values. Of a row of empty buckets only the last is kept."""
    flat = values.ravel().astype(np.float64)
    limits = bucket_limits()
    # Sorted (in their own type, which is quicker), many values are counted by few look-ups of the limits.
    below = np.searchsorted(np.sort(values.ravel()).astype(np.float64), limits, side="left")
    counts = np.diff(below, prepend=0)
    counts[-1] += flat.size - below[-1]
    filled = counts > 0
    kept = filled.copy()
    kept[:-1] |= filled[1:]
    kept[-1] = True
    with np.errstate(over="ignore", invalid="ignore"):
        # Added one after the other, as TensorFlow does: the last digits depend on it.
        total, squares = (float(np.cumsum(x)[-1]) if flat.size else 0.0 for x in (flat, flat * flat))
    return {
        "min": float(flat.min()) if flat.size else sys.float_info.max,
        "max": float(flat.max()) if flat.size else -sys.float_info.max,
        "num": float(flat.size),
        "sum": total,
        "sum_squares": squares,
        "bucket_limit": limits[kept].tolist(),
        "bucket": counts[kept].tolist(),
    }
