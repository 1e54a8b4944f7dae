"""What is left of a checkpoint whose writer is killed while it replaces it.

    python -m benchmarks.checkpoint_kills                     all of Recell's ways of saving, 1,000 kills each
    python -m benchmarks.checkpoint_kills --tf115 PYTHON      and TensorFlow's, in an interpreter that has it

A process saves without a pause (programs/save_until_killed.py); SIGKILL comes at a random moment; then everything that
is there is read, checksums compared, and the next process goes on from it.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import NamedTuple

from benchmarks.figures import markdown
from recell import checkpoint

PROGRAM = pathlib.Path(__file__).resolve().parent / "programs" / "save_until_killed.py"
WRITERS = {
    "v2": "`recell.checkpoint`, second format",
    "shards": "the same, three data files",
    "v1": "`recell.checkpoint`, first format",
    "recell": "`tf.train.Saver` of Recell, one name",
    "recell-steps": "the same, step in the name, three kept",
    "tensorflow": "`tf.train.Saver` of TensorFlow 1.15, one name",
    "tensorflow-steps": "the same, step in the name, three kept",
}
TENSORS = 6
SPAN = 0.05
"""Seconds within which the signal comes: several saves."""


class Spoilt(Exception):
    """What is in the folder is not what was saved."""


class Figures(NamedTuple):
    """Of one writer.

    Attributes:
      kills: how many.
      spoilt: after how many of them a checkpoint could not be read, or was not of one save; and the first reason.
      within: after how many of them files were there that a finished save does not leave.
      saves: how many were finished.
      left: files at the end, after one more save, that belong to no checkpoint.
    """

    kills: int
    spoilt: int
    reason: str
    within: int
    saves: int
    left: int


class Writer:
    """A process whose children save until they are killed. A context manager: the process ends with it."""

    def __init__(self, name: str, folder: str, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(PROGRAM), name, folder, str(TENSORS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"},
        )

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._process.communicate()

    def _answer(self, expected: bytes) -> int:
        assert self._process.stdout is not None
        word, _, number = self._process.stdout.readline().partition(b" ")
        if word != expected:
            raise RuntimeError(f"{PROGRAM.name} failed; what it said is on standard error")
        return int(number)

    def _begin(self, told: bytes) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(told + b"\n")
        self._process.stdin.flush()
        return self._answer(b"saves")

    def save_and_kill(self, seconds: float) -> None:
        """Lets a child save, kills it so many seconds after its first save, and waits until it is dead."""
        child = self._begin(b"")
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        if self._answer(b"ended") != signal.SIGKILL:
            raise RuntimeError("the process that saves died before it was killed")

    def save_once(self) -> None:
        """Lets a child save, and end."""
        self._begin(b"once")
        if self._answer(b"ended"):
            raise RuntimeError("the process that saves failed")


def number_of(prefix: str) -> int:
    """Of the save that the checkpoint is of. Raises Spoilt when it cannot be read, or is not of one save."""
    try:
        found = checkpoint.read(prefix)
    except checkpoint.CheckpointError as error:
        raise Spoilt(f"{type(error).__name__}: {error}") from None
    numbers = {int(number) for value in found.values() for number in set(value.ravel().tolist())}
    if len(found) != TENSORS or len(numbers) != 1:
        raise Spoilt(f"{prefix} has {len(found)} of {TENSORS} tensors, of the saves {sorted(numbers)}")
    return numbers.pop()


def inspect(folder: str, steps: bool, last: int) -> int:
    """Reads all checkpoints of a folder; the number of the newest. Raises Spoilt, also for one older than `last`."""
    names = sorted(os.listdir(folder))
    prefixes = {name.removesuffix(".index") for name in names if name.endswith(".index")} | {"m"} & {*names}
    numbers = {prefix: number_of(os.path.join(folder, prefix)) for prefix in prefixes}
    try:
        state = checkpoint.read_state(folder)
    except checkpoint.CheckpointError as error:
        raise Spoilt(f"{type(error).__name__}: {error}") from None
    for path in state.all_model_checkpoint_paths if state is not None else []:
        if os.path.basename(path) not in numbers:
            raise Spoilt(f"the state file names {path}, which is not there")
    if steps and any(prefix != f"m-{number}" for prefix, number in numbers.items()):
        raise Spoilt(f"checkpoints hold other saves than they are called by: {numbers}")
    newest = max(numbers.values(), default=0)
    if newest < last:
        raise Spoilt(f"save {last} was there already, and now it is {newest}")
    return newest


def unfinished(folder: str) -> list[str]:
    """Files that belong to no checkpoint: temporary ones, and data files that no index knows."""
    names = os.listdir(folder)
    known = {"checkpoint", "m"}
    for name in names:
        if name.endswith(".index"):
            with checkpoint.Reader(os.path.join(folder, name.removesuffix(".index"))) as reader:
                known.update(os.path.basename(path) for path in reader.paths)
    return sorted({*names} - known)


def measure(name: str, kills: int, python: str = sys.executable, seed: int = 0) -> Figures:
    """Kills a writer so many times, at moments that the seed draws."""
    moments = random.Random(seed)
    steps = name.endswith("-steps")
    spoilt = within = saves = last = 0
    reason = ""
    with tempfile.TemporaryDirectory() as folder, Writer(name, folder, python) as writer:
        for _ in range(kills):
            writer.save_and_kill(moments.uniform(0, SPAN))
            try:
                newest = inspect(folder, steps, last)
                within += bool(unfinished(folder))
                saves, last = saves + newest - last, newest
            except Spoilt as error:
                spoilt, reason = spoilt + 1, reason or re.sub(r"\S*/", "", str(error))
                for path in pathlib.Path(folder).iterdir():  # the next one begins anew
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                last = 0
        writer.save_once()
        inspect(folder, steps, last)
        left = len(unfinished(folder))
    return Figures(kills, spoilt, reason, within, saves, left)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000, help="of each writer; default: 1000")
    parser.add_argument("--writers", default="", help=f"of {','.join(WRITERS)}; default: all that can be had")
    parser.add_argument("--tf115", metavar="PYTHON", help="an interpreter with TensorFlow 1.15")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args()
    chosen = arguments.writers.split(",") if arguments.writers else list(WRITERS)
    rows = []
    for name in chosen:
        python = arguments.tf115 if name.startswith("tensorflow") else sys.executable
        if python is None:
            continue
        begun = time.monotonic()
        found = measure(name, arguments.kills, python, arguments.seed)
        print(f"{name}: {found}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        counts = found.kills, found.saves, found.within, found.spoilt, found.left
        rows.append([WRITERS[name], *(f"{count:,}" for count in counts)])
    print(markdown(["", "kills", "saves finished", "killed within a save", "spoilt", "files left over"], rows))


if __name__ == "__main__":
    main()
