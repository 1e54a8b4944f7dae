"""One Reader serves several threads, and forked processes."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import pytest
from tests.checkpoint.damage import one_row_a_block, put, taken

from recell import checkpoint
from recell.checkpoint import Entry


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns as often as can be."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("form", ["v2", "v1"])
@pytest.mark.parametrize("windows", [False, True])
def test_several_threads_read(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, form: Literal["v2", "v1"], windows: bool
) -> None:
    if windows:
        monkeypatch.delattr(os, "preadv", raising=False)
    wanted = {f"t{i}": np.full(50 + i, i, np.int32) for i in range(24)}
    checkpoint.write(tmp_path / "m", [Entry(name, value) for name, value in wanted.items()], form)
    files = taken(tmp_path / "m")
    table = ".index" if form == "v2" else ""
    put(tmp_path / "m", {**files, table: one_row_a_block(files[table])})
    with checkpoint.Reader(tmp_path / "m") as reader, ThreadPoolExecutor(4) as pool:

        def read(seed: int) -> None:
            for name in np.random.default_rng(seed).permutation(sorted(wanted)):
                assert reader.read(str(name)).tolist() == wanted[str(name)].tolist()

        for done in [pool.submit(read, seed) for seed in range(40)]:
            done.result()


_FORKING = """
import os, sys
import numpy as np
from recell import checkpoint

reader = checkpoint.Reader(sys.argv[1])
child = os.fork()
name, value = ("t0", 0) if child else ("t1", 1)
wrong = sum(bool((reader.read(name) != value).any()) for _ in range(300))
if not child:
    os._exit(wrong != 0)
_, status = os.waitpid(child, 0)
sys.exit(wrong or os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_reads_at_places_of_its_own(tmp_path: pathlib.Path) -> None:
    checkpoint.write(tmp_path / "m", [Entry(f"t{i}", np.full(200_000, i, np.int32)) for i in range(2)])
    found = subprocess.run([sys.executable, "-c", _FORKING, tmp_path / "m"], timeout=60, capture_output=True)
    assert (found.returncode, found.stderr) == (0, b"")
