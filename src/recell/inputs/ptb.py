"""The `reader` module of TensorFlow's Penn Treebank tutorial, for programs that import it and bring none."""

from __future__ import annotations

from typing import Any

from recell.datasets.ptb import ptb_iterator, ptb_raw_data
from recell.datasets.ptb import vocabulary as _build_vocab
from recell.datasets.ptb import word_ids as _file_to_word_ids
from recell.datasets.ptb import words_of as _read_words
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.tensor import Tensor
from recell.inputs.producers import range_input_producer
from recell.ops.array_shape import reshape, size
from recell.ops.check_ops import assert_positive
from recell.ops.slicing import strided_slice
from recell.ops.state import identity


def ptb_producer(raw_data: Any, batch_size: int, num_steps: int, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The next batch of words and of those that follow them, from a queue that goes through the text again and again.

    Args:
        raw_data: numbers of words, as `ptb_raw_data` gives them.
        batch_size: into how many rows the text is cut; row r of a batch goes on where row r of the one before ended.
        num_steps: words of a row.

    Returns:
        Two int32 tensors `[batch_size, num_steps]`. Start the queue runners before running them.

    Raises:
        InvalidArgumentError: when run, for a text too short for one batch.
    """
    with name_scope(name, "PTBProducer", [raw_data, batch_size, num_steps]):
        words: Any = convert_to_tensor(raw_data, dtypes.int32, name="raw_data")
        length = size(words) // batch_size
        rows = reshape(words[: batch_size * length], [batch_size, length])
        epoch_size = (length - 1) // num_steps
        enough = assert_positive(epoch_size, message="epoch_size == 0, decrease batch_size or num_steps")
        with control_dependencies([enough]):
            epoch_size = identity(epoch_size, name="epoch_size")
        i = range_input_producer(epoch_size, shuffle=False).dequeue()
        x = strided_slice(rows, [0, i * num_steps], [batch_size, (i + 1) * num_steps])
        x.set_shape([batch_size, num_steps])
        y = strided_slice(rows, [0, i * num_steps + 1], [batch_size, (i + 1) * num_steps + 1])
        y.set_shape([batch_size, num_steps])
        return x, y


__all__ = ["_build_vocab", "_file_to_word_ids", "_read_words", "ptb_iterator", "ptb_producer", "ptb_raw_data"]
