"""The machine: what it is, and how fast it multiplies matrices.

python -m benchmarks.machine
"""

from __future__ import annotations

import os
import pathlib
import platform
import time
from collections.abc import Callable

import torch
from torch import Tensor

SIZE = 2048


def processor() -> str:
    """The processor's name, as the system gives it."""
    path = pathlib.Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def describe() -> dict[str, str | int | float | None]:
    """What the machine is, and how many processes others kept running on it over the last minute."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": processor(), "cpus": os.cpu_count(), "system": platform.platform(), "load": load}


def product_rate(seconds: float = 1.0) -> float:
    """The fastest that a large float32 product runs here, in floating-point operations a second.

    Of two libraries that come with torch (its own choice, and oneDNN) and the one that does better on this machine.
    """
    a, b = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    products: list[Callable[[], Tensor]] = [lambda: a @ b]
    if torch.backends.mkldnn.is_available():
        packed_a, packed_b = a.to_mkldnn(), b.to_mkldnn()
        products.append(lambda: torch.nn.functional.linear(packed_a, packed_b))
    return max(2 * SIZE**3 / fastest(product, seconds) for product in products)


def fastest(call: Callable[[], Tensor], seconds: float) -> float:
    """Seconds of the fastest of the calls that fit into `seconds`."""
    call()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        before = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - before)
    return best


if __name__ == "__main__":
    print(f"{processor()}, {os.cpu_count()} cores: {product_rate() / 1e9:.0f} GFLOP/s in a product of {SIZE} by {SIZE}")
