"""Whole programs, unedited, on Recell and on the genuine TensorFlow: how soon they train, how fast, in how much memory.

They are watched from outside, by hook/sitecustomize.py, and end after a number of training steps.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks import peers
from benchmarks.figures import Spread, markdown, ratio

HERE = pathlib.Path(__file__).resolve().parent
TIME_LIMIT = 180


@dataclass(frozen=True)
class Program:
    """A program of ours, or one that stands in the folder that the user names.

    Args:
        name: as in the table.
        file: its file's name.
        steps: training steps to watch.
        environment: the genuine TensorFlow that it was written for.
        ours: it is in benchmarks/programs, and takes the number of steps as its argument.
        python2: the genuine TensorFlow gets it through 2to3.
    """

    name: str
    file: str
    steps: int
    environment: str = "tf115"
    ours: bool = False
    python2: bool = False

    def path(self, folder: pathlib.Path | None) -> pathlib.Path | None:
        """Where it is; None when it is nowhere."""
        place = HERE / "programs" if self.ours else folder
        return place / self.file if place is not None and (place / self.file).exists() else None


PROGRAMS = {
    program.name: program
    for program in [
        Program("s000", "s000_mnist_dynamic_lstm.py", steps=400),
        Program("s003", "s003_mnist_stacked_lstm_py2.py", steps=60, environment="tf101", python2=True),
        Program("s001_ptb_lm", "s001_ptb_lm.py", steps=80),
        Program("s001_sine", "s001_sine.py", steps=1000),
        Program("train_step", "train_step.py", steps=500, ours=True),
        Program("layer_norm", "layer_norm_lstm.py", steps=200, ours=True),
    ]
}


@dataclass(frozen=True)
class Watched:
    """One run of a program.

    Args:
        first: seconds from the start of the process to the end of the first training step.
        rate: training steps a second once it goes, everything counted that the program does between them.
        peak: the most memory that the process held, in MB.
    """

    first: float
    rate: float
    peak: float


@dataclass
class Comparison:
    """A program's rounds, by engine ("recell", "tensorflow"), and what failed instead."""

    program: Program
    rounds: dict[str, list[Watched]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        rounds = {engine: [vars(one) for one in runs] for engine, runs in self.rounds.items()}
        return {"program": self.program.name, "rounds": rounds, "failures": self.failures}


def compare(program: Program, path: pathlib.Path, interpreters: dict[str, str], rounds: int) -> Comparison:
    """Runs it in turn on both engines, each time in a folder and a process of its own."""
    result = Comparison(program)
    engines = {"recell": [interpreters[peers.OWN], "-m", "recell", "run"]}
    if program.environment in interpreters:
        engines["tensorflow"] = [interpreters[program.environment]]
    for number in range(rounds):
        for engine in engines if number % 2 == 0 else reversed(engines):
            if engine not in result.failures:
                print(f"{program.name}, round {number + 1} of {rounds}: {engine}", file=sys.stderr)
                watched = run(program, path, engines[engine], genuine=engine == "tensorflow")
                if isinstance(watched, str):
                    result.failures[engine] = watched
                else:
                    result.rounds.setdefault(engine, []).append(watched)
    return result


def run(program: Program, path: pathlib.Path, command: Sequence[str], genuine: bool) -> Watched | str:
    """One run; the last line of what it said when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        script = laid_out(program, path, pathlib.Path(folder) / "program", genuine)
        if genuine and program.python2:
            subprocess.run([command[0], "-m", "lib2to3", "-nw", script.name], cwd=script.parent, capture_output=True)
        watched = pathlib.Path(folder) / "watched.json"
        environment = {
            **peers.settings(),
            "PYTHONPATH": str(HERE / "hook"),
            "RECELL_STEPS": str(program.steps),
            "RECELL_WATCHED": str(watched),
            "MPLBACKEND": "Agg",
        }
        arguments = [str(program.steps)] if program.ours else []
        started = time.time()
        try:
            done = subprocess.run(
                [*command, script.name, *arguments],
                cwd=script.parent,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIME_LIMIT,
            )
        except subprocess.TimeoutExpired:
            return f"it did not come to step {program.steps} in {TIME_LIMIT} seconds"
        if not watched.exists():
            said = [line for line in done.stderr.splitlines() if line.strip()]
            return said[-1] if said else f"it ended with status {done.returncode} before its {program.steps} steps"
        return summary(started, **json.loads(watched.read_text()))


def laid_out(program: Program, path: pathlib.Path, folder: pathlib.Path, genuine: bool) -> pathlib.Path:
    """Puts the program into `folder`, with its data where it looks for them. Returns the program's path."""
    folder.mkdir()
    script = folder / "program.py"
    shutil.copyfile(path, script)
    data = os.environ.get("RECELL_DATA")
    if data is not None:
        for place in (folder, folder.parent / "Demo3"):
            place.mkdir(exist_ok=True)
            for name in ("MNIST_data", "simple-examples"):
                (place / name).symlink_to(pathlib.Path(data).resolve() / name)
    if genuine:
        shutil.copyfile(HERE / "programs" / "reader.py", folder / "reader.py")
    return script


def summary(started: float, ends: list[float], peak: float) -> Watched:
    settled = len(ends) // 10
    return Watched(ends[0] - started, (len(ends) - 1 - settled) / (ends[-1] - ends[settled]), peak)


QUANTITIES: dict[str, tuple[str, Callable[[Watched], float], bool]] = {
    "first": ("first step, s", lambda one: one.first, False),
    "rate": ("steps/s", lambda one: one.rate, True),
    "peak": ("peak, MB", lambda one: one.peak, False),
}
"""Of each figure its column, how it is had, and whether more is better."""


def table(comparisons: Sequence[Comparison]) -> str:
    head = ["", "TensorFlow"]
    for title, _, _ in QUANTITIES.values():
        head += [f"{title}: Recell", "TensorFlow", "ratio"]
    return markdown(head, [row(comparison) for comparison in comparisons])


def row(comparison: Comparison) -> list[str]:
    ours, theirs = (comparison.rounds.get(engine, []) for engine in ("recell", "tensorflow"))
    cells = [comparison.program.name, peers.ENVIRONMENTS[comparison.program.environment].removeprefix("TensorFlow ")]
    for _, get, more in QUANTITIES.values():
        a, b = [get(one) for one in ours], [get(one) for one in theirs]
        cells += [f"{Spread.of(values).median:.3g}" if values else "-" for values in (a, b)]
        cells.append(str(ratio(a, b) if more else ratio(b, a)) if a and b else "-")
    return cells
