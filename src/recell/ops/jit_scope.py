"""Scopes whose operations TensorFlow hands to its XLA compiler."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def experimental_jit_scope(
    compile_ops: bool | Callable[[Any], bool] = True, separate_compiled_gradients: bool = False
) -> Iterator[None]:
    """Asks that the operations made inside be compiled. TF symbol: `tf.contrib.compiler.jit.experimental_jit_scope`.

    A wish about speed that changes no result, and that nothing here needs: a plan runs these operations as all others.

    Args:
      compile_ops: False, or a function of an operation's description that gives it, asks for the opposite.
      separate_compiled_gradients: whether gradients should be compiled apart from the operations.
    """
    yield


__all__ = ["experimental_jit_scope"]
