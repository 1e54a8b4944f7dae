"""A cuDNN network's one vector of weights as the variables of the cells that compute the same, and back.

`CudnnLSTM` and its kin keep all their weights in one vector (`.../opaque_kernel`, or a variable of the program's own
before 1.4): the matrices of all cells, row by row, then their biases. A cell is a layer in one direction: layer 0
forward, layer 0 backward, layer 1 forward, ... A cell has a matrix `[units, depth]` for each gate, then a matrix
`[units, units]` for each, and two biases for each. The gates are i, f, c, o of an LSTM (TensorFlow's columns are
i, c, f, o), r, u, c of a GRU. TensorFlow's cells have one bias where cuDNN adds two, except for a GRU's candidate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Tensors = Mapping[str, tuple[str, tuple[int | None, ...] | None]]
"""dtypes and shapes by name; an unknown size, or shape, is None."""


class Layer(NamedTuple):
    """A kernel and a bias of a cell: their scope within the cell's, and what cuDNN has in their place.

    Args:
      scope: "" or ending in "/".
      sides: "w" for the gates' input matrices, "r" for the state's, "wr" for both, one above the other.
      gates: which of cuDNN's gates its columns are.
    """

    scope: str
    sides: str
    gates: tuple[int, ...]


class Kind(NamedTuple):
    """What tells the cells apart: their scope, how many gates they have, and the layers in them."""

    scope: str
    gates: int
    layers: tuple[Layer, ...]


_KINDS = (
    Kind("cudnn_compatible_lstm_cell", 4, (Layer("", "wr", (0, 2, 1, 3)),)),
    Kind(
        "cudnn_compatible_gru_cell",
        3,
        (
            Layer("gates/", "wr", (0, 1)),
            Layer("candidate/input_projection/", "w", (2,)),
            Layer("candidate/hidden_projection/", "r", (2,)),
        ),
    ),
    Kind("basic_rnn_cell", 1, (Layer("", "wr", (0,)),)),
)
_CELL = r"multi_rnn_cell/cell_(?P<layer>\d+)/|(?:cell_(?P<level>\d+)/)?bidirectional_rnn/(?P<way>fw|bw)/"
_PLACE = re.compile(
    rf"(?P<base>(?:.*?/)??)(?P<cell>(?:{_CELL})?)(?P<scope>{'|'.join(kind.scope for kind in _KINDS)})/"
    r"(?:.*/)?(?:kernel|bias)(?P<slot>(?:/[^/]+)?)"
)


@dataclass(frozen=True)
class Cells:
    """The variables of one network: a cell for each layer and direction, in cuDNN's order.

    Args:
      base: what all their names begin with.
      slot: what they end with: "" for the weights, "/Adam" for a slot of an optimizer.
      kind: which cells.
      scopes: of the cells.
      units: size of the state.
      depths: size of the input of each cell.
      dtype: of all variables.
    """

    base: str
    slot: str
    kind: Kind
    scopes: tuple[str, ...]
    units: int
    depths: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """How many elements the vector has."""
        return sum(self.kind.gates * self.units * (depth + self.units + 2) for depth in self.depths)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The variables' names and shapes."""
        shapes: dict[str, tuple[int, ...]] = {}
        for scope, depth in zip(self.scopes, self.depths, strict=True):
            for layer in self.kind.layers:
                kernel, bias = self._names(scope, layer)
                rows = (depth if "w" in layer.sides else 0) + (self.units if "r" in layer.sides else 0)
                shapes[kernel] = rows, len(layer.gates) * self.units
                shapes[bias] = (len(layer.gates) * self.units,)
        return shapes

    def _names(self, scope: str, layer: Layer) -> tuple[str, str]:
        return f"{scope}{layer.scope}kernel{self.slot}", f"{scope}{layer.scope}bias{self.slot}"

    def unpack(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """The variables' values. Of a slot, a bias is the mean of the two that it stands for, and not their sum."""
        found: dict[str, np.ndarray] = {}
        for scope, (matrices, biases) in zip(self.scopes, self._views(vector), strict=True):
            for layer in self.kind.layers:
                kernel, bias = self._names(scope, layer)
                found[kernel] = np.hstack([np.vstack([matrices[s][g].T for s in layer.sides]) for g in layer.gates])
                halves = [np.hstack([biases[s][g] for g in layer.gates]) for s in layer.sides]
                found[bias] = sum(halves[1:], halves[0])
                if self.slot:
                    found[bias] = found[bias] / vector.dtype.type(len(halves))
        return found

    def pack(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """The vector of the variables' values. Each of two biases gets half of the one; of a slot, all of it."""
        vector = np.empty(self.size, values[next(iter(self.shapes()))].dtype)
        for scope, (matrices, biases) in zip(self.scopes, self._views(vector), strict=True):
            for layer in self.kind.layers:
                kernel, bias = (values[name] for name in self._names(scope, layer))
                share = bias if self.slot else bias / bias.dtype.type(len(layer.sides))
                for k, g in enumerate(layer.gates):
                    columns = slice(k * self.units, (k + 1) * self.units)
                    row = 0
                    for s in layer.sides:
                        depth = matrices[s].shape[2]
                        matrices[s][g] = kernel[row : row + depth, columns].T
                        biases[s][g] = share[columns]
                        row += depth
        return vector

    def _views(self, vector: np.ndarray) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
        """Each cell's matrices `[gates, units, columns]` and biases `[gates, units]` by side: views of the vector."""
        gates, units = self.kind.gates, self.units
        at = 0

        def take(*shape: int) -> np.ndarray:
            nonlocal at
            start, at = at, at + math.prod(shape)
            return vector[start:at].reshape(shape)

        matrices = [{"w": take(gates, units, depth), "r": take(gates, units, units)} for depth in self.depths]
        biases = [{"w": take(gates, units), "r": take(gates, units)} for _ in self.depths]
        return list(zip(matrices, biases, strict=True))


def networks(tensors: Tensors) -> list[Cells]:
    """The networks that cuDNN could have computed, among variables: all their sizes known, and consistent."""
    found: dict[tuple[str, str, str], dict[tuple[int, bool], str]] = {}
    for name in tensors:
        place = _PLACE.fullmatch(name)
        if place is None:
            continue
        layer = int(place["layer"] or place["level"] or 0)
        group = place["base"], place["scope"], place["slot"]
        found.setdefault(group, {})[layer, place["way"] == "bw"] = f"{place['base']}{place['cell']}{place['scope']}/"
    made = [_network(*group, cells, tensors) for group, cells in found.items()]
    return [network for network in made if network is not None]


def _network(base: str, scope: str, slot: str, cells: Mapping[tuple[int, bool], str], tensors: Tensors) -> Cells | None:
    kind = next(kind for kind in _KINDS if kind.scope == scope)
    backward = any(way for _, way in cells)
    layers = len(cells) // (2 if backward else 1)
    order = [(layer, way) for layer in range(layers) for way in ((False, True) if backward else (False,))]
    if sorted(cells) != order:
        return None
    scopes = tuple(cells[place] for place in order)
    first = kind.layers[0]
    kernels = [tensors.get(f"{scope}{first.scope}kernel{slot}", ("", None)) for scope in scopes]
    sizes = [shape for _, shape in kernels if shape is not None and len(shape) == 2 and None not in shape]
    if len(sizes) != len(scopes):
        return None
    units, rest = divmod(sizes[0][1] or 0, len(first.gates))
    depths = tuple((rows or 0) - units for rows, _ in sizes)
    if rest or not units or min(depths) < 1:
        return None
    network = Cells(base, slot, kind, scopes, units, depths, kernels[0][0])
    expected = {name: (network.dtype, shape) for name, shape in network.shapes().items()}
    above = units * (2 if backward else 1)
    alike = all(depth == (depths[0] if layer == 0 else above) for (layer, _), depth in zip(order, depths, strict=True))
    return network if alike and all(tensors.get(name) == told for name, told in expected.items()) else None


def beside(name: str, network: Cells) -> bool:
    """Whether a vector is the `opaque_kernel` of the scope that a network's names begin with, or a slot of it."""
    scope, _, leaf = name.removesuffix(network.slot).rpartition("/")
    return leaf == "opaque_kernel" and (not scope or network.base.startswith(scope + "/"))


def fits(name: str, dtype: str, shape: tuple[int | None, ...] | None, network: Cells) -> bool:
    """Whether a tensor can be a network's vector: its dtype, its size and, where others are as likely, its name."""
    if dtype != network.dtype or not name.endswith(network.slot):
        return False
    if shape is None or shape == (None,):
        return beside(name, network)
    return shape == (network.size,) and (beside(name, network) or network.kind.scope != "basic_rnn_cell")
