"""`recell convert`: every format to every other and back, what is chosen, what is refused, what stays untouched."""

from __future__ import annotations

import io
import os
import pathlib
import re
import sys
import zipfile
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.cli.checkpoints import FILES, copied, flip, recell, refused, written

from recell import checkpoint
from recell.cli import convert as conversion

LSTM = FILES / "basic_lstm_2layer_v2" / "model.ckpt-20"
VALUES = np.load(FILES / "basic_lstm_2layer_v2" / "values.npz")
TARGETS = ("npz", "safetensors", "v1", "v2")
NAN = np.array([0x7FC1, 0xFF81, 0x8000, 0x0001], np.uint16).view(ml_dtypes.bfloat16)
"""NaNs that carry something, a negative zero, the smallest number."""
EVERYTHING = {
    "a/b/循环": np.arange(6, dtype=np.float32).reshape(2, 3),
    "bfloat16": NAN,
    "bfloat16/scalar": np.array(1.5, ml_dtypes.bfloat16),
    "bool": np.array([True, False]),
    "complex128": np.array([1 - 2j]),
    "complex64": np.array(1 - 2j, np.complex64),
    "empty": np.zeros([0, 3], np.int64),
    "half": np.array([0.1, -0.0, np.inf, np.nan], np.float16),
    "int8": np.array(-3, np.int8),
    "qint8": np.array([3, -4], np.int8).view([("qint8", np.int8)]),
    "string": np.array([[b"a", "循环".encode(), b""]], object),
    "string/empty": np.zeros([0], object),
    "string/scalar": np.array(b"text", object),
    "uint64": np.array([2**64 - 1], np.uint64),
}
UNHELD = {
    "npz": (),
    "safetensors": ("complex128", "qint8", "string", "string/empty", "string/scalar"),
    "v1": ("bfloat16", "bfloat16/scalar", "uint64"),
    "v2": (),
}


def bits(array: np.ndarray) -> Any:
    return array.tolist() if array.dtype == object else array.tobytes()


def assert_same(prefix: pathlib.Path, expected: dict[str, np.ndarray]) -> None:
    found = checkpoint.read(prefix)
    assert sorted(found) == sorted(expected)
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
        assert bits(found[name]) == bits(array), name


@pytest.mark.parametrize("back", ["v1", "v2"])
@pytest.mark.parametrize("target", TARGETS)
def test_there_and_back(target: str, back: str, tmp_path: pathlib.Path) -> None:
    source = written(tmp_path / "source", EVERYTHING)
    left_out = {*UNHELD[target], *UNHELD[back]}
    options = [option for name in left_out for option in ("--exclude", name)]
    assert recell("convert", "--to", target, source, "--out", tmp_path / f"x.{target}", *options).code == 0
    assert recell("convert", "--to", back, tmp_path / f"x.{target}", "--out", tmp_path / "back").code == 0
    assert_same(tmp_path / "back", {name: array for name, array in EVERYTHING.items() if name not in left_out})
    with checkpoint.Reader(tmp_path / "back") as reader:
        assert reader.format == back


