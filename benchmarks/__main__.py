"""Recell beside its peers, measured in one run.

    python -m benchmarks                      everything
    python -m benchmarks workloads --quick    the networks alone, fewer rounds

Prints Markdown tables and writes what is behind them as JSON. benchmarks/README.md says what is measured, and how the
peers' environments are made; what is missing is named under the tables.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import sys
from typing import Any

from benchmarks import machine, report
from benchmarks.peers import ENVIRONMENTS, PEERS, Peer, interpreters
from benchmarks.rounds import Field
from benchmarks.workloads import CELLS, MEASURED, WORKLOADS, Task

HERE = pathlib.Path(__file__).resolve().parent
MODES = {"training": True, "forward": False}


def names(known: Any) -> Any:
    """The type of an option that takes several of `known`, with commas between them."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {name!r}; choose from {', '.join(known)}")
        return chosen

    return parse


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = result.add_argument
    add("--workloads", type=names(WORKLOADS), default=MEASURED, help="such as A,B; default: all")
    add("--cells", type=names(CELLS), default=list(CELLS), help="lstm, gru or both, which is the default")
    add("--modes", type=names(MODES), default=list(MODES), help="training, forward or both, which is the default")
    add("--peers", type=names(PEERS), default=list(PEERS), help=f"of {', '.join(PEERS)}; default: all")
    add("--rounds", type=int, default=7, help="at most; default: 7")
    add("--minutes", type=float, default=12, help="about how long the workloads may take; default: 12")
    add("--quick", action="store_true", help="two rounds")
    add("--json", type=pathlib.Path, default=HERE / "results" / "benchmarks.json", metavar="FILE")
    add(
        "--environments",
        type=pathlib.Path,
        default=pathlib.Path(os.environ.get("RECELL_PEERS", HERE.parent / ".peers")),
        metavar="FOLDER",
        help="where `make bench` made the peers' environments; default: $RECELL_PEERS, or .peers",
    )
    for name, what in ENVIRONMENTS.items():
        add(f"--{name}", default=os.environ.get(name.upper()), metavar="PYTHON", help=f"an interpreter with {what}")
    return result


def workloads(arguments: argparse.Namespace, found: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The tables, and what is behind them."""
    peers = [PEERS[name] for name in arguments.peers if PEERS[name].environment in found]
    kinds = [(cell, MODES[mode]) for cell in arguments.cells for mode in arguments.modes]
    tasks = [Task(name, *kind) for name in arguments.workloads for kind in kinds]
    budget = 60 * arguments.minutes / len(tasks)
    results = []
    with Field(peers, found) as field:
        for number, task in enumerate(tasks, 1):
            print(f"{number} of {len(tasks)}: {task}", file=sys.stderr)
            results.append(field.measure(task, 2 if arguments.quick else arguments.rounds, budget))
        versions = field.versions()
    rate = machine.product_rate()
    text = report.tables(results, rate)
    text += f"\n\nThe large product: {rate / 1e9:.0f} GFLOP/s.\n\nMeasured: " + "; ".join(
        f"{PEERS[name].title} ({version})" for name, version in versions.items()
    )
    return text, {"product_rate": rate, "versions": versions, "tasks": [result.json() for result in results]}


def missing(peers: list[Peer], found: dict[str, str]) -> str:
    """A sentence for each environment that is not there, and what is not measured without it."""
    lines = []
    for name, what in ENVIRONMENTS.items():
        without = [peer.title for peer in peers if peer.environment == name]
        if name not in found and without:
            lines.append(f"Not measured: {', '.join(without)}. No environment with {what} (`--{name}`, `make bench`).")
    return "\n".join(lines)


def main() -> None:
    arguments = parser().parse_args()
    given = {name: getattr(arguments, name) for name in ENVIRONMENTS if getattr(arguments, name)}
    found = interpreters(arguments.environments, given)
    text, behind = workloads(arguments, found)
    described = machine.describe()
    print(f"{described['processor']}, {described['cpus']} cores\n\n{text}\n")
    print(missing([PEERS[name] for name in arguments.peers], found))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    written = {"machine": described, "workloads": behind}
    arguments.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
