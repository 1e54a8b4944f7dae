"""Checkpoints that nobody would think of, for hypothesis: any names, dtypes, shapes, bits, partitions and shards."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st
from tests.checkpoint.tensorflow_sets import BOTH_FORMATS, V2_ALONE, Item, storage

NAMES = st.one_of(
    st.text(min_size=1, max_size=12, alphabet="ab/_0:"),
    st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8")).filter(lambda name: name[0] != "\0"),
    st.text(min_size=1, max_size=3, alphabet="xy").map(lambda text: text * 70),
)


def values(dtype: str, shape: list[int], seed: int) -> np.ndarray:
    """Any bits at all; of strings, any bytes."""
    count = int(np.prod(shape, dtype=np.int64))
    numbers = np.random.default_rng(seed)
    kind = storage(dtype)
    if dtype == "string":
        texts = np.empty(count, object)
        sizes = numbers.choice([0, 1, 3, 20, 127, 128, 300], count)
        texts[:] = [numbers.bytes(int(size)) for size in sizes]
        return texts.reshape(shape)
    if dtype == "bool":
        return numbers.integers(0, 2, count).astype(bool).reshape(shape)
    return np.frombuffer(numbers.bytes(count * kind.itemsize), kind).reshape(shape)


def grid(
    name: str, dtype: str, whole: np.ndarray, cuts: list[list[int]], dashes: bool, shards: list[int]
) -> list[Item]:
    """A tensor in parts: along each axis it is cut at the places given."""
    boxes: list[list[tuple[int, int]]] = [[]]
    for places, size in zip(cuts, whole.shape, strict=True):
        ends = [0, *sorted(set(places) & set(range(1, size))), size]
        pieces = [(start, end - start) for start, end in itertools.pairwise(ends)]
        boxes = [[*box, piece] for box in boxes for piece in pieces]
    items = []
    for number, box in enumerate(boxes):
        parts = [
            "-" if dashes and piece == (0, size) else f"{piece[0]},{piece[1]}"
            for piece, size in zip(box, whole.shape, strict=True)
        ]
        spec = f"{' '.join(map(str, whole.shape))} {':'.join(parts)}"
        part = whole[tuple(slice(start, start + size) for start, size in box)]
        items.append(Item(name, dtype, np.array(part, order="C"), spec, shards[number % len(shards)]))
    return items


@st.composite
def items(draw: st.DrawFn, form: str) -> list[Item]:
    found: list[Item] = []
    dtypes = BOTH_FORMATS if form == "v1" else BOTH_FORMATS + V2_ALONE
    shards = draw(st.integers(1, 3))
    for name in draw(st.lists(NAMES, min_size=1, max_size=24, unique=True)):
        dtype = draw(st.sampled_from(dtypes))
        sides = st.integers(0, 6) if draw(st.booleans()) else st.integers(1, 4)
        shape = draw(st.lists(sides, max_size=5))
        array = values(dtype, shape, draw(st.integers(0, 2**32)))
        places = st.lists(st.integers(0, shards - 1), min_size=1, max_size=3)
        if shape and 0 not in shape and draw(st.booleans()):
            cuts = [draw(st.lists(st.integers(1, 5), max_size=2)) for _ in shape]
            found += draw(st.permutations(grid(name, dtype, array, cuts, draw(st.booleans()), draw(places))))
        else:
            found.append(Item(name, dtype, array, "", draw(places)[0]))
    return found
