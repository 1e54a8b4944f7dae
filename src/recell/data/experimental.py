"""Transformations for `Dataset.apply`. TF symbols: `tf.data.experimental.*`, `tf.contrib.data.*`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.data import batches, interleave, nest, reducing, sources, spec, transform
from recell.data.arguments import int_argument, scalars, seed_arguments
from recell.data.dataset import Dataset, batched
from recell.data.dataset_base import BaseDataset
from recell.data.function import ElementFunction, PredicateFunction, called, checked
from recell.data.parallel_map import ParallelMap
from recell.data.pipeline import INFINITE, UNKNOWN
from recell.data.shuffle import shuffle_and_repeat_dataset
from recell.data.threads import checked_calls
from recell.data.transform import Map
from recell.data.values import Tensor
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape, as_shape
from recell.ops.op import ANY, BOOL, op

Apply = Callable[[Any], Any]
INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = INFINITE, UNKNOWN


def batch_and_drop_remainder(batch_size: Any) -> Apply:
    """`Dataset.batch` without a smaller last batch. TF symbol: `tf.contrib.data.batch_and_drop_remainder`."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def padded_batch_and_drop_remainder(batch_size: Any, padded_shapes: Any, padding_values: Any = None) -> Apply:
    """`Dataset.padded_batch` without a smaller last batch.

    TF symbol: `tf.contrib.data.padded_batch_and_drop_remainder`.
    """
    return lambda dataset: dataset.padded_batch(batch_size, padded_shapes, padding_values, drop_remainder=True)


def unbatch() -> Apply:
    """`Dataset.unbatch`. TF symbol: `tf.data.experimental.unbatch`."""
    return lambda dataset: dataset.unbatch()


def enumerate_dataset(start: Any = 0) -> Apply:
    """`Dataset.enumerate`. TF symbol: `tf.data.experimental.enumerate_dataset`."""
    return lambda dataset: dataset.enumerate(start)


def copy_to_device(target_device: Any, source_device: Any = "/cpu:0") -> Apply:
    """The dataset itself: there is one memory. TF symbol: `tf.data.experimental.copy_to_device`."""
    return lambda dataset: dataset


def prefetch_to_device(device: Any, buffer_size: Any = None) -> Apply:
    """`Dataset.prefetch`: there is one memory. TF symbol: `tf.data.experimental.prefetch_to_device`."""
    return lambda dataset: dataset.prefetch(-1 if buffer_size is None else buffer_size)


def ignore_errors() -> Apply:
    """Leaves out elements that fail. TF symbol: `tf.data.experimental.ignore_errors`."""
    return lambda dataset: dataset._derived(transform.ignore_errors_dataset(dataset._variant_tensor))


def take_while(predicate: Callable[..., Any]) -> Apply:
    """The elements before the first for which `predicate` gives False. TF symbol: `tf.data.experimental.take_while`."""

    def apply(dataset: Any) -> Any:
        traced = PredicateFunction("tf.data.experimental.take_while()", dataset.element_spec, checked(predicate))
        return dataset._derived(transform.take_while_dataset(dataset._variant_tensor, traced.body))

    return apply


