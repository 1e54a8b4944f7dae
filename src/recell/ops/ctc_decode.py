"""Label sequences from frames' logits, and how far two sequences are apart.

Symbols: tf.nn.ctc_greedy_decoder, ctc_beam_search_decoder, tf.edit_distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops._kernels import invalid
from recell.ops.op import ANY, FLOATS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _batch(i: Inference) -> int | None:
    shape = i.shape("inputs").tuple
    if shape is not None and len(shape) != 3:
        raise i.mismatch(f"Shape must be rank 3 but is rank {len(shape)}")
    return None if shape is None else shape[1]


def _check_lengths(inputs: Tensor, sequence_length: Tensor) -> list[int]:
    lengths = sequence_length.tolist()
    for number, length in enumerate(lengths):
        if length > inputs.shape[0]:
            raise invalid(f"sequence_length({number}) <= {inputs.shape[0]}")
    return lengths


def _as_sparse(rows: Sequence[Sequence[int]]) -> list[Tensor]:
    """The three parts of a SparseTensor of int64 rows."""
    indices = [[number, place] for number, row in enumerate(rows) for place in range(len(row))]
    values = [label for row in rows for label in row]
    longest = max((len(row) for row in rows), default=0)
    return [
        torch.tensor(indices, dtype=torch.int64).reshape(-1, 2),
        torch.tensor(values, dtype=torch.int64),
        torch.tensor([len(rows), longest], dtype=torch.int64),
    ]


_SPARSE_DTYPES = [dtypes.int64] * 3


def _greedy_shapes(i: Inference) -> list[TensorShape]:
    return [TensorShape([None, 2]), TensorShape([None]), TensorShape([2]), TensorShape([_batch(i), 1])]


@op(
    "CTCGreedyDecoder",
    shape=_greedy_shapes,
    T=FLOATS,
    types={"sequence_length": dtypes.int32},
    dtype=lambda i: [*_SPARSE_DTYPES, i.dtype("inputs")],
    differentiable=False,
)
def _greedy(inputs: Tensor, sequence_length: Tensor, merge_repeated: bool) -> list[Tensor]:
    lengths = _check_lengths(inputs, sequence_length)
    best, labels = inputs.max(-1)
    blank = inputs.shape[-1] - 1
    rows = []
    for number, length in enumerate(lengths):
        row: list[int] = []
        before = -1
        for label in labels[:length, number].tolist():
            if label != blank and not (merge_repeated and label == before):
                row.append(label)
            before = label
        rows.append(row)
    frames = torch.arange(inputs.shape[0])[:, None] < sequence_length
    return [*_as_sparse(rows), -(best * frames).sum(0)[:, None]]


def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Any]:
    """The best class of each frame, repeats merged and blanks (the last class) left out.

    TF symbol: `tf.nn.ctc_greedy_decoder`. `inputs` are logits `[time, batch, classes]`. Returns a list of one int64
    SparseTensor `[batch, longest]`, and the negative sums of the chosen logits `[batch, 1]`.
    """
    *parts, score = _greedy(inputs, sequence_length, merge_repeated, name="CTCGreedyDecoder")
    return [SparseTensor(*parts)], score


# -- beam search ----------------------------------------------------------------------------------------------------


class _Beams:
    """Prefixes of label sequences, each with the log probability of ending in a blank and in its last label."""

    def __init__(self, width: int, classes: int) -> None:
        self.width = width
        self.blank = classes - 1
        self.nodes: list[tuple[int, int]] = [(-1, -1)]  # (parent, label); the first is the empty prefix
        self.children: dict[tuple[int, int], int] = {}
        self.ids = np.zeros(1, np.int64)
        self.in_blank = np.zeros(1)
        self.in_label = np.full(1, -np.inf)

    def advance(self, logp: np.ndarray) -> None:
        """Takes in one frame's log probabilities."""
        labels = np.array([self.nodes[node][1] for node in self.ids])
        total = np.logaddexp(self.in_blank, self.in_label)
        ways = total[:, None] + logp[None, : self.blank]  # each prefix with each label put to it
        repeat = labels >= 0
        ways[repeat, labels[repeat]] = self.in_blank[repeat] + logp[labels[repeat]]
        blank_after = total + logp[self.blank]
        label_after = np.where(repeat, self.in_label + logp[labels], -np.inf)
        place = {int(node): k for k, node in enumerate(self.ids)}
        for node, k in place.items():  # a prefix that is in the beam with its parent gets the parent's share
            parent, label = self.nodes[node]
            if parent in place:
                label_after[k] = np.logaddexp(label_after[k], ways[place[parent], label])
                ways[place[parent], label] = -np.inf
        stay = np.logaddexp(blank_after, label_after)
        scores = np.concatenate([stay, ways.ravel()])
        order = np.argsort(-scores, kind="stable")[: self.width]
        order = order[scores[order] > -np.inf]
        self._choose(order, blank_after, label_after, ways)

    def _choose(self, order: np.ndarray, blank_after: np.ndarray, label_after: np.ndarray, ways: np.ndarray) -> None:
        count = len(self.ids)
        ids, in_blank, in_label = [], [], []
        for position in order.tolist():
            if position < count:
                ids.append(int(self.ids[position]))
                in_blank.append(blank_after[position])
                in_label.append(label_after[position])
            else:
                parent, label = divmod(position - count, self.blank)
                ids.append(self._child(int(self.ids[parent]), label))
                in_blank.append(-np.inf)
                in_label.append(ways[parent, label])
        self.ids = np.array(ids, np.int64)
        self.in_blank, self.in_label = np.array(in_blank), np.array(in_label)

    def _child(self, parent: int, label: int) -> int:
        found = self.children.get((parent, label))
        if found is None:
            found = self.children[parent, label] = len(self.nodes)
            self.nodes.append((parent, label))
        return found

    def best(self, count: int) -> tuple[list[list[int]], list[float]]:
        """The `count` likeliest prefixes and their log probabilities."""
        total = np.logaddexp(self.in_blank, self.in_label)
        order = np.argsort(-total, kind="stable")[:count]
        return [self._labels(int(self.ids[k])) for k in order], [float(total[k]) for k in order]

    def _labels(self, node: int) -> list[int]:
        found: list[int] = []
        while node > 0:
            node, label = self.nodes[node]
            found.append(label)
        return found[::-1]


