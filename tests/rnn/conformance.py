"""The table of cells and wrappers that go through every property of test_conformance.py: one line a cell.

A line names the cell, says how to make it, and what is particular about it: other inputs than `[batch, time, 3]`, or a
property that it cannot have, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import recell.v1 as tf

Cells = tf.nn.rnn_cell
Contrib = tf.contrib.rnn
nest = tf.contrib.framework.nest

Make = Callable[[], Any]
Inputs = Callable[[np.random.RandomState, int, int], Any]


def vectors(random: np.random.RandomState, batch: int, time: int) -> Any:
    """Inputs of most cells."""
    return random.uniform(-1.0, 1.0, [batch, time, 3])


def images(*size: int) -> Inputs:
    """Inputs `[batch, time, *size]` of convolutional cells."""
    return lambda random, batch, time: random.uniform(-1.0, 1.0, [batch, time, *size])


def words(random: np.random.RandomState, batch: int, time: int) -> Any:
    """Inputs of a cell that looks them up."""
    return random.randint(0, 7, [batch, time, 1])


def timed(random: np.random.RandomState, batch: int, time: int) -> Any:
    """Times that grow, and vectors."""
    return np.cumsum(random.uniform(0.1, 2.0, [batch, time, 1]), axis=1), vectors(random, batch, time)


@dataclass(frozen=True)
class Case:
    """A cell, and what sets it apart."""

    name: str
    make: Make
    inputs: Inputs = vectors
    without: Mapping[str, str] = field(default_factory=dict)
    """Property -> why this cell cannot have it."""

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("BasicRNNCell", lambda: Cells.BasicRNNCell(4)),
    Case("GRUCell", lambda: Cells.GRUCell(4)),
    Case("BasicLSTMCell", lambda: Cells.BasicLSTMCell(4)),
    Case("BasicLSTMCell, joined state", lambda: Cells.BasicLSTMCell(4, state_is_tuple=False)),
    Case("LSTMCell", lambda: Cells.LSTMCell(4)),
    Case("LSTMCell, peepholes, projection", lambda: Cells.LSTMCell(4, use_peepholes=True, num_proj=2, cell_clip=3.0)),
    Case("LSTMBlockCell", lambda: Contrib.LSTMBlockCell(4)),
    Case("LSTMBlockCell, peephole", lambda: Contrib.LSTMBlockCell(4, use_peephole=True, cell_clip=3.0)),
    Case("GRUBlockCell", lambda: Contrib.GRUBlockCell(4)),
    Case("GRUBlockCellV2", lambda: Contrib.GRUBlockCellV2(4)),
    Case("CudnnCompatibleLSTMCell", lambda: tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(4)),
    Case("CudnnCompatibleGRUCell", lambda: tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(4)),
    Case("UGRNNCell", lambda: Contrib.UGRNNCell(4)),
    Case("MultiRNNCell", lambda: Cells.MultiRNNCell([Cells.LSTMCell(4), Cells.GRUCell(2)])),
    Case("ResidualWrapper", lambda: Cells.ResidualWrapper(Cells.GRUCell(3))),
    Case("DeviceWrapper", lambda: Cells.DeviceWrapper(Cells.GRUCell(3), "/cpu:0")),
    Case("DropoutWrapper", lambda: Cells.DropoutWrapper(Cells.GRUCell(3), tf.constant(1.0), tf.constant(1.0))),
]
