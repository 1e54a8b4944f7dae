"""What genuine TensorFlow makes of spoilt indexes whose checksums are right. Asked for by hand:

    RECELL_TF115=/path/to/python3.7 pytest -s tests/checkpoint/test_spoilt_for_tensorflow.py

Where both read one, they must read the same; how often its process ends is printed.
"""

from __future__ import annotations

import collections
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest
from tests.checkpoint.damage import blocks_of, outcome, put, sample, with_block

PYTHON = os.environ.get("RECELL_TF115")
pytestmark = pytest.mark.skipif(PYTHON is None, reason="RECELL_TF115 names no Python that has TensorFlow 1.15")

SIDE = pathlib.Path(__file__).parent / "tensorflow_spoilt.py"
SECONDS = 300


def test_where_both_read_they_read_the_same(tmp_path: pathlib.Path) -> None:
    """Each byte of the entries of three indexes, each of its bits turned, and some other bytes."""
    ours: dict[str, object] = {}
    for what in ("plain", "partitioned", "strings"):
        files = sample(tmp_path / "sound", f"{what} v2")
        data = files[".index"]
        offset, size = blocks_of(data)[0]
        for place in range(offset, offset + size):
            for byte in {0, 1, 127, 128, 255, *(data[place] ^ 1 << bit for bit in range(8))} - {data[place]}:
                spoilt = data[offset:place] + bytes([byte]) + data[place + 1 : offset + size]
                prefix = tmp_path / f"m{len(ours)}"
                put(prefix, {**files, ".index": with_block(data, (offset, size), spoilt)})
                found = outcome(prefix)
                ours[str(prefix)] = _plain(found) if isinstance(found, dict) else "refused"
    lines = "".join(json.dumps(prefix) + "\n" for prefix in ours)
    asked = subprocess.run(
        [str(PYTHON), "-W", "ignore", str(SIDE)], input=lines, capture_output=True, text=True, timeout=SECONDS
    )
    theirs = [json.loads(line) for line in asked.stdout.splitlines()]
    assert len(theirs) == len(ours), asked.stderr[-2000:]
    became: collections.Counter[tuple[str, str]] = collections.Counter()
    for (prefix, mine), other in zip(ours.items(), theirs, strict=True):
        if isinstance(mine, dict) and isinstance(other, dict):
            assert mine == other, prefix
        became[_said(mine), _said(other)] += 1
    print(f"\n{len(ours)} indexes; (Recell, TensorFlow): {dict(became)}")
    assert became["read", "read"]


def _plain(found: dict[str, np.ndarray]) -> dict[str, object]:
    return {
        name: [text.hex() for text in value.ravel().tolist()] if value.dtype == object else value.tobytes().hex()
        for name, value in found.items()
    }


def _said(what: object) -> str:
    return "read" if isinstance(what, dict) else str(what)
