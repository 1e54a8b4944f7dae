"""What `Session.run` costs an operation, beside genuine TensorFlow 1.15 and beside bare calls of torch.

Chains of k scalar operations (programs/tiny_ops.py, the same text for both engines, and programs/tiny_torch.py): the
slope of the seconds over k is what one more operation costs, where the line meets zero is what a run of nothing costs.
"""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence

from benchmarks import peers
from benchmarks.figures import Spread, markdown, ratio

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
CHAINS = (10, 100, 1000)
QUANTITIES = {"slope": "an operation, us", "intercept": "a run of nothing, us"}
Rounds = dict[str, list[dict[str, float]]]
"""By engine, each round's microseconds by the names of QUANTITIES."""


def chains(command: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(
        [*command, *map(str, CHAINS)], env=peers.settings(), check=True, stdout=subprocess.PIPE, text=True
    )
    seconds = json.loads(done.stdout.splitlines()[-1])
    fit = statistics.linear_regression(CHAINS, [seconds[str(k)] * 1e6 for k in CHAINS])
    return {"slope": fit.slope, "intercept": fit.intercept}


def measure(interpreters: Mapping[str, str], rounds: int) -> Rounds:
    """`rounds` rounds; in each, every engine once, the order turned round every time."""
    own, program = interpreters[peers.OWN], str(PROGRAMS / "tiny_ops.py")
    engines = {"Recell": [own, "-m", "recell", "run", program], "bare torch": [own, str(PROGRAMS / "tiny_torch.py")]}
    if "tf115" in interpreters:
        engines["TF 1.15"] = [interpreters["tf115"], program]
    results: Rounds = {name: [] for name in engines}
    for number in range(rounds):
        for name in engines if number % 2 == 0 else reversed(engines):
            print(f"operations, round {number + 1} of {rounds}: {name}", file=sys.stderr)
            results[name].append(chains(engines[name]))
    return results


def table(results: Rounds) -> str:
    """A row per quantity, a column per engine, and how many times Recell's figure the others are."""
    others = [name for name in results if name != "Recell"]
    rows = []
    for key, title in QUANTITIES.items():
        values = {name: [one[key] for one in rounds] for name, rounds in results.items()}
        figures = [str(Spread.of(values[name])) for name in results]
        rows.append([title, *figures, *(str(ratio(values[name], values["Recell"])) for name in others)])
    return markdown(["", *results, *(f"{name} / Recell" for name in others)], rows)
