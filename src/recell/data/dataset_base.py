"""What every dataset is: a tensor of the graph, and the specs of its elements."""

from __future__ import annotations

from typing import Any, ClassVar

from recell.data import iterator, nest, spec
from recell.data.options import Options
from recell.graph.tensor import Tensor


class BaseDataset:
    """A dataset: an operation whose elements iterators hand out. See `Dataset`."""

    _made_as: ClassVar[Any]  # the class of what is made from datasets of this class

    def __init__(self, variant_tensor: Tensor, element_spec: Any, options: Options | None = None) -> None:
        self._variant_tensor = variant_tensor
        self._element_spec = element_spec
        self._options = options or Options()

    def _derived(self, variant_tensor: Tensor, element_spec: Any = None, options: Options | None = None) -> Any:
        """A dataset made of this one, of elements of the same kind unless told."""
        specs = self._element_spec if element_spec is None else element_spec
        return self._made_as(variant_tensor, specs, options or self._options)

    def _dataset_spec(self) -> spec.DatasetSpec:
        return spec.DatasetSpec(self._element_spec)

    @property
    def element_spec(self) -> Any:
        """The specs of an element's components, nested as it is."""
        return self._element_spec

    @property
    def output_types(self) -> Any:
        """The dtypes of an element's components, nested as it is."""
        return spec.legacy_types(self._element_spec)

    @property
    def output_shapes(self) -> Any:
        """The static shapes of an element's components, nested as it is."""
        return spec.legacy_shapes(self._element_spec)

    @property
    def output_classes(self) -> Any:
        """`tf.Tensor` or `tf.SparseTensor` for each component, nested as an element is."""
        return spec.legacy_classes(self._element_spec)

    def options(self) -> Options:
        """The options of this dataset and of those that it is made of."""
        return self._options

    def with_options(self, options: Options) -> Any:
        """The same dataset with further options. ValueError for options that contradict those it has."""
        return self._derived(self._variant_tensor, options=self._options.merge(options))

    def make_one_shot_iterator(self) -> iterator.Iterator:
        """An iterator that starts at the first element in every session, and has no initializer.

        ValueError for a dataset that needs a placeholder, a variable or another thing that may change between runs.
        """
        return iterator.one_shot(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> iterator.Iterator:
        """An iterator that starts when its `initializer` is run, and anew each time.

        What the dataset needs, such as placeholders, is fed when the initializer is run. Iterators of one `shared_name`
        share their place within a session.
        """
        return iterator.initializable(self, shared_name)

    def __iter__(self) -> Any:
        raise RuntimeError(
            "__iter__() is only supported inside of tf.function or when eager execution is enabled. Make an iterator "
            "by make_one_shot_iterator(), and run what its get_next() gives."
        )

    def __repr__(self) -> str:
        shapes = str(nest.map_structure(str, self.output_shapes)).replace("'", "")
        types = str(nest.map_structure(repr, self.output_types)).replace("'", "")
        return f"<DatasetV1Adapter shapes: {shapes}, types: {types}>"

    __str__ = __repr__
