"""Measuring: who takes part takes turns, in rounds, so that a slow minute of the machine hits everybody."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks.peers import OURS, Peer
from benchmarks.process import Failed, Process
from benchmarks.workloads import Task

SLICE = 0.15
"""Seconds that a peer is measured for in a round."""
BEHIND = 2.5
"""So many times the seconds of the fastest: a peer that is known to be as slow as that takes part in one round only."""


@dataclass
class Result:
    """What was measured of one task.

    Args:
        seconds: of a step, by peer: each round's median.
        failures: by peer, why there is no figure.
    """

    task: Task
    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def fastest(self, names: Sequence[str]) -> str | None:
        """Whose median is the smallest, of those that were measured."""
        return min((name for name in names if name in self.seconds), key=self.median, default=None)

    def json(self) -> dict[str, Any]:
        return {
            "workload": self.task.name,
            "cell": self.task.cell,
            "training": self.task.training,
            "seconds": self.seconds,
            "failures": self.failures,
        }


class Field:
    """All peers at work. A context manager: their processes end with it."""

    def __init__(self, peers: Sequence[Peer], interpreters: dict[str, str]) -> None:
        self._peers = peers
        self._interpreters = interpreters
        self._stack = ExitStack()
        self._processes: dict[str, Process] = {}

    def __enter__(self) -> Field:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def measure(self, task: Task, rounds: int, budget: float) -> Result:
        """At most `rounds` rounds; after two, none begins when `budget` seconds have passed, building included."""
        result = Result(task)
        end = time.perf_counter() + budget
        wanted = [peer for peer in self._peers if task.workload.spread or not peer.spread_only]
        taking_part = [peer.name for peer in wanted if self._build(peer, task, result)]
        for number in range(rounds):
            if number >= 2 and time.perf_counter() > end:
                break
            for name in taking_part if number % 2 == 0 else reversed(taking_part):
                self._take_turn(name, result)
            taking_part = [name for name in taking_part if name not in result.failures and not behind(name, result)]
        return result

    def _build(self, peer: Peer, task: Task, result: Result) -> bool:
        try:
            self._process(peer).build(task)
        except Failed as failure:
            self._lose(peer.name, failure, result)
        return peer.name not in result.failures

    def _take_turn(self, name: str, result: Result) -> None:
        try:
            seconds = self._processes[name].measure(SLICE)
            result.seconds.setdefault(name, []).append(statistics.median(seconds))
        except Failed as failure:
            self._lose(name, failure, result)
        time.sleep(0.01)  # threads that spin for a moment after their work stop

    def _process(self, peer: Peer) -> Process:
        """The peer's process, begun when it is first wanted, and again after it has failed."""
        if peer.name not in self._processes:
            process = Process(peer, self._interpreters[peer.environment])
            self._processes[peer.name] = self._stack.enter_context(process)
        return self._processes[peer.name]

    def _lose(self, name: str, failure: Failed, result: Result) -> None:
        result.failures[name] = str(failure)
        del self._processes[name]
        print(f"{name} failed: {failure}", file=sys.stderr)

    def versions(self) -> dict[str, str]:
        """By peer, of all that have run."""
        return {name: process.versions() for name, process in self._processes.items()}


def behind(name: str, result: Result) -> bool:
    """Too slow for another round. We always go on, as every ratio needs our figure of the round."""
    best = result.fastest(list(result.seconds))
    return name not in OURS and best is not None and result.median(name) > BEHIND * result.median(best)
