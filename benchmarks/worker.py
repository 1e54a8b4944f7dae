"""A peer's process: builds what it is told to, and says how long its steps take.

    python -m benchmarks.worker ENGINE OPTIONS      (OPTIONS: a JSON object, given to the engine's `build`)

Each line of standard input is a JSON object, each answer a line of JSON:

    {"build": {"name": "A", "cell": "lstm", "training": true}}     {"seconds": 1.2}    with some first steps
    {"measure": 0.2}                                               {"seconds": [0.0031, 0.0030, ...]}, for about 0.2 s
    {"versions": null}                                             {"versions": "torch 2.13.0"}

What cannot be done ends the process; its traceback is on standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

from benchmarks.workloads import Task

FEWEST, MOST = 3, 1000
PATIENCE = 1.0
"""Seconds after which no further step begins, even if there were fewer than `FEWEST`: some take ten seconds."""


def main(engine_name: str, options: str) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not get among the answers
    engine = importlib.import_module("benchmarks.engines." + engine_name)
    step = None
    for line in sys.stdin:
        ((command, argument),) = json.loads(line).items()
        if command == "build":
            step = None  # the last one's memory goes before the next one's is taken
            started = time.perf_counter()
            step = engine.build(Task(**argument), **json.loads(options))
            times(step, 0)
            answer = {"seconds": time.perf_counter() - started}
        elif command == "measure":
            answer = {"seconds": times(step, argument)}
        else:
            answer = {"versions": engine.versions(**json.loads(options))}
        answers.write(json.dumps(answer) + "\n")


def times(step, seconds):
    """Seconds of each of some calls of `step`, for about `seconds` in all."""
    taken = []
    started = now = time.perf_counter()
    while not taken or now - started < (PATIENCE if len(taken) < FEWEST else seconds):
        step()
        before, now = now, time.perf_counter()
        taken.append(now - before)
        if len(taken) == MOST:
            break
    return taken


if __name__ == "__main__":
    main(*sys.argv[1:])