def _beam_shapes(i: Inference) -> list[TensorShape]:
    paths = i["top_paths"]
    return [
        *[TensorShape([None, 2])] * paths,
        *[TensorShape([None])] * paths,
        *[TensorShape([2])] * paths,
        TensorShape([_batch(i), paths]),
    ]


@op(
    "CTCBeamSearchDecoder",
    shape=_beam_shapes,
    T=FLOATS,
    types={"sequence_length": dtypes.int32},
    dtype=lambda i: [*[dtypes.int64] * (3 * i["top_paths"]), i.dtype("inputs")],
    differentiable=False,
)
def _beam_search(
    inputs: Tensor, sequence_length: Tensor, beam_width: int, top_paths: int, merge_repeated: bool
) -> list[Tensor]:
    lengths = _check_lengths(inputs, sequence_length)
    logp = torch.log_softmax(inputs.double(), -1).cpu().numpy()
    paths: list[list[list[int]]] = [[] for _ in range(top_paths)]
    scores = np.full((len(lengths), top_paths), -np.inf)
    with np.errstate(all="ignore"):
        for number, length in enumerate(lengths):
            beams = _Beams(beam_width, inputs.shape[-1])
            for frame in range(length):
                beams.advance(logp[frame, number])
            rows, totals = beams.best(top_paths)
            if len(rows) < top_paths:
                raise invalid("Less leaves in the beam search than requested. Has Step() been called?")
            for path, row in enumerate(rows):
                merged = [a for k, a in enumerate(row) if k == 0 or a != row[k - 1]] if merge_repeated else row
                paths[path].append(merged)
            scores[number] = totals
    parts = [_as_sparse(rows) for rows in paths]
    return [part[kind] for kind in range(3) for part in parts] + [torch.from_numpy(scores).to(inputs.dtype)]


