"""What an estimator of `tf.contrib.learn` remembers of its inputs: each call must bring the same kinds."""

from __future__ import annotations

from typing import Any, NamedTuple

from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops.state import placeholder


class TensorSignature(NamedTuple):
    """Dtype and shape of an input tensor."""

    dtype: DType
    shape: TensorShape
    is_sparse: bool

    def is_compatible_with(self, tensor: Any) -> bool:
        """Whether the tensor is of this dtype and may be of this shape."""
        other = signature_of(tensor)
        if self.is_sparse or other.is_sparse:
            return self.is_sparse == other.is_sparse and self.dtype is other.dtype
        return self.dtype is other.dtype and self.shape.is_compatible_with(other.shape)


def signature_of(tensors: Any) -> Any:
    """The signature of a tensor, those of a dict of tensors by name, None of None."""
    if tensors is None:
        return None
    if isinstance(tensors, dict):
        return {name: signature_of(tensor) for name, tensor in tensors.items()}
    if isinstance(tensors, SparseTensor):
        return TensorSignature(tensors.dtype.base_dtype, TensorShape(None), True)
    return TensorSignature(tensors.dtype.base_dtype, tensors.shape, False)


def compatible(tensors: Any, signatures: Any) -> bool:
    """Whether tensors are of the kinds that the signatures tell. A dict may bring further ones."""
    if tensors is None or signatures is None:
        return tensors is None and signatures is None
    if isinstance(tensors, dict) != isinstance(signatures, dict):
        return False
    if isinstance(tensors, dict):
        return all(name in tensors and known.is_compatible_with(tensors[name]) for name, known in signatures.items())
    return signatures.is_compatible_with(tensors)


def placeholders_of(signatures: Any) -> Any:
    """Placeholders that stand for labels nobody has, where a model function of two arguments asks for some."""
    if signatures is None:
        return None
    if isinstance(signatures, dict):
        return {name: placeholders_of(signature) for name, signature in signatures.items()}
    return placeholder(signatures.dtype, [None, *(signatures.shape.as_list()[1:] if signatures.shape.ndims else [])])
