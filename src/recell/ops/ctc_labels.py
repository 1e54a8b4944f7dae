"""Labels of connectionist temporal classification as matrices. Symbols: tf.nn.collapse_repeated, ctc_unique_labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops.op import ANY, INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _rows(i: Inference) -> int | None:
    dims = i.shape("labels").tuple
    if dims is not None and len(dims) != 2:
        raise i.mismatch(f"Shape must be rank 2 but is rank {len(dims)}")
    return None if dims is None else dims[0]


def _unique_shapes(i: Inference) -> list[TensorShape]:
    rows, columns = _rows(i), i.shape("labels").tuple
    return [TensorShape([rows, None]), TensorShape([rows, None if columns is None else columns[1]])]


@op(
    "CTCUniqueLabels",
    shape=_unique_shapes,
    types={"labels": ANY},
    dtype=[dtypes.int64, dtypes.int32],
    differentiable=False,
)
def _unique(labels: Tensor) -> list[Tensor]:
    found = torch.zeros(labels.shape, dtype=torch.int64)
    places = torch.zeros(labels.shape, dtype=torch.int32)
    for number, row in enumerate(labels.long().tolist()):
        order = {label: place for place, label in enumerate(dict.fromkeys(row))}
        found[number, : len(order)] = torch.tensor(list(order), dtype=torch.int64)
        places[number] = torch.tensor([order[label] for label in row], dtype=torch.int32)
    return [found, places]


def ctc_unique_labels(labels: Any, name: str | None = None) -> list[Any]:
    """Which labels each row has, and where: for `ctc_loss_v2`. TF symbol: `tf.nn.ctc_unique_labels`.

    Args:
        labels: integers `[batch, longest]`; padding counts as a label.

    Returns:
        a list of two: int64 `[batch, longest]`, the labels of a row in the order of first appearance, zeros after
        them; and int32 `[batch, longest]`, the place there of each label.

    Example:
        >>> import recell.v1 as tf
        >>> with tf.Graph().as_default(), tf.Session() as session:
        ...     labels, places = session.run(tf.nn.ctc_unique_labels([[3, 4, 4, 3]]))
        ...     print(labels, places)
        [[3 4 0 0]] [[0 1 1 0]]
    """
    with name_scope(name, "ctc_unique_labels", [labels]):
        return list(_unique(labels))


def _collapsed_shapes(i: Inference) -> list[TensorShape]:
    return [TensorShape([_rows(i), None]), i.shape("seq_length")]


@op(
    "CollapseRepeated",
    shape=_collapsed_shapes,
    types={"labels": ANY, "seq_length": INDEX},
    dtype=lambda i: [i.dtype("labels"), i.dtype("seq_length")],
    differentiable=False,
)
def _collapse(labels: Tensor, seq_length: Tensor) -> list[Tensor]:
    within = torch.arange(labels.shape[1]) < seq_length[:, None]
    first = torch.ones_like(labels[:, :1], dtype=torch.bool)
    kept = within & torch.cat([first, labels[:, 1:] != labels[:, :-1]], 1)[:, : labels.shape[1]]
    lengths = kept.sum(1)
    # Those that are kept come first, in their order.
    order = torch.argsort((~kept).to(torch.int8), dim=1, stable=True)
    longest = int(lengths.max()) if len(lengths) else 0
    places = torch.arange(longest) < lengths[:, None]
    moved = labels.gather(1, order)[:, :longest]
    return [torch.where(places, moved, torch.zeros_like(moved)), lengths.to(seq_length.dtype)]


def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> tuple[Any, Any]:
    """Runs of equal labels as one label each. TF symbol: `tf.nn.collapse_repeated`.

    Args:
        labels: `[batch, longest]`. seq_length: integers `[batch]`, how many of a row's labels count.

    Returns:
        `[batch, new longest]` with zeros after a row's end, and the new lengths, of the dtype of `seq_length`.

    Example:
        >>> import recell.v1 as tf
        >>> with tf.Graph().as_default(), tf.Session() as session:
        ...     print(*session.run(tf.nn.collapse_repeated([[3, 4, 4, 3, 1], [1, 1, 2, 0, 0]], [5, 2])))
        [[3 4 3 1]
         [1 0 0 0]] [4 1]
    """
    with name_scope(name, "collapse_repeated_labels", [labels, seq_length]):
        collapsed, lengths = _collapse(labels, seq_length)
        return collapsed, lengths


__all__ = ["collapse_repeated", "ctc_unique_labels"]
