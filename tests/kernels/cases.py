"""The known cells with random weights, so that one test can go through all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from tests.kernels import formulas

from recell import kernels

DEPTH, UNITS, PROJECTED = 3, 4, 2
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "peephole": {"peepholes": True},
    "clip": {"cell_clip": 0.3},
    "all": {"peepholes": True, "cell_clip": 0.3, "projection": True, "proj_clip": 0.1, "forget_bias": 0.5},
}


@dataclass
class Case:
    """A cell: its kernel, its formula, the sizes of its state, its weights, its options for both."""

    run: Callable[..., tuple[torch.Tensor, ...]]
    formula: Callable[..., tuple[Any, ...]]
    state: tuple[int, ...]
    weights: list[np.ndarray]
    options: dict[str, Any] = field(default_factory=dict)
    formula_options: dict[str, Any] = field(default_factory=dict)

    def draw(self, time: int, batch: int, seed: int = 0) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
        """x, state and weights in float64."""
        rng = np.random.default_rng(seed)
        x = torch.from_numpy(rng.normal(size=(time, batch, DEPTH)))
        return (
            x,
            [torch.from_numpy(0.5 * rng.normal(size=(batch, n))) for n in self.state],
            [torch.from_numpy(w.copy()) for w in self.weights],
        )

    def expected(self, x: torch.Tensor, state: list[torch.Tensor], **how: Any) -> tuple[Any, ...]:
        leaves = [leaf.numpy() for leaf in state]
        return formulas.over_time(self.formula, x.numpy(), leaves, self.weights, **how, **self.formula_options)


def make(name: str) -> Case:
    rng = np.random.default_rng(len(name))
    cell, _, option = name.partition("_")
    if cell == "rnn":
        shapes = [(DEPTH + UNITS, UNITS), (UNITS,)]
        return Case(kernels.rnn, formulas.rnn_step, (UNITS,), [rng.normal(size=s) for s in shapes])
    if cell == "gru":
        rows = DEPTH + UNITS
        shapes = [(rows, 2 * UNITS), (2 * UNITS,), (rows, UNITS), (UNITS,)]
        return Case(kernels.gru, formulas.gru_step, (UNITS,), [rng.normal(size=s) for s in shapes])
    wanted = dict(OPTIONS[option])
    numpy_options, peepholes = dict(wanted), wanted.pop("peepholes", False)
    if peepholes:
        numpy_options["peepholes"] = [rng.normal(size=UNITS) for _ in "ifo"]
        wanted |= {f"peephole_{g}": torch.from_numpy(p) for g, p in zip("ifo", numpy_options["peepholes"], strict=True)}
    out = UNITS
    if wanted.get("projection"):
        out = PROJECTED
        numpy_options["projection"] = rng.normal(size=(UNITS, out))
        wanted["projection"] = torch.from_numpy(numpy_options["projection"])
    weights = [rng.normal(size=s) for s in [(DEPTH + out, 4 * UNITS), (4 * UNITS,)]]
    return Case(kernels.lstm, formulas.lstm_step, (UNITS, out), weights, wanted, numpy_options)


NAMES = ["rnn", "gru", *(f"lstm_{option}" for option in OPTIONS)]
