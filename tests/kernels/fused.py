"""Calls of the fused kernels over random shapes and options, and the same calls on the plain path in float64."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from unittest import mock

import torch
from hypothesis import strategies as st
from torch import Tensor

from recell.kernels import _fused
from recell.kernels._fused_gru import fused_gru, why_not_fused_gru
from recell.kernels._fused_lstm import fused_lstm, why_not_fused_lstm
from recell.kernels._fused_rnn import fused_rnn, why_not_fused_rnn
from recell.kernels._gru import GruCall, plain_gru
from recell.kernels._lstm import LstmCall, lstm_step, plain_lstm
from recell.kernels._rnn import RnnCall, plain_rnn, rnn_step
from recell.kernels._sequence import run_sequence

PEEPHOLES = ("peephole_i", "peephole_f", "peephole_o")

# A rounding is 6e-8 of a number. Sums over up to 260 inputs, through up to 40 steps, make some ten of those of the
# tensor's largest number; ten times as many pass.
TOLERANCE = 1e-5


class Cell(NamedTuple):
    """A recurrence: its call, its engines, how many gates each of its matrices and biases holds."""

    call: Callable[..., Any]
    why_not: Callable[[Any], str]
    fused: Callable[[Any, Any], tuple[Tensor, ...]]
    plain: Callable[[Any], tuple[Tensor, ...]]
    states: tuple[str, ...]
    weights: dict[str, int]


CELLS = {
    "lstm": Cell(LstmCall, why_not_fused_lstm, fused_lstm, plain_lstm, ("c0", "h0"), {"kernel": 4, "bias": 4}),
    "gru": Cell(
        GruCall,
        why_not_fused_gru,
        fused_gru,
        plain_gru,
        ("h0",),
        {"gate_kernel": 2, "gate_bias": 2, "candidate_kernel": 1, "candidate_bias": 1},
    ),
    "rnn": Cell(RnnCall, why_not_fused_rnn, fused_rnn, plain_rnn, ("h0",), {"kernel": 1, "bias": 1}),
}


@dataclass
class Case:
    """One call. Its numbers follow from `seed`; NaN stands between the numbers of what is `scattered`."""

    cell: str
    time: int
    batch: int
    depth: int
    units: int
    lengths: list[int] | None = None
    reverse: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    peepholes: tuple[str, ...] = ()
    scattered: bool = False
    padding: float = 0.0
    threads: int = 1
    seed: int = 0
    asked: tuple[str, ...] = ()
    """The inputs to differentiate by; none stands for all."""
    seeded: tuple[int, ...] = ()
    """The outputs whose gradient is given; none stands for all."""

    @property
    def of(self) -> Cell:
        return CELLS[self.cell]

    def inputs(self) -> dict[str, Tensor]:
        """In float64, though float32 holds them, and by the names of the call."""
        generator = torch.Generator().manual_seed(self.seed)

        def normal(scale: float, *shape: int) -> Tensor:
            return (scale * torch.randn(shape, generator=generator)).double()

        rows = self.depth + self.units
        found = {"x": normal(1.0, self.time, self.batch, self.depth)}
        found |= {name: normal(0.5, self.batch, self.units) for name in self.of.states}
        for name, gates in self.of.weights.items():
            # Steps that shrink a difference: others would tell roundings apart after forty of them.
            matrix = normal(0.7 / math.sqrt(rows), rows, gates * self.units)
            found[name] = matrix if name.endswith("kernel") else normal(0.5, gates * self.units)
        return found | {name: normal(0.3, self.units) for name in self.peepholes}

    def seeds(self) -> list[Tensor]:
        """A gradient by each output, in float64."""
        generator = torch.Generator().manual_seed(self.seed + 1)
        shapes = [(self.time, self.batch, self.units), *[(self.batch, self.units)] * len(self.of.states)]
        return [torch.randn(shape, generator=generator).double() for shape in shapes]

    def padded(self, values: Tensor) -> Tensor:
        """`[time, batch, ...]` with `padding` past the lengths."""
        if self.lengths is None:
            return values
        past = torch.arange(self.time)[:, None] >= torch.tensor(self.lengths)
        return torch.where(past[..., None], self.padding, values)

    def call(self, tensors: dict[str, Tensor]) -> Any:
        return self.of.call(**tensors, **self.options, lengths=self.lengths, reverse=self.reverse)

    def given(self) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Inputs and gradients as the fused kernel gets them, before anything is asked of them."""
        inputs, (dy, *by_states) = self.inputs(), self.seeds()
        inputs["x"] = self.padded(inputs["x"])
        seeds = [self.padded(dy), *by_states]
        lay = _scattered if self.scattered else Tensor.contiguous
        return {name: lay(tensor.float()) for name, tensor in inputs.items()}, [lay(seed.float()) for seed in seeds]

    def fused(self, tensors: dict[str, Tensor]) -> tuple[Tensor, ...]:
        call = self.call(tensors)
        assert self.of.why_not(call) == ""
        with team_of(self.threads):
            return self.of.fused(call, self.of.plain)

    def terms(self, name: str) -> int:
        """How many terms the gradient by an input sums up: weights have one for each step of each row."""
        return 1 if name == "x" or name in self.of.states else self.time * self.batch

    def names(self) -> tuple[str, ...]:
        return self.asked or tuple(self.inputs())

    def gradients(self, outputs: Sequence[Tensor], tensors: dict[str, Tensor], seeds: Sequence[Tensor]) -> list[Tensor]:
        """By the inputs that are asked about, of the outputs that are seeded; the graph stays."""
        of = [n for n in self.seeded or range(len(outputs)) if outputs[n].requires_grad]
        wanted = [tensors[name] for name in self.names()]
        if not of:
            return [torch.zeros_like(tensor) for tensor in wanted]
        with team_of(self.threads):
            found = torch.autograd.grad(
                [outputs[n] for n in of],
                wanted,
                [seeds[n] for n in of],
                retain_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
        return list(found)

    def smooth(self) -> bool:
        """Whether no number is so near to a bound that a rounding would decide on which side its gradient is."""
        raw = self._bounded()
        clip = self.options.get("cell_clip", 0.0)
        return raw is None or not ((raw.abs() - clip).abs()[raw != 0] < 5e-6).any()

    def _bounded(self) -> Tensor | None:
        """What the clip or relu is applied to, or None without one."""
        call = self.call(self.inputs())
        if self.options.get("activation") is torch.relu:
            states, steps = (call.h0,), _sums_of_rnn(call)
        elif self.options.get("cell_clip") is not None:
            states, steps = (call.c0, call.h0), _memories_of_lstm(call)
        else:
            return None
        return run_sequence(steps, call.x, states, call.rows, call.reverse, self.units)[0]


def _sums_of_rnn(call: RnnCall) -> Any:
    def step(x: Any, state: Any) -> Any:
        sums = rnn_step(x[0], state[0], call.kernel, call.bias, lambda value: value)
        return (sums,), (torch.relu(sums),)

    return step


def _memories_of_lstm(call: LstmCall) -> Any:
    options = {name: getattr(call, name) for name in ("forget_bias", *PEEPHOLES)}

    def step(x: Any, state: Any) -> Any:
        raw, _ = lstm_step(x[0], *state, call.kernel, call.bias, **options)
        return (raw,), lstm_step(x[0], *state, call.kernel, call.bias, **options, cell_clip=call.cell_clip)

    return step


def _scattered(tensor: Tensor) -> Tensor:
    return torch.stack([tensor, torch.full_like(tensor, math.nan)], -1)[..., 0]


def leaves(tensors: dict[str, Tensor], names: Sequence[str]) -> dict[str, Tensor]:
    """The same tensors, to be differentiated by those named."""
    return {name: tensor.detach().requires_grad_(name in names) for name, tensor in tensors.items()}


@contextlib.contextmanager
def team_of(threads: int) -> Iterator[None]:
    """Kernels run on so many threads, however little there is to do."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with mock.patch.object(_fused, "WORTH_A_THREAD", 1):
            yield
    finally:
        torch.set_num_threads(before)


def assert_near(found: Tensor, expected: Tensor, what: str, terms: int = 1, tolerance: float = TOLERANCE) -> None:
    """`found` is `expected` up to `tolerance` of its largest number.

    Numbers that are sums of so many `terms` may cancel, and keep the errors of their terms: those are about one tenth,
    and add up as their square root.
    """
    assert found.shape == expected.shape, what
    off = (found.double() - expected).abs().max().item()
    size = expected.abs().max().item()
    allowed = tolerance * (size + 0.1 * math.sqrt(terms))
    assert off <= allowed, f"{what} is off by {off:.3g}, its largest number is {size:.3g}"


# Sizes at and around whole vectors of every instruction set, and any other.
WIDTHS = st.sampled_from([1, 15, 16, 17, 31, 33, 100]) | st.integers(1, 130)


@st.composite
def cases(draw: st.DrawFn, cell: str, largest: tuple[int, int, int] = (40, 70, 70)) -> Case:
    """Calls of a cell, with at most so many steps, rows and inputs."""
    time, batch, depth = (draw(st.integers(1, most)) for most in largest)
    case = Case(
        cell,
        time,
        batch,
        depth,
        draw(WIDTHS) if largest[0] > 9 else draw(st.integers(1, 20)),
        reverse=draw(st.booleans()),
        scattered=draw(st.booleans()),
        padding=draw(st.sampled_from([0.0, math.nan, math.inf])),
        threads=draw(st.integers(1, 2)),
        seed=draw(st.integers(0, 2**31)),
    )
    kind = draw(st.sampled_from(["none", "any", "empty"]))
    if kind != "none":
        case.lengths = draw(
            st.lists(st.integers(0, time if kind == "any" else 0), min_size=batch, max_size=batch),
        )
    if cell == "rnn":
        case.options = {"activation": draw(st.sampled_from([torch.tanh, torch.relu]))}
    if cell == "lstm":
        case.peepholes = tuple(draw(st.lists(st.sampled_from(PEEPHOLES), unique=True)))
        case.options = {
            "forget_bias": draw(st.sampled_from([0.0, 1.0, -0.5])),
            "cell_clip": draw(st.sampled_from([None, 0.3, 1.0])),
            "straight_through_clip": draw(st.booleans()),
        }
    case.asked = tuple(draw(st.lists(st.sampled_from(sorted(case.inputs())), unique=True)))
    case.seeded = tuple(draw(st.lists(st.integers(0, len(case.of.states)), unique=True)))
    return case