@pytest.mark.parametrize("format", ["v1", "v2"])
@pytest.mark.parametrize("target", TARGETS)
def test_what_tensorflow_wrote(format: str, target: str, tmp_path: pathlib.Path) -> None:
    source = FILES / f"basic_lstm_2layer_{format}"
    outcome = recell("convert", "--to", target, source, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    (place, said) = outcome.out.split(": ")
    assert said.startswith("21 tensors, ")
    assert recell("diff", source, place).code == 0


def test_to_tensorflows_own_bytes(tmp_path: pathlib.Path) -> None:
    recell("convert", "--to", "v2", FILES / "basic_lstm_2layer_v1", "--out", tmp_path / "x")
    for suffix in (".index", ".data-00000-of-00001"):
        assert (tmp_path / f"x{suffix}").read_bytes() == pathlib.Path(f"{LSTM}{suffix}").read_bytes()


def test_an_archive_is_numpys_own(tmp_path: pathlib.Path) -> None:
    recell("convert", "--to", "npz", LSTM, "--out", tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as archive:
        assert sorted(archive.files) == sorted(VALUES.files)
        for name in archive.files:
            np.testing.assert_array_equal(archive[name], VALUES[name])
    first = (tmp_path / "x.npz").read_bytes()
    recell("convert", "--to", "npz", LSTM, "--out", tmp_path / "y.npz")
    assert (tmp_path / "y.npz").read_bytes() == first, "the same values make the same file"


def test_bfloat16_in_an_archive_is_readable_by_numpy(tmp_path: pathlib.Path) -> None:
    source = written(tmp_path / "x", {"w": np.array([1.5, -2.0], ml_dtypes.bfloat16)})
    outcome = recell("convert", "--to", "npz", source)
    assert outcome.err == "recell: bfloat16 is kept as float32, value for value, and becomes bfloat16 again.\n"
    with np.load(tmp_path / "x.npz") as archive:
        assert (archive["w"].dtype, archive["w"].tolist()) == (np.float32, [1.5, -2.0])
    assert recell("inspect", "--json", tmp_path / "x.npz").json["tensors"][0]["dtype"] == "bfloat16"


def test_a_safetensors_file_is_its_librarys_own(tmp_path: pathlib.Path) -> None:
    recell("convert", "--to", "safetensors", LSTM, "--out", tmp_path / "x.safetensors")
    found = load_file(tmp_path / "x.safetensors")
    assert sorted(found) == sorted(VALUES.files)
    for name, array in found.items():
        np.testing.assert_array_equal(array, VALUES[name])
    reference = tmp_path / "reference"
    reference.touch()
    assert (tmp_path / "x.safetensors").stat().st_mode == reference.stat().st_mode, "not for its owner alone"


def test_files_of_others_become_checkpoints(tmp_path: pathlib.Path) -> None:
    arrays = {"a/w": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "b": np.arange(3, dtype=">i4")}
    np.savez_compressed(tmp_path / "x.npz", **arrays, text=np.array(["ab", "循环"]))
    assert recell("convert", "--to", "v2", tmp_path / "x.npz").out.startswith(f"{tmp_path / 'x'}: 3 tensors, ")
    strings = np.array([b"ab", "循环".encode()], object)
    assert_same(tmp_path / "x", {"a/w": arrays["a/w"], "b": arrays["b"].astype(np.int32), "text": strings})
    save_file({"a/w": np.ascontiguousarray(arrays["a/w"])}, tmp_path / "y.safetensors")
    assert recell("convert", "--to", "v1", tmp_path / "y.safetensors").out.startswith(f"{tmp_path / 'y'}: 1 tensor, ")
    assert_same(tmp_path / "y", {"a/w": arrays["a/w"]})


@pytest.mark.parametrize(("format", "target"), [("v1", "v2"), ("v2", "v1"), ("v1", "v1"), ("v2", "v2")])
@pytest.mark.parametrize("name", ["partitioned", "incomplete", "shards"])
def test_partitioned_variables_stay_so(name: str, format: str, target: str, tmp_path: pathlib.Path) -> None:
    source = FILES / "tensorflow" / f"{name}_{format}"
    assert recell("convert", "--to", target, source, "--out", tmp_path / "x").code == 0
    with checkpoint.Reader(tmp_path / "x") as found, checkpoint.Reader(conversion.prefix_of(str(source))) as original:
        assert found.tensors() == original.tensors()
        for tensor, info in original.tensors().items():
            assert sorted(found.parts(tensor)) == sorted(original.parts(tensor))
            for part in original.parts(tensor):
                spec = checkpoint.spec_of(info.shape, part) if info.shape else ""
                assert bits(found.read(tensor, spec)) == bits(original.read(tensor, spec))


@pytest.mark.parametrize("target", ["npz", "safetensors"])
def test_partitioned_variables_become_whole(target: str, tmp_path: pathlib.Path) -> None:
    source = FILES / "lstm_partitioned_v2"
    assert recell("convert", "--to", target, source, "--out", tmp_path / f"x.{target}").code == 0
    found = np.load(tmp_path / "x.npz") if target == "npz" else load_file(tmp_path / "x.safetensors")
    for name, array in np.load(source / "values.npz").items():
        np.testing.assert_array_equal(found[name], array)


def names_in(path: pathlib.Path) -> list[str]:
    return [tensor["name"] for tensor in recell("inspect", "--json", path).json["tensors"]]


def test_what_is_chosen(tmp_path: pathlib.Path) -> None:
    outcome = recell("convert", "--to", "npz", LSTM, "--out", tmp_path, "--drop-slots")
    assert ": 7 tensors of 21, " in outcome.out
    kept = names_in(tmp_path / "model.ckpt-20.npz")
    assert kept == [name for name in sorted(VALUES.files) if not re.search(r"/Adam|beta\d_power", name)]
    recell("convert", "--to", "v2", LSTM, "--out", tmp_path / "x", "--only", "softmax/*", "--exclude", "*/Adam_1")
    assert names_in(tmp_path / "x") == ["softmax/W", "softmax/W/Adam", "softmax/b", "softmax/b/Adam"]


def test_averages_are_kept_without_slots(tmp_path: pathlib.Path) -> None:
    average = "w/ExponentialMovingAverage"
    names = ("w", "w/Adam", "w/Momentum", average, f"{average}/biased", "global_step", "opt/beta1_power")
    written(tmp_path / "x", dict.fromkeys(names, 1.0))
    recell("convert", "--to", "npz", tmp_path / "x", "--drop-slots")
    assert names_in(tmp_path / "x.npz") == ["global_step", "w", average, f"{average}/biased"]


def test_patterns_that_fit_nothing(tmp_path: pathlib.Path) -> None:
    for option in ("--only", "--exclude"):
        assert "no tensor's name fits softmax/w" in refused(
            "convert", "--to", "npz", LSTM, "--out", tmp_path, option, "softmax/w"
        )
    assert "no tensor is left" in refused("convert", "--to", "npz", LSTM, "--out", tmp_path, "--exclude", "*")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_overwritten_unless_asked(target: str, tmp_path: pathlib.Path) -> None:
    source = written(tmp_path / "source", {"w": 1.0})
    place = written(tmp_path / "x", {"w": 2.0}, target) if target in ("v1", "v2") else tmp_path / "x"
    if target in ("npz", "safetensors"):
        place.write_text("precious")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    told = refused("convert", "--to", target, source, "--out", place)
    assert told == f"{place} is there already: --force replaces it, --out names another place."
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert recell("convert", "--to", target, source, "--out", place, "--force").code == 0
    place = place.rename(tmp_path / f"x.{target}") if target in ("npz", "safetensors") else place
    assert recell("diff", source, place).code == 0


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize(("format", "target"), [("v1", "v1"), ("v1", "v2"), ("v2", "v1"), ("v2", "v2")])
def test_the_source_is_never_the_place(
    format: str, target: str, force: tuple[str, ...], tmp_path: pathlib.Path
) -> None:
    source = written(tmp_path / "x", {"w": 1.0}, format)
    (tmp_path / "link").symlink_to(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for out in (source, tmp_path / "link" / "x", f"{source}.index" if format == "v2" else source):
        assert "is what is read" in refused("convert", "--to", target, source, "--out", out, *force)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    archive = tmp_path / "x.npz"
    recell("convert", "--to", "npz", source)
    assert "is what is read" in refused("convert", "--to", "npz", archive, *force)


def test_the_place_beside_the_source(tmp_path: pathlib.Path) -> None:
    copied("basic_lstm_2layer_v2", tmp_path)
    shards = tmp_path / "shards"
    shards.mkdir()
    copied("tensorflow/shards_v1", shards)
    for target in TARGETS:
        outcome = recell("convert", "--to", target, tmp_path / "model.ckpt-20")
        assert outcome.out.startswith(f"{tmp_path / 'model.ckpt-20'}.{target}: ")
    assert recell("convert", "--to", "npz", shards).out.startswith(f"{shards / 'model.ckpt.npz'}: ")
    assert recell("convert", "--to", "v2", shards).out.startswith(f"{shards / 'model.ckpt.v2'}: ")


def test_a_place_that_cannot_be_written(tmp_path: pathlib.Path) -> None:
    for target in TARGETS:
        told = refused("convert", "--to", target, LSTM, "--out", tmp_path / "gone" / "x")
        assert told == f"{tmp_path / 'gone'} is no folder to write to: make it first."
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "model.ckpt-20.npz").mkdir()
    assert "is a folder" in refused("convert", "--to", "npz", LSTM, "--out", tmp_path / "folder")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (
            "safetensors",
            "complex128 (complex128), qint8 (qint8), string (string), string/empty (string), string/scalar",
        ),
        ("v1", "bfloat16 (bfloat16), bfloat16/scalar (bfloat16), uint64 (uint64)"),
    ],
)
def test_what_a_format_has_no_place_for(target: str, told: str, tmp_path: pathlib.Path) -> None:
    source = written(tmp_path / "x", EVERYTHING)
    before = sorted(tmp_path.iterdir())
    message = refused("convert", "--to", target, source)
    assert told in message
    other = {"safetensors": "npz", "v1": "v2"}[target]
    assert message.endswith(f"; or use --to {other}")
    assert sorted(tmp_path.iterdir()) == before
    options = re.findall(r"--exclude (\S+?)(?=;| |$)", message)
    assert tuple(options) == UNHELD[target]
    assert recell("convert", "--to", target, source, *(o for name in options for o in ("--exclude", name))).code == 0


