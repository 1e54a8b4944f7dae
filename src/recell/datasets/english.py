"""English text that every Python has: the reference topics of `help()`, as a small language-modelling data set."""

from __future__ import annotations

import re
from collections import Counter

from recell.datasets.ptb import END_OF_SENTENCE

UNKNOWN = "<unk>"
NUMBER = "N"
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d[\d.]*|[.!?](?=\s|$)")


def words() -> list[str]:
    """The text as words: lower case, numbers as `N` and sentences ended by `<eos>`, as Penn Treebank has them."""
    from pydoc_data import topics

    found = []
    for name in sorted(topics.topics):
        for token in _TOKEN.findall(topics.topics[name].lower()):
            found.append(END_OF_SENTENCE if token in ".!?" else NUMBER if token[0].isdigit() else token)
    return found


def raw_data(vocabulary_size: int = 3000) -> tuple[list[int], list[int], list[int], list[str]]:
    """Training, validation and test text as numbers of words, and the words by number.

    The most frequent words have numbers, the others are `<unk>`. Every tenth stretch of 1000 words is for validation,
    and the one after it for the test, since topics differ in their words.
    """
    text = words()
    counts = Counter(text)
    known = sorted(counts, key=lambda word: (-counts[word], word))[: vocabulary_size - 1]
    vocabulary = [UNKNOWN, *known]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for start in range(0, len(text), 1000):
        kind = {8: 1, 9: 2}.get(start // 1000 % 10, 0)
        parts[kind].extend(numbers.get(word, 0) for word in text[start : start + 1000])
    return (*parts, vocabulary)
