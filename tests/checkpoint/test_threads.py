"""One Reader serves several threads."""

from __future__ import annotations

import pathlib
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
def test_several_threads_read(tmp_path: pathlib.Path, form: Literal["v2", "v1"]) -> None:
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
