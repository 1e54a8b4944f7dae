"""Elements grouped by a key. TF symbols: `tf.data.experimental.group_by_window`, `bucket_by_sequence_length`, ..."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recell.data import nest, spec
from recell.data.function import ElementFunction, Function, called, checked
from recell.data.windows import group_by_window_dataset
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies
from recell.graph.shapes import TensorShape
from recell.ops.array_index import gather
from recell.ops.check_ops import assert_less
from recell.ops.comparison import greater_equal
from recell.ops.math_cast import cast
from recell.ops.reductions import reduce_sum
from recell.ops.state import identity

Apply = Callable[[Any], Any]
_KEY = spec.TensorSpec([], dtypes.int64)


def to_number(what: str, specs: Any, function: Callable[..., Any]) -> Function:
    """A function that gives an int64 scalar. ValueError for another shape, TypeError for what becomes no such."""

    def run(element: Any) -> list[Any]:
        tensor = convert_to_tensor(called(function, element), dtypes.int64)
        if not tensor.shape.is_compatible_with(TensorShape([])):
            raise ValueError(f"`{what}` must return a single tf.int64 tensor, but it has shape {tensor.shape}.")
        return [tensor]

    return Function(f"group_by_window_{what}", [specs], run)


def group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[[Any, Any], Any],
    window_size: Any = None,
    window_size_func: Callable[[Any], Any] | None = None,
) -> Apply:
    """Groups elements by key, and gives the elements of the dataset that is made of each full group.

    TF symbol: `tf.data.experimental.group_by_window`.

    Args:
      key_func: from an element to its key, an int64 scalar.
      reduce_func: from a key and the dataset of its group to a dataset.
      window_size: when a group is full, or `window_size_func`, from a key to that number. At the end of the input the
        groups that are not full are given too, by key.

    Raises:
      ValueError: both or neither of the last two. TypeError: `reduce_func` gives no dataset.
    """
    if (window_size is None) == (window_size_func is None):
        raise ValueError(
            "Must pass either window_size or window_size_func."
            if window_size is None
            else "Must pass either window_size or window_size_func, but not both."
        )
    size_of = window_size_func or (lambda key: convert_to_tensor(window_size, dtypes.int64))

    def apply(dataset: Any) -> Any:
        keys = to_number("key_func", dataset.element_spec, checked(key_func))
        sizes = to_number("window_size_func", _KEY, checked(size_of))
        group = spec.DatasetSpec(dataset.element_spec)
        reduced = ElementFunction("tf.data.experimental.group_by_window()", [_KEY, group], checked(reduce_func))
        if not isinstance(reduced.output, spec.DatasetSpec):
            raise TypeError("`reduce_func` must return a `Dataset` object.")
        tensor = group_by_window_dataset(dataset._variant_tensor, keys.body, reduced.body, sizes.body)
        return dataset._derived(tensor, reduced.output.element_spec)

    return apply


def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: Sequence[int],
    bucket_batch_sizes: Sequence[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Apply:
    """Batches of elements of similar lengths. TF symbol: `tf.data.experimental.bucket_by_sequence_length`.

    Args:
      element_length_func: from an element to its length, an int32 scalar.
      bucket_boundaries: rising lengths; bucket k takes elements shorter than the k-th, and not shorter than the one
        before.
      bucket_batch_sizes: the size of the batches of each bucket, one more than there are boundaries.
      padded_shapes, padding_values: as of `Dataset.padded_batch`; the shapes are those of the elements if None.
      pad_to_bucket_boundary: fills unknown sizes up to the boundary less one, not to the longest of the batch. When
        run, InvalidArgumentError for an element that is too long for that.
      no_padding: plain batches, for elements of one shape or sparse ones.
      drop_remainder: leaves out batches that are not full.

    Raises:
      ValueError: another number of sizes, or neither filling nor shapes that are known.
    """
    boundaries, sizes = list(bucket_boundaries), list(bucket_batch_sizes)
    if len(sizes) != len(boundaries) + 1:
        raise ValueError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")
    size_table = np.array(sizes, np.int64)

    def bucket_of(*components: Any) -> Any:
        length = convert_to_tensor(element_length_func(*components))
        limits = np.array(boundaries, length.dtype.base_dtype.as_numpy_dtype)
        return reduce_sum(cast(greater_equal(length, limits), dtypes.int64))

    def size_of(bucket: Any) -> Any:
        return gather(size_table, bucket)

    def batched(bucket: Any, group: Any) -> Any:
        size = size_of(bucket)
        if no_padding:
            return group.batch(size, drop_remainder=drop_remainder)
        shapes = group.output_shapes if padded_shapes is None else padded_shapes
        if pad_to_bucket_boundary:
            last = np.int64(len(boundaries) - 1)
            told = "When pad_to_bucket_boundary=True, elements must have length < max(bucket_boundaries)."
            with control_dependencies([assert_less(bucket, last + 1, message=told)]):
                limit = identity(gather(np.array([*boundaries, boundaries[-1]], np.int64), bucket)) - 1
            leaves = nest.flatten_up_to(group.element_spec, shapes)
            filled = [_filled_up(shape, limit) for shape in leaves]
            shapes = nest.pack_sequence_as(group.element_spec, filled)
        return group.padded_batch(size, shapes, padding_values, drop_remainder=drop_remainder)

    def apply(dataset: Any) -> Any:
        return dataset.apply(group_by_window(bucket_of, batched, window_size_func=size_of))

    return apply


def _filled_up(shape: Any, limit: Any) -> Any:
    """A padded shape as a tensor in which `limit` stands for what is unknown."""
    sizes = TensorShape([None if n == -1 else n for n in shape] if isinstance(shape, (list, tuple)) else shape)
    parts = [limit if n is None else convert_to_tensor(n, dtypes.int64) for n in sizes.as_list()]
    return convert_to_tensor(parts, dtypes.int64) if parts else np.zeros(0, np.int64).tolist()
