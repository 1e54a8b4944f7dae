"""`CategoricalVocabulary`: numbers for words."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


class CategoricalVocabulary:
    """Numbers words in the order in which they come. TF: `tf.contrib.learn.preprocessing.CategoricalVocabulary`.

    Args:
      unknown_token: the word with the number 0, which stands for all that are not known.
      support_reverse: whether words can be asked for by their numbers.
    """

    def __init__(self, unknown_token: str = "<UNK>", support_reverse: bool = True) -> None:
        self._unknown_token = unknown_token
        self._mapping: dict[Any, int] = {unknown_token: 0}
        self._support_reverse = support_reverse
        self._reverse_mapping: list[Any] = [unknown_token] if support_reverse else []
        self._freq: defaultdict[Any, int] = defaultdict(int)
        self._freeze = False

    def __len__(self) -> int:
        """How many numbers there are."""
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """From now on words that are not known get the number 0; with False they are taken up again."""
        self._freeze = freeze

    def get(self, category: Any) -> int:
        """The number of a word, which is taken up if it is new, unless the vocabulary is frozen."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            if self._support_reverse:
                self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category: Any, count: int = 1) -> None:
        """Counts a word. A frozen vocabulary does not count words that it does not know."""
        number = self.get(category)
        if number > 0:
            self._freq[category] += count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Keeps the words that are more frequent than `min_frequency`, numbered anew, the most frequent first.

        `max_frequency` leaves out those that are as frequent as it, or more; -1 for no bound.
        """
        by_frequency = sorted(sorted(self._freq.items(), key=lambda item: str(item[0])), key=lambda item: -item[1])
        self._mapping = {self._unknown_token: 0}
        self._reverse_mapping = [self._unknown_token] if self._support_reverse else []
        kept: defaultdict[Any, int] = defaultdict(int)
        for category, count in by_frequency:
            if count <= min_frequency or (0 < max_frequency <= count):
                continue
            kept[category] = count
            self._mapping[category] = len(self._mapping)
            if self._support_reverse:
                self._reverse_mapping.append(category)
        self._freq = kept

    def reverse(self, class_id: int) -> Any:
        """The word of a number. ValueError without `support_reverse`, IndexError for a number that there is not."""
        if not self._support_reverse:
            raise ValueError("This vocabulary wasn't initialized with support_reverse to support reverse() function.")
        return self._reverse_mapping[class_id]
