"""Memory that is freed and asked for again with every step of a training."""

from __future__ import annotations

import ctypes
import functools
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""`M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of <malloc.h>."""

_KEPT = 1 << 30
"""Bytes that stay with the process after they are freed."""

_MAPPED = 1 << 28
"""Bytes from which a block is a mapping of its own, which does go back."""

SETTINGS = ("GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")
"""Environment variables by which a user sets the same."""


@functools.cache
def keep_freed_memory() -> str:
    """Lets the C library keep what a step frees for the next step, in the whole process.

    GNU's hands blocks of some megabytes back to the system whenever they are freed, and the system fills every page
    with zeros when it gives them out again: of a training step with 28 MB of logits that can be a third.

    Returns:
      Why nothing was changed, in a few words; empty if it was.
    """
    if sys.platform != "linux":
        return "only GNU's C library has the setting"
    if any(name in os.environ for name in SETTINGS):
        return "the environment has settings of its own"
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return "only GNU's C library has the setting"
    library.mallopt(_MMAP_THRESHOLD, _MAPPED)
    library.mallopt(_TRIM_THRESHOLD, _KEPT)
    return ""
