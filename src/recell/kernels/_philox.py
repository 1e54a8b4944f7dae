"""Philox4x32-10, the generator of TensorFlow's random operations, compiled."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import torch
from torch import Tensor

from recell.kernels._native import native

_HALF = (1 << 64) - 1


def philox_words(blocks: int, key: int, counter: int) -> Tensor:
    """The words of `blocks` consecutive blocks, int32 `[blocks, 4]` (read as unsigned).

    Only where `native().active`.

    Args:
      blocks: how many.
      key: 64 bits.
      counter: the number of the first block, 128 bits.
    """
    words = torch.empty((blocks, 4), dtype=torch.int32)
    _function("philox_words")(words.data_ptr(), blocks, *_place(key, counter))
    return words


def philox_uniform(count: int, key: int, counter: int) -> Tensor:
    """Numbers in [0, 1) made of one word each, float32 `[count]`: TensorFlow's, to the bit.

    Only where `native().active`; arguments as of `philox_words`.
    """
    numbers = torch.empty(count)
    _function("philox_uniform")(numbers.data_ptr(), count, *_place(key, counter))
    return numbers


def _place(key: int, counter: int) -> tuple[int, int, int, int]:
    return key & _HALF, counter & _HALF, (counter >> 64) & _HALF, torch.get_num_threads()


@functools.cache
def _function(name: str) -> Any:
    function = getattr(native().library, f"recell_{name}")
    function.argtypes = (ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_uint64] * 3, ctypes.c_int32)
    function.restype = None
    return function
