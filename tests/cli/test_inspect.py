"""`recell inspect`: tables, values, JSON, what is damaged, what is no checkpoint."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import Callable

import ml_dtypes
import numpy as np
import pytest
from tests.cli.checkpoints import FILES, copied, flip, recell, refused, written

from recell import checkpoint

Command = Callable[..., "subprocess.CompletedProcess[str]"]
LSTM = FILES / "basic_lstm_2layer_v2"
TABLE = """
beta1_power [] float32 4 B of the optimizer
beta2_power [] float32 4 B of the optimizer
global_step [] int64 8 B step 20
rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias [32] float32 128 B +Adam, Adam_1
rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel [13, 32] float32 1.7 kB +Adam, Adam_1
rnn/multi_rnn_cell/cell_1/basic_lstm_cell/bias [24] float32 96 B +Adam, Adam_1
rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel [14, 24] float32 1.3 kB +Adam, Adam_1
softmax/W [6, 3] float32 72 B +Adam, Adam_1
softmax/b [3] float32 12 B +Adam, Adam_1

21 tensors, 10.0 kB: 6 variables of 829 numbers, 1 counter of steps, 14 tensors of optimizers.
"""


@pytest.mark.parametrize("format", ["v1", "v2"])
def test_the_table(format: str) -> None:
    outcome = recell("inspect", FILES / f"basic_lstm_2layer_{format}")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.lines[0].startswith(f"TensorFlow checkpoint, {format.upper()} format: ")
    assert TABLE.strip().splitlines() == outcome.lines[-len(TABLE.strip().splitlines()) - 1 : -1]
    assert outcome.lines[-1] == "Checksums: all right."
    shapes = {line.index("float32") for line in outcome.out.splitlines() if "float32" in line}
    assert len(shapes) == 1, "columns"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("basic_lstm_2layer_v2", ""),
        ("basic_lstm_2layer_v2", "model.ckpt-20"),
        ("basic_lstm_2layer_v2", "model.ckpt-20.index"),
        ("basic_lstm_2layer_v2", "model.ckpt-20.data-00000-of-00001"),
        ("basic_lstm_2layer_v2", "model.ckpt-20.meta"),
        ("basic_lstm_2layer_v1", "model.ckpt-20.meta"),
        ("basic_lstm_2layer_v1", "model.ckpt-20"),
        ("basic_lstm_2layer_v1", ""),
        ("tensorflow/shards_v1", "model.ckpt-00002-of-00004"),
        ("tensorflow/shards_v1", "model.ckpt-?????-of-00004"),
        ("tensorflow/shards_v1", "model.ckpt"),
        ("basic_lstm_2layer_v2", "checkpoint"),
        ("tensorflow/shards_v1", ""),
    ],
)
def test_every_name_of_a_checkpoint(folder: str, name: str, tmp_path: pathlib.Path) -> None:
    copied(folder, tmp_path)
    (tmp_path / "model.ckpt-20.meta").touch()
    found = recell("inspect", "--json", tmp_path / name).json
    assert os.path.basename(found["prefix"]) == {"t": "model.ckpt-?????-of-00004", "b": "model.ckpt-20"}[folder[0]]
    assert len(found["tensors"]) == {"t": 7, "b": 21}[folder[0]]


def test_the_newest_of_a_folder(tmp_path: pathlib.Path) -> None:
    for number, name in enumerate(("z", "y", "x")):
        prefix = written(tmp_path / name, {name: 1.0}, "v1" if name == "x" else "v2")
        for path in tmp_path.glob(f"{name}*"):
            os.utime(path, (number, number))
    (tmp_path / "notes.txt").write_text("not a checkpoint")
    assert recell("inspect", "--json", tmp_path).json["tensors"][0]["name"] == "x", "by the time of its files"
    checkpoint.write_state(str(tmp_path), checkpoint.CheckpointState(str(tmp_path / "y"), [str(tmp_path / "y")]))
    assert recell("inspect", "--json", tmp_path).json["tensors"][0]["name"] == "y", "by the state file"
    checkpoint.remove(str(tmp_path / "y"))
    assert recell("inspect", "--json", tmp_path).json["prefix"] == str(prefix), "the state file's is gone"


def test_slots_unfolded() -> None:
    outcome = recell("inspect", "--all", LSTM)
    assert "softmax/W/Adam_1 [6, 3] float32 72 B" in outcome.lines
    assert "softmax/W [6, 3] float32 72 B" in outcome.lines


def test_parts_of_variables() -> None:
    lines = recell("inspect", FILES / "lstm_partitioned_v1").lines
    assert "m/rnn/lstm_cell/kernel [8, 24] float32 768 B in 3 parts along axis 0: 3, 3, 2" in lines
    lines = recell("inspect", FILES / "tensorflow" / "incomplete_v2").lines
    assert "hole [6, 2] float32 32 B in 2 parts along axis 0: 2, 2, only 8 of 12 elements" in lines
    assert "one row [6, 2] float32 8 B only 2 of 12 elements" in lines


def test_json_says_everything() -> None:
    found = recell("inspect", "--json", FILES / "lstm_partitioned_v2").json
    assert found["format"] == "v2"
    assert found["checksums"] == "ok"
    assert [pathlib.Path(file["path"]).name for file in found["files"]] == [
        "model.ckpt.index",
        "model.ckpt.data-00000-of-00001",
    ]
    assert all(file["bytes"] == os.path.getsize(file["path"]) for file in found["files"])
    totals = {"tensors": 6, "bytes": 1032, "variables": 6, "parameters": 258, "steps": 0, "optimizer": 0, "averages": 0}
    assert found["totals"] == totals
    kernel = found["tensors"][1]
    parts = [{"start": [start, 0], "size": [size, 24]} for start, size in ((0, 3), (3, 3), (6, 2))]
    assert (kernel.pop("name"), kernel.pop("parts")) == ("m/rnn/lstm_cell/kernel", parts)
    assert (kernel.pop("dtype"), kernel.pop("shape"), kernel.pop("bytes")) == ("float32", [8, 24], 768)
    assert kernel == {"slot": None, "optimizer": False, "renamed_in": None, "checksum": "ok", "error": None}
    slots = recell("inspect", "--json", "--no-crc", LSTM).json
    assert slots["checksums"] == "not checked"
    by_name = {tensor["name"]: tensor for tensor in slots["tensors"]}
    assert by_name["softmax/b/Adam_1"]["slot"] == {"variable": "softmax/b", "name": "Adam_1"}
    assert next(name for name, tensor in by_name.items() if not tensor["optimizer"]) == "global_step"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("speech_v1", ["Named as before TensorFlow 1.0: 12 tensors of cells."]),
        ("old_names_v1/old.ckpt", ["Named as before TensorFlow 1.2: 8 tensors of cells."]),
        ("old_names_v1/new.ckpt", []),
        ("har_v2", []),
    ],
)
def test_names_of_older_releases(name: str, told: list[str]) -> None:
    assert [line for line in recell("inspect", FILES / name).lines if line.startswith("Named")] == told


def test_the_weights_of_cudnn(tmp_path: pathlib.Path) -> None:
    lines = recell("inspect", written(tmp_path / "x", {"cudnn_lstm/opaque_kernel": [1.0]})).lines
    assert "cudnn_lstm/opaque_kernel [1] float64 8 B all weights of a cuDNN network" in lines


def test_values() -> None:
    outcome = recell("inspect", LSTM, "--values", "softmax/b", "--values", "*_step")
    assert outcome.code == 0
    assert outcome.lines == [
        "global_step [] int64",
        "20",
        "softmax/b [3] float32",
        "[ 0.14769824 -0.12669736 -0.16180257]",
    ]
    assert "no tensor's name fits rnn/kern" in refused("inspect", LSTM, "--values", "rnn/kern")


def test_values_of_every_dtype_in_json(tmp_path: pathlib.Path) -> None:
    prefix = written(
        tmp_path / "x",
        {
            "bf": np.array([1.5, np.nan], ml_dtypes.bfloat16),
            "c": np.array(1 - 2j),
            "f": np.array([[np.inf, 0.5], [-np.inf, np.nan]], np.float16),
            "q": np.array([3, -4], np.int8).view([("qint8", np.int8)]),
            "s": np.array([b"ab", "循环".encode(), b"\xff"], object),
            "t": np.array(True),
            "u": np.array([2**64 - 1], np.uint64),
        },
    )
    found = recell("inspect", "--json", "--values", "*", prefix)
    assert found.code == 0
    assert {tensor["name"]: tensor["values"] for tensor in found.json["tensors"]} == {
        "bf": [1.5, "nan"],
        "c": "(1-2j)",
        "f": [["inf", 0.5], ["-inf", "nan"]],
        "q": [3, -4],
        "s": ["ab", "循环", "\\xff"],
        "t": True,
        "u": [2**64 - 1],
    }
    printed = recell("inspect", "--values", "?", prefix).lines
    assert printed[printed.index("q [2] qint8") + 1] == "[ 3 -4]"


def test_a_damaged_tensor_is_marked_and_the_rest_shown(tmp_path: pathlib.Path) -> None:
    prefix = copied("basic_lstm_2layer_v2", tmp_path)
    flip(tmp_path / "model.ckpt-20.data-00000-of-00001", 5000)
    bad = "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel/Adam_1"
    outcome = recell("inspect", prefix)
    assert (outcome.code, outcome.err) == (1, "")
    (marked,) = (line for line in outcome.lines if "DAMAGED" in line)
    assert marked.startswith(f"{bad} [13, 32] float32 1.7 kB DAMAGED: ")
    assert f"{bad.rpartition('/')[0]} [13, 32] float32 1.7 kB +Adam" in outcome.lines
    assert outcome.lines[-1] == "Damaged: 1 tensor of 21."
    found = recell("inspect", "--json", prefix)
    assert found.code == 1
    assert {tensor["name"] for tensor in found.json["tensors"] if tensor["checksum"] != "ok"} == {bad}
    assert all((tensor["error"] is not None) == (tensor["name"] == bad) for tensor in found.json["tensors"])
    values = recell("inspect", "--values", bad, "--values", "softmax/b", prefix)
    assert values.code == 1
    assert "cannot be read" in values.out
    assert "[ 0.14769824 -0.12669736 -0.16180257]" in values.out
    unchecked = recell("inspect", "--json", "--no-crc", "--values", bad, prefix)
    assert (unchecked.code, unchecked.json["tensors"][0]["values"]) == (1, None)


def test_checksums_are_not_compared_when_not_wanted(tmp_path: pathlib.Path) -> None:
    prefix = copied("basic_lstm_2layer_v2", tmp_path)
    flip(tmp_path / "model.ckpt-20.data-00000-of-00001", 5000)
    outcome = recell("inspect", "--no-crc", prefix)
    assert (outcome.code, outcome.lines[-1]) == (0, "Checksums: not compared.")


def test_what_is_no_checkpoint(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("循环神经网络" * 100)
    (tmp_path / "nothing").touch()
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 and so on")
    (tmp_path / "x.safetensors").write_bytes(b"\xff" * 100)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "checkpoint").write_text("garbage")
    prefix = copied("basic_lstm_2layer_v2", tmp_path)
    (tmp_path / "model.ckpt-20.data-00000-of-00001").unlink()
    for path, told in {
        "empty": "there is no checkpoint in this folder",
        "text": "text: ",
        "nothing": "nothing: ",
        "gone": "There is no checkpoint ",
        "gone/gone": "There is no checkpoint ",
        "x.npz": "x.npz: ",
        "x.safetensors": "x.safetensors: ",
        "state": "expected `name: value`, found 'garbage'",
        prefix.name: "model.ckpt-20.data-00000-of-00001",
    }.items():
        assert told in refused("inspect", tmp_path / path), path
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "neither a file nor a folder" in refused("inspect", tmp_path / "pipe")


def test_names_do_nothing_to_the_terminal(tmp_path: pathlib.Path) -> None:
    names = ("循环/权重", "e\u0301", "\x1b[31mred", "new\nline", "plain")
    lines = recell("inspect", written(tmp_path / "名字", dict.fromkeys(names, 1.0))).out.splitlines()
    assert lines[0] == f"TensorFlow checkpoint, V2 format: {tmp_path / '名字'}"
    table = [line for line in lines if "float64" in line]
    assert {line.split("  ")[0] for line in table} == {"循环/权重", "e\u0301", "\\x1b[31mred", "new\\nline", "plain"}
    # Chinese characters take two columns, the accent none.
    ends = {line.index("[]") + (4 if "循" in line else -1 if "\u0301" in line else 0) for line in table}
    assert len(ends) == 1
    found = recell("inspect", "--json", tmp_path / "名字")
    assert {tensor["name"] for tensor in found.json["tensors"]} == set(names), "exact"
    assert "循环/权重" in found.out
    assert found.out.replace("\n", "").isprintable()


def test_one_immense_name_does_not_move_the_others(tmp_path: pathlib.Path) -> None:
    lines = recell("inspect", written(tmp_path / "x", {"a": 1.0, "b" * 5000: 1.0})).lines
    assert "a [] float64 8 B" in lines
    assert max(len(line) for line in recell("inspect", tmp_path / "x").out.splitlines() if line[:1] == "a") < 200


def test_the_command_by_itself(recell: Command, tmp_path: pathlib.Path) -> None:
    prefix = written(tmp_path / "名字", {"循环": 1.0})
    assert "循环" in recell("inspect", str(prefix)).stdout
    outcome = recell("inspect", str(prefix), PYTHONIOENCODING="latin-1")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert "\\u5faa\\u73af" in outcome.stdout
    gone = recell("inspect", "gone")
    assert (gone.returncode, gone.stdout) == (2, "")
    assert gone.stderr.count("\n") == 1


@pytest.mark.parametrize("count", [1, 3000])
def test_a_pipe_that_is_closed_early(count: int, tmp_path: pathlib.Path) -> None:
    prefix = written(tmp_path / "x", {f"tensor_{number}": 1.0 for number in range(count)})
    command = [sys.executable, "-m", "recell", "inspect", str(prefix)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


def test_torch_is_not_imported(tmp_path: pathlib.Path) -> None:
    prefix = str(written(tmp_path / "x", {"a": 1.0}))
    code = """