def test_names_that_a_format_has_no_place_for(tmp_path: pathlib.Path) -> None:
    source = FILES / "tensorflow" / "odd_names_v1"
    message = refused("convert", "--to", "npz", source, "--out", tmp_path)
    assert r"\x00 (its name), \x00\x01 (its name), \x00named (its name)" in message
    assert message.endswith("--exclude '?' --exclude '??' --exclude '?named'")
    options = ["--exclude", "?", "--exclude", "??", "--exclude", "?named"]
    recell("convert", "--to", "npz", source, "--out", tmp_path, *options)
    assert names_in(tmp_path / "model.ckpt.npz") == ["", "named"]
    message = refused("convert", "--to", "v1", source, "--out", tmp_path)
    assert message.endswith("the tensor without a name (it is not named). Leave out what does not fit: --exclude ''")
    reserved = written(tmp_path / "x", {"__metadata__": 1.0})
    assert "__metadata__ (its name)" in refused("convert", "--to", "safetensors", reserved)


def test_what_is_not_whole_or_would_be_cut(tmp_path: pathlib.Path) -> None:
    for target in ("npz", "safetensors"):
        message = refused("convert", "--to", target, FILES / "tensorflow" / "incomplete_v2", "--out", tmp_path)
        assert "hole (only 8 of its 12 elements are there)" in message
    source = written(tmp_path / "x", {"s": np.array([b"a\0", b"b"], object), "t": np.array(b"\0t", object)})
    message = refused("convert", "--to", "npz", source)
    assert "s (strings that end in zero bytes, which numpy cuts off)" in message
    assert message.endswith("--exclude s")


