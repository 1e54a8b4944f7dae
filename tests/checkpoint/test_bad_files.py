"""Random checkpoints: there and back, every part of them, and what reading makes of them when they are spoilt."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterator

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.checkpoint import tables
from tests.checkpoint.damage import Files, in_bounds, name_of, one_row_a_block, outcome, put, resigned, same, taken

from recell import checkpoint
from recell.checkpoint import CheckpointError, Entry, Region
from recell.checkpoint.table import MAGIC

NUMBERS = [
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "bool",
    "complex64",
    "complex128",
]
V2_ALONE = ["uint32", "uint64", "bfloat16"]
QUANTISED = {"qint8": "i1", "quint8": "u1", "qint32": "i4"}
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

names = st.text(min_size=1, max_size=12, alphabet=st.characters(codec="utf-8")).filter(lambda name: name[0] != "\0")


@st.composite
def arrays(draw: st.DrawFn, form: str) -> np.ndarray:
    kind = draw(st.sampled_from([*NUMBERS, *QUANTISED, "string", *(V2_ALONE if form == "v2" else [])]))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=3))
    if kind == "string":
        return draw(hnp.arrays(object, shape, elements=st.binary(max_size=5), fill=st.nothing()))
    if kind == "bfloat16":
        return draw(hnp.arrays(np.uint16, shape)).view(ml_dtypes.bfloat16)
    if kind in QUANTISED:
        return draw(hnp.arrays(QUANTISED[kind], shape)).view([(kind, QUANTISED[kind])])
    return draw(hnp.arrays(kind, shape))


@st.composite
def regions(draw: st.DrawFn, shape: tuple[int, ...]) -> Region:
    """A part of a tensor that is not empty."""
    starts = tuple(draw(st.integers(0, size - 1)) for size in shape)
    sizes = tuple(draw(st.integers(1, size - start)) for size, start in zip(shape, starts, strict=True))
    return Region(starts, sizes)


@st.composite
def partitions(draw: st.DrawFn, shape: tuple[int, ...]) -> list[Region]:
    """Parts that make up all of a tensor: cut, and one of the two cut again."""
    parts = [Region((0,) * len(shape), shape)]
    for _ in range(draw(st.integers(0, 3))):
        start, size = parts.pop(draw(st.integers(0, len(parts) - 1)))
        axis = draw(st.integers(0, len(size) - 1))
        first = draw(st.integers(1, max(1, size[axis] - 1)))
        for begin, length in ((0, first), (first, size[axis] - first)):
            if length:
                parts.append(
                    Region(
                        (*start[:axis], start[axis] + begin, *start[axis + 1 :]),
                        (*size[:axis], length, *size[axis + 1 :]),
                    )
                )
    return draw(st.permutations(parts))


@st.composite
def checkpoints(draw: st.DrawFn, form: str) -> tuple[dict[str, np.ndarray], list[Entry]]:
    """Tensors, and the entries that they are written by."""
    tensors = draw(st.dictionaries(names, arrays(form), max_size=4))
    entries = []
    for name, value in tensors.items():
        parts = draw(partitions(value.shape)) if value.ndim and value.size else []
        for region in parts if len(parts) > 1 else []:
            spec = checkpoint.spec_of(value.shape, region)
            entries.append(Entry(name, value[region.within(_all(value))], spec, draw(st.integers(0, 2))))
        if len(parts) <= 1:
            entries.append(Entry(name, value, "", draw(st.integers(0, 2))))
    return tensors, draw(st.permutations(entries))


def _all(value: np.ndarray) -> Region:
    return Region((0,) * value.ndim, value.shape)


@pytest.fixture(scope="module")
def folder() -> Iterator[pathlib.Path]:
    made = pathlib.Path(tempfile.mkdtemp())
    yield made
    shutil.rmtree(made)


def emptied(folder: pathlib.Path) -> pathlib.Path:
    for path in folder.iterdir():
        path.unlink()
    return folder / "m"


@pytest.mark.parametrize("form", ["v2", "v1"])
@FEW
@given(st.data())
def test_there_and_back(folder: pathlib.Path, form: str, data: st.DataObject) -> None:
    prefix = emptied(folder)
    tensors, entries = data.draw(checkpoints(form))
    checkpoint.write(prefix, entries, form)  # type: ignore[arg-type]
    name = name_of(prefix, {path.name[1:]: b"" for path in folder.iterdir() if form == "v1"})
    found = in_bounds(name, len(entries) + len(tensors))
    assert isinstance(found, dict), found
    assert same(found, tensors)
    with checkpoint.Reader(name) as reader:
        for tensor, value in tensors.items():
            if value.ndim and value.size:
                region = data.draw(regions(value.shape))
                part = value[region.within(_all(value))]
                spec = checkpoint.spec_of(value.shape, region)
                assert same({"": reader.read(tensor, spec)}, {"": part})
            assert same({"": reader.map(tensor)}, {"": value})


def inserted(draw: st.DrawFn, data: bytes, other: bytes) -> bytes:
    place = draw(st.integers(0, len(data)))
    return data[:place] + draw(st.binary(min_size=1, max_size=9)) + data[place:]


def deleted(draw: st.DrawFn, data: bytes, other: bytes) -> bytes:
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    return data[:first] + data[last:]


def doubled(draw: st.DrawFn, data: bytes, other: bytes) -> bytes:
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    return data[:last] + data[first:]


def changed(draw: st.DrawFn, data: bytes, other: bytes) -> bytes:
    place = draw(st.integers(0, len(data)))
    new = draw(st.binary(min_size=1, max_size=4))
    return data[:place] + new + data[place + len(new) :]


def spliced(draw: st.DrawFn, data: bytes, other: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))] + other[draw(st.integers(0, len(other))) :]


def swapped(draw: st.DrawFn, data: bytes, other: bytes) -> bytes:
    a, b, c = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 3)))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


EDITS: list[Callable[[st.DrawFn, bytes, bytes], bytes]] = [inserted, deleted, doubled, changed, spliced, swapped]
FORMS: list[Callable[[bytes], bytes]] = [bytes, one_row_a_block, lambda data: tables.compressed(data, 40)]


def files_made(draw: st.DrawFn, folder: pathlib.Path, form: str, of: st.SearchStrategy[list[Entry]]) -> Files:
    prefix = emptied(folder)
    checkpoint.write(prefix, draw(of), form)  # type: ignore[arg-type]
    as_table = draw(st.sampled_from(FORMS))
    return {suffix: as_table(data) if data.endswith(MAGIC) else data for suffix, data in taken(prefix).items()}


@pytest.mark.parametrize("form", ["v2", "v1"])
@pytest.mark.parametrize("signs", [False, True])
@settings(FEW, max_examples=100)
@given(st.data())
def test_spoilt_at_random(folder: pathlib.Path, form: str, signs: bool, data: st.DataObject) -> None:
    """One to three edits in any of the files, between them some that put in what stands in another checkpoint's."""
    some = checkpoints(form).map(lambda made: made[1])
    other = files_made(data.draw, folder, form, some)
    files = files_made(data.draw, folder, form, some)
    prefix = emptied(folder)
    put(prefix, files)
    name = name_of(prefix, files)
    wanted = outcome(name)
    for _ in range(data.draw(st.integers(1, 3))):
        suffix = data.draw(st.sampled_from(sorted(files)))
        edit = data.draw(st.sampled_from(EDITS))
        files[suffix] = edit(data.draw, files[suffix], data.draw(st.sampled_from([*other.values(), files[suffix]])))
    if signs:
        files = {suffix: resigned(content) if len(content) >= 48 else content for suffix, content in files.items()}
    put(prefix, files)
    found = in_bounds(name, 40)
    if not signs and not isinstance(found, CheckpointError):
        # The blocks of the other checkpoint are sound too: its values may be read, but no others.
        sound = [wanted]
        put(prefix, other)
        sound.append(outcome(name_of(prefix, other)))
        assert any(isinstance(each, dict) and same(found, each) for each in sound)
