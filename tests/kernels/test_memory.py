"""Freed memory stays with the process, unless the user has settings of his own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from recell.kernels import _memory

PROGRAM = """
import resource
from recell.kernels._memory import keep_freed_memory
import torch
reason = keep_freed_memory() if {keep} else ""
for _ in range(3):
    torch.ones(10_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.ones(10_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, reason)
"""


def faults(keep: bool, **environment: str) -> tuple[int, str]:
    clean = {name: value for name, value in os.environ.items() if name not in _memory.SETTINGS}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(keep=keep)],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    count, _, reason = ran.stdout.strip().partition(" ")
    return int(count), reason


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's C library has the setting")
def test_a_block_freed_and_asked_for_again_is_not_zeroed_again() -> None:
    kept, reason = faults(keep=True)
    if reason:
        pytest.skip(reason)
    assert kept * 5 < faults(keep=False)[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's C library has the setting")
def test_settings_of_the_user_stay() -> None:
    assert faults(keep=True, MALLOC_TRIM_THRESHOLD_="131072")[1] == "the environment has settings of its own"
