"""The operations, one family a file: each a plain function of tensors made an operation by one decorator.

Importing the room gives tensors and variables their operators, variables their default initializers, and defines the
operation types that the graph makes by name. May import `graph` and `kernels`.
"""

from __future__ import annotations

from recell.ops import array_join as _array_join
from recell.ops import array_shape as _array_shape
from recell.ops import gradients as _gradients
from recell.ops import operators as _operators
from recell.ops import state as _state
from recell.ops import variable_ops as _variable_ops

__all__: list[str] = []