def scan(initial_state: Any, scan_func: Callable[[Any, Any], Any]) -> Apply:
    """The outputs of `state, output = scan_func(state, element)`. TF symbol: `tf.data.experimental.scan`.

    TypeError where `scan_func` gives no pair, or a state of another nesting or other dtypes.
    """
    return lambda dataset: reducing.scan(dataset, initial_state, checked(scan_func))


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Apply:
    """Shuffled and repeated in one: the buffer fills with the next epoch while one ends.

    TF symbol: `tf.data.experimental.shuffle_and_repeat`.
    """

    def apply(dataset: Any) -> Any:
        size = int_argument(buffer_size, "buffer_size")
        times = int_argument(-1 if count is None else count, "count")
        tensor = shuffle_and_repeat_dataset(dataset._variant_tensor, size, *seed_arguments(seed), times)
        return dataset._derived(tensor)

    return apply


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: Any = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Apply:
    """`Dataset.interleave` whose datasets are gone over by threads.

    TF symbol: `tf.data.experimental.parallel_interleave`.

    Args:
      sloppy: whether a dataset that has to be waited for may be passed over, so that the order is not always the same.
      buffer_output_elements: how many elements of each dataset are made ahead; two blocks if None.
      prefetch_input_elements: how many datasets are opened before their turn; two cycles if None.
    """

    def apply(dataset: Any) -> Any:
        body, inner = dataset._to_dataset(map_func, "tf.data.experimental.parallel_interleave()", "`map_func`")
        cycle, block = int_argument(cycle_length, "cycle_length"), int_argument(block_length, "block_length")
        ahead = 2 * block if buffer_output_elements is None else buffer_output_elements
        coming = 2 * cycle if prefetch_input_elements is None else prefetch_input_elements
        tensor = interleave.parallel_interleave_dataset(
            dataset._variant_tensor,
            cycle,
            block,
            convert_to_tensor(sloppy, dtypes.bool, name="sloppy"),
            int_argument(ahead, "buffer_output_elements"),
            int_argument(coming, "prefetch_input_elements"),
            body,
        )
        return dataset._derived(tensor, inner)

    return apply


def sloppy_interleave(map_func: Callable[..., Any], cycle_length: Any, block_length: Any = 1) -> Apply:
    """`parallel_interleave` with `sloppy`. TF symbol: `tf.contrib.data.sloppy_interleave`."""
    return parallel_interleave(map_func, cycle_length, block_length, sloppy=True)


@op(
    "MapAndBatchDataset",
    shape=scalars("batch_size", "num_parallel_calls", "drop_remainder"),
    types={
        "input_dataset": ANY,
        "batch_size": dtypes.int64,
        "num_parallel_calls": dtypes.int64,
        "drop_remainder": BOOL,
    },
    dtype=dtypes.variant,
    differentiable=False,
)
def _map_and_batch(
    input_dataset: Tensor, batch_size: Tensor, num_parallel_calls: Tensor, drop_remainder: Tensor, f: Any
) -> Any:
    calls = checked_calls(int(num_parallel_calls))
    mapped = Map(input_dataset, f, False) if calls == 1 else ParallelMap(input_dataset, f, False, calls)
    return batches.Batch(mapped, int(batch_size), bool(drop_remainder))


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Apply:
    """`map`, then `batch`; the function runs ahead in threads. TF symbol: `tf.data.experimental.map_and_batch`.

    Args:
      num_parallel_batches: how many batches are worked on at a time; one if both this and the next are None.
      num_parallel_calls: how many elements are worked on at a time. ValueError for both.
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError("The `num_parallel_batches` and `num_parallel_calls` arguments are mutually exclusive.")

    def apply(dataset: Any) -> Any:
        function = checked(map_func)
        what = "tf.data.experimental.map_and_batch()"
        traced = ElementFunction(what, [dataset.element_spec], lambda element: called(function, element))
        size = int_argument(batch_size, "batch_size")
        calls = size * (num_parallel_batches or 1) if num_parallel_calls is None else num_parallel_calls
        drop = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        running = int_argument(calls, "num_parallel_calls")
        tensor = _map_and_batch(dataset._variant_tensor, size, running, drop, traced.body)
        return dataset._derived(tensor, batched(traced.output, size, drop))

    return apply


def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Apply:
    """Every `batch_size` dense elements as one sparse tensor. TF symbol: `tf.data.experimental.dense_to_sparse_batch`.

    Args:
      row_shape: the shape of an element in it; None or -1 for the largest of the batch.

    Raises:
      TypeError: elements that are no single tensor. When run, InvalidArgumentError for one that does not fit.
    """

    def apply(dataset: Any) -> Any:
        leaf = dataset.element_spec
        if not isinstance(leaf, spec.TensorSpec):
            raise TypeError(
                "DenseToSparseDataset requires an input whose elements have a single component, whereas the input has "
                f"{dataset.output_types}."
            )
        shape = _row_shape(row_shape)
        sizes = [-1 if n is None else n for n in shape.as_list()]
        tensor = batches.dense_to_sparse_batch_dataset(
            dataset._variant_tensor, int_argument(batch_size, "batch_size"), np.array(sizes, np.int64)
        )
        return dataset._derived(tensor, spec.SparseTensorSpec(TensorShape([None]).concatenate(shape), leaf.dtype))

    return apply


def _row_shape(row_shape: Any) -> TensorShape:
    if isinstance(row_shape, (list, tuple)):
        return TensorShape([None if n == -1 else n for n in row_shape])
    return as_shape(row_shape)


def Counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Any:
    """Numbers from `start` on, `step` apart, without an end. TF symbol: `tf.data.experimental.Counter`."""
    with name_scope("counter"):
        first = convert_to_tensor(start, dtype, name="start")
        distance = convert_to_tensor(step, dtype, name="step")
        endless = Dataset.from_tensors(0).repeat(None)
        return reducing.scan(endless, first, lambda state, _: (state + distance, state))


class RandomDataset(Dataset):
    """Random 32-bit numbers as int64, without an end; TensorFlow's for a seed.

    TF symbol: `tf.data.experimental.RandomDataset`.
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(sources.random_dataset(*seed_arguments(seed)), spec.TensorSpec([], dtypes.int64))


