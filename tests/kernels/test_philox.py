"""The compiled generator against the one in NumPy, which the published vectors and TensorFlow's numbers hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recell.kernels import native, philox_uniform, philox_words
from recell.plan import philox_bits, philox_numbers

pytestmark = pytest.mark.skipif(not native().active, reason=native().reason)

counts = st.integers(0, 70) | st.sampled_from([127, 128, 4099, 20_001])
counters = st.integers(0, 2**128 - 1) | st.sampled_from([0, 2**64 - 5, 2**64 - 64, 2**128 - 3])


@settings(max_examples=80, deadline=None)
@given(counts, st.integers(-(2**63), 2**64 - 1), counters)
@example(100, -1, 2**64 - 1)
def test_words(count: int, key: int, counter: int) -> None:
    expected = philox_bits.blocks(philox_bits.round_keys(key), counter, count)
    np.testing.assert_array_equal(philox_words(count, key, counter).numpy().view(np.uint32), expected)


@settings(max_examples=80, deadline=None)
@given(counts, st.integers(0, 2**64 - 1), counters)
def test_uniform_numbers(count: int, key: int, counter: int) -> None:
    words = philox_bits.blocks(philox_bits.round_keys(key), counter, -(-count // 4))
    expected = philox_numbers.uniform32(words).reshape(-1)[:count]
    np.testing.assert_array_equal(philox_uniform(count, key, counter).numpy(), expected)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_changes_no_number(threads: int) -> None:
    before = torch.get_num_threads()
    expected = philox_uniform(100_003, 5, 7)
    torch.set_num_threads(threads)
    try:
        assert torch.equal(philox_uniform(100_003, 5, 7), expected)
    finally:
        torch.set_num_threads(before)
