"""The networks that cuDNN knows: their constants, the shapes of their weights, and how one vector holds them all.

A network has `num_layers` layers in one or two directions, its *cells*, in the order layer 0 forward, layer 0 backward,
layer 1 forward, ... A cell has, for each of its gates, a matrix for what it reads and one for its own state, and two
biases: all the inputs' matrices come before all the states', and so do the biases. The gates are

    lstm                 i, f, c (TensorFlow's j), o
    gru                  r, u, c
    rnn_tanh, rnn_relu   one

Matrices are `[units, columns]`, the transposes of TensorFlow's. This is the *canonical* form, two lists.

The *opaque* form is one vector: the matrices of all cells, row by row, in the order of the canonical list, then the
biases of all cells. cuDNN keeps its weights so (`torch.nn.LSTM` hands it the same vector), and so do we, so that a
vector may go from one to the other. With `skip_input` the first layer adds its input to each gate without a matrix;
in the vector these matrices are missing, in canonical form they are identities.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

CUDNN_RNN_UNIDIRECTION = "unidirectional"
CUDNN_RNN_BIDIRECTION = "bidirectional"
CUDNN_LSTM = "lstm"
CUDNN_GRU = "gru"
CUDNN_RNN_RELU = "rnn_relu"
CUDNN_RNN_TANH = "rnn_tanh"
CUDNN_LSTM_PARAMS_PER_LAYER = 8
CUDNN_GRU_PARAMS_PER_LAYER = 6
CUDNN_RNN_TANH_PARAMS_PER_LAYER = 2
CUDNN_RNN_RELU_PARAMS_PER_LAYER = 2
CUDNN_INPUT_LINEAR_MODE = "linear_input"
CUDNN_INPUT_SKIP_MODE = "skip_input"
CUDNN_INPUT_AUTO_MODE = "auto_select"

PARAMS_PER_LAYER = {
    CUDNN_LSTM: CUDNN_LSTM_PARAMS_PER_LAYER,
    CUDNN_GRU: CUDNN_GRU_PARAMS_PER_LAYER,
    CUDNN_RNN_TANH: CUDNN_RNN_TANH_PARAMS_PER_LAYER,
    CUDNN_RNN_RELU: CUDNN_RNN_RELU_PARAMS_PER_LAYER,
}
_INPUT_MODES = (CUDNN_INPUT_LINEAR_MODE, CUDNN_INPUT_SKIP_MODE, CUDNN_INPUT_AUTO_MODE)
_DIRECTIONS = (CUDNN_RNN_UNIDIRECTION, CUDNN_RNN_BIDIRECTION)


def check_rnn_mode(rnn_mode: str) -> None:
    """ValueError unless it is one of the four kinds of network."""
    if rnn_mode not in PARAMS_PER_LAYER:
        raise ValueError(f"Invalid rnn_mode: {rnn_mode}, expect one of ({', '.join(PARAMS_PER_LAYER)})")


def check_direction(direction: str) -> None:
    """ValueError unless it is 'unidirectional' or 'bidirectional'."""
    if direction not in _DIRECTIONS:
        raise ValueError(f"Invalid direction: {direction}, expecting {' or '.join(_DIRECTIONS)}")


def check_input_mode(input_mode: str) -> None:
    """ValueError unless it is 'linear_input', 'skip_input' or 'auto_select'."""
    if input_mode not in _INPUT_MODES:
        raise ValueError(f"Invalid input_mode: {input_mode}, expect one of ({', '.join(_INPUT_MODES)})")


def direction_count(direction: str) -> int:
    return 1 if direction == CUDNN_RNN_UNIDIRECTION else 2


@dataclass(frozen=True)
class Network:
    """One network's sizes. ValueError for a mode that cuDNN does not have, no layers, or an input not to be skipped."""

    rnn_mode: str
    num_layers: int
    num_units: int
    input_size: int
    input_mode: str = CUDNN_INPUT_LINEAR_MODE
    direction: str = CUDNN_RNN_UNIDIRECTION
    num_proj: int | None = None

    def __post_init__(self) -> None:
        check_rnn_mode(self.rnn_mode)
        check_input_mode(self.input_mode)
        check_direction(self.direction)
        if self.num_layers < 1:
            raise ValueError(f"A network has one layer or more, but num_layers is {self.num_layers}.")
        if self.input_mode == CUDNN_INPUT_SKIP_MODE and self.input_size != self.num_units:
            raise ValueError(
                f"input_mode 'skip_input' adds the input itself to each gate, so the input's size must be num_units, "
                f"but they are {self.input_size} and {self.num_units}. Use 'linear_input'."
            )
        if self.num_proj and self.rnn_mode != CUDNN_LSTM:
            raise ValueError(f"Only 'lstm' can have a projection, but rnn_mode is '{self.rnn_mode}' with num_proj.")

    @property
    def num_dirs(self) -> int:
        return direction_count(self.direction)

    @property
    def num_cells(self) -> int:
        return self.num_layers * self.num_dirs

    @property
    def skips_input(self) -> bool:
        """Whether the first layer adds its input as it is."""
        return self.input_mode != CUDNN_INPUT_LINEAR_MODE and self.input_size == self.num_units

    @property
    def out_units(self) -> int:
        """The size of h."""
        return self.num_proj or self.num_units

    def depth(self, layer: int) -> int:
        """The size of what a layer reads."""
        return self.input_size if layer == 0 else self.out_units * self.num_dirs

    def cell_shapes(self, layer: int) -> list[tuple[int, int]]:
        """The canonical matrices of one cell."""
        gates = PARAMS_PER_LAYER[self.rnn_mode] // 2
        shapes = [(self.num_units, self.depth(layer))] * gates + [(self.num_units, self.out_units)] * gates
        return shapes + ([(self.num_proj, self.num_units)] if self.num_proj else [])

    @cached_property
    def weight_shapes(self) -> list[tuple[int, int]]:
        """The canonical matrices of all cells."""
        layers = [layer for layer in range(self.num_layers) for _ in range(self.num_dirs)]
        return [shape for layer in layers for shape in self.cell_shapes(layer)]

    @cached_property
    def bias_shapes(self) -> list[list[int]]:
        """The canonical biases of all cells."""
        return [[self.num_units] for _ in range(PARAMS_PER_LAYER[self.rnn_mode] * self.num_cells)]

    @cached_property
    def stored(self) -> list[bool]:
        """Which of the canonical matrices the opaque vector has."""
        if not self.skips_input:
            return [True] * len(self.weight_shapes)
        per_cell = len(self.cell_shapes(0))
        first = per_cell * self.num_dirs
        gates = PARAMS_PER_LAYER[self.rnn_mode] // 2
        return [k >= first or k % per_cell >= gates for k in range(len(self.weight_shapes))]

    @cached_property
    def size(self) -> int:
        """The number of elements of the opaque vector."""
        weights = sum(prod(shape) for shape, kept in zip(self.weight_shapes, self.stored, strict=True) if kept)
        return weights + sum(prod(shape) for shape in self.bias_shapes)


__all__ = [
    "CUDNN_GRU",
    "CUDNN_GRU_PARAMS_PER_LAYER",
    "CUDNN_INPUT_AUTO_MODE",
    "CUDNN_INPUT_LINEAR_MODE",
    "CUDNN_INPUT_SKIP_MODE",
    "CUDNN_LSTM",
    "CUDNN_LSTM_PARAMS_PER_LAYER",
    "CUDNN_RNN_BIDIRECTION",
    "CUDNN_RNN_RELU",
    "CUDNN_RNN_RELU_PARAMS_PER_LAYER",
    "CUDNN_RNN_TANH",
    "CUDNN_RNN_TANH_PARAMS_PER_LAYER",
    "CUDNN_RNN_UNIDIRECTION",
    "PARAMS_PER_LAYER",
    "Network",
    "check_direction",
    "check_input_mode",
    "check_rnn_mode",
    "direction_count",
]