def get_single_element(dataset: Any) -> Any:
    """The only element of a dataset. TF symbol: `tf.data.experimental.get_single_element`.

    TypeError for what is no dataset. InvalidArgumentError, when run, for one of no element or of several.
    """
    if not isinstance(dataset, BaseDataset):
        raise TypeError("`dataset` must be a `tf.data.Dataset` object.")
    leaves = nest.flatten(dataset.element_spec)
    found = reducing.single_element(
        dataset._variant_tensor,
        tuple(leaf.flat_dtype for leaf in leaves),
        tuple(leaf.flat_shape for leaf in leaves),
    )
    return spec.from_flat(dataset.element_spec, found)


def cardinality(dataset: Any) -> Any:
    """How many elements a dataset has, an int64 scalar. TF symbol: `tf.data.experimental.cardinality`.

    `INFINITE_CARDINALITY` (-1) for one without an end, `UNKNOWN_CARDINALITY` (-2) where only going over it would tell.
    """
    return reducing.dataset_cardinality(dataset._variant_tensor)


def get_structure(dataset_or_iterator: Any) -> Any:
    """The specs of its elements. TypeError for another object. TF symbol: `tf.data.experimental.get_structure`."""
    try:
        return dataset_or_iterator.element_spec
    except AttributeError:
        raise TypeError(
            f"`dataset_or_iterator` must be a Dataset or Iterator object, but got {type(dataset_or_iterator)}."
        ) from None


def to_variant(dataset: Any) -> Any:
    """The tensor of a dataset. TF symbol: `tf.data.experimental.to_variant`."""
    return dataset._variant_tensor


def from_variant(variant: Any, structure: Any) -> Any:
    """The dataset that a tensor is, of elements of the given specs. TF symbol: `tf.data.experimental.from_variant`."""
    return Dataset(variant, structure)


def sliding_window_batch(
    window_size: Any, stride: Any = None, window_shift: Any = None, window_stride: Any = 1
) -> Apply:
    """Batches of `window_size` neighbours that begin every `window_shift` elements; whole ones only.

    `stride` is the older name of `window_shift`; ValueError for both.
    TF symbol: `tf.contrib.data.sliding_window_batch`.
    """
    if stride is not None and window_shift is not None:
        raise ValueError("Cannot specify both `stride` and `window_shift`.")
    shift = 1 if stride is None and window_shift is None else stride if window_shift is None else window_shift

    def apply(dataset: Any) -> Any:
        def batched_parts(*windows: Any) -> Any:
            parts = [window.batch(window_size) for window in nest.flatten(windows)]
            return Dataset.zip(nest.pack_sequence_as(dataset.element_spec, parts))

        return dataset.window(window_size, shift, window_stride, drop_remainder=True).flat_map(batched_parts)

    return apply
