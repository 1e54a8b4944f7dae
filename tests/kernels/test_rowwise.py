"""Compiled code over rows against the same code in torch's operations: values, first and second gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from recell.kernels import native
from recell.kernels._row_code import FUNCTIONS, Part, RowCode
from recell.kernels._rowwise import RowProgram

needs_library = pytest.mark.skipif(not native().active, reason=str(native()))

TORCH: dict[str, Callable[..., Tensor]] = {
    "scale": lambda a, factor: factor * a,
    "shift": lambda a, factor: a + factor,
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "root": torch.sqrt,
    "inverse root": torch.rsqrt,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sum": lambda a: a.sum(-1, keepdim=True),
    "mean": lambda a: a.mean(-1, keepdim=True),
    "variance": lambda a, _: a.var(-1, correction=0, keepdim=True),
}


def plain(code: RowCode) -> Callable[..., list[Tensor]]:
    """The code in torch's operations."""

    def run(*tensors: Tensor) -> list[Tensor]:
        values: list[Tensor] = []

        def value(part: Part) -> Tensor:
            whole = values[part.line]
            return whole if not whole.dim() else whole[..., part.start : part.start + part.width]

        for number, line in enumerate(code.lines):
            if line.operation == "input":
                values.append(tensors[number])
            elif line.operation == "set":
                values.append(torch.tensor(line.factor))
            else:
                factor = {"factor": line.factor} if line.operation in ("scale", "shift") else {}
                values.append(TORCH[line.operation](*map(value, line.parts), **factor))
        return [value(part) for part in code.outputs]

    return run


@st.composite
def codes(draw: st.DrawFn) -> RowCode:
    """Code whose numbers stay of moderate size: what is divided by or rooted is made positive first."""
    width = draw(st.sampled_from([1, 3, 16, 21, 40]))
    code = RowCode()
    wide = code.input(2 * width, False)
    values = [wide.slice(0, width), wide.slice(width, width), code.input(width, True), code.input(1, True)]
    values += [code.input(width, False), code.input(1, False)]
    values.insert(0, code.constant(0.5))

    def pick() -> Part:
        return draw(st.sampled_from(values))

    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["add", "subtract", "multiply", "divide", "scale", "shift", "normal", *FUNCTIONS]))
        a = pick()
        if kind == "normal":
            mean = code.apply("mean", a)
            variance = code.apply("shift", code.apply("variance", a, mean), factor=0.1)
            values += [
                mean,
                code.apply("multiply", code.apply("subtract", a, mean), code.apply("inverse root", variance)),
            ]
        elif kind in ("scale", "shift"):
            values.append(code.apply(kind, a, factor=draw(st.sampled_from([-0.5, 1.0, 0.25]))))
        elif kind in ("root", "inverse root", "divide"):
            b = pick()
            positive = code.apply("shift", code.apply("sigmoid", b), factor=0.5)
            values.append(code.apply(kind, a, positive) if kind == "divide" else code.apply(kind, positive))
        elif kind in FUNCTIONS:
            values.append(code.apply(kind, a))
        else:
            values.append(code.apply(kind, code.apply("tanh", a), code.apply("sigmoid", pick())))
        if draw(st.integers(0, 5)) == 0:
            values.append(code.apply("sum", values[-1]))
    own = [value for value in values[7:] if not _shared(code, value)]
    code.outputs = draw(st.lists(st.sampled_from([*own, wide.slice(0, width)]), min_size=1, max_size=3, unique=True))
    return code


def _shared(code: RowCode, part: Part) -> bool:
    if part.line < len(code.inputs):
        return code.inputs[part.line].shared
    return all(_shared(code, read) for read in code.lines[part.line].parts)


def tensors(code: RowCode, rows: int, wanted: list[bool]) -> list[Tensor]:
    made = []
    for source, is_wanted in zip(code.inputs, wanted, strict=True):
        shape = (source.width,) if source.shared else (rows, source.width)
        made.append(torch.randn(shape if source.width > 1 or not source.shared else (), requires_grad=is_wanted))
    return made


def close(a: Any, b: Any) -> None:
    torch.testing.assert_close(a, b, rtol=2e-5, atol=2e-5)


