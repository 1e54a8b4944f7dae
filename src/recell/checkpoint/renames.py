"""Which tensors of a checkpoint are a graph's variables under the names of another release of TensorFlow.

`rename_table` lists what was renamed; `plan` finds what a graph lacks. Strings and shapes decide: nothing is read
before `Source.read`.

Example:
  >>> from recell.checkpoint import TensorInfo
  >>> from recell.checkpoint.renames import key, plan
  >>> key("train/RNN/BasicLSTMCell/Linear/Matrix/Adam") == key("train/rnn/basic_lstm_cell/kernel/Adam")
  True
  >>> wanted = {"rnn/gru_cell/gates/bias": TensorInfo("float32", (6,))}
  >>> held = {"RNN/GRUCell/Gates/Linear/Bias": TensorInfo("float32", (6,)), "b": TensorInfo("float32", (6,))}
  >>> plan(wanted, held).sources["rnn/gru_cell/gates/bias"]
  Source(names=('RNN/GRUCell/Gates/Linear/Bias',))
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from recell.checkpoint import opaque, slices
from recell.checkpoint.opaque import Cells, Tensors
from recell.checkpoint.rename_table import RENAMES, Rename, key
from recell.checkpoint.slots import slot_of, without_scopes

_SHARD = re.compile(r"(?P<whole>(?:.*/)?(?:LSTMCell|LSTMBlockFusedCell)/W_(?:P_)?)(?P<number>\d+)(?P<slot>(?:/.*)?)")
"""One of the parts that LSTMCell(num_unit_shards=n) kept its matrix in before 1.0, as variables of their own."""

_LONGEST = 1000
"""No program has longer names, and a file could be made to cost hours by them."""


class Readable(Protocol):
    """What a source needs of a `Reader`."""

    def read(self, name: str, slice_spec: str = "") -> np.ndarray: ...


@dataclass(frozen=True)
class Source:
    """Where in the checkpoint a variable's value is: one tensor, or parts to be put one below the other.

    Args:
      names: of the tensors.
    """

    names: tuple[str, ...]

    def read(self, reader: Readable, slice_spec: str = "") -> np.ndarray:
        """The value, or the part that `slice_spec` means. Raises what `reader.read` raises."""
        if len(self.names) == 1 and type(self) is Source:
            return reader.read(self.names[0], slice_spec)
        value = self._whole(reader)
        if not slice_spec:
            return value
        shape, region = slices.parse(slice_spec)
        return value[region.within(slices.whole(shape))]

    def _whole(self, reader: Readable) -> np.ndarray:
        return np.concatenate([reader.read(name) for name in self.names])


@dataclass(frozen=True)
class Unpacked(Source):
    """A variable of a cell, out of a cuDNN network's one vector."""

    cells: Cells
    name: str

    def _whole(self, reader: Readable) -> np.ndarray:
        return self.cells.unpack(reader.read(self.names[0]))[self.name]


@dataclass(frozen=True)
class Packed(Source):
    """A cuDNN network's one vector, of the variables of its cells."""

    cells: Cells

    def _whole(self, reader: Readable) -> np.ndarray:
        return self.cells.pack({name: reader.read(name) for name in self.names})


