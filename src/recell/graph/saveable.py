"""What a checkpoint may hold besides plain variables: objects that say under which names to keep which tensors.

TF module: `tensorflow.python.training.saving.saveable_object`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.tensor import Tensor


class SaveSpec:
    """One tensor of a checkpoint. TF symbol: `SaveSpec` of `tensorflow.python.training.saving.saveable_object`.

    Args:
      tensor: the tensor to save, or a function that makes it.
      slice_spec: which slice of a larger tensor it is, in TF's notation; "" for all.
      name: under which it is saved.
      dtype, device: of the tensor; a function needs them, a tensor has them.

    Raises AssertionError for a function without them.
    """

    def __init__(self, tensor: Any, slice_spec: str, name: str, dtype: Any = None, device: str | None = None) -> None:
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        if callable(tensor) and (dtype is None or device is None):
            raise AssertionError(f"The spec of '{name}' has a function for its tensor: it needs a dtype and a device.")
        self.dtype = tensor.dtype if dtype is None else dtype
        self.device = (getattr(tensor, "device", "") or "") if device is None else device

    @property
    def tensor(self) -> Any:
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """Something that a checkpoint keeps as one or more tensors. Subclasses write `restore`.

    TF symbol: `SaveableObject` of `tensorflow.python.training.saving.saveable_object`.

    Args:
      op: what is saved: a tensor, an operation, or a list of them.
      specs: the tensors to save.
      name: of the object, unique in a checkpoint.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def optional_restore(self) -> bool:
        """Whether a checkpoint may lack it."""
        return False

    @property
    def device(self) -> str:
        """That of the first tensor."""
        return str(self.specs[0].device)

    def restore(self, restored_tensors: Sequence[Tensor], restored_shapes: Any) -> Any:
        """An operation that gives the object the values that were read for its specs, in their order.

        `restored_shapes` are the shapes they had, or None where the tensors' own are to be believed. Raises ValueError
        in a class that has not written it.
        """
        raise ValueError(
            f"{type(self).__name__} saves '{self.name}' but has no restore(restored_tensors, ...) to read it."
        )


__all__ = ["SaveSpec", "SaveableObject"]
