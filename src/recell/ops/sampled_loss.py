"""Losses over many classes that look at a few drawn ones: sampled softmax and noise contrastive estimation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops.array_join import concat
from recell.ops.array_make import ones_like, zeros_like
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.candidate_sampling import log_uniform_candidate_sampler
from recell.ops.embedding import embedding_lookup, tables_of
from recell.ops.linalg import matmul
from recell.ops.math_cast import cast
from recell.ops.math_unary import log
from recell.ops.nn_cross_entropy import sigmoid_cross_entropy_with_logits, softmax_cross_entropy_with_logits_v2
from recell.ops.op import op
from recell.ops.reductions import reduce_sum
from recell.ops.state import stop_gradient

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _logits_shape(i: Inference) -> TensorShape:
    return i.shape("sampled_logits")


@op("RemoveAccidentalHits", shape=_logits_shape, types={"labels": dtypes.int64, "sampled": dtypes.int64})
def _remove_hits(sampled_logits: Tensor, labels: Tensor, sampled: Tensor) -> Tensor:
    """Logits of drawn classes that are true ones of their row, made so low that they do not count."""
    hits = (labels.unsqueeze(-1) == sampled).any(1)
    return sampled_logits + hits.to(sampled_logits.dtype) * torch.finfo(torch.float32).min


def _sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    remove_accidental_hits: bool,
    partition_strategy: str,
    seed: int | None,
) -> tuple[Any, Any]:
    """Logits `[batch, num_true + num_sampled]` less the logarithms of expected counts, and their labels."""
    tables = tables_of(weights)
    labels = cast(labels, dtypes.int64)
    flat = reshape(labels, [-1])
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(
            labels, num_true, num_sampled, unique=True, range_max=num_classes, seed=seed
        )
    sampled, true_expected, sampled_expected = (stop_gradient(convert_to_tensor(v)) for v in sampled_values)
    sampled = cast(sampled, dtypes.int64)
    ids = concat([flat, sampled], 0)
    all_weights = embedding_lookup(tables, ids, partition_strategy)
    all_biases = embedding_lookup(biases, ids, partition_strategy)
    if all_weights.dtype.base_dtype is not inputs.dtype.base_dtype:
        all_weights = cast(all_weights, inputs.dtype.base_dtype)
    split = _split_at(flat, ids)
    true_weights, sampled_weights = split(all_weights)
    true_biases, sampled_biases = split(all_biases)
    sampled_logits = matmul(inputs, sampled_weights, transpose_b=True) + sampled_biases
    depth = all_weights.shape.as_list()[-1] if all_weights.shape.ndims else None
    shaped = reshape(true_weights, [-1, num_true, -1 if depth is None else depth])
    rows = reduce_sum(shaped * inputs[:, None, :], -1)
    true_logits = rows + reshape(true_biases, [-1, num_true])
    if remove_accidental_hits:
        sampled_logits = _remove_hits(sampled_logits, labels, sampled)
    true_logits = true_logits - log(true_expected)
    sampled_logits = sampled_logits - log(sampled_expected)
    targets = concat([ones_like(true_logits) / num_true, zeros_like(sampled_logits)], 1)
    return concat([true_logits, sampled_logits], 1), targets


def _split_at(flat: Any, ids: Any) -> Any:
    """A function that parts what was looked up for `ids` into that for the labels and that for the drawn classes."""
    count = flat.shape.as_list()[0] if flat.shape.ndims == 1 else None
    if count is None:
        count = shape_of(flat)[0]
    return lambda found: (found[:count], found[count:])


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Any:
    """The softmax cross entropy over the true and some drawn classes. TF symbol: `tf.nn.sampled_softmax_loss`.

    Args:
        weights: `[num_classes, depth]`, or a list of tables that hold these rows together.
        biases: `[num_classes]`.
        labels: `[batch, num_true]`, integers.
        inputs: `[batch, depth]`.
        sampled_values: what a candidate sampler gave; drawn log-uniformly unless given.

    Returns:
        One loss a row, `[batch]`.
    """
    with name_scope(name, "compute_sampled_logits", [*tables_of(weights), biases, inputs, labels]):
        logits, targets = _sampled_logits(
            weights,
            biases,
            _as_labels(labels),
            convert_to_tensor(inputs),
            num_sampled,
            num_classes,
            num_true,
            sampled_values,
            remove_accidental_hits,
            partition_strategy,
            seed,
        )
    targets = stop_gradient(targets, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=targets, logits=logits)


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Any:
    """The noise-contrastive estimation loss; arguments as `sampled_softmax_loss`. TF symbol: `tf.nn.nce_loss`."""
    with name_scope(name, "compute_sampled_logits", [*tables_of(weights), biases, inputs, labels]):
        logits, targets = _sampled_logits(
            weights,
            biases,
            _as_labels(labels),
            convert_to_tensor(inputs),
            num_sampled,
            num_classes,
            num_true,
            sampled_values,
            remove_accidental_hits,
            partition_strategy,
            None,
        )
    losses = sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name="sampled_losses")
    return reduce_sum(losses, 1)


def _as_labels(labels: Any) -> Any:
    return convert_to_tensor(labels, name="labels")


__all__ = ["nce_loss", "sampled_softmax_loss"]
