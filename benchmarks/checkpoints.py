"""Saving and restoring a large checkpoint on Recell and on genuine TensorFlow 1.15, on the same disk, taking turns."""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.figures import markdown, ratio
from benchmarks.peers import PEERS, settings

ROOT = pathlib.Path(__file__).resolve().parents[1]
MEGABYTES = 1024
PAUSE = 2
"""Seconds before each action: disks are lent by the slice, and what was written before is not to slow down the next."""
FORMS = {"v2": "V2", "v1": "V1"}
ACTIONS = {"save": "save", "again": "save again", "restore": "restore", "one": "read one variable of 64"}
_SAVING = ("save", "again")


class Measured(NamedTuple):
    """Seconds of one action in each round: of Recell, and of TensorFlow (nothing where it is not there)."""

    what: str
    ours: list[float]
    theirs: list[float]


class _Side:
    def __init__(self, python: str, engine: str, folder: str, megabytes: int) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.checkpoint_worker", engine, folder, str(megabytes)],
            cwd=ROOT,
            env=settings(PEERS["program" if engine == "recell" else "tf115"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )
        self._answer()

    def ask(self, what: str, form: str) -> list[float]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what} {form}\n")
        return self._answer()

    def _answer(self) -> list[float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"a process of the benchmark ended: {self._errors.read()[-2000:]}")
        return json.loads(line)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()


@contextmanager
def _sides(found: dict[str, str], folder: pathlib.Path, megabytes: int) -> Iterator[list[_Side]]:
    """Our process, and TensorFlow's if it is there, with a folder each."""
    interpreters = [("recell", sys.executable)] + ([("tf115", found["tf115"])] if "tf115" in found else [])
    sides: list[_Side] = []
    try:
        for engine, python in interpreters:
            (folder / engine).mkdir()
            sides.append(_Side(python, engine, str(folder / engine), megabytes))
        yield sides
    finally:
        for side in sides:
            side.close()


def measure(
    found: dict[str, str], rounds: int, megabytes: int = MEGABYTES, forms: Sequence[str] = tuple(FORMS)
) -> list[Measured]:
    """Every action in every round, the order of the two turned round each time; the first round warms up."""
    results: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(dir=ROOT) as folder, _sides(found, pathlib.Path(folder), megabytes) as sides:
        for number in range(rounds + 1):
            print(f"checkpoints: round {number} of {rounds}", file=sys.stderr)
            for form in forms:
                for what, told in ACTIONS.items():
                    turns = list(enumerate(sides))
                    for which, side in turns if number % 2 else reversed(turns):
                        time.sleep(PAUSE)
                        seconds = side.ask(what, form)
                        names = [f"{FORMS[form]}: {told}"]
                        if what in _SAVING:
                            names.append(f"{FORMS[form]}: {told}, until it is on disk")
                        for name, taken in zip(names, seconds, strict=True):
                            if number:
                                entry = results.setdefault(name, Measured(name, [], []))
                                entry[1 + which].append(taken)
    return list(results.values())


def table(measured: Sequence[Measured]) -> str:
    """A row for each action: seconds of both, and how many times as long TensorFlow takes."""
    rows = []
    for entry in measured:
        shown = str(ratio(entry.theirs, entry.ours)) if entry.theirs else "-"
        theirs = f"{statistics.median(entry.theirs):.3g}" if entry.theirs else "-"
        rows.append([entry.what, f"{statistics.median(entry.ours):.3g}", theirs, shown])
    return markdown(["", "Recell, s", "TF 1.15, s", "TF 1.15 / Recell"], rows)
