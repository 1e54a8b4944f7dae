"""Recell beside its peers, measured in one run.

    python -m benchmarks                                    everything
    python -m benchmarks workloads,memory --workloads A,B   some parts of it

Prints Markdown tables and writes what is behind them as JSON. benchmarks/README.md says what is measured, and how the
peers' environments are made; what is missing is named under the tables.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from benchmarks import machine
from benchmarks.peers import ENVIRONMENTS, PEERS, interpreters
from benchmarks.programs import PROGRAMS
from benchmarks.sections import SECTIONS
from benchmarks.workloads import CELLS, MEASURED, WORKLOADS

HERE = pathlib.Path(__file__).resolve().parent
MODES = {"training": True, "forward": False}


def several(known: Mapping[str, Any]) -> Callable[[str], list[Any]]:
    """The type of an option that takes some of `known` by their names, with commas between them."""

    def parse(text: str) -> list[Any]:
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {name!r}; choose from {', '.join(known)}")
        return [known[name] for name in names]

    return parse


def themselves(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def choice(option: str, known: Mapping[str, Any], default: Iterable[str]) -> None:
        described = f"of {','.join(known)}; default: {','.join(default)}"
        chosen = [known[name] for name in default]
        result.add_argument(option, type=several(known), default=chosen, metavar="NAME,...", help=described)

    add = result.add_argument
    kinds = f"of {','.join(SECTIONS)}; default: all"
    every = list(SECTIONS)
    add("sections", nargs="?", type=several(themselves(SECTIONS)), default=every, metavar="SECTION,...", help=kinds)
    choice("--workloads", themselves(WORKLOADS), MEASURED)
    choice("--cells", themselves(CELLS), CELLS)
    choice("--modes", MODES, MODES)
    choice("--peers", PEERS, PEERS)
    choice("--programs", PROGRAMS, PROGRAMS)
    folder = os.environ.get("RECELL_PROGRAMS")
    what = "where programs are that are not ours; default: $RECELL_PROGRAMS"
    add("--folder", type=pathlib.Path, default=folder, help=what)
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
        add(f"--{name}", metavar="PYTHON", help=f"an interpreter with {what}")
    return result


def main() -> None:
    arguments = parser().parse_args()
    if arguments.quick:
        arguments.rounds = 2
    given = {name: getattr(arguments, name) for name in ENVIRONMENTS if getattr(arguments, name)}
    found = interpreters(arguments.environments, given)
    described = machine.describe()
    print(f"{described['processor']}, {described['cpus']} cores; load before: {described['load']}")
    written: dict[str, Any] = {"machine": described}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    for name in arguments.sections:
        table, notes, written[name] = SECTIONS[name](arguments, found)
        print(f"\n## {name.capitalize()}\n\n{table}\n")
        print("\n".join(f"- {note}" for note in notes), flush=True)
        arguments.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
