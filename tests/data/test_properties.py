"""Chains of transformations against the same chains on Python's lists."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf

Dataset = tf.data.Dataset

SOURCES = {
    "range": lambda items: Dataset.range(len(items)).map(lambda i: tf.gather(tf.constant([*items, 0], tf.int64), i)),
    "slices": lambda items: Dataset.from_tensor_slices(np.array(items, np.int64)),
    "generator": lambda items: Dataset.from_generator(lambda: iter(items), tf.int64, []),
    "unbatched": lambda items: Dataset.from_tensors(np.array(items, np.int64)).unbatch(),
}


def interleaved(items, cycle, block):
    """`block` copies of each of `cycle` items in turn, three copies of each in all."""
    slots, coming, out = [None] * cycle, list(items), []
    at = given_of = 0
    while coming or any(slots):
        if not slots[at]:
            if slots[at] is None and coming:
                slots[at] = [coming.pop(0)] * 3
                continue
            slots[at] = None
            at, given_of = (at + 1) % cycle, 0
            continue
        out.append(slots[at].pop())
        given_of += 1
        if given_of == block:
            at, given_of = (at + 1) % cycle, 0
    return out


STEPS = {
    "repeat": lambda n: (lambda d: d.repeat(n % 4), lambda xs: xs * (n % 4), True),
    "take": lambda n: (lambda d: d.take(n), lambda xs: xs[:n], False),
    "skip": lambda n: (lambda d: d.skip(n), lambda xs: xs[n:], False),
    "shard": lambda n: (lambda d: d.shard(3, n % 3), lambda xs: xs[n % 3 :: 3], False),
    "map": lambda n: (lambda d: d.map(lambda x: x * 2 + n), lambda xs: [x * 2 + n for x in xs], True),
    "parallel map": lambda n: (
        lambda d: d.map(lambda x: x - n, num_parallel_calls=2),
        lambda xs: [x - n for x in xs],
        True,
    ),
    "filter": lambda n: (
        lambda d: d.filter(lambda x: tf.not_equal(x % 3, n % 3)),
        lambda xs: [x for x in xs if x % 3 != n % 3],
        True,
    ),
    "batch": lambda n: (lambda d: d.batch(n + 1).unbatch(), lambda xs: xs, True),
    "dropping batch": lambda n: (
        lambda d: d.batch(n + 1, drop_remainder=True).unbatch(),
        lambda xs: xs[: len(xs) // (n + 1) * (n + 1)],
        False,
    ),
    "cache": lambda n: (lambda d: d.cache(), lambda xs: xs, True),
    "prefetch": lambda n: (lambda d: d.prefetch(n), lambda xs: xs, True),
    "concatenate": lambda n: (lambda d: d.concatenate(Dataset.range(n)), lambda xs: xs + list(range(n)), True),
    "flat_map": lambda n: (
        lambda d: d.flat_map(lambda x: Dataset.from_tensors(x).repeat(n % 3)),
        lambda xs: [x for x in xs for _ in range(n % 3)],
        True,
    ),
    "interleave": lambda n: (
        lambda d: d.interleave(lambda x: Dataset.from_tensors(x).repeat(3), n % 3 + 1, n % 2 + 1),
        lambda xs: interleaved(xs, n % 3 + 1, n % 2 + 1),
        True,
    ),
    "window": lambda n: (
        lambda d: d.window(n + 1).flat_map(lambda w: w),
        lambda xs: xs,
        True,
    ),
    "shuffle": lambda n: (lambda d: d.shuffle(n + 1, seed=n), None, True),
}

steps = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 6)), max_size=5)
items = st.lists(st.integers(-20, 20), max_size=12)


def drained(dataset, epochs: int = 1) -> list[list[int]]:
    it = dataset.make_initializable_iterator()
    n = it.get_next()
    found = []
    with tf.Session() as sess:
        for _ in range(epochs):
            sess.run(it.initializer)
            found.append([])
            try:
                while True:
                    found[-1].append(int(sess.run(n)))
            except tf.errors.OutOfRangeError:
                pass
    return found


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(SOURCES)), items, steps)
def test_chains_are_those_of_lists(source, values, chain):
    with tf.Graph().as_default():
        dataset, expected, ordered = SOURCES[source](values), list(values), True
        for name, number in chain:
            on_dataset, on_list, needs_no_order = STEPS[name](number)
            if not ordered and not needs_no_order:
                continue  # which elements it leaves out depends on their order
            dataset = on_dataset(dataset)
            if on_list is None:
                ordered = False
            else:
                expected = on_list(expected)
        first, second = drained(dataset, epochs=2)
        assert first == second  # with seeds, or without anything random
    if ordered:
        assert first == expected
    else:
        assert Counter(first) == Counter(expected)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(1, 12), st.integers(0, 3), st.integers(1, 9))
def test_batches_of_shuffled_rows_are_the_rows_one_by_one(count, buffer, epochs, size):
    """Rows are taken at once where a batch follows: the order must be that of elements taken one by one."""
    with tf.Graph().as_default():
        rows = Dataset.from_tensor_slices(np.arange(count)).shuffle(buffer, seed=7).repeat(epochs)
        (at_once,) = drained(rows.batch(size).unbatch())
        (one_by_one,) = drained(rows.map(lambda x: x + 0).batch(size).unbatch())
        (apart,) = drained(rows)
    assert at_once == one_by_one == apart


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=10), st.integers(1, 4), st.integers(-9, 9))
def test_padded_batches_hold_the_rows_and_the_filler(lengths, size, filler):
    with tf.Graph().as_default():
        rows = [np.arange(n) + 100 for n in lengths]
        dataset = Dataset.from_generator(lambda: iter(rows), tf.int64, [None])
        n = dataset.padded_batch(size, [None], np.int64(filler)).make_one_shot_iterator().get_next()
        with tf.Session() as sess:
            for start in range(0, len(rows), size):
                part, batch = rows[start : start + size], sess.run(n)
                assert batch.shape == (len(part), max(len(row) for row in part))
                for row, padded in zip(part, batch, strict=True):
                    assert padded.tolist() == [*row, *[filler] * (batch.shape[1] - len(row))]
