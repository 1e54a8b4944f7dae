"""The benchmarks run: tiny networks through real processes, a program watched from outside."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pathlib
import subprocess
import sys

import pytest
from benchmarks.__main__ import parser
from benchmarks.peers import OWN, PEERS, Peer, interpreters
from benchmarks.process import Failed, Process
from benchmarks.programs import PROGRAMS, Watched
from benchmarks.rounds import Field
from benchmarks.workloads import Task

from benchmarks import memory, programs

ROOT = pathlib.Path(__file__).parents[2]
LARGE = Task("C", "lstm", True)
OURS = [peer for peer in PEERS.values() if peer.environment == OWN]


@pytest.mark.parametrize("name", ["tiny", "tiny-spread"])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("peer", OURS, ids=lambda peer: peer.name)
def test_an_engine_s_step_gives_its_loss(peer: Peer, cell: str, training: bool, name: str) -> None:
    engine = importlib.import_module(f"benchmarks.engines.{peer.engine}")
    step = engine.build(Task(name, cell, training), **peer.options)
    assert step() == pytest.approx(step(), rel=1e-5)
    assert 0 < step() < 1


def test_a_peer_is_measured_in_every_round() -> None:
    with Field([PEERS["kernels"]], {OWN: sys.executable}) as field:
        result = field.measure(Task("tiny", "lstm", True), rounds=3, budget=60)
        assert (result.failures, len(result.seconds["kernels"])) == ({}, 3)
        assert field.measure(Task("tiny", "gru", True), rounds=3, budget=0).seconds["kernels"][2:] == []
        assert "torch" in field.versions()["kernels"]


def test_a_peer_that_fails_is_left_out_with_its_reason() -> None:
    broken = Peer("broken", "Broken", "torch_layers", options={"never": 1})
    with Field([broken], {OWN: sys.executable}) as field:
        result = field.measure(Task("tiny", "lstm", False), rounds=2, budget=0)
    assert result.seconds == {}
    assert "never" in result.failures["broken"]


def test_a_process_says_why_it_ended() -> None:
    with (
        Process(Peer("none", "None", "no_such_engine"), sys.executable) as process,
        pytest.raises(Failed, match="no_such"),
    ):
        process.build(Task("tiny", "lstm", False))


def test_the_command_names_what_is_missing_and_writes_its_figures(tmp_path: pathlib.Path) -> None:
    written = tmp_path / "figures.json"
    options = ["--workloads", "tiny", "--cells", "lstm", "--peers", "kernels,tf115,flax", "--quick"]
    places = ["--environments", str(tmp_path), "--json", str(written)]
    command = [sys.executable, "-m", "benchmarks", "workloads", "--modes", "training", *options, *places]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "Not measured: TF 1.15. There is no environment with TensorFlow 1.15" in done.stdout
    assert "Not measured: flax. There is no environment with JAX" in done.stdout
    figures = json.loads(written.read_text())
    (task,) = figures["workloads"]["tasks"]
    assert {name: len(rounds) for name, rounds in task["seconds"].items()} == {"kernels": 2}


def test_memory_of_training_grows_with_what_is_trained() -> None:
    assert 0 <= memory.growth(PEERS["torch"], Task("tiny", "lstm", True)) < memory.growth(PEERS["torch"], LARGE)


def test_an_interpreter_that_was_given_has_to_be_there(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SystemExit, match="tf115"):
        interpreters(tmp_path, {"tf115": str(tmp_path / "python")})
    assert interpreters(tmp_path, {}) == {OWN: sys.executable}


def test_an_option_that_names_nothing_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--workloads", "A,Z"])
    assert "there is no 'Z'; choose from A, B" in capsys.readouterr().err


def test_a_program_is_watched_until_its_last_step_and_stays_as_it_is(tmp_path: pathlib.Path) -> None:
    """Of its runs, only those that train count: the first here only initializes."""
    program = dataclasses.replace(PROGRAMS["train_step"], steps=5)
    path = program.path(None)
    assert path is not None
    watched = programs.run(program, path, [sys.executable, "-m", "recell", "run"], genuine=False)
    assert isinstance(watched, Watched), watched
    assert 0 < watched.first < 60
    assert watched.rate > 0
    assert watched.peak > 50


def test_a_program_that_fails_is_reported_by_its_last_line(tmp_path: pathlib.Path) -> None:
    (tmp_path / "wrong.py").write_text("import tensorflow as tf\nraise ValueError('no data here')\n")
    program = dataclasses.replace(PROGRAMS["s000"], file="wrong.py")
    said = programs.run(program, tmp_path / "wrong.py", [sys.executable, "-m", "recell", "run"], genuine=False)
    assert "no data here" in str(said)


def test_a_program_that_is_not_ours_is_looked_for_where_the_user_says(tmp_path: pathlib.Path) -> None:
    program = PROGRAMS["s000"]
    assert program.path(None) is None
    assert program.path(tmp_path) is None
    (tmp_path / program.file).touch()
    assert program.path(tmp_path) == tmp_path / program.file
