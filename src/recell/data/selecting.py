"""Elements chosen among several datasets, or by what has been seen: sample, choose, unique.

TF symbols: `tf.data.experimental.sample_from_datasets`, `choose_from_datasets`, `unique`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recell.data import nest, spec
from recell.data.arguments import scalars, seed_arguments
from recell.data.dataset import Dataset
from recell.data.interleave import directed_interleave_dataset
from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.ops.math_unary import log
from recell.ops.op import ANY, FLOATS, op


class _SampledCursor(Cursor):
    def __init__(self, ctx: Any, words: Any, logits: Cursor) -> None:
        self.input: Cursor = logits
        self._ctx, self._words = ctx, words

    def __next__(self) -> Element:
        (logits,) = next(self.input)
        first, second = next(self._words), next(self._words)
        return (self._ctx.stateless_stream(first, second).multinomial(logits.reshape(1, -1), 1)[0, 0],)


class _Sampled(Pipeline):
    """Numbers of classes, each drawn by the logits that are the next element of the input."""

    def __init__(self, ctx: Any, logits: Pipeline, seeds: tuple[int, int]) -> None:
        self._ctx, self._logits, self._seeds = ctx, logits, seeds

    def open(self, opening: Opening) -> Cursor:
        return _SampledCursor(self._ctx, self._ctx.words(*self._seeds), self._logits.open(opening))


@op(
    "SampledClassDataset",
    shape=scalars("seed", "seed2"),
    types={"logits": ANY, "seed": dtypes.int64, "seed2": dtypes.int64},
    dtype=dtypes.variant,
    stateful=True,
    differentiable=False,
)
def _sampled_dataset(ctx: Any, logits: Tensor, seed: Tensor, seed2: Tensor) -> Any:
    return _Sampled(ctx, logits, (int(seed), int(seed2)))


def _directed(choices: Any, datasets: Sequence[Any]) -> Any:
    first = datasets[0]
    for other in datasets[1:]:
        same = spec.legacy_types(first.element_spec) == spec.legacy_types(other.element_spec)
        if not same or spec.legacy_classes(first.element_spec) != spec.legacy_classes(other.element_spec):
            raise TypeError("All datasets must have the same type and class.")
    specs, options = first.element_spec, first.options()
    for other in datasets[1:]:
        specs = nest.map_structure(lambda a, b: a.most_general(b), specs, other.element_spec)
        options = options.merge(other.options())
    tensor = directed_interleave_dataset(choices, [dataset._variant_tensor for dataset in datasets])
    return type(first)(tensor, specs, options)


def sample_from_datasets(datasets: Sequence[Any], weights: Any = None, seed: Any = None) -> Any:
    """Elements of several datasets, each of a randomly chosen one.

    TF symbol: `tf.data.experimental.sample_from_datasets`.

    Args:
      datasets: datasets of one structure. One that has ended is passed over.
      weights: how likely each is: a list, a floating tensor, or a dataset of such; equal ones if None.
      seed: makes the choice TensorFlow's for that seed.

    Raises:
      TypeError: datasets of other dtypes, weights that are no floating numbers. ValueError: another number of weights.
    """
    datasets = list(datasets)
    if isinstance(weights, Dataset):
        logits = weights.map(lambda *parts: log(parts[0], name="logits"))
    else:
        if weights is None:
            values = convert_to_tensor(np.ones(len(datasets), np.float32))
        else:
            given = convert_to_tensor(weights, name="weights")
            if given.dtype.base_dtype not in FLOATS:
                raise TypeError("`weights` must be convertible to a tensor of `tf.float32` or `tf.float64` elements.")
            if not given.shape.is_compatible_with([len(datasets)]):
                raise ValueError("`weights` must be a vector of length `len(datasets)`.")
            values = log(given, name="logits")
        logits = Dataset.from_tensors(values).repeat()
    return _directed(_sampled_dataset(logits._variant_tensor, *seed_arguments(seed)), datasets)


def choose_from_datasets(datasets: Sequence[Any], choice_dataset: Any) -> Any:
    """Elements of several datasets, each of that whose number `choice_dataset` gives.

    TypeError unless those are int64 scalars. InvalidArgumentError, when run, for a number without a dataset.
    TF symbol: `tf.data.experimental.choose_from_datasets`.
    """
    wanted = spec.TensorSpec([], dtypes.int64)
    if not isinstance(choice_dataset.element_spec, spec.TypeSpec) or not wanted.is_compatible_with(
        choice_dataset.element_spec
    ):
        raise TypeError("`choice_dataset` must be a dataset of scalar `tf.int64` tensors.")
    return _directed(choice_dataset._variant_tensor, list(datasets))


class _UniqueCursor(Cursor):
    def __init__(self, input: Cursor) -> None:
        self.input: Cursor = input
        self._seen: set[Any] = set()

    def __next__(self) -> Element:
        while True:
            element = next(self.input)
            key = tuple(element[0].reshape(-1).tolist())
            if key not in self._seen:
                self._seen.add(key)
                return element


class _Unique(Pipeline):
    def __init__(self, input: Pipeline) -> None:
        self._input, self.fresh = input, input.fresh

    def open(self, opening: Opening) -> Cursor:
        return _UniqueCursor(self._input.open(opening))


@op("UniqueDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def _unique_dataset(input_dataset: Tensor) -> Any:
    return _Unique(input_dataset)


def unique() -> Callable[[Any], Any]:
    """Leaves out elements that have come before. TF symbol: `tf.data.experimental.unique`.

    TypeError for elements that are no single int32, int64 or string tensor.
    """

    def apply(dataset: Any) -> Any:
        leaf = dataset.element_spec
        if not isinstance(leaf, spec.TensorSpec) or leaf.dtype not in (dtypes.int32, dtypes.int64, dtypes.string):
            raise TypeError(
                "`tf.data.experimental.unique()` only supports inputs with a single `tf.int32`, `tf.int64`, or "
                "`tf.string` component."
            )
        return dataset._derived(_unique_dataset(dataset._variant_tensor))

    return apply