@needs_library
@settings(max_examples=150, deadline=None)
@given(codes(), st.integers(1, 9), st.lists(st.booleans(), min_size=5, max_size=5), st.integers(0, 1000))
def test_values_and_gradients(code: RowCode, rows: int, wanted: list[bool], seed: int) -> None:
    torch.manual_seed(seed)
    given = tensors(code, rows, wanted)
    program, reference = RowProgram(code, plain(code)), plain(code)
    assert not program.why_not(given)
    ours, theirs = program(*given), reference(*given)
    close(list(ours), theirs)
    by = [tensor for tensor in given if tensor.requires_grad]
    asked = [(a, b) for a, b in zip(ours, theirs, strict=True) if b.requires_grad]
    if not by or not asked:
        return
    seeds = [torch.randn_like(a) for a, _ in asked]
    found = torch.autograd.grad([a for a, _ in asked], by, seeds, allow_unused=True, materialize_grads=True)
    close(found, torch.autograd.grad([b for _, b in asked], by, seeds, allow_unused=True, materialize_grads=True))


def normalised(rows: int, width: int) -> tuple[RowProgram, list[Tensor]]:
    """A layer normalisation, and arguments for it."""
    code = RowCode()
    x, gain, shift = code.input(width, False), code.input(width, True), code.input(width, True)
    mean = code.apply("mean", x)
    variance = code.apply("shift", code.apply("variance", x, mean), factor=1e-12)
    unit = code.apply("multiply", code.apply("subtract", x, mean), code.apply("inverse root", variance))
    code.outputs = [code.apply("add", code.apply("multiply", unit, gain), shift)]
    given = [torch.randn(rows, width), torch.rand(width), torch.randn(width)]
    return RowProgram(code, plain(code)), [tensor.requires_grad_() for tensor in given]


@needs_library
def test_many_rows_are_shared_out_among_threads() -> None:
    program, given = normalised(3001, 50)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        (y,) = program(*given)
        (expected,) = program.plain(*given)
        close(y, expected)
        seed = torch.randn_like(y)
        found, wanted = (torch.autograd.grad(value, given, seed) for value in (y, expected))
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-3)  # sums of 3001 rows


@needs_library
def test_second_gradients_are_those_of_the_plain_path() -> None:
    program, given = normalised(2, 5)

    def second(run: Callable[..., Any]) -> Any:
        (y,) = run(*given)
        first = torch.autograd.grad(y.sin().sum(), given, create_graph=True)
        return torch.autograd.grad(sum(g.pow(2).sum() for g in first), given)

    torch.testing.assert_close(second(program), second(program.plain), rtol=1e-3, atol=1e-3)


@needs_library
def test_equal_numbers_are_their_own_mean() -> None:
    for width in (1, 3, 7, 100):
        program, _ = normalised(1, width)
        x = torch.full((1, width), 0.1)
        assert torch.equal(program(x, torch.ones(width), torch.zeros(width))[0], torch.zeros(1, width))


@needs_library
@pytest.mark.parametrize("root", ["root", "inverse root"])
def test_nothing_flows_back_through_a_pole_where_nobody_asks(root: str) -> None:
    code = RowCode()
    code.outputs = [code.apply(root, code.input(2, False))]
    x = torch.tensor([[0.0, 4.0]], requires_grad=True)
    (y,) = RowProgram(code, plain(code))(x)
    (found,) = torch.autograd.grad(y, [x], torch.tensor([[0.0, 1.0]]))
    torch.testing.assert_close(found, torch.tensor([[0.0, 0.25 if root == "root" else -0.0625]]))


@needs_library
def test_what_is_no_number_stays_where_it_is() -> None:
    program, (_, gain, shift) = normalised(2, 4)
    x = torch.randn(2, 4)
    x[0, 1] = float("nan")
    for _ in range(2):
        (y,) = program(x, gain, shift)
        assert y[0].isnan().all()
        assert not y[1].isnan().any()


def test_what_the_library_does_not_take_runs_plainly() -> None:
    program, (x, gain, shift) = normalised(2, 4)
    assert "float64" in program.why_not([x.double(), gain, shift]) or not native().active
    y = program(x.double(), gain.double(), shift.double())[0]
    assert y.dtype == torch.float64
    if native().active:
        assert program.why_not([x[:0], gain, shift]) == "there are no rows"
        assert "must be [2, 4], not [2, 3]" in program.why_not([x[:, :3], gain, shift][::-1][::-1])
        assert "must have 4 numbers, not [2, 4]" in program.why_not([x, x, shift])
