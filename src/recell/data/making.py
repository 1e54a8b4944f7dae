"""The functions of `Dataset` that make a dataset of something else."""

from __future__ import annotations

from typing import Any

from recell.data import generator, nest, order, sources, spec
from recell.data.arguments import seed_arguments
from recell.data.dataset_base import BaseDataset
from recell.data.shuffle import shuffle_dataset
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.shapes import Dimension, TensorShape, as_shape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import greater
from recell.ops.files import matching_files
from recell.ops.logging_ops import Assert
from recell.ops.math_binary import maximum
from recell.ops.math_cast import cast
from recell.ops.state import identity


class Making(BaseDataset):
    """Where datasets come from."""

    @classmethod
    def from_tensors(cls, tensors: Any) -> Any:
        """A dataset of one element: `tensors`, a nesting (tuples, dicts) of tensors, sparse tensors, arrays, lists."""
        element = spec.normalized(tensors)
        specs = nest.map_structure(spec.spec_of, element)
        return cls._made_as(sources.tensor_dataset(spec.to_flat(specs, element)), specs)

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> Any:
        """A dataset of the rows of `tensors`, a nesting of tensors `[n, ...]` of one n. ValueError for other shapes."""
        element = spec.normalized(tensors)
        count = Dimension(None)
        for component in nest.flatten(element):
            if component.shape.ndims == 0:
                raise ValueError(f"Value {component} has insufficient rank for batching.")
            if component.shape.ndims is not None:
                count = _merged(count, component.shape[0])
        specs = nest.map_structure(spec.spec_of, element)
        rows = nest.map_structure(lambda leaf: leaf.unbatched(), specs)
        return cls._made_as(sources.tensor_slice_dataset(spec.to_flat(specs, element)), rows)

    @classmethod
    def from_sparse_tensor_slices(cls, sparse_tensor: Any) -> Any:
        """A dataset of the rows of a SparseTensor as triples `(indices, values, dense_shape)`. TypeError for others."""
        if not isinstance(sparse_tensor, SparseTensor):
            raise TypeError(f"`sparse_tensor` must be a `tf.SparseTensor` object. Was {sparse_tensor}.")
        rank = sparse_tensor.dense_shape.shape[0].value
        inner = None if rank is None else rank - 1
        tensor = sources.sparse_tensor_slice_dataset(
            sparse_tensor.indices, sparse_tensor.values, sparse_tensor.dense_shape
        )
        specs = (
            spec.TensorSpec([None, inner], dtypes.int64),
            spec.TensorSpec([None], sparse_tensor.dtype),
            spec.TensorSpec([inner], dtypes.int64),
        )
        return cls._made_as(tensor, specs)

    @classmethod
    def from_generator(cls, generator: Any, output_types: Any, output_shapes: Any = None, args: Any = None) -> Any:
        """A dataset of what a Python generator yields.

        Args:
          generator: called without arguments, or with the values of `args`, once each time the dataset is gone over;
            gives something to iterate over. A generator that is not gone through to its end is closed.
          output_types: the dtypes of an element, nested as the elements are.
          output_shapes: their shapes; unknown ones if None.
          args: a tuple of tensors.

        Raises:
          TypeError: `generator` cannot be called, `output_types` are none.
          When run: InvalidArgumentError for an element of another nesting, dtype or shape, and what `tf.py_func` raises
          for an error of the generator.
        """
        if not callable(generator):
            raise TypeError("`generator` must be callable.")
        types = nest.map_structure(lambda value: as_dtype(value), output_types)
        if output_shapes is None:
            shapes = nest.map_structure(lambda _: TensorShape(None), types)
        else:
            flat = [as_shape(shape) for shape in nest.flatten_up_to(types, output_shapes)]
            shapes = nest.pack_sequence_as(types, flat)
        tensors = [convert_to_tensor(value, name="args") for value in args or ()]
        return cls._made_as(_generated(tensors, generator, types, shapes), spec.from_legacy(types, shapes))

    @classmethod
    def range(cls, *args: Any) -> Any:
        """int64 numbers, by the arguments of Python's `range`. ValueError for another number of arguments."""
        return cls._made_as(sources.range_dataset(*args), spec.TensorSpec([], dtypes.int64))

    @classmethod
    def zip(cls, datasets: Any) -> Any:
        """A dataset whose elements are those of several datasets, nested as `datasets` (tuples, dicts) are.

        It ends with the shortest. TypeError for what holds no datasets.
        """
        parts = nest.flatten(datasets)
        for part in parts:
            if isinstance(part, list):
                raise TypeError(
                    "The argument to `Dataset.zip()` must be a nested structure of `Dataset` objects. Nested "
                    "structures do not support Python lists; please use a tuple instead."
                )
            if not isinstance(part, BaseDataset):
                raise TypeError("The argument to `Dataset.zip()` must be a nested structure of `Dataset` objects.")
        tensor = order.zip_dataset([part._variant_tensor for part in parts])
        options = parts[0].options()
        for part in parts[1:]:
            options = options.merge(part.options())
        return cls._made_as(tensor, nest.pack_sequence_as(datasets, [part.element_spec for part in parts]), options)

    @classmethod
    def list_files(cls, file_pattern: Any, shuffle: bool | None = None, seed: Any = None) -> Any:
        """A dataset of the paths of files that fit a pattern, or one of several.

        They come in random order (by `seed`), another one each time, unless `shuffle` is False: then in alphabetical
        order. InvalidArgumentError, when run, if no file fits.
        """
        with name_scope("list_files"):
            pattern = convert_to_tensor(file_pattern, dtypes.string, name="file_pattern")
            found = matching_files(pattern)
            count = shape_of(found)[0]
            checked = Assert(greater(count, 0, name="match_not_empty"), [_NO_FILES, pattern], summarize=1)
            with control_dependencies([checked]):
                found = identity(found)
            tensor = sources.tensor_slice_dataset([found])
            if shuffle is None or shuffle:
                size = maximum(cast(count, dtypes.int64), 1)
                tensor = shuffle_dataset(tensor, size, *seed_arguments(seed), True)
            return cls._made_as(tensor, spec.TensorSpec([], dtypes.string))


_NO_FILES = "No files matched pattern: "


def _generated(tensors: Any, function: Any, types: Any, shapes: Any) -> Any:
    return generator.generator_dataset(tensors, function, types, shapes)


def _merged(count: Dimension, size: Dimension) -> Dimension:
    if count.value is not None and size.value is not None and count.value != size.value:
        raise ValueError(f"Dimensions {count} and {size} are not compatible")
    return size if count.value is None else count
