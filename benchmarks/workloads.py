"""The networks and batches that everybody is measured on.

Read by every peer's interpreter, so it holds to Python 3.7 and NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CELLS = {"lstm": 4, "gru": 3}
"""Each cell with the number of its gates: how many columns its weights have for each unit."""


@dataclass(frozen=True)
class Workload:
    """A stack of recurrent layers and the batch that it reads.

    Args:
        name: as in the tables.
        batch, time, depth: of the inputs.
        units: of each layer; layers: how many.
        spread: rows end at different steps, from a tenth of the time axis to all of it.
    """

    name: str
    batch: int
    time: int
    depth: int
    units: int
    layers: int = 1
    spread: bool = False

    def inputs(self) -> np.ndarray:
        """float32 `[time, batch, depth]`, the same numbers for everybody."""
        return np.random.RandomState(0).randn(self.time, self.batch, self.depth).astype(np.float32)

    def lengths(self) -> np.ndarray | None:
        """int32 `[batch]`, spread evenly and in no order, the longest as long as the time axis; None: all are."""
        if not self.spread:
            return None
        lengths = np.linspace(max(1, self.time // 10), self.time, self.batch)
        return np.random.RandomState(1).permutation(lengths.astype(np.int32))

    def operations(self, cell: str, training: bool) -> float:
        """Floating-point operations of the matrix products alone, of steps that count: two to a multiplication."""
        lengths = self.lengths()
        steps = self.batch * self.time if lengths is None else int(lengths.sum())
        rows = self.depth + self.units + (self.layers - 1) * 2 * self.units
        forward = 2.0 * steps * rows * CELLS[cell] * self.units
        return 3 * forward if training else forward

    def describe(self) -> str:
        layers = f" x{self.layers}" if self.layers > 1 else ""
        time = f"{self.lengths().min()} to {self.time}" if self.spread else self.time
        return f"B{self.batch} T{time} I{self.depth} H{self.units}{layers}"


WORKLOADS = {
    workload.name: workload
    for workload in [
        Workload("A", batch=50, time=28, depth=28, units=100),
        Workload("B", batch=128, time=28, depth=28, units=256, layers=2),
        Workload("C", batch=20, time=35, depth=200, units=200, layers=2),
        Workload("D", batch=20, time=35, depth=650, units=650, layers=2),
        Workload("S", batch=32, time=10, depth=1, units=30, layers=2),
        Workload("V", batch=256, time=200, depth=128, units=128, spread=True),
        Workload("U", batch=1, time=200, depth=128, units=128),
        # Not measured: these bring a library to life before something is, and test what has to run quickly.
        Workload("tiny", batch=3, time=4, depth=2, units=5, layers=2),
        Workload("tiny-spread", batch=3, time=4, depth=2, units=5, layers=2, spread=True),
    ]
}
MEASURED = [name for name in WORKLOADS if not name.startswith("tiny")]


@dataclass(frozen=True)
class Task:
    """A workload, the cell it is made of, and whether gradients are wanted."""

    name: str
    cell: str
    training: bool

    @property
    def workload(self) -> Workload:
        return WORKLOADS[self.name]

    def operations(self) -> float:
        return self.workload.operations(self.cell, self.training)
