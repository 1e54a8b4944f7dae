"""What kernels of several families share: telling torch from string values, and TF1's words for what they refuse."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import errors

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


def invalid(message: str) -> errors.InvalidArgumentError:
    """What a kernel raises for values that do not go together; the plan adds the operation to it."""
    return errors.InvalidArgumentError(None, None, message)


def is_strings(value: Any) -> bool:
    """Whether a value is an array of strings: numpy holds those, torch everything else."""
    return value.__class__ is np.ndarray


def as_strings(value: Any) -> Any:
    """An object array even of what numpy gives back as a bare `bytes`."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value
    array = np.empty(np.shape(value) if isinstance(value, np.ndarray) else (), dtype=object)
    array[...] = value
    return array


def string_array(strings: Sequence[Any]) -> np.ndarray:
    """A list of strings as an array of them."""
    array = np.empty(len(strings), dtype=object)
    array[:] = strings
    return array


def bracketed(value: Any) -> str:
    """A run-time shape as TF1 prints it: `[2,3]`."""
    return "[" + ",".join(str(n) for n in value.shape) + "]"


def broadcasting(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel of two tensors that broadcast, with TF1's words when they do not."""

    @functools.wraps(kernel)
    def call(x: Any, y: Any, **attrs: Any) -> Any:
        try:
            return kernel(x, y, **attrs)
        except (RuntimeError, ValueError) as error:
            if "size of tensor" in str(error) or "broadcast" in str(error):
                raise invalid(f"Incompatible shapes: {bracketed(x)} vs. {bracketed(y)}") from error
            raise

    return call


def sizes(shape: Any) -> tuple[int, ...]:
    """The value of a shape tensor as Python numbers."""
    return tuple(shape.tolist())


def same_memory(x: Any) -> Any:
    """A value of its own equal to `x`, for kernels that promise no view but have nothing to do."""
    return x.copy() if is_strings(x) else x.clone()
