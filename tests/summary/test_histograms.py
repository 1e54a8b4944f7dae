"""Histograms, against counting one by one."""

from __future__ import annotations

import bisect
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf
from recell.summary.histograms import bucket_limits, histogram_fields

LIMITS = bucket_limits().tolist()


def counted(values: list[float]) -> dict[str, Any]:
    """The same by the definition: each value goes below the first limit that is above it."""
    buckets = [0] * len(LIMITS)
    for value in values:
        buckets[min(bisect.bisect_right(LIMITS, value), len(LIMITS) - 1)] += 1
    following = [*buckets[1:], 1]
    kept = [k for k, count in enumerate(buckets) if count or following[k]]
    total = squares = 0.0
    for value in values:
        total += value
        squares += value * value
    return {
        "min": min(values, default=sys.float_info.max),
        "max": max(values, default=-sys.float_info.max),
        "num": float(len(values)),
        "sum": total,
        "sum_squares": squares,
        "bucket_limit": [LIMITS[k] for k in kept],
        "bucket": [buckets[k] for k in kept],
    }


_floats = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-10, 10),
    st.floats(-1e-11, 1e-11),
    st.sampled_from(LIMITS),
)


@settings(deadline=None)
@given(st.lists(_floats, max_size=60))
def test_as_counted_one_by_one(values: list[float]) -> None:
    found, wanted = histogram_fields(np.array(values, np.float64)), counted(values)
    for key in ("sum", "sum_squares"):
        assert np.array_equal(found.pop(key), wanted.pop(key), equal_nan=True)
    assert found == wanted


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.int64, np.uint8, np.int8])
def test_numbers_of_other_types(dtype: Any) -> None:
    values = (np.arange(-100, 100) * 1.3).astype(np.int64).astype(dtype)
    assert histogram_fields(values.reshape(10, 20)) == counted([float(value) for value in values])


def test_limits() -> None:
    assert len(LIMITS) == 1551
    assert sorted(LIMITS) == LIMITS
    assert LIMITS[0] == -sys.float_info.max
    assert LIMITS[775] == 0.0
    assert [-limit for limit in reversed(LIMITS)] == LIMITS


def test_the_largest_number_has_a_bucket() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        largest = tf.constant([sys.float_info.max, -sys.float_info.max], tf.float64)
        found = tf.Summary.FromString(session.run(tf.summary.histogram("h", largest))).value[0].histo
    assert sum(found.bucket) == 2
    assert found.bucket[-1] == 1
