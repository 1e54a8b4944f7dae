"""Iterators over datasets. TF symbols: `tf.data.Iterator`, `tf.data.make_one_shot_iterator`, ..."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

from recell.data import iterator_ops, nest, spec
from recell.data.capture import check_one_shot, seeded_operations
from recell.graph import dtypes
from recell.graph import nest as graph_nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import add_to_collection
from recell.graph.deferred import Deferred
from recell.graph.dtypes import DType, as_dtype
from recell.graph.portable import ResourceKey
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation, Tensor

_numbers = itertools.count()
_MANY_CALLS = 32


class Iterator:
    """Hands the elements of a dataset to runs. TF symbol: `tf.data.Iterator`.

    Made by `Dataset.make_one_shot_iterator`, `Dataset.make_initializable_iterator`, `Iterator.from_structure` or
    `Iterator.from_string_handle`; the constructor takes what they make.

    Args:
      iterator_resource: the tensor of the iterator.
      initializer: the operation that goes to the beginning of its dataset, or None.
      output_types, output_shapes, output_classes: of the elements, nested as they are.
    """

    def __init__(
        self,
        iterator_resource: Tensor,
        initializer: Operation | None,
        output_types: Any,
        output_shapes: Any,
        output_classes: Any,
    ) -> None:
        self._iterator_resource = iterator_resource
        self._initializer = initializer
        self._spec = spec.from_legacy(output_types, output_shapes, output_classes)
        self._string_handle = iterator_ops.iterator_to_string_handle(iterator_resource)
        self._get_next_count = 0
        add_to_collection("iterators", iterator_resource)

    @classmethod
    def _over(cls, resource: Tensor, initializer: Operation | None, specs: Any) -> Iterator:
        return cls(resource, initializer, *_legacy(specs))

    @classmethod
    def from_structure(
        cls, output_types: Any, output_shapes: Any = None, shared_name: str | None = None, output_classes: Any = None
    ) -> Iterator:
        """An iterator of no dataset yet: `make_initializer` makes operations that put it at the beginning of one.

        Args:
          output_types: the dtypes of an element, nested as it is.
          output_shapes: its shapes; unknown ones if None.
          shared_name: iterators of one name share their place within a session.
          output_classes: `tf.Tensor` or `tf.SparseTensor` for each component; `tf.Tensor` if None.

        Raises:
          TypeError: nestings that differ, or no dtype.
        """
        types = nest.map_structure(_as_type, output_types)
        specs = spec.from_legacy(types, output_shapes, output_classes)
        return cls._over(_resource(specs, shared_name), None, specs)

    @classmethod
    def from_string_handle(
        cls, string_handle: Any, output_types: Any, output_shapes: Any = None, output_classes: Any = None
    ) -> Iterator:
        """The iterator that a string names, which may be fed: what `sess.run(iterator.string_handle())` gave.

        The other arguments are those of `from_structure`. InvalidArgumentError, when run, for a string that names none,
        or one of other elements; NotFoundError for one of another session.
        """
        types = nest.map_structure(_as_type, output_types)
        specs = spec.from_legacy(types, output_shapes, output_classes)
        handle = convert_to_tensor(string_handle, dtypes.string)
        resource = iterator_ops.iterator_from_string_handle(handle, *_flat_of(specs))
        return cls._over(resource, None, specs)

    @property
    def initializer(self) -> Operation:
        """The operation that goes to the dataset's beginning. ValueError for an iterator that has none."""
        if self._initializer is None:
            raise ValueError("Iterator does not have an initializer.")
        return self._initializer

    def make_initializer(self, dataset: Any, name: str | None = None) -> Operation:
        """An operation that puts this iterator at the beginning of `dataset`.

        TypeError for a dataset of elements of other dtypes, shapes or classes, ValueError for another nesting.
        """
        mine, theirs = _legacy(self._spec), _legacy(dataset.element_spec)
        for own, other in zip(mine, theirs, strict=True):
            graph_nest.assert_same_structure(own, other)
        for own, other in zip(nest.flatten(mine[2]), nest.flatten(theirs[2]), strict=True):
            if own != other:
                raise TypeError(f"Expected output classes {mine[2]!r} but got dataset with output class {theirs[2]!r}.")
        for own, other in zip(nest.flatten(mine[0]), nest.flatten(theirs[0]), strict=True):
            if own != other:
                raise TypeError(f"Expected output types {mine[0]!r} but got dataset with output types {theirs[0]!r}.")
        for own, other in zip(nest.flatten(self._spec), nest.flatten(dataset.element_spec), strict=True):
            if not own.is_compatible_with(other):
                raise TypeError(
                    f"Expected output shapes compatible with {mine[1]!r} but got dataset with output shapes "
                    f"{theirs[1]!r}."
                )
        return _make(dataset, self._iterator_resource, False, name or "make_initializer")

    def get_next(self, name: str | None = None) -> Any:
        """The next element, nested as the dataset's are; all its tensors, fetched in one run, are of one element.

        When run: OutOfRangeError behind the last element, FailedPreconditionError before the iterator is initialized.
        """
        self._get_next_count += 1
        if self._get_next_count > _MANY_CALLS:
            warnings.warn(
                "An unusually high number of `Iterator.get_next()` calls was detected. Each makes another operation, "
                "which takes another element: call it once, and run what it gives again and again.",
                stacklevel=2,
            )
        found = iterator_ops.iterator_get_next(self._iterator_resource, *_flat_of(self._spec), name=name)
        return spec.from_flat(self._spec, found)

    def string_handle(self, name: str | None = None) -> Tensor:
        """A string scalar that names this iterator in its session, for `from_string_handle`."""
        if name is None:
            return self._string_handle
        return iterator_ops.iterator_to_string_handle(self._iterator_resource, name=name)

    @property
    def element_spec(self) -> Any:
        return self._spec

    @property
    def output_types(self) -> Any:
        return spec.legacy_types(self._spec)

    @property
    def output_shapes(self) -> Any:
        return spec.legacy_shapes(self._spec)

    @property
    def output_classes(self) -> Any:
        return spec.legacy_classes(self._spec)