@pytest.mark.parametrize("target", TARGETS)
def test_a_damaged_source_gives_nothing(target: str, tmp_path: pathlib.Path) -> None:
    prefix = copied("basic_lstm_2layer_v2", tmp_path)
    flip(tmp_path / "model.ckpt-20.data-00000-of-00001", 5000)
    old = tmp_path / "old"
    recell("convert", "--to", target, LSTM, "--out", old)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert "tensor 'rnn/multi_rnn_cell/cell_0" in refused("convert", "--to", target, prefix, "--out", old, "--force")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("target", ["npz", "safetensors"])
def test_an_interrupted_conversion_leaves_the_old_file(
    target: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "x"
    place.write_text("old")

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    assert refused("convert", "--to", target, LSTM, "--out", place, "--force") == "No space left on device"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_saver_of_the_folder_leaves_a_conversion_alone(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def swept(handle: int) -> None:
        checkpoint.files.sweep(str(tmp_path))
        fsync(handle)

    monkeypatch.setattr("os.fsync", swept)
    for target in ("npz", "safetensors"):
        recell("convert", "--to", target, LSTM, "--out", tmp_path / f"x.{target}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npz", "x.safetensors"]


def archive(path: pathlib.Path, *members: tuple[str, bytes]) -> pathlib.Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members:
            file.writestr(zipfile.ZipInfo(name), data)
    return path


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def test_archives_that_lie(tmp_path: pathlib.Path) -> None:
    good = npy(np.arange(3.0))
    immense = npy(np.zeros(3)).replace(b"(3,), }                  ", b"(999999999999999999999,)}")
    assert b"999999999999" in immense
    cases = {
        "immense": [("w.npy", immense)],
        "short": [("w.npy", good[:-4])],
        "long": [("w.npy", good + b"1234")],
        "negative": [("w.npy", good.replace(b"(3,)", b"(-3,)").replace(b" \n", b"\n"))],
        "objects": [("w.npy", npy(np.array([1, "a"], object)))],
        "dates": [("w.npy", npy(np.array(["2016-01-01"], "M8[D]")))],
        "header": [("w.npy", good.replace(b"{'descr'", b"{'bdscr'"))],
        "code": [("w.npy", good.replace(b"'<f8'", b"exit("))],
        "other": [("readme.txt", b"hello")],
    }
    for name, members in cases.items():
        message = refused("inspect", archive(tmp_path / f"{name}.npz", *members))
        assert message.startswith(f"{tmp_path / name}.npz: "), message
    assert "nothing is unpickled" in refused("inspect", tmp_path / "objects.npz")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(tmp_path / "twice.npz", ("w.npy", good), ("w.npy", good))
    assert "twice" in refused("convert", "--to", "v2", twice)


def test_an_archive_is_checked(tmp_path: pathlib.Path) -> None:
    path = archive(tmp_path / "x.npz", ("v.npy", npy(np.arange(3.0))), ("w.npy", npy(np.arange(2000.0))))
    flip(path, path.read_bytes().rindex(np.float64(1500.0).tobytes()))
    outcome = recell("inspect", path)
    assert outcome.code == 1
    assert any(re.match(r"w \[2000\] float64 16.0 kB DAMAGED: .*CRC", line) for line in outcome.lines)
    assert "tensor 'w'" in refused("convert", "--to", "v2", path)


def test_the_bar_is_for_a_terminal(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, seen in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        conversion.convert(str(LSTM), "npz", str(tmp_path / f"{seen}.npz"), False, conversion.Choice())
        assert ("Converting" in stream.getvalue()) == seen
        assert ("100%" in stream.getvalue()) == seen
