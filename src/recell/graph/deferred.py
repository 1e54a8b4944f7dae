"""Tensors that an operation computes when it chooses to."""

from __future__ import annotations

from recell.graph.tensor import Tensor


class Deferred:
    """An attribute of an operation: a tensor that it computes itself, when and as often as it likes.

    Not an input, so a run of the operation does not run what makes the tensor. The kernel gets a function without
    arguments that gives the tensor's value. The tensor is one of the top of the graph, and nothing can be fed to it.
    """

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
