"""The peers' processes, as the one that compares them sees them: `benchmarks.worker` is what runs in them."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from types import TracebackType
from typing import Any

from benchmarks.peers import Peer, settings
from benchmarks.workloads import Task

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Failed(Exception):
    """A peer's process ended; the text is the last line that it left on standard error."""


class Process:
    """One peer at work. A context manager: the process ends with it.

    Args:
        peer: who.
        python: the interpreter of its environment.
    """

    def __init__(self, peer: Peer, python: str) -> None:
        self.peer = peer
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - see __exit__
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", peer.engine, json.dumps(peer.options)],
            cwd=ROOT,
            env=settings(peer),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def build(self, task: Task) -> float:
        """Makes the network of `task`, in place of the last. Returns seconds, those of the first steps included."""
        return self._ask("build", {"name": task.name, "cell": task.cell, "training": task.training})["seconds"]

    def measure(self, seconds: float) -> list[float]:
        """Seconds of each step, some steps, for about `seconds` in all."""
        return self._ask("measure", seconds)["seconds"]

    def versions(self) -> str:
        return self._ask("versions", None)["versions"]

    def _ask(self, command: str, argument: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.poll() is None:
            self._process.stdin.write(json.dumps({command: argument}) + "\n")
            answer = self._process.stdout.readline()
            if answer:
                return json.loads(answer)
        self._process.wait()
        self._errors.seek(0)
        said = [line.strip() for line in self._errors if line.strip()]
        raise Failed(said[-1] if said else f"it ended with status {self._process.returncode}")
