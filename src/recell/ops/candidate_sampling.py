"""Classes drawn to stand for all others: the samplers behind sampled softmax and noise contrastive estimation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.core import get_default_graph
from recell.graph.registry import Inference
from recell.graph.seeds import get_seed
from recell.graph.shapes import TensorShape
from recell.ops._kernels import invalid
from recell.ops.op import op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


class CandidateSample(NamedTuple):
    """What a sampler gives: drawn classes, and how often it would draw the true and the drawn ones on average."""

    sampled_candidates: Any
    true_expected_count: Any
    sampled_expected_count: Any


class AccidentalHits(NamedTuple):
    """Where a drawn class is a true one: row, position among the drawn, and the weight that takes it out."""

    indices: Any
    ids: Any
    weights: Any


def _sample_shapes(i: Inference) -> list[TensorShape]:
    classes = i.shape("true_classes").tuple
    if classes is not None and len(classes) != 2:
        raise i.mismatch(f"Shape must be rank 2 but is rank {len(classes)}")
    batch = None if classes is None else classes[0]
    count = i["num_sampled"]
    return [TensorShape([count]), TensorShape([batch, i["num_true"]]), TensorShape([count])]


_SAMPLER: dict[str, Any] = {
    "shape": _sample_shapes,
    "types": {"true_classes": dtypes.int64},
    "dtype": [dtypes.int64, dtypes.float32, dtypes.float32],
    "differentiable": False,
    "stateful": True,
}


def _first_distinct(values: np.ndarray, count: int) -> tuple[np.ndarray, int] | None:
    """The first `count` distinct values in the order drawn, and after how many draws; None when there are too few."""
    _, first = np.unique(values, return_index=True)
    if first.size < count:
        return None
    first = np.sort(first)[:count]
    return values[first], int(first[-1]) + 1 if count else 0


def _draw(
    ctx: Any, take: Callable[[Any, int], np.ndarray], num_sampled: int, unique: bool, range_max: int
) -> tuple[np.ndarray, int]:
    """The drawn classes and the number of draws. `take(stream, n)` gives the n classes that follow in the stream.

    TF's samplers move the stream on by 512 blocks a class, as `2 * num_sampled` doubles do, whatever they use of it.
    """
    stream = ctx.stream
    if unique and num_sampled > range_max:
        raise invalid("Sampler's range is too small.")
    start = stream.state()
    values = take(stream, 2 * num_sampled)
    if not unique:
        return values[:num_sampled], num_sampled
    after, count = stream.state(), 2 * num_sampled
    found = _first_distinct(values, num_sampled)
    while found is None:
        count *= 4
        stream.restore(start)
        found = _first_distinct(take(stream, count), num_sampled)
        stream.restore(after)
    return found


def _expected(probability: Tensor, count: int, tries: int) -> Tensor:
    if tries == count:
        return (probability * count).float()
    return -torch.expm1(tries * torch.log1p(-probability)).float()


def _sample(
    ctx: Any,
    true_classes: Tensor,
    take: Callable[[Any, int], np.ndarray],
    probability: Callable[[Tensor], Tensor],
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
) -> list[Tensor]:
    if true_classes.ndim != 2 or true_classes.shape[1] != num_true:
        raise invalid(f"true_classes must have {num_true} columns, got shape {list(true_classes.shape)}")
    values, tries = _draw(ctx, take, num_sampled, unique, range_max)
    sampled = torch.from_numpy(np.ascontiguousarray(values)).to(true_classes.device)
    counts = [_expected(probability(classes), num_sampled, tries) for classes in (true_classes, sampled)]
    return [sampled, *counts]


@op("LogUniformCandidateSampler", **_SAMPLER)
def _log_uniform(
    ctx: Any,
    true_classes: Tensor,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    seed2: int | None = None,
) -> list[Tensor]:
    log_range = math.log1p(range_max)

    def take(stream: Any, count: int) -> np.ndarray:
        drawn = stream.uniform((count,), torch.float64).cpu().numpy()
        return (np.exp(drawn * log_range).astype(np.int64) - 1) % range_max

    def probability(classes: Tensor) -> Tensor:
        values = classes.double()
        return torch.log((values + 2) / (values + 1)) / log_range

    return _sample(ctx, true_classes, take, probability, num_true, num_sampled, unique, range_max)


@op("UniformCandidateSampler", **_SAMPLER)
def _uniform(
    ctx: Any,
    true_classes: Tensor,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    seed2: int | None = None,
) -> list[Tensor]:
    def take(stream: Any, count: int) -> np.ndarray:
        # Whole 64-bit words: every integer but the largest, which the bounds of int64 leave out.
        words = stream.random_uniform_int((count,), -(2**63), 2**63 - 1, torch.int64).cpu().numpy()
        unsigned = words.view(np.uint64) ^ np.uint64(1 << 63)
        return (unsigned % np.uint64(range_max)).astype(np.int64)

    def probability(classes: Tensor) -> Tensor:
        return torch.full(classes.shape, 1.0 / range_max, dtype=torch.float64)

    return _sample(ctx, true_classes, take, probability, num_true, num_sampled, unique, range_max)


def _seeds(seed: int | None) -> tuple[int, int] | tuple[None, None]:
    graph = get_default_graph()
    return get_seed(graph.seed, seed, graph._last_id)


def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> CandidateSample:
    """Draws classes with probability `log((k + 2) / (k + 1)) / log(range_max + 1)`, for classes sorted by frequency.

    TF symbol: `tf.nn.log_uniform_candidate_sampler`. `true_classes` is int64 `[batch, num_true]`; `unique` draws until
    all `num_sampled` differ. Returns classes `[num_sampled]` and expected counts `[batch, num_true]` and
    `[num_sampled]`. InvalidArgumentError while running when `range_max` has too few classes to differ.
    """
    seeds = _seeds(seed)
    return CandidateSample(*_log_uniform(true_classes, num_true, num_sampled, unique, range_max, *seeds, name=name))


def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> CandidateSample:
    """Draws all classes with the same probability, otherwise as `log_uniform_candidate_sampler`.

    TF symbol: `tf.nn.uniform_candidate_sampler`.
    """
    seeds = _seeds(seed)
    return CandidateSample(*_uniform(true_classes, num_true, num_sampled, unique, range_max, *seeds, name=name))


@op(
    "ComputeAccidentalHits",
    shape=lambda i: [TensorShape([None])] * 3,
    types={"true_classes": dtypes.int64, "sampled_candidates": dtypes.int64},
    dtype=[dtypes.int32, dtypes.int64, dtypes.float32],
    differentiable=False,
)
def _accidental_hits(true_classes: Tensor, sampled_candidates: Tensor, num_true: int) -> list[Tensor]:
    if true_classes.ndim != 2 or true_classes.shape[1] != num_true:
        raise invalid(f"true_classes must have {num_true} columns, got shape {list(true_classes.shape)}")
    hits = torch.nonzero(true_classes.unsqueeze(-1) == sampled_candidates)
    weights = torch.full((len(hits),), torch.finfo(torch.float32).min)
    return [hits[:, 0].int(), hits[:, 2], weights]


def compute_accidental_hits(
    true_classes: Any, sampled_candidates: Any, num_true: int, seed: int | None = None, name: str | None = None
) -> AccidentalHits:
    """Where drawn classes `[num_sampled]` are among the true ones `[batch, num_true]`.

    TF symbol: `tf.nn.compute_accidental_hits`. Returns row numbers, positions among the drawn and weights (the lowest
    float), all `[hits]`.
    """
    return AccidentalHits(*_accidental_hits(true_classes, sampled_candidates, num_true, name=name))


__all__ = [
    "AccidentalHits",
    "CandidateSample",
    "compute_accidental_hits",
    "log_uniform_candidate_sampler",
    "uniform_candidate_sampler",
]
