"""Penn Treebank as language models read it: a line's end is the word `<eos>`, and words are numbers by frequency.

Mikolov et al., "Recurrent neural network based language model" (2010); the files are `ptb.train.txt`, `ptb.valid.txt`
and `ptb.test.txt` of its `simple-examples/data`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from recell.graph import errors

FILES = ("ptb.train.txt", "ptb.valid.txt", "ptb.test.txt")
END_OF_SENTENCE = "<eos>"
_FOLDER = os.path.join("simple-examples", "data")


def locate(data_path: str | None) -> str:
    """The folder that holds the three files: `data_path` as it is, else under `$RECELL_DATA`.

    Raises NotFoundError that says where they were looked for and where to put them.
    """
    given = os.fspath(data_path) if data_path else "."
    folders = [given]
    root = os.environ.get("RECELL_DATA")
    if root:
        folders += [os.path.join(root, given), os.path.join(root, _FOLDER)]
    for folder in folders:
        if all(os.path.isfile(os.path.join(folder, name)) for name in FILES):
            return folder
    hint = "" if root else " or set RECELL_DATA to a folder that holds simple-examples/data"
    raise errors.NotFoundError(
        None,
        None,
        f"Penn Treebank is not in {' nor in '.join(dict.fromkeys(map(os.path.abspath, folders)))}: put "
        f"{', '.join(FILES)} there{hint}.",
    )


def words_of(filename: str) -> list[str]:
    """The words of a text file. NotFoundError when there is none."""
    try:
        with open(filename, encoding="utf-8") as file:
            return file.read().replace("\n", END_OF_SENTENCE).split()
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, f"{filename}; No such file or directory") from None


def vocabulary(filename: str) -> dict[str, int]:
    """The words of a file by number: the most frequent first, equally frequent ones in the order of their letters."""
    return _numbered(words_of(filename))


def _numbered(words: Iterable[str]) -> dict[str, int]:
    counts = Counter(words)
    return {word: number for number, word in enumerate(sorted(counts, key=lambda word: (-counts[word], word)))}


def word_ids(filename: str, word_to_id: Mapping[str, int]) -> list[int]:
    """The words of a file as numbers; words that have none are left out."""
    return _ids(words_of(filename), word_to_id)


def _ids(words: Iterable[str], word_to_id: Mapping[str, int]) -> list[int]:
    return [word_to_id[word] for word in words if word in word_to_id]


def ptb_raw_data(data_path: str | None = None) -> tuple[list[int], list[int], list[int], int]:
    """Training, validation and test text as lists of word numbers, and how many words there are.

    `data_path` is looked up as it is, then under `$RECELL_DATA`; NotFoundError when the files are in neither.
    """
    folder = locate(data_path)
    train, valid, test = (words_of(os.path.join(folder, name)) for name in FILES)
    numbers = _numbered(train)
    return _ids(train, numbers), _ids(valid, numbers), _ids(test, numbers), len(numbers)


def ptb_iterator(raw_data: Any, batch_size: int, num_steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of inputs and of the words that follow them, both int32 `[batch_size, num_steps]`, once through the text.

    Row r of a batch goes on where row r of the batch before ended. ValueError for a text too short for one batch.
    """
    words = np.asarray(raw_data, dtype=np.int32)
    length = len(words) // batch_size
    rows = words[: batch_size * length].reshape(batch_size, length)
    count = (length - 1) // num_steps
    if count <= 0:
        raise ValueError("epoch_size == 0, decrease batch_size or num_steps")
    for start in range(0, count * num_steps, num_steps):
        yield rows[:, start : start + num_steps], rows[:, start + 1 : start + num_steps + 1]
