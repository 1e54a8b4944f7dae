"""Texts as rows of numbers: `VocabularyProcessor`, `ByteProcessor`, `tokenizer`."""

from __future__ import annotations

import itertools
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from recell.estimator.learn_vocabulary import CategoricalVocabulary

TOKENIZER_RE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+", re.UNICODE)
"""What a word is: capitals, a word within CamelCase, or letters, digits, apostrophes and hyphens."""


def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """The words of each text. TF symbol: `tf.contrib.learn.preprocessing.tokenizer`."""
    for text in iterator:
        yield TOKENIZER_RE.findall(text)


class ByteProcessor:
    """Texts as their bytes, in rows of one length. TF symbol: `tf.contrib.learn.preprocessing.ByteProcessor`.

    Args:
      max_document_length: how long a row is; longer texts are cut, shorter ones end in zeros.
    """

    def __init__(self, max_document_length: int) -> None:
        self.max_document_length = max_document_length

    def fit(self, x: Iterable[str]) -> ByteProcessor:
        """Does nothing: bytes are numbered already."""
        return self

    def fit_transform(self, x: Iterable[str]) -> Iterator[np.ndarray]:
        """`transform`."""
        return self.transform(x)

    def transform(self, x: Iterable[Any]) -> Iterator[np.ndarray]:
        """A row of uint8 for each text or bytes."""
        for text in x:
            content = text.encode("utf-8") if isinstance(text, str) else bytes(text)
            row = np.zeros(self.max_document_length, np.uint8)
            taken = content[: self.max_document_length]
            row[: len(taken)] = np.frombuffer(taken, np.uint8)
            yield row

    def reverse(self, x: Iterable[np.ndarray]) -> Iterator[str]:
        """The text of each row."""
        for row in x:
            yield np.asarray(row).astype(np.uint8).tobytes().rstrip(b"\0").decode("utf-8", "replace")


class _Unpickler(pickle.Unpickler):
    """Reads what TensorFlow has pickled: its classes are found here."""

    def find_class(self, module: str, name: str) -> Any:
        ours = {"VocabularyProcessor": VocabularyProcessor, "CategoricalVocabulary": CategoricalVocabulary}
        if module.startswith("tensorflow.contrib.learn."):
            return tokenizer if name == "tokenizer" else ours[name]
        return super().find_class(module, name)


class VocabularyProcessor:
    """Texts as the numbers of their words. TF symbol: `tf.contrib.learn.preprocessing.VocabularyProcessor`.

    Args:
      max_document_length: how long a row is; longer texts are cut, shorter ones end in zeros.
      min_frequency: words that come no more often than this are not known.
      vocabulary: a CategoricalVocabulary that is there already.
      tokenizer_fn: a function of texts that gives the words of each; `tokenizer` by default.
    """

    def __init__(
        self,
        max_document_length: int,
        min_frequency: int = 0,
        vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Callable[[Iterable[str]], Iterable[Iterable[str]]] | None = None,
    ) -> None:
        self.max_document_length = max_document_length
        self.min_frequency = min_frequency
        self.vocabulary_ = CategoricalVocabulary() if vocabulary is None else vocabulary
        self._tokenizer = tokenizer if tokenizer_fn is None else tokenizer_fn

    def fit(self, raw_documents: Iterable[str], unused_y: Any = None) -> VocabularyProcessor:
        """Takes up the words of the texts; afterwards no others are known. Returns itself."""
        for words in self._tokenizer(raw_documents):
            for word in words:
                self.vocabulary_.add(word)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents: Iterable[str], unused_y: Any = None) -> Iterator[np.ndarray]:
        """`fit`, then `transform`: the texts are gone through twice."""
        texts = list(raw_documents)
        self.fit(texts)
        return self.transform(texts)

    def transform(self, raw_documents: Iterable[str]) -> Iterator[np.ndarray]:
        """A row of int64 for each text: the numbers of its words, 0 for one that is not known and behind the last."""
        for words in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for position, word in enumerate(itertools.islice(words, self.max_document_length)):
                row[position] = self.vocabulary_.get(word)
            yield row

    def reverse(self, documents: Iterable[Iterable[int]]) -> Iterator[str]:
        """The words of each row, with blanks between them."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(number) for number in row)

    def save(self, filename: str) -> None:
        """Writes it to a file, by pickle."""
        with open(filename, "wb") as file:
            pickle.dump(self, file)

    @classmethod
    def restore(cls, filename: str) -> VocabularyProcessor:
        """What `save` has written, here or under TensorFlow. Read only files that you trust: pickles may run code."""
        with open(filename, "rb") as file:
            return _Unpickler(file).load()