import sys
from recell.cli.main import commands
for command in (["inspect"], ["convert", "--to", "safetensors"], ["convert", "--to", "npz"], ["diff", sys.argv[1]]):
    assert commands.main([*command, sys.argv[1]], standalone_mode=False) == 0
loaded = {name for name in sys.modules if name.startswith(("torch", "recell.graph", "recell.train", "recell.v1"))}
assert not loaded, loaded
"""
    result = subprocess.run([sys.executable, "-c", code, prefix], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_nothing_is_waited_for(recell: Command, tmp_path: pathlib.Path) -> None:
    prefix = str(written(tmp_path / "x", {"a": 1.0}))
    took = []
    for _ in range(3):
        start = time.perf_counter()
        assert recell("inspect", prefix).returncode == 0
        took.append(time.perf_counter() - start)
    # 0.3 s, where importing torch alone takes 1 s.
    assert min(took) < 1.0, took


def test_the_help() -> None:
    text = recell("inspect", "--help")
    assert text.code == 0
    assert set(re.findall(r"--[\w-]+", text.out)) >= {"--all", "--no-crc", "--values", "--json"}


def test_values_of_a_part_are_no_damage(tmp_path: pathlib.Path) -> None:
    prefix = tmp_path / "m"
    checkpoint.write(prefix, [checkpoint.Entry("p", np.ones((2, 3)), "4 3 0,2:0,3")])
    assert recell("inspect", prefix).code == 0
    plain, found = recell("inspect", prefix, "--values", "p"), recell("inspect", prefix, "--values", "p", "--json")
    assert (plain.code, found.code) == (1, 1)
    (tensor,) = found.json["tensors"]
    assert (tensor["checksum"], tensor["values"]) == ("ok", None)
    assert "holds only parts of p" in tensor["error"]


@pytest.mark.parametrize("option", ["--all", "--json"])
def test_what_is_deleted_meanwhile_is_told_all_the_same(
    option: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = written(tmp_path / "m", {"a": np.arange(3.0)})
    check = checkpoint.Reader.check

    def deleted(reader: checkpoint.Reader, name: str) -> None:
        checkpoint.remove(str(prefix))
        check(reader, name)

    monkeypatch.setattr(checkpoint.Reader, "check", deleted)
    found = recell("inspect", prefix, option)
    assert found.code == 0
    assert "m.index" in found.out