def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Any]:
    """The likeliest label sequences that a beam of `beam_width` prefixes finds; the last class is the blank.

    TF symbol: `tf.nn.ctc_beam_search_decoder`. `inputs` are logits `[time, batch, classes]`. `merge_repeated` also
    merges labels that are repeated in the result, as TF1 does. Returns `top_paths` int64 SparseTensors
    `[batch, longest]`, and log probabilities `[batch, top_paths]`.
    """
    found = _beam_search(inputs, sequence_length, beam_width, top_paths, merge_repeated, name="CTCBeamSearchDecoder")
    decoded = [SparseTensor(*(found[kind * top_paths + path] for kind in range(3))) for path in range(top_paths)]
    return decoded, found[-1]


def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Any]:
    """`ctc_beam_search_decoder` that leaves repeated labels as they are. TF: `tf.nn.ctc_beam_search_decoder_v2`."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, merge_repeated=False)


# -- edit distance --------------------------------------------------------------------------------------------------


def _groups(indices: np.ndarray, values: np.ndarray) -> dict[tuple[int, ...], list[Any]]:
    found: dict[tuple[int, ...], list[Any]] = {}
    for index, value in zip(indices.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(index[:-1]), []).append(value)
    return found


def _distance(a: list[Any], b: list[Any]) -> int:
    """Levenshtein's: insertions, deletions and replacements."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def _distance_shape(i: Inference) -> TensorShape:
    a, b = i.value("hypothesis_shape"), i.value("truth_shape")
    if a is None or b is None:
        count = i.shape("hypothesis_shape").tuple
        known = count is not None and count[0] is not None
        return TensorShape([None] * (count[0] - 1)) if known else TensorShape(None)  # type: ignore[index, operator]
    return TensorShape([max(int(x), int(y)) for x, y in zip(a[:-1], b[:-1], strict=True)])


@op(
    "EditDistance",
    shape=_distance_shape,
    dtype=dtypes.float32,
    types={
        "hypothesis_indices": dtypes.int64,
        "hypothesis_values": ANY,
        "hypothesis_shape": dtypes.int64,
        "truth_indices": dtypes.int64,
        "truth_values": ANY,
        "truth_shape": dtypes.int64,
    },
    differentiable=False,
)
def _edit_distance(
    hypothesis_indices: Tensor,
    hypothesis_values: Tensor,
    hypothesis_shape: Tensor,
    truth_indices: Tensor,
    truth_values: Tensor,
    truth_shape: Tensor,
    normalize: bool,
) -> Tensor:
    if len(hypothesis_shape) != len(truth_shape):
        raise invalid(f"hypothesis and truth must have one rank, got {len(hypothesis_shape)} and {len(truth_shape)}")
    hypothesis = _groups(np.asarray(hypothesis_indices), np.asarray(hypothesis_values))
    truth = _groups(np.asarray(truth_indices), np.asarray(truth_values))
    shape = torch.maximum(hypothesis_shape, truth_shape)[:-1].tolist()
    result = np.zeros(shape, np.float32)
    for place in {*hypothesis, *truth}:
        a, b = hypothesis.get(place, []), truth.get(place, [])
        distance = float(_distance(a, b))
        if normalize:
            distance = distance / len(b) if b else float("inf")
        result[place] = distance
    return torch.from_numpy(result)


def edit_distance(
    hypothesis: SparseTensor, truth: SparseTensor, normalize: bool = True, name: str = "edit_distance"
) -> Any:
    """How many insertions, deletions and replacements part rows of two SparseTensors. TF symbol: `tf.edit_distance`.

    Returns float32 of the shape without the last axis; divided by the truth's length if `normalize`, infinite where
    only the truth is empty. TypeError for what is no SparseTensor.
    """
    for value, which in ((hypothesis, "Hypothesis"), (truth, "Truth")):
        if not isinstance(value, SparseTensor):
            raise TypeError(f"{which} must be a SparseTensor.")
    return _edit_distance(
        hypothesis.indices,
        hypothesis.values,
        hypothesis.dense_shape,
        truth.indices,
        truth.values,
        truth.dense_shape,
        normalize,
        name=name,
    )


__all__ = ["ctc_beam_search_decoder", "ctc_beam_search_decoder_v2", "ctc_greedy_decoder", "edit_distance"]
