"""The operations, one family a file: each a plain function of tensors made an operation by one decorator.

Importing the room gives tensors and variables their operators, variables their default initializers, and defines the
operation types that the graph makes by name. May import `graph` and `kernels`.
"""

from __future__ import annotations

from recell.ops import array_join, array_shape, gradients, operators, state, variable_ops

__all__ = ["array_join", "array_shape", "gradients", "operators", "state", "variable_ops"]
