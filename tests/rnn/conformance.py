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
Hidden = tf.contrib.rnn.python.ops.rnn_cell
Grid = tf.contrib.grid_rnn
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
    lowest: float = -0.5
    """Where the numbers of initial states begin; they go up to 0.5."""

    def __str__(self) -> str:
        return self.name


CALLED_ONCE = {"numpy inputs": "makes its variables in the scope of each call, as in TensorFlow"}

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
    Case("CoupledInputForgetGateLSTMCell", lambda: Contrib.CoupledInputForgetGateLSTMCell(4, use_peepholes=True)),
    Case(
        "CoupledInputForgetGateLSTMCell, layer norm", lambda: Contrib.CoupledInputForgetGateLSTMCell(4, layer_norm=True)
    ),
    Case("LayerNormBasicLSTMCell", lambda: Contrib.LayerNormBasicLSTMCell(4)),
    Case("LayerNormLSTMCell", lambda: Hidden.LayerNormLSTMCell(4, layer_norm=True, num_proj=2)),
    Case("WeightNormLSTMCell", lambda: Hidden.WeightNormLSTMCell(4)),
    Case("GLSTMCell", lambda: Contrib.GLSTMCell(6, number_of_groups=3)),
    Case(
        "PhasedLSTMCell",
        lambda: Contrib.PhasedLSTMCell(4, leak=0.2),
        timed,
        {"gradients": "the remainder has no derivative by the period, as in TensorFlow"},
    ),
    Case("NASCell", lambda: Contrib.NASCell(4, use_bias=True)),
    Case("SRUCell", lambda: Contrib.SRUCell(4)),
    Case("IntersectionRNNCell", lambda: Contrib.IntersectionRNNCell(3)),
    Case("IndRNNCell", lambda: Contrib.IndRNNCell(4)),
    Case("IndyGRUCell", lambda: Contrib.IndyGRUCell(4)),
    Case("IndyLSTMCell", lambda: Contrib.IndyLSTMCell(4)),
    Case("MinimalRNNCell", lambda: Hidden.MinimalRNNCell(4)),
    Case("CFNCell", lambda: Hidden.CFNCell(4)),
    Case(
        "NTMCell",
        lambda: Hidden.NTMCell(Cells.LSTMCell(4), 5, 3, 1, 1, dtype=tf.float64),
        without={"half precision": "its dtype is an argument"},
        lowest=0.05,
    ),
    Case("ConvLSTMCell", lambda: Contrib.ConvLSTMCell(1, [5, 2], 3, [3]), images(5, 2)),
    Case(
        "Conv1DLSTMCell",
        lambda: Contrib.Conv1DLSTMCell(input_shape=[5, 2], output_channels=3, kernel_shape=[3]),
        images(5, 2),
    ),
    Case(
        "Conv2DLSTMCell",
        lambda: Contrib.Conv2DLSTMCell(input_shape=[4, 3, 2], output_channels=2, kernel_shape=[2, 2]),
        images(4, 3, 2),
    ),
    Case(
        "Conv3DLSTMCell",
        lambda: Contrib.Conv3DLSTMCell(input_shape=[2, 3, 2, 1], output_channels=2, kernel_shape=[2, 2, 2]),
        images(2, 3, 2, 1),
    ),
    Case("TimeFreqLSTMCell", lambda: Contrib.TimeFreqLSTMCell(4, feature_size=3)),
    Case("GridLSTMCell", lambda: Contrib.GridLSTMCell(3, feature_size=2, frequency_skip=1, num_frequency_blocks=[2])),
    Case(
        "BidirectionalGridLSTMCell",
        lambda: Contrib.BidirectionalGridLSTMCell(3, feature_size=2, frequency_skip=1, num_frequency_blocks=[2]),
    ),
    Case("Grid1BasicRNNCell", lambda: Grid.Grid1BasicRNNCell(4)),
    Case("Grid1BasicLSTMCell", lambda: Grid.Grid1BasicLSTMCell(4)),
    Case("Grid1LSTMCell", lambda: Grid.Grid1LSTMCell(4)),
    Case("Grid2BasicRNNCell", lambda: Grid.Grid2BasicRNNCell(4)),
    Case("Grid2BasicLSTMCell", lambda: Grid.Grid2BasicLSTMCell(4)),
    Case("Grid2LSTMCell", lambda: Grid.Grid2LSTMCell(4)),
    Case("Grid2GRUCell", lambda: Grid.Grid2GRUCell(4)),
    Case("Grid3LSTMCell", lambda: Grid.Grid3LSTMCell(4)),
    Case("GridRNNCell", lambda: Grid.GridRNNCell(4, num_dims=2, input_dims=0, output_dims=0, priority_dims=0)),
    Case("AttentionCellWrapper", lambda: Contrib.AttentionCellWrapper(Cells.LSTMCell(4), 3)),
    Case("CompiledWrapper", lambda: Contrib.CompiledWrapper(Cells.GRUCell(4))),
    Case("EmbeddingWrapper", lambda: Contrib.EmbeddingWrapper(Cells.GRUCell(4), 7, 3), words),
    Case("HighwayWrapper", lambda: Contrib.HighwayWrapper(Cells.GRUCell(3)), without=CALLED_ONCE),
    Case(
        "HighwayWrapper, two gates",
        lambda: Contrib.HighwayWrapper(Cells.LSTMCell(3), False, 0.5),
        without=CALLED_ONCE,
    ),
    Case("AttentionCellWrapper, other sizes", lambda: Contrib.AttentionCellWrapper(Cells.LSTMCell(4), 3, 2, 5, 6)),
    Case(
        "AttentionCellWrapper, joined state",
        lambda: Contrib.AttentionCellWrapper(Cells.GRUCell(4), 2, state_is_tuple=False),
    ),
    Case("InputProjectionWrapper", lambda: Contrib.InputProjectionWrapper(Cells.GRUCell(4), 2)),
    Case("OutputProjectionWrapper", lambda: Contrib.OutputProjectionWrapper(Cells.GRUCell(4), 2)),
]
