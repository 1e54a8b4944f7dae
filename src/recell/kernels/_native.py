"""The compiled kernels: found, loaded, and given PyTorch's own OpenMP runtime.

The library is plain C++ with a C interface (`csrc/recell.h`). Its parallel regions run on function pointers, which are
taken here from the runtime that PyTorch executes on: a second one would compete with the first one's spinning threads.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["ABI", "Native", "load", "native"]

ABI = 1
"""The interface that this code speaks: `RECELL_ABI` in `csrc/recell.h`."""

LIBRARY = os.path.join(os.path.dirname(__file__), "_librecell.so")
CHOICES = ("off", "portable", "avx2", "avx512")
"""What RECELL_KERNELS may say: no compiled kernels, or an instruction set; without it the widest that there is."""

ENTRY_POINTS = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads")
"""What the library needs of an OpenMP runtime. GNU's, LLVM's and Intel's all have the first one."""


@dataclass(frozen=True, eq=False)
class Native:
    """The compiled kernels as they are in this process, or why they are not.

    Attributes:
        library: the functions of `csrc/recell.h` as a `ctypes.CDLL`, which releases the GIL while they run; or None.
        reason: why there are none; empty if there are.
        instruction_set: `portable`, `avx2` or `avx512`; empty without a library.
        runtime: the file of the OpenMP runtime that runs their threads; empty if they run on one thread.
    """

    library: Any = None
    reason: str = ""
    instruction_set: str = ""
    runtime: str = ""

    @property
    def active(self) -> bool:
        """Whether the compiled kernels can be called."""
        return self.library is not None

    def __str__(self) -> str:
        if not self.active:
            return f"PyTorch's operations: {self.reason}"
        threads = (
            f"threads of {self.runtime}" if self.runtime else "one thread, since PyTorch has loaded no OpenMP runtime"
        )
        return f"compiled for {self.instruction_set}, {threads}"


@functools.cache
def native() -> Native:
    """The compiled kernels, loaded when first asked for."""
    return load(LIBRARY)


def load(path: str) -> Native:
    """Loads a library, unless RECELL_KERNELS says otherwise, and binds PyTorch's OpenMP runtime to it.

    After a fork the child's kernels run on one thread: the threads of GNU's runtime stay behind in the parent, and
    waiting for them would never end.

    Args:
        path: the shared library.

    Returns:
        The kernels, or the reason why they cannot be used.
    """
    choice = os.environ.get("RECELL_KERNELS")
    if choice == "off":
        return Native(reason="RECELL_KERNELS is off; unset it to use the compiled kernels")
    if choice is not None and choice not in CHOICES:
        return Native(reason=f"RECELL_KERNELS is {choice!r}; it may be {', '.join(CHOICES)}, or unset")
    if not os.path.exists(path):
        return Native(reason=f"there is no {path}; {_remedy()}")
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        # Only the dynamic linker knows whether a file suits this machine and its libraries.
        return Native(reason=f"{path} cannot be loaded ({error}); {_remedy()}")
    found = library.recell_abi() if hasattr(library, "recell_abi") else 0
    if found != ABI:
        return Native(reason=f"{path} has interface {found}, this release of Recell needs {ABI}; {_remedy()}")
    library.recell_instruction_set.restype = ctypes.c_char_p
    library.recell_bind_openmp.argtypes = [ctypes.c_void_p] * len(ENTRY_POINTS)
    library.recell_bind_openmp.restype = None
    runtime = _openmp()
    if runtime is not None:
        library.recell_bind_openmp(*(ctypes.cast(runtime[name], ctypes.c_void_p) for name in ENTRY_POINTS))
        os.register_at_fork(after_in_child=functools.partial(library.recell_bind_openmp, *[None] * len(ENTRY_POINTS)))
    return Native(
        library=library,
        instruction_set=library.recell_instruction_set().decode(),
        runtime=_file_of(runtime) if runtime is not None else "",
    )


def _remedy() -> str:
    """What to do about a library that is missing or unfit."""
    if sys.platform == "win32":
        return "there are no compiled kernels for Windows yet"
    return "install g++ or clang++, then Recell again (pip install --force-reinstall --no-deps)"


def _openmp() -> ctypes.CDLL | None:
    """The OpenMP runtime that PyTorch calls: what its own references lead to, in the dynamic linker's order.

    Looking for a loaded file by its name would not do, since other packages bring runtimes of their own.
    """
    suffix = "dylib" if sys.platform == "darwin" else "so"
    beside = os.path.join(os.path.dirname(torch.__file__), "lib", f"libtorch_cpu.{suffix}")
    torch_cpu = beside if os.path.exists(beside) else os.path.basename(beside)
    scopes = [_opened(torch_cpu)]
    if sys.platform != "darwin":
        # Symbols that are global in the process, a preloaded runtime's for one, go before a library's dependencies.
        scopes.insert(0, ctypes.CDLL(None))
    return next((s for s in scopes if s is not None and all(hasattr(s, name) for name in ENTRY_POINTS)), None)


def _opened(name: str) -> ctypes.CDLL | None:
    """A library that the process has loaded already, or None."""
    try:
        return ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_NOW)
    except OSError:
        return None


class _Origin(ctypes.Structure):
    """Dl_info of <dlfcn.h>."""

    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("symbol", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


def _file_of(runtime: ctypes.CDLL) -> str:
    """The file that the runtime's functions come from."""
    origin = _Origin()
    address = ctypes.cast(runtime[ENTRY_POINTS[0]], ctypes.c_void_p)
    known = ctypes.CDLL(None).dladdr(address, ctypes.byref(origin))
    return os.fsdecode(origin.file) if known else ENTRY_POINTS[0]
