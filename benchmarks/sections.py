"""What `python -m benchmarks` measures, one function each: `SECTIONS` by the names of the command line."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks import checkpoints, machine, memory, operations, programs, report
from benchmarks.peers import ENVIRONMENTS, PEERS
from benchmarks.rounds import Field
from benchmarks.workloads import Task

Section = tuple[str, list[str], Any]
"""A table in Markdown, notes to stand under it, and what is behind it, for the JSON file."""


def tasks(arguments: argparse.Namespace) -> list[Task]:
    kinds = [(cell, training) for cell in arguments.cells for training in arguments.modes]
    return [Task(name, *kind) for name in arguments.workloads for kind in kinds]


def workloads(arguments: argparse.Namespace, found: dict[str, str]) -> Section:
    chosen = tasks(arguments)
    present = [peer for peer in arguments.peers if peer.environment in found]
    budget = 60 * arguments.minutes / len(chosen)
    results = []
    with Field(present, found) as field:
        for number, task in enumerate(chosen, 1):
            print(f"{number} of {len(chosen)}: {task}", file=sys.stderr)
            results.append(field.measure(task, arguments.rounds, budget))
        versions = field.versions()
    rate = machine.product_rate()
    notes = [f"The large product: {rate / 1e9:.0f} GFLOP/s."]
    notes += [f"{PEERS[name].title}: {version}." for name, version in versions.items()]
    notes += [
        f"{PEERS[name].title} failed on {result.task.name}: {why}"
        for result in results
        for name, why in result.failures.items()
    ]
    for environment in ENVIRONMENTS:
        without = [peer.title for peer in arguments.peers if peer.environment == environment]
        if without and environment not in found:
            notes.append(f"Not measured: {', '.join(without)}. {missing(environment)}")
    behind = {"product_rate": rate, "versions": versions, "tasks": [result.json() for result in results]}
    return report.tables(results, rate), notes, behind


def memory_of_training(arguments: argparse.Namespace, found: dict[str, str]) -> Section:
    peaks = memory.measure([task for task in tasks(arguments) if task.training])
    notes = ["MB of training beyond what the process held before it made network and batch."]
    return memory.table(peaks), notes, [{**vars(task), "MB": taken} for task, taken in peaks]


def whole_programs(arguments: argparse.Namespace, found: dict[str, str]) -> Section:
    comparisons, notes = [], []
    for program in arguments.programs:
        path = program.path(arguments.folder)
        if path is None:
            notes.append(f"Not run: {program.name}. `--folder` names the folder that {program.file} is in.")
            continue
        if program.environment not in found:
            notes.append(f"{program.name} ran on Recell alone. {missing(program.environment)}")
        comparison = programs.compare(program, path, found, min(arguments.rounds, 3))
        notes += [f"{program.name} failed on {engine}: {why}" for engine, why in comparison.failures.items()]
        comparisons.append(comparison)
    return programs.table(comparisons), notes, [comparison.json() for comparison in comparisons]


def cost_of_operations(arguments: argparse.Namespace, found: dict[str, str]) -> Section:
    rounds = operations.measure(found, min(arguments.rounds, 5))
    notes = [] if "tf115" in found else [f"Not measured: TensorFlow. {missing('tf115')}"]
    return operations.table(rounds), notes, rounds


def saving_and_restoring(arguments: argparse.Namespace, found: dict[str, str]) -> Section:
    measured = checkpoints.measure(found, min(arguments.rounds, 5))
    notes = [f"{checkpoints.MEGABYTES} MB in 64 variables; the folder is on the disk that this one is on."]
    notes += [] if "tf115" in found else [f"Not measured: TensorFlow. {missing('tf115')}"]
    return checkpoints.table(measured), notes, [entry._asdict() for entry in measured]


SECTIONS = {
    "workloads": workloads,
    "memory": memory_of_training,
    "programs": whole_programs,
    "operations": cost_of_operations,
    "checkpoints": saving_and_restoring,
}


def missing(environment: str) -> str:
    return f"There is no environment with {ENVIRONMENTS[environment]} (`--{environment}`, or `make bench`)."
