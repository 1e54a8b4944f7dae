"""The tables of the workloads: a row per workload, a column per peer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from benchmarks.figures import markdown, ratio
from benchmarks.peers import OURS, PEERS, TENSORFLOW
from benchmarks.rounds import Result

LEGEND = (
    "Milliseconds a step, medians of the rounds; the fastest peer in bold. Ratios: how many times as fast as the "
    "fastest peer we are, and the program as the fastest TensorFlow that runs it, median (smallest to largest) of the "
    "rounds. Share: of the machine's rate in a large product, our faster way, its products alone."
)


def tables(results: Sequence[Result], product_rate: float) -> str:
    """One table for each cell and mode."""

    def kind(result: Result) -> tuple[str, bool]:
        return result.task.cell, result.task.training

    parts = []
    for (cell, training), group in groupby(sorted(results, key=kind, reverse=True), kind):
        parts.append(f"### {cell.upper()}, {'training' if training else 'forward'}\n")
        parts.append(table(sorted(group, key=results.index), product_rate) + "\n")
    return "\n".join([*parts, LEGEND])


def table(results: Sequence[Result], product_rate: float) -> str:
    names = [name for name in PEERS if any(name in result.seconds for result in results)]
    head = [
        "",
        *(PEERS[name].title for name in names),
        "fastest / kernels",
        "fastest / program",
        "TF / program",
        "share",
    ]
    return markdown(head, [row(result, names, product_rate) for result in results])


def row(result: Result, names: Sequence[str], product_rate: float) -> list[str]:
    others = [name for name in names if name not in OURS]
    best = result.fastest(others)
    cells = [f"{result.task.name}: {result.task.workload.describe()}"]
    for name in names:
        text = f"{1e3 * result.median(name):.3g}" if name in result.seconds else "-"
        cells.append(f"**{text}**" if name == best else text)
    cells += [compared(result, best, ours) for ours in OURS]
    cells.append(compared(result, result.fastest([name for name in others if name in TENSORFLOW]), "program"))
    ours = result.fastest(OURS)
    cells.append("-" if ours is None else f"{result.task.operations() / result.median(ours) / product_rate:.0%}")
    return cells


def compared(result: Result, peer: str | None, ours: str) -> str:
    if peer is None or ours not in result.seconds:
        return "-"
    return str(ratio(result.seconds[peer], result.seconds[ours]))
