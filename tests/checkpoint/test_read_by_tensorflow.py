"""TensorFlow 1.15 reads what Recell wrote. Asked for by hand, as no Python that is new enough for us has TensorFlow 1:

    RECELL_TF115=/path/to/python3.7 pytest tests/checkpoint/test_read_by_tensorflow.py

That the same values make the very files that TensorFlow writes is asserted without it, in test_tensorflow_files.py;
here is what this cannot show: any values at all, and the names that files have for a moment.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.checkpoint import random_sets, tables
from tests.checkpoint.items import entries_of, region_of, wholes
from tests.checkpoint.tensorflow_sets import SETS, Item, ramp

from recell import checkpoint

PYTHON = os.environ.get("RECELL_TF115")
pytestmark = pytest.mark.skipif(PYTHON is None, reason="RECELL_TF115 names no Python that has TensorFlow 1.15")

SIDE = pathlib.Path(__file__).parent / "tensorflow_side.py"
SECONDS = 120.0
"""That one answer may take."""
NEVER_PUT_TOGETHER = ("float16", "uint16", "uint32", "uint64", "qint16", "quint16", "string")
"""TensorFlow reads parts of these as they were saved, but does not put such parts together."""
CASES = [
    pytest.param(name, form, id=f"{name}-{form}")
    for name, wanted in SETS.items()
    for form in wanted.formats
    if name != "odd_names"
]


class TensorFlow:
    """A process that reads checkpoints; one that has ended, as TensorFlow's do on a failed check, is an error."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(PYTHON), "-W", "ignore", str(SIDE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def read(self, prefix: str, wishes: list[dict[str, Any]]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        alarm = threading.Timer(SECONDS, self._process.kill)
        alarm.start()
        self._process.stdin.write(json.dumps([prefix, wishes]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        alarm.cancel()
        assert answer, "TensorFlow's process has ended"
        return json.loads(answer)

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def tensorflow() -> Iterator[TensorFlow]:
    found = TensorFlow()
    yield found
    found.close()


def raw(value: np.ndarray) -> str:
    """As `tensorflow_side.py` tells bytes."""
    if value.dtype != object:
        return value.tobytes().hex()
    return b"".join(b"%d:%s," % (len(text), text) for text in value.ravel().tolist()).hex()


def wish(item: Item, shape: tuple[int, ...]) -> dict[str, Any]:
    # A variable has zeros of neither the quantised kinds nor of some unsigned ones. And a `Saver` asks for parts with
    # numbers alone: to it, those saved with dashes are other ones, to be put together.
    saver = item.dtype[0] not in "qu" or item.dtype == "uint8"
    saver &= "-" not in item.slice_spec or item.dtype not in NEVER_PUT_TOGETHER
    return {"name": item.name, "dtype": item.dtype, "shape": shape, "spec": item.slice_spec, "saver": saver}


def check(tensorflow: TensorFlow, prefix: str, items: list[Item], form: str, boxes: Sequence[Item] = ()) -> None:
    """That TensorFlow finds the items and nothing else, each way that it has of reading; and boxes across parts."""
    shapes = {item.name: region_of(item)[0] for item in items}
    complete = wholes(items)
    wanted = [*items, *boxes]
    for name, value in complete.items():
        parts = [item for item in items if item.name == name]
        if len(parts) > 1 and parts[0].dtype not in NEVER_PUT_TOGETHER:
            plain = value.view(parts[0].value.dtype)
            wanted.append(Item(name, parts[0].dtype, plain))
    found = tensorflow.read(prefix, [wish(item, shapes[item.name]) for item in wanted])
    assert "error" not in found, found["error"]
    kinds = {item.name: "half" if item.dtype == "float16" else item.dtype for item in items}
    assert found["listed"] == {
        name: [kinds[name].replace("half", "float16"), list(shape)] for name, shape in shapes.items()
    }
    assert [(item.name, item.slice_spec, raw(item.value)) for item in wanted] == [
        (item.name, item.slice_spec, read) for item, read in zip(wanted, found["restored"], strict=True)
    ]
    by_text = {f"{item.name} {item.slice_spec}": raw(item.value) for item in wanted}
    assert found["saver"] == {text: by_text[text] for text in found["saver"]}
    # A text with a colon is no bytes, but what TensorFlow has against reading it this way. In the first format it has
    # nothing against a tensor of which parts are missing, and gives what lay in memory.
    got = {name: text for name, text in found["got"].items() if ":" not in text and (name in complete or form == "v2")}
    assert got == {name: raw(complete[name]) for name in got}
    if form == "v2":
        simple = {item.name for item in items if not item.slice_spec and item.value.size}
        assert simple <= set(got)


def save(folder: pathlib.Path, items: list[Item], form: Any) -> str:
    """Writes a checkpoint; gives what TensorFlow is to be told."""
    prefix = str(folder / "model.ckpt")
    checkpoint.write(prefix, entries_of(items), format=form)
    shards = max(item.shard for item in items) + 1
    return f"{prefix}-?????-of-{shards:05d}" if form == "v1" and shards > 1 else prefix


@pytest.mark.parametrize(("name", "form"), CASES)
def test_every_set(tmp_path: pathlib.Path, tensorflow: TensorFlow, name: str, form: str) -> None:
    items = SETS[name].items()
    check(tensorflow, save(tmp_path, items, form), items, form)


@pytest.mark.parametrize("form", ["v1", "v2"])
def test_boxes_across_parts(tmp_path: pathlib.Path, tensorflow: TensorFlow, form: str) -> None:
    items = SETS["partitioned"].items()
    boxes = []
    for name in ("rows", "columns", "grid", "backwards", "bias"):
        whole = wholes(items)[name]
        dtype = next(item.dtype for item in items if item.name == name)
        for start in np.ndindex(whole.shape):
            size = [n - a for n, a in zip(whole.shape, start, strict=True)]
            part = whole[tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))]
            spec = ":".join(f"{a},{n}" for a, n in zip(start, size, strict=True))
            boxes.append(Item(name, dtype, np.ascontiguousarray(part), f"{' '.join(map(str, whole.shape))} {spec}"))
    check(tensorflow, save(tmp_path, items, form), items, form, boxes)


