"""The most memory that training takes, beyond what the process held before it made network and batch.

    python -m benchmarks.memory ENGINE OPTIONS TASK      (the last two as JSON)

prints MB. A process of its own for every figure, as a process's peak never falls again.
"""

from __future__ import annotations

import importlib
import json
import pathlib
import resource
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import peers
from benchmarks.figures import markdown
from benchmarks.workloads import Task

STEPS = 5
COMPARED = ("kernels", "program", "torch")
Peaks = list[tuple[Task, dict[str, float]]]
"""Of each task the MB of each peer."""


def forget_peak() -> None:
    """Lets the peak start anew from what the process holds now, where the system can do that (Linux)."""
    references = pathlib.Path("/proc/self/clear_refs")
    if references.exists():
        references.write_text("5")


def peak() -> float:
    """The most memory that this process has held, in MB."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # what getrusage says on Linux may be the peak of the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def measure(tasks: Sequence[Task]) -> Peaks:
    """Of the peers in COMPARED, which all run in our own interpreter."""
    return [(task, {name: growth(peers.PEERS[name], task) for name in COMPARED}) for task in tasks]


def growth(peer: peers.Peer, task: Task) -> float:
    """MB that one peer takes for one task, in a process of its own."""
    print(f"memory, {task}: {peer.name}", file=sys.stderr)
    given = [peer.engine, json.dumps(peer.options), json.dumps(vars(task))]
    command = [sys.executable, "-m", "benchmarks.memory", *given]
    return float(subprocess.run(command, env=peers.settings(peer), check=True, capture_output=True, text=True).stdout)


def table(peaks: Peaks) -> str:
    """A row per task; at the end how many times as much torch takes."""
    head = ["", *(f"{peers.PEERS[name].title}, MB" for name in COMPARED), "torch / kernels", "torch / program"]
    rows = []
    for task, taken in peaks:
        ratios = [f"{taken['torch'] / taken[name]:.2f}" if taken[name] else "-" for name in ("kernels", "program")]
        figures = [f"{taken[name]:.3g}" for name in COMPARED]
        rows.append([f"{task.cell.upper()} {task.name}: {task.workload.describe()}", *figures, *ratios])
    return markdown(head, rows)


def main(engine_name: str, options_given: str, task_given: str) -> None:
    engine = importlib.import_module(f"benchmarks.engines.{engine_name}")
    task, options = Task(**json.loads(task_given)), json.loads(options_given)
    # Libraries load, start their threads and make their tables when they are first used.
    small = "tiny-spread" if task.workload.spread else "tiny"
    engine.build(Task(small, task.cell, task.training), **options)()
    forget_peak()
    before = peak()
    step = engine.build(task, **options)
    for _ in range(STEPS):
        step()
    print(peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
