"""Time to the first training step, time of a step, and what `run` costs an operation, beside genuine TensorFlow 1.15.

    python benchmarks/session.py [--tf115 PYTHON] [--rounds N] [--steps N] [--json FILE]

Every figure comes from a process of its own; the engines take turns in every round, so that a slow minute of the
machine hits both. The programs in benchmarks/programs are the same text for both engines. A ratio is formed within
each round; its median is given with the smallest and the largest. benchmarks/README.md says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
CHAINS = (10, 100, 1000)
Round = dict[str, float]


def run_json(command: list[str]) -> dict[str, Any]:
    """Run `command` and read the JSON in the last line of what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "src"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def training(prefix: list[str], steps: int) -> Round:
    """Seconds from the start of the process to the end of the first step; median seconds of a later one."""
    started = time.time()
    result = run_json([*prefix, str(PROGRAMS / "train_step.py"), str(steps)])
    settled = result["step_seconds"][len(result["step_seconds"]) // 10 :]
    return {
        "time to first step, s": result["first_step_done"] - started,
        "training step, ms": statistics.median(settled) * 1e3,
    }


def chains(prefix: list[str], program: str = "tiny_ops.py") -> Round:
    """Microseconds that an operation adds to a run, and those of a run without any, by a straight line."""
    result = run_json([*prefix, str(PROGRAMS / program), *map(str, CHAINS)])
    fit = statistics.linear_regression(CHAINS, [result[str(k)] * 1e6 for k in CHAINS])
    return {"an operation, us": fit.slope, "a run of nothing, us": fit.intercept}


def measure(rounds: int, engines: dict[str, Callable[[], Round]]) -> dict[str, list[Round]]:
    """`rounds` rounds; in each, every engine once, the order turned round every time."""
    results: dict[str, list[Round]] = {name: [] for name in engines}
    for number in range(rounds):
        order = list(engines) if number % 2 == 0 else list(reversed(engines))
        for name in order:
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr)
            results[name].append(engines[name]())
    return results


def engines_of(tf115: str | None, steps: int) -> dict[str, Callable[[], Round]]:
    ours = [sys.executable, "-m", "recell", "run"]
    engines: dict[str, Callable[[], Round]] = {"recell": lambda: {**training(ours, steps), **chains(ours)}}
    if tf115 is not None:
        theirs = [tf115]
        engines["tensorflow 1.15"] = lambda: {**training(theirs, steps), **chains(theirs)}
    engines["bare torch"] = lambda: chains([sys.executable], "tiny_torch.py")
    return engines


def figure(values: list[float]) -> str:
    """Median and spread, three digits each."""
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def table(results: dict[str, list[Round]]) -> str:
    """A Markdown table: a row per quantity, a column per engine, and the ratio recell / TensorFlow."""
    names = list(results)
    compared = "tensorflow 1.15" in results
    head = ["", *names] + (["recell / tensorflow"] if compared else [])
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for quantity in results["recell"][0]:
        row = [quantity]
        for name in names:
            measured = [one[quantity] for one in results[name] if quantity in one]
            row.append(figure(measured) if measured else "")
        if compared:
            pairs = zip(results["recell"], results["tensorflow 1.15"], strict=True)
            row.append(figure([ours[quantity] / theirs[quantity] for ours, theirs in pairs]))
        lines.append("| " + " | ".join(row) + " |")
    overhead = [
        ours["an operation, us"] - bare["an operation, us"]
        for ours, bare in zip(results["recell"], results["bare torch"], strict=True)
    ]
    lines += ["", f"What a plan adds to an operation's bare cost: {figure(overhead)} microseconds."]
    return "\n".join(lines)


def processor() -> str:
    """The processor's name, as the system gives it."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def main() -> None:
    parser = argparse.ArgumentParser(description="Session benchmarks, beside genuine TensorFlow 1.15 if it is there.")
    parser.add_argument("--tf115", metavar="PYTHON", help="an interpreter that has TensorFlow 1.15")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=200, help="training steps after the first, in every round")
    parser.add_argument("--json", type=pathlib.Path, default=HERE / "results" / "session.json")
    arguments = parser.parse_args()
    results = measure(arguments.rounds, engines_of(arguments.tf115, arguments.steps))
    machine = {"processor": processor(), "cpus": os.cpu_count(), "system": platform.platform()}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({"machine": machine, "rounds": results}, indent=1) + "\n", encoding="utf-8")
    print(
        f"{machine['processor']}, {machine['cpus']} cores; median of {arguments.rounds} rounds (smallest to largest)\n"
    )
    print(table(results))


if __name__ == "__main__":
    main()