@pytest.mark.parametrize("form", ["v1", "v2"])
def test_written_again(tmp_path: pathlib.Path, tensorflow: TensorFlow, form: str) -> None:
    """In the place of an older one, of more shards and of fewer."""
    for shards in (1, 2, 1, 3, 3, 1):
        items = [Item(f"a{n}", "float32", ramp("float32", 3) + shards, shard=n % shards) for n in range(5)]
        check(tensorflow, save(tmp_path, items, form), items, form)


@pytest.mark.parametrize("shards", [1, 3])
def test_names_of_a_moment(
    tmp_path: pathlib.Path, tensorflow: TensorFlow, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    """Where a file cannot have two names, data files stay under a count that is not theirs: it is good all the same."""

    def refused(*names: object) -> None:
        raise OSError(1, "no second names here")

    monkeypatch.setattr(os, "link", refused)
    for step in range(4):
        items = [Item(f"a{n}", "int32", ramp("int32", 4) + step, shard=n % shards) for n in range(5)]
        items.append(Item("in parts", "float32", ramp("float32", 2) + step, "4 0,2", shards - 1))
        items.append(Item("in parts", "float32", ramp("float32", 2) - step, "4 2,2", 0))
        check(tensorflow, save(tmp_path, items, "v2"), items, "v2")


@pytest.mark.parametrize(("name", "form"), [("dtypes", "v1"), ("many", "v1"), ("many", "v2"), ("partitioned", "v2")])
def test_compressed_blocks(tmp_path: pathlib.Path, tensorflow: TensorFlow, name: str, form: str) -> None:
    """The compressed tables that the other tests make are such as TensorFlow reads."""
    items = SETS[name].items()
    prefix = save(tmp_path, items, form)
    table = pathlib.Path(prefix if form == "v1" else f"{prefix}.index")
    table.write_bytes(tables.compressed(table.read_bytes()))
    check(tensorflow, prefix, items, form)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_anything(tmp_path_factory: pytest.TempPathFactory, tensorflow: TensorFlow, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["v1", "v2"]))
    items = data.draw(random_sets.items(form))
    check(tensorflow, save(tmp_path_factory.mktemp("any"), items, form), items, form)
