"""The most memory that training takes, beyond what the process held before it made network and batch.

    python -m benchmarks.memory ENGINE OPTIONS TASK      (the last two as JSON)

prints MB. A process of its own for every figure, as a process's peak never falls again.
"""

from __future__ import annotations

import importlib
import json
import pathlib
import resource
import sys

from benchmarks.workloads import Task

STEPS = 5


def peak():
    """The most memory that this process has held, in MB."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # what getrusage says on Linux may be the peak of the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def main(engine_name, options, task):
    engine = importlib.import_module("benchmarks.engines." + engine_name)
    task = Task(**json.loads(task))
    options = json.loads(options)
    # Libraries load and start their threads when they are first used.
    engine.build(Task("tiny", task.cell, task.training), **options)()
    before = peak()
    step = engine.build(task, **options)
    for _ in range(STEPS):
        step()
    print(peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