@dataclass
class Plan:
    """What a graph lacks in a checkpoint, and where it is under another name.

    Args:
      sources: by the name that the graph asks for.
      misfits: names in the checkpoint that would be the same variable's, but are of another shape or dtype.
      rivals: names in the checkpoint that could all be it, or a name that two variables of the graph could be:
        nothing is read then.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    misfits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rivals: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """`wanted <- held`, for a person to read."""
        return [f"{name} <- {' + '.join(source.names)}" for name, source in self.sources.items()]


def plan(wanted: Tensors, held: Tensors) -> Plan:
    """Finds the tensors of a checkpoint for the variables that it does not hold by their own names.

    A tensor is read for a variable when `RENAMES` makes the two names one, dtypes and shapes agree, and no other
    tensor and no other variable could take its place. What the graph reads under its own name is never taken. A slot
    of an optimizer follows its variable, in whatever scope the optimizer was made; the parts of a matrix are joined;
    a cuDNN network's one vector gives the variables of `CudnnCompatibleLSTMCell`, ..., and they give the vector.

    Args:
      wanted: dtypes and shapes of the graph's variables, with None for sizes, or shapes, that are not known.
      held: those of the checkpoint's tensors.
    """
    return _Search(wanted, held).found


class _Search:
    def __init__(self, wanted: Tensors, held: Tensors) -> None:
        self.wanted, self.held = wanted, held
        self.found = Plan()
        self.missing = [name for name in wanted if name not in held and len(name) <= _LONGEST]
        self.free = [name for name in held if name not in wanted and len(name) <= _LONGEST] if self.missing else []
        for look in self._renamed, self._joined, self._followed, self._unpacked, self._packed:
            if self._open():
                look()

    def _open(self) -> list[str]:
        """What has no source yet, and no rivals for it."""
        return [name for name in self.missing if name not in self.found.sources and name not in self.found.rivals]

    def _left(self) -> list[str]:
        """What nothing is read from yet."""
        taken = {name for source in self.found.sources.values() for name in source.names}
        return [name for name in self.free if name not in taken]

    def _fits(self, name: str, other: str) -> bool:
        dtype, shape = self.wanted[name]
        held, size = self.held[other]
        return dtype == held and _agree(shape, size)

    def _settle(self, candidates: Mapping[str, Sequence[str]]) -> None:
        """Takes for each variable the one candidate that it has, unless another variable has the same one."""
        claims = Counter(other for others in candidates.values() for other in others)
        for name, others in candidates.items():
            if len(others) == 1 and claims[others[0]] == 1:
                self.found.sources[name] = Source((others[0],))
            elif others:
                self.found.rivals[name] = tuple(others)

    def _renamed(self) -> None:
        alike = _grouped(self._left(), key)
        candidates: dict[str, list[str]] = {}
        for name in self._open():
            others = alike.get(key(name), [])
            candidates[name] = [other for other in others if self._fits(name, other)]
            if others and not candidates[name]:
                self.found.misfits[name] = tuple(others)
        self._settle(candidates)

    def _joined(self) -> None:
        parts: dict[str, dict[int, str]] = defaultdict(dict)
        for other in self._left():
            if shard := _SHARD.fullmatch(other):
                parts[key(f"{shard['whole']}0{shard['slot']}")][int(shard["number"])] = other
        sought = Counter(key(name) for name in self._open())
        for name in self._open():
            found = parts.get(key(name), {})
            others = tuple(found[k] for k in sorted(found))
            if len(others) > 1 and sorted(found) == list(range(len(found))) and sought[key(name)] == 1:
                self._join(name, others)

    def _followed(self) -> None:
        """Slots: their names begin with the scope of the optimizer, which releases make in different ways."""
        slots_of: dict[tuple[str | None, str], list[str]] = defaultdict(list)
        for other in self._left():
            slots_of[_owner(other, self.held), other.rpartition("/")[2]].append(other)
        candidates: dict[str, list[str]] = {}
        for name in self._open():
            owner, leaf = _owner(name, self.wanted), name.rpartition("/")[2]
            source = Source(()) if owner is None else self.found.sources.get(owner, Source((owner,)))
            slots = [slots_of[of, leaf] for of in source.names] if type(source) is Source else []
            if len(slots) == 1:
                candidates[name] = [other for other in slots[0] if self._fits(name, other)]
            elif slots and all(len(found) == 1 for found in slots):
                self._join(name, tuple(found[0] for found in slots))
        self._settle(candidates)

    def _join(self, name: str, others: tuple[str, ...]) -> None:
        """Takes parts that together have a variable's dtype and shape."""
        stacked = _stacked([self.held[other] for other in others])
        dtype, shape = self.wanted[name]
        if stacked is not None and stacked[0] == dtype and _agree(shape, stacked[1]):
            self.found.sources[name] = Source(others)
            self.found.misfits.pop(name, None)

    def _unpacked(self) -> None:
        missing = self._open()
        networks = opaque.networks({name: self.wanted[name] for name in missing})
        chosen: dict[tuple[str, str], str] = {}
        vectors = {network: self._vectors(network, self._left()) for network in networks if not network.slot}
        claims = Counter(vector for fitting in vectors.values() for vector in fitting)
        for network, fitting in vectors.items():
            if len(fitting) == 1 and claims[fitting[0]] == 1:
                chosen[network.base, network.kind.scope] = fitting[0]
            elif fitting:
                self.found.rivals |= dict.fromkeys(network.shapes(), tuple(fitting))
        for network in networks:
            weights = chosen.get((network.base, network.kind.scope))
            if weights is None:
                continue
            vector = weights + network.slot
            if vector in self.held and opaque.fits(vector, *self.held[vector], network):
                for name in network.shapes():
                    self.found.sources[name] = Unpacked((vector,), network, name)

    def _vectors(self, network: Cells, names: Iterable[str]) -> list[str]:
        """The vectors that could be a network's: the one in the nearest scope around it, else any of its size."""
        fitting = [name for name in names if opaque.fits(name, *self.held[name], network)]
        own = [name for name in fitting if opaque.beside(name, network)]
        if own:
            return [max(own, key=lambda name: name.count("/"))]
        return [name for name in fitting if slot_of(name, self.held) is None]

    def _packed(self) -> None:
        networks = opaque.networks({name: info for name, info in self.held.items() if len(name) <= _LONGEST})
        for name in self._open():
            fitting = [network for network in networks if opaque.fits(name, *self.wanted[name], network)]
            own = [network for network in fitting if opaque.beside(name, network)]
            nearest = min((network.base.count("/") for network in own), default=0)
            fitting = [network for network in own if network.base.count("/") == nearest] or fitting
            if len(fitting) == 1:
                self.found.sources[name] = Packed(tuple(fitting[0].shapes()), fitting[0])


def _agree(shape: tuple[int | None, ...] | None, held: tuple[int | None, ...] | None) -> bool:
    if shape is None or held is None:
        return True
    return len(shape) == len(held) and all(a is None or a == b for a, b in zip(shape, held, strict=True))


def _stacked(parts: Sequence[tuple[str, tuple[int | None, ...] | None]]) -> tuple[str, tuple[int, ...]] | None:
    """dtype and shape of parts that are put one below the other; None where they do not go together."""
    dtype, first = parts[0]
    if not first or any(d != dtype or not shape or shape[1:] != first[1:] for d, shape in parts):
        return None
    return dtype, (sum(shape[0] or 0 for _, shape in parts if shape), *[size or 0 for size in first[1:]])


def _owner(name: str, names: Container[str]) -> str | None:
    """Which of the names, with a scope in front or none, and one component behind, a name is; the longest of them."""
    return without_scopes(name.rpartition("/")[0], names)


def _grouped(names: Iterable[str], by: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[by(name)].append(name)
    return groups


__all__ = ["RENAMES", "Packed", "Plan", "Rename", "Source", "Unpacked", "key", "plan"]
