"""`CategoricalProcessor`: columns of words as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from recell.estimator.learn_vocabulary import CategoricalVocabulary


class CategoricalProcessor:
    """Columns of words as numbers. TF symbol: `tf.contrib.learn.preprocessing.CategoricalProcessor`.

    Args:
      min_frequency: words that come no more often than this are not known.
      share: whether all columns share one vocabulary.
      vocabularies: a list of them, one a column, or one alone to share.
    """

    def __init__(self, min_frequency: int = 0, share: bool = False, vocabularies: Any = None) -> None:
        self.min_frequency = min_frequency
        self.share = share
        self.vocabularies_ = vocabularies

    def freeze(self, freeze: bool = True) -> None:
        """Freezes all vocabularies."""
        for vocabulary in self._all():
            vocabulary.freeze(freeze)

    def _all(self) -> Sequence[CategoricalVocabulary]:
        return [self.vocabularies_] if self.share else list(self.vocabularies_)

    def _of(self, column: int) -> CategoricalVocabulary:
        return self.vocabularies_ if self.share else self.vocabularies_[column]

    def fit(self, x: Iterable[Sequence[Any]], unused_y: Any = None) -> CategoricalProcessor:
        """Takes up the words of the rows; afterwards no others are known. Returns itself."""
        for row in x:
            if self.vocabularies_ is None:
                self.vocabularies_ = CategoricalVocabulary() if self.share else [CategoricalVocabulary() for _ in row]
            for column, category in enumerate(row):
                if not (isinstance(category, float) and np.isnan(category)):
                    self._of(column).add(category)
        if self.min_frequency > 0:
            for vocabulary in self._all():
                vocabulary.trim(self.min_frequency)
        self.freeze()
        return self

    def fit_transform(self, x: Iterable[Sequence[Any]], unused_y: Any = None) -> Iterator[np.ndarray]:
        """`fit`, then `transform`: the rows are gone through twice."""
        rows = list(x)
        self.fit(rows)
        return self.transform(rows)

    def transform(self, x: Iterable[Sequence[Any]]) -> Iterator[np.ndarray]:
        """A row of int64 for each row: the numbers of its words, 0 for one that is not known."""
        for row in x:
            yield np.array([self._of(column).get(category) for column, category in enumerate(row)], np.int64)
