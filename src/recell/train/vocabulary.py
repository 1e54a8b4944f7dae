"""Rows of one vocabulary's matrix as rows of another's. TF symbols: `tf.train.VocabInfo`, `GenerateVocabRemapping`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.shapes import TensorShape
from recell.ops._kernels import invalid
from recell.ops.array_index import gather
from recell.ops.array_join import concat
from recell.ops.array_shape import transpose
from recell.ops.comparison import greater_equal, where
from recell.ops.initializers import Zeros
from recell.ops.math_binary import maximum
from recell.ops.op import STRING, op
from recell.platform.file_errors import translated_errors
from recell.train.saver_ops import restore_v2, text

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


class _Fields(NamedTuple):
    new_vocab: Any
    new_vocab_size: Any
    num_oov_buckets: Any
    old_vocab: Any
    old_vocab_size: Any
    backup_initializer: Any
    axis: Any


class VocabInfo(_Fields):
    """How the rows (or columns) of a variable follow words that stood elsewhere before. TF: `tf.train.VocabInfo`.

    Args:
      new_vocab: a file with a word in each line: what row means which word now.
      new_vocab_size: how many of them count.
      num_oov_buckets: how many rows stand behind them, for words that are not known.
      old_vocab: the file of the checkpoint's time.
      old_vocab_size: how many of its lines count; -1 for all.
      backup_initializer: of rows whose words are new; zeros if None.
      axis: 0 for rows, 1 for columns. ValueError for another.
    """

    __slots__ = ()

    def __new__(
        cls,
        new_vocab: Any,
        new_vocab_size: Any,
        num_oov_buckets: Any,
        old_vocab: Any,
        old_vocab_size: Any = -1,
        backup_initializer: Any = None,
        axis: int = 0,
    ) -> VocabInfo:
        if axis not in (0, 1):
            raise ValueError(f"The only supported values for the axis argument are 0 and 1.  Provided axis: {axis}")
        return super().__new__(
            cls, new_vocab, new_vocab_size, num_oov_buckets, old_vocab, old_vocab_size, backup_initializer, axis
        )


def _remapping_shape(i: Any) -> list[TensorShape]:
    return [TensorShape([i["num_new_vocab"]]), TensorShape([])]


@op(
    "GenerateVocabRemapping",
    shape=_remapping_shape,
    types={"new_vocab_file": STRING, "old_vocab_file": STRING},
    dtype=[dtypes.int64, dtypes.int32],
    stateful=True,
    differentiable=False,
)
def generate_vocab_remapping(
    ctx: Any,
    new_vocab_file: Tensor,
    old_vocab_file: Tensor,
    new_vocab_offset: int,
    num_new_vocab: int,
    old_vocab_size: int = -1,
) -> Any:
    """Where each word of a vocabulary stood in an older one, -1 for none; and how many stood there.

    TF symbol: `tf.raw_ops.GenerateVocabRemapping`. When run: NotFoundError for a file that is not there,
    InvalidArgumentError for one with fewer lines than are asked for.
    """
    old = _lines(text(old_vocab_file))
    if old_vocab_size > len(old):
        raise invalid(f"Invalid vocab_size in {text(old_vocab_file)}: expected {old_vocab_size} but got {len(old)}")
    counted = old if old_vocab_size < 0 else old[:old_vocab_size]
    places = {word: place for place, word in reversed(list(enumerate(counted)))}
    new, end = _lines(text(new_vocab_file)), new_vocab_offset + num_new_vocab
    if end > len(new):
        raise invalid(f"Invalid vocab_size in {text(new_vocab_file)}: expected {end} but got {len(new)}")
    found = [places.get(word, -1) for word in new[new_vocab_offset:end]]
    known = sum(place >= 0 for place in found)
    return [torch.tensor(found, dtype=torch.int64), torch.tensor(known, dtype=torch.int32)]


def _lines(path: str) -> list[bytes]:
    with translated_errors(path), open(path, "rb") as file:
        return [line.rstrip(b"\r\n") for line in file]


def remapped(prefix: str, name: str, info: VocabInfo, variable: Any) -> Any:
    """The value of a variable whose rows, or columns, follow the words of a vocabulary, from a checkpoint's tensor."""
    shape = variable.shape.as_list()
    part = variable._save_slice_info
    first = 0 if part is None else part.var_offset[info.axis]
    size = shape[info.axis]
    words = max(0, min(size, info.new_vocab_size - first))
    value = restore_v2(prefix, [name], [""], [variable.dtype], name="checkpoint_initializer")[0]
    own = [None if k == info.axis else n for k, n in enumerate(shape)]
    if part is not None:
        value = _columns_of(value, part, info.axis)
    value.set_shape(own)
    fresh: Any = (info.backup_initializer or Zeros())(shape, dtype=variable.dtype.base_dtype)
    if info.axis:
        value, fresh = transpose(value), transpose(fresh)
    places, _ = generate_vocab_remapping(info.new_vocab, info.old_vocab, first, words, info.old_vocab_size)
    known = where(greater_equal(places, 0), gather(value, maximum(places, 0)), fresh[:words])
    made = concat([known, fresh[words:]], axis=0)
    return transpose(made) if info.axis else made


def _columns_of(value: Any, part: Any, axis: int) -> Any:
    """What a part of a variable has of the dimensions that do not follow a vocabulary."""
    for k, (start, size, full) in enumerate(zip(part.var_offset, part.var_shape, part.full_shape, strict=True)):
        if k != axis and size != full:
            value = gather(value, list(range(start, start + size)), axis=k)
    return value


__all__ = ["VocabInfo", "generate_vocab_remapping", "remapped"]