def one_shot(dataset: Any) -> Iterator:
    """An iterator that goes over the dataset once, in each session from its first use."""
    check_one_shot(dataset._variant_tensor)
    attrs = _flat_of(dataset.element_spec)
    optimized = dataset.options()._joins_repeats
    resource = iterator_ops.one_shot_iterator(_key(None), *attrs, Deferred(dataset._variant_tensor), optimized)
    return Iterator._over(resource, None, dataset.element_spec)


def initializable(dataset: Any, shared_name: str | None) -> Iterator:
    """An iterator with an initializer, which may be run again and again."""
    resource = _resource(dataset.element_spec, shared_name)
    initializer = _make(dataset, resource, dataset.options()._joins_repeats, None)
    return Iterator._over(resource, initializer, dataset.element_spec)


def _make(dataset: Any, resource: Tensor, optimized: bool, name: str | None) -> Operation:
    seeded = seeded_operations(dataset._variant_tensor)
    return iterator_ops.make_iterator(dataset._variant_tensor, resource, seeded, optimized, name=name)


def _resource(specs: Any, shared_name: str | None) -> Tensor:
    return iterator_ops.iterator_v2(_key(shared_name), *_flat_of(specs))


def _key(shared_name: str | None) -> str:
    if shared_name:
        return f"{iterator_ops.KEY_PREFIX}shared/{shared_name}"
    return ResourceKey(f"{iterator_ops.KEY_PREFIX}{next(_numbers)}")


def _flat_of(specs: Any) -> tuple[tuple[DType, ...], tuple[TensorShape, ...]]:
    leaves = nest.flatten(specs)
    return tuple(leaf.flat_dtype for leaf in leaves), tuple(leaf.flat_shape for leaf in leaves)


def _legacy(specs: Any) -> tuple[Any, Any, Any]:
    return spec.legacy_types(specs), spec.legacy_shapes(specs), spec.legacy_classes(specs)


def _as_type(value: Any) -> Any:
    return value if isinstance(value, spec.DatasetSpec) else as_dtype(value)


def make_one_shot_iterator(dataset: Any) -> Iterator:
    """`dataset.make_one_shot_iterator()`. TF symbol: `tf.data.make_one_shot_iterator`."""
    return dataset.make_one_shot_iterator()


def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> Iterator:
    """`dataset.make_initializable_iterator(shared_name)`. TF symbol: `tf.data.make_initializable_iterator`."""
    return dataset.make_initializable_iterator(shared_name)


def get_output_types(dataset_or_iterator: Any) -> Any:
    """The dtypes of its elements, nested as they are. TF symbol: `tf.data.get_output_types`."""
    return spec.legacy_types(dataset_or_iterator.element_spec)


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """The static shapes of its elements, nested as they are. TF symbol: `tf.data.get_output_shapes`."""
    return spec.legacy_shapes(dataset_or_iterator.element_spec)


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """`tf.Tensor` or `tf.SparseTensor` for each component. TF symbol: `tf.data.get_output_classes`."""
    return spec.legacy_classes(dataset_or_iterator.element_spec)
