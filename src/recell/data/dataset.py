"""`Dataset`: elements in order, and what can be done with them. TF symbol: `tf.data.Dataset`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.data import (
    batches,
    cache,
    interleave,
    nest,
    order,
    padding,
    prefetch,
    reducing,
    spec,
    threads,
    transform,
    windows,
)
from recell.data.arguments import int_argument, seed_arguments
from recell.data.function import ElementFunction, PredicateFunction, called, checked
from recell.data.making import Making
from recell.data.shuffle import shuffle_dataset
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.static import constant_value

_MAX_INT64 = 2**63 - 1


class Dataset(Making):
    """Elements in order: each a nesting (tuples, dicts) of tensors. TF symbol: `tf.data.Dataset`.

    A dataset describes; an iterator goes over it when the graph runs. Every method gives a new dataset. A function
    that is given for elements is called once, while the graph is built, with the components of an element: several
    arguments for a tuple, otherwise one.
    """

    # -- elements as they are -----------------------------------------------------------------------------------------

    def repeat(self, count: Any = None) -> Any:
        """The elements `count` times, for ever if it is None or -1."""
        return self._derived(order.repeat_dataset(self._variant_tensor, _count(-1 if count is None else count)))

    def take(self, count: Any) -> Any:
        """The first `count` elements, all if it is -1."""
        return self._derived(order.take_dataset(self._variant_tensor, _count(count)))

    def skip(self, count: Any) -> Any:
        """All but the first `count` elements, none if it is -1."""
        return self._derived(order.skip_dataset(self._variant_tensor, _count(count)))

    def shard(self, num_shards: Any, index: Any) -> Any:
        """Every `num_shards`-th element from element `index` on. InvalidArgumentError, when run, for another index."""
        shards, position = int_argument(num_shards, "num_shards"), int_argument(index, "index")
        return self._derived(order.shard_dataset(self._variant_tensor, shards, position))

    def shuffle(self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: bool | None = None) -> Any:
        """The elements in random order, each chosen among the next `buffer_size`.

        Args:
          buffer_size: an int64 scalar; InvalidArgumentError, when run, unless it is positive.
          seed: makes the order TensorFlow's for that seed, the same in each program.
          reshuffle_each_iteration: whether the order is another one each time the dataset is gone over; True if None.
        """
        reshuffle = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        size = int_argument(buffer_size, "buffer_size")
        return self._derived(shuffle_dataset(self._variant_tensor, size, *seed_arguments(seed), reshuffle))

    def cache(self, filename: Any = "") -> Any:
        """The elements, kept in memory (or in files whose names begin with `filename`) once they have all been seen."""
        path = convert_to_tensor(filename, dtypes.string, name="filename")
        return self._derived(cache.cache_dataset(self._variant_tensor, path))

    def prefetch(self, buffer_size: Any) -> Any:
        """The elements, made ahead by a thread: as many as `buffer_size`, or as seem good if it is -1."""
        size = int_argument(buffer_size, "buffer_size")
        return self._derived(prefetch.prefetch_dataset(self._variant_tensor, size))

    def concatenate(self, dataset: Any) -> Any:
        """These elements, then those of `dataset`. TypeError where they are not nested alike, or of other dtypes."""
        mine, theirs = self.element_spec, dataset.element_spec
        if spec.legacy_types(mine) != spec.legacy_types(theirs):
            raise TypeError(
                f"Two datasets to concatenate have different types {self.output_types} and {dataset.output_types}"
            )
        if spec.legacy_classes(mine) != spec.legacy_classes(theirs):
            raise TypeError(
                f"Two datasets to concatenate have different classes {self.output_classes} and {dataset.output_classes}"
            )
        specs = nest.map_structure(lambda a, b: a.most_general(b), mine, theirs)
        tensor = order.concatenate_dataset(self._variant_tensor, dataset._variant_tensor)
        return self._derived(tensor, specs, self.options().merge(dataset.options()))

    def enumerate(self, start: Any = 0) -> Any:
        """Pairs of a number, counted from `start`, and an element."""
        return self.zip((self.range(start, _MAX_INT64), self))

    # -- functions of elements ----------------------------------------------------------------------------------------

    def map(self, map_func: Callable[..., Any], num_parallel_calls: Any = None) -> Any:
        """`map_func` of each element.

        Args:
          map_func: gives a nesting of tensors, sparse tensors, or datasets. A list counts as a tuple.
          num_parallel_calls: how many elements are worked on at a time, by threads; the order stays. -1 is as many as
            seem good; None is none ahead.

        Raises:
          TypeError: `map_func` gives what is no tensor. When run, what its operations raise; OutOfRangeError ends the
          dataset.
        """
        function = checked(map_func)
        traced = ElementFunction("Dataset.map()", [self.element_spec], lambda element: called(function, element))
        if num_parallel_calls is None:
            tensor = transform.map_dataset(self._variant_tensor, traced.body, traced.fresh)
        else:
            calls = convert_to_tensor(num_parallel_calls, dtypes.int32, name="num_parallel_calls")
            tensor = transform.parallel_map_dataset(self._variant_tensor, calls, traced.body, traced.fresh)
        return self._derived(tensor, traced.output)

    def filter(self, predicate: Callable[..., Any]) -> Any:
        """The elements for which `predicate` gives True. ValueError if it gives no bool scalar."""
        traced = PredicateFunction("Dataset.filter()", self.element_spec, checked(predicate))
        return self._derived(transform.filter_dataset(self._variant_tensor, traced.body))

    def flat_map(self, map_func: Callable[..., Any]) -> Any:
        """The elements of the datasets that `map_func` gives, one dataset after the other. TypeError if it does not."""
        body, inner = self._to_dataset(map_func, "Dataset.flat_map()", "`map_func`")
        return self._derived(transform.flat_map_dataset(self._variant_tensor, body), inner)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = threads.AUTOTUNE,
        block_length: Any = 1,
        num_parallel_calls: Any = None,
    ) -> Any:
        """The elements of the datasets that `map_func` gives, `block_length` of each of `cycle_length` in turn.

        With `num_parallel_calls`, threads make the elements of the datasets of the cycle ahead, that many at a time.
        TypeError if `map_func` gives no dataset.
        """
        body, inner = self._to_dataset(map_func, "Dataset.interleave()", "`map_func`")
        cycle, block = int_argument(cycle_length, "cycle_length"), int_argument(block_length, "block_length")
        if num_parallel_calls is None:
            tensor = interleave.interleave_dataset(self._variant_tensor, cycle, block, body)
        else:
            calls = int_argument(num_parallel_calls, "num_parallel_calls")
            tensor = interleave.parallel_interleave_v2(self._variant_tensor, cycle, block, calls, body)
        return self._derived(tensor, inner)

    def _to_dataset(self, function: Callable[..., Any], what: str, label: str) -> tuple[Any, Any]:
        """The body of a function from an element to a dataset, and the specs of that dataset's elements."""
        function = checked(function)
        traced = ElementFunction(what, [self.element_spec], lambda element: called(function, element))
        if not isinstance(traced.output, spec.DatasetSpec):
            raise TypeError(f"{label} must return a `Dataset` object. Got {traced.output}")
        return traced.body, traced.output.element_spec

    def apply(self, transformation_func: Callable[[Any], Any]) -> Any:
        """`transformation_func` of this dataset. TypeError if it gives no dataset."""
        dataset = transformation_func(self)
        if not isinstance(dataset, Making):
            raise TypeError(f"`transformation_func` must return a Dataset. Got {dataset}.")
        return dataset

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
        """The state after `state = reduce_func(state, element)` for every element, nested as `initial_state`.

        TypeError where a new state is of another nesting or other dtypes.
        """
        return reducing.reduce(self, initial_state, checked(reduce_func))

    # -- several elements as one --------------------------------------------------------------------------------------

    def batch(self, batch_size: Any, drop_remainder: Any = False) -> Any:
        """Every `batch_size` elements as one with a new first axis.

        The last may be smaller, unless `drop_remainder`. InvalidArgumentError, when run, for elements of other shapes.
        """
        size = int_argument(batch_size, "batch_size")
        drop = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        tensor = batches.batch_dataset(self._variant_tensor, size, drop)
        return self._derived(tensor, batched(self.element_spec, size, drop))

    def padded_batch(
        self, batch_size: Any, padded_shapes: Any, padding_values: Any = None, drop_remainder: Any = False
    ) -> Any:
        """Every `batch_size` elements as one, their components filled up to one shape.

        Args:
          padded_shapes: for each component, nested as elements are, a shape: None or -1 for the largest of the batch.
          padding_values: for each component a scalar of its dtype; zeros and empty strings if None.

        Raises:
          ValueError: a shape that a component cannot be filled up to.
          TypeError: values of other dtypes, sparse tensors.
          When run: DataLossError for a component that is larger than its padded shape.
        """
        size = int_argument(batch_size, "batch_size")
        shapes, fillers, specs = padding.arguments(self.element_spec, padded_shapes, padding_values)
        drop = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        tensor = batches.padded_batch_dataset(self._variant_tensor, size, shapes, fillers, drop)
        return self._derived(tensor, batched(specs, size, drop))

    def unbatch(self) -> Any:
        """The rows of every element as elements. ValueError for scalars and components of other lengths."""
        counts = set()
        for leaf in nest.flatten(self.element_spec):
            if leaf.shape.ndims:
                counts.add(leaf.shape.tuple[0])
        if len(counts - {None}) > 1:
            raise ValueError("Cannot unbatch an input whose components have different batch sizes.")
        specs = nest.map_structure(lambda leaf: leaf.unbatched(), self.element_spec)
        return self._derived(batches.unbatch_dataset(self._variant_tensor), specs)

    def window(self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: Any = False) -> Any:
        """Datasets of `size` elements, each `stride` behind the one before; they begin every `shift` (`size`) elements.

        An element of several components becomes as many datasets, nested alike.
        """
        tensor = windows.window_dataset(
            self._variant_tensor,
            int_argument(size, "size"),
            int_argument(size if shift is None else shift, "shift"),
            int_argument(stride, "stride"),
            convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder"),
        )
        return self._derived(tensor, nest.map_structure(spec.DatasetSpec, self.element_spec))

    # The names under which 1.15 keeps what functions did in earlier releases: here they always do it in one way.
    map_with_legacy_function = map
    filter_with_legacy_function = filter


Dataset._made_as = Dataset


def _count(value: Any) -> Any:
    return int_argument(value, "count")


def batched(specs: Any, size: Any, drop_remainder: Any) -> Any:
    """Specs of batches: their length is known where no smaller one can come."""
    known = constant_value(size) if bool(constant_value(drop_remainder)) else None
    length = None if known is None else int(known)
    return nest.map_structure(lambda leaf: leaf.batched(length), specs)
