"""What one component of an element is: a tensor, a sparse tensor, a dataset; and how it travels as one value.

TF symbols: `tf.TensorSpec`, `tf.SparseTensorSpec`, `tf.data.DatasetSpec`.
"""

from __future__ import annotations

from typing import Any

from recell.data import nest
from recell.data.values import Sparse, clone
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.sparse_tensor import SparseTensor, SparseTensorValue
from recell.graph.tensor import Tensor
from recell.ops import rules
from recell.ops._attributes import as_list
from recell.ops.op import ANY, op


class TypeSpec:
    """The type of a component. `value_type` is the class of what stands for it in a graph. TF symbol: `tf.TypeSpec`."""

    value_type: type
    dtype: DType
    shape: TensorShape

    def __init__(self, shape: Any, dtype: Any, name: str | None = None) -> None:
        self.shape, self.dtype, self.name = as_shape(shape), as_dtype(dtype).base_dtype, name

    @property
    def flat_dtype(self) -> DType:
        """The dtype of the one tensor that the component travels as."""
        return dtypes.variant

    @property
    def flat_shape(self) -> TensorShape:
        return TensorShape.of(())

    def to_flat(self, value: Any) -> Tensor:
        """The component as one tensor."""
        raise NotImplementedError

    def from_flat(self, tensor: Tensor) -> Any:
        """The component again."""
        raise NotImplementedError

    def with_shape(self, shape: TensorShape) -> TypeSpec:
        return type(self)(shape, self.dtype)

    def batched(self, size: int | None) -> TypeSpec:
        """That of a batch of such components."""
        return self.with_shape(TensorShape.of((size,)).concatenate(self.shape))

    def unbatched(self) -> TypeSpec:
        """That of a row. ValueError for a scalar."""
        if self.shape.ndims == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        return self.with_shape(self.shape[1:])

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a value of `other` (a spec or a tensor) may be one of this."""
        found = other if isinstance(other, TypeSpec) else spec_of(other)
        return type(found) is type(self) and found.dtype is self.dtype and self.shape.is_compatible_with(found.shape)

    def most_general(self, other: TypeSpec) -> TypeSpec:
        """What is true of both. TypeError where they have nothing in common."""
        if type(other) is not type(self) or other.dtype is not self.dtype:
            raise TypeError(f"No type is true of both {self} and {other}.")
        return self.with_shape(self.shape.most_specific_compatible_shape(other.shape))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypeSpec) or type(other) is not type(self):
            return NotImplemented
        return self.dtype is other.dtype and self.shape.tuple == other.shape.tuple

    def __hash__(self) -> int:
        return hash((type(self), self.dtype, self.shape.tuple))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shape}, {self.dtype!r})"


class TensorSpec(TypeSpec):
    """A dense tensor. TF symbol: `tf.TensorSpec`."""

    value_type = Tensor

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        super().__init__(shape, dtype, name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """That of a tensor. ValueError for what is none."""
        if not isinstance(tensor, Tensor):
            raise ValueError("`tensor` should be a tf.Tensor")
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        return cls(spec.shape, spec.dtype, name or spec.name)

    @property
    def flat_dtype(self) -> DType:
        return self.dtype

    @property
    def flat_shape(self) -> TensorShape:
        return self.shape

    def to_flat(self, value: Any) -> Tensor:
        return convert_to_tensor(value, self.dtype)

    def from_flat(self, tensor: Tensor) -> Any:
        return tensor

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"


@op(
    "SerializeSparse",
    shape=rules.scalar,
    types={"sparse_indices": dtypes.int64, "sparse_values": ANY, "sparse_shape": dtypes.int64},
    dtype=dtypes.variant,
    differentiable=False,
    view=True,
)
def _serialize_sparse(sparse_indices: Tensor, sparse_values: Tensor, sparse_shape: Tensor) -> Any:
    return Sparse(sparse_indices, sparse_values, sparse_shape)


@op(
    "DeserializeSparse",
    shape=lambda i: [
        TensorShape([None, i["rank"]]),
        TensorShape([None]),
        TensorShape([i["rank"]]),
    ],
    types={"serialized_sparse": ANY},
    dtype=lambda i: [dtypes.int64, i["dtype"], dtypes.int64],
    differentiable=False,
)
def _deserialize_sparse(serialized_sparse: Tensor, dtype: Any, rank: Any) -> Any:
    return tuple(clone(serialized_sparse))


class SparseTensorSpec(TypeSpec):
    """A sparse tensor. TF symbol: `tf.SparseTensorSpec`."""

    value_type = SparseTensor

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(shape, dtype)

    def to_flat(self, value: Any) -> Tensor:
        return _serialize_sparse(value.indices, value.values, value.dense_shape)

    def from_flat(self, tensor: Tensor) -> Any:
        return SparseTensor(*_deserialize_sparse(tensor, self.dtype, self.shape.ndims))


def spec_of(value: Any) -> TypeSpec:
    """The spec of a tensor, a sparse tensor or a dataset. TypeError for anything else."""
    if isinstance(value, Tensor):
        return TensorSpec(value.shape, value.dtype.base_dtype)
    if isinstance(value, SparseTensor):
        return SparseTensorSpec(value.shape, value.dtype.base_dtype)
    made = getattr(value, "_dataset_spec", None)
    if made is None:
        raise TypeError(f"Could not build a TypeSpec for {value!r} with type {type(value).__name__}")
    return made()


def is_component(value: Any) -> bool:
    """Whether a value is one that need not become a tensor first."""
    return isinstance(value, (Tensor, SparseTensor)) or hasattr(value, "_dataset_spec")


def normalized(element: Any) -> Any:
    """A nesting of components: what is no tensor, sparse tensor or dataset becomes a tensor."""
    flat = []
    with name_scope("normalize_element"):
        for number, value in enumerate(nest.flatten(element)):
            if isinstance(value, SparseTensorValue):
                value = SparseTensor.from_value(value)
            flat.append(value if is_component(value) else convert_to_tensor(value, name=f"component_{number}"))
    return nest.pack_sequence_as(element, flat)


def to_flat(specs: Any, element: Any) -> list[Tensor]:
    """The components of an element as one tensor each."""
    pairs = zip(nest.flatten(specs), nest.flatten(element), strict=True)
    return [spec.to_flat(value) for spec, value in pairs]


def from_flat(specs: Any, tensors: Any) -> Any:
    """The element that such tensors are: a list of them, or the only one."""
    pairs = zip(nest.flatten(specs), as_list(tensors), strict=True)
    return nest.pack_sequence_as(specs, [spec.from_flat(tensor) for spec, tensor in pairs])


class DatasetSpec(TypeSpec):
    """A dataset, as windows give it. TF symbol: `tf.data.DatasetSpec`."""

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        super().__init__(dataset_shape, dtypes.variant)
        self.element_spec = element_spec

    @property
    def value_type(self) -> type:  # type: ignore[override]
        from recell.data.dataset import Dataset

        return Dataset

    def to_flat(self, value: Any) -> Tensor:
        tensor: Tensor = value._variant_tensor
        return tensor

    def from_flat(self, tensor: Tensor) -> Any:
        return self.value_type(tensor, self.element_spec)

    def with_shape(self, shape: TensorShape) -> TypeSpec:
        return DatasetSpec(self.element_spec, shape)

    def batched(self, size: int | None) -> TypeSpec:
        raise NotImplementedError(f"Datasets inside of elements cannot be put together to a batch: {self}.")

    def is_compatible_with(self, other: Any) -> bool:
        if not isinstance(other, DatasetSpec):
            return False
        try:
            nest.assert_same_structure(self.element_spec, other.element_spec)
        except (TypeError, ValueError):
            return False
        pairs = zip(nest.flatten(self.element_spec), nest.flatten(other.element_spec), strict=True)
        return all(mine.is_compatible_with(theirs) for mine, theirs in pairs)

    def most_general(self, other: TypeSpec) -> TypeSpec:
        if not isinstance(other, DatasetSpec):
            raise TypeError(f"No type is true of both {self} and {other}.")
        return DatasetSpec(
            nest.map_structure(lambda a, b: a.most_general(b), self.element_spec, other.element_spec), self.shape
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetSpec) and self.element_spec == other.element_spec

    def __hash__(self) -> int:
        return hash((DatasetSpec, *nest.flatten(self.element_spec)))

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec}, {self.shape!r})"


# -- the three nestings by which programs of 1.x tell what elements are ------------------------------------------------


def legacy_types(specs: Any) -> Any:
    return nest.map_structure(lambda leaf: leaf if isinstance(leaf, DatasetSpec) else leaf.dtype, specs)


def legacy_shapes(specs: Any) -> Any:
    return nest.map_structure(lambda leaf: leaf if isinstance(leaf, DatasetSpec) else leaf.shape, specs)


def legacy_classes(specs: Any) -> Any:
    return nest.map_structure(lambda leaf: leaf if isinstance(leaf, DatasetSpec) else leaf.value_type, specs)


def from_legacy(types: Any, shapes: Any = None, classes: Any = None) -> Any:
    """The nesting of specs that three nestings tell; shapes default to unknown ones, classes to dense tensors.

    TypeError for nestings that go less deep than `types`.
    """
    flat_types = nest.flatten(types)
    flat_shapes = [None] * len(flat_types) if shapes is None else nest.flatten_up_to(types, shapes)
    flat_classes = [Tensor] * len(flat_types) if classes is None else nest.flatten_up_to(types, classes)
    return nest.pack_sequence_as(types, list(map(_leaf, flat_types, flat_shapes, flat_classes)))


def _leaf(dtype: Any, shape: Any, kind: Any) -> TypeSpec:
    if isinstance(kind, DatasetSpec):
        return kind
    if isinstance(kind, type) and issubclass(kind, SparseTensor):
        return SparseTensorSpec(shape, dtype)
    if kind is not Tensor:
        raise TypeError(f"Elements are tensors, sparse tensors or datasets, not {kind!r}.")
    return TensorSpec(shape, dtype)
