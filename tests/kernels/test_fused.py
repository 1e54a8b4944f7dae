"""The fused kernels compute what the plain path does, on every instruction set that this processor has."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.kernels.fused import CELLS, Case, assert_near, cases, leaves

from recell.kernels import _native

pytestmark = pytest.mark.skipif(not _native.native().active, reason=_native.native().reason)


@pytest.fixture(scope="module", autouse=True, params=["portable", "avx2", "avx512"])
def _instruction_set(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs a copy of the library, which chooses for itself when it is loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECELL_KERNELS", request.param)
        copy = shutil.copy(_native.LIBRARY, tmp_path_factory.mktemp("library") / f"{request.param}.so")
        found = _native.load(str(copy))
        if found.instruction_set != request.param:
            pytest.skip(f"this processor has no {request.param}")
        patch.setattr("recell.kernels._fused.native", lambda: found)
        yield


def check(case: Case) -> None:
    """Values, with and without gradients to come, and gradients, asked for twice."""
    assume(case.options.get("straight_through_clip") or case.smooth())
    exact = leaves(case.inputs(), case.names())
    expected = case.of.plain(case.call(exact))
    given, seeds = case.given()
    tensors = leaves(given, case.names())
    outputs = case.fused(tensors)
    with torch.no_grad():
        bare = case.fused(tensors)
    for name, output, other, value in zip(("y", *case.of.states), outputs, bare, expected, strict=True):
        assert_near(output, value, name)
        assert_near(other, value, f"{name} without gradients")
    reference = case.gradients(expected, exact, case.seeds())
    for when in ("first", "second"):
        found = case.gradients(outputs, tensors, seeds)
        for name, gradient, value in zip(case.names(), found, reference, strict=True):
            assert_near(gradient, value, f"the gradient by {name}, asked for the {when} time,", case.terms(name))


@given(cases("lstm"))
@settings(max_examples=25, deadline=None)
def test_lstm(case: Case) -> None:
    check(case)


@given(cases("gru"))
@settings(max_examples=25, deadline=None)
def test_gru(case: Case) -> None:
    check(case)


@given(cases("rnn"))
@settings(max_examples=25, deadline=None)
def test_rnn(case: Case) -> None:
    check(case)


@given(st.sampled_from(sorted(CELLS)).flatmap(lambda cell: cases(cell, largest=(6, 5, 6))))
@settings(max_examples=25, deadline=None)
def test_gradients_of_gradients(case: Case) -> None:
    assume(case.options.get("straight_through_clip") or case.smooth())
    case = dataclasses.replace(case, padding=0.0)  # which the plain path, on which they are computed, multiplies

    def second(tensors: dict[str, torch.Tensor], seeds: list[torch.Tensor], fused: bool) -> list[torch.Tensor]:
        outputs = case.fused(tensors) if fused else case.of.plain(case.call(tensors))
        seeds = [seed.detach().requires_grad_() for seed in seeds]
        first = torch.autograd.grad(outputs, list(tensors.values()), seeds, create_graph=True)
        curved = sum(gradient.sin().sum() for gradient in first)
        assert isinstance(curved, torch.Tensor)
        return list(torch.autograd.grad(curved, [*tensors.values(), *seeds], allow_unused=True, materialize_grads=True))

    exact, (inputs, seeds) = case.inputs(), case.given()
    expected = second(leaves(exact, list(exact)), case.seeds(), fused=False)
    found = second(leaves(inputs, list(inputs)), seeds, fused=True)
    names = [*exact, "dy", *(f"d{name[0]}" for name in case.of.states)]
    for name, gradient, value in zip(names, found, expected, strict=True):
        assert_near(gradient, value, f"the second gradient by {name}", case.time * case.batch, tolerance=3e-5)


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("threads", [1, 2])
def test_a_row_with_nan_keeps_it(cell: str, threads: int) -> None:
    """Other rows, in outputs, states and gradients, are what they are without it."""
    case = Case(cell, 5, 30, 7, 19, lengths=[3, 5] * 15, threads=threads)
    given, seeds = case.given()
    results = []
    for value in (0.0, float("nan")):
        tensors = leaves(given, list(given))
        with torch.no_grad():
            tensors["x"][1, 4] = value
        outputs = case.fused(tensors)
        names = case.names()
        gradients = dict(zip(names, case.gradients(outputs, tensors, seeds), strict=True))
        results.append([*outputs, *(gradients[name] for name in ("x", *case.of.states))])
    others = [row for row in range(30) if row != 4]
    for clean, with_nan in zip(*results, strict=True):
        rows = clean.dim() - 2
        assert with_nan.select(rows, 4).isnan().any()
        assert torch.equal(
            clean.index_select(rows, torch.tensor(others)), with_nan.index_select(rows, torch.tensor(others))
        )
    outputs = results[1][0]
    assert outputs[0, 4].isfinite().all()
    assert outputs[1:3, 4].isnan().all()
    assert (outputs[3:, 4] == 0).all()


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_lengths_may_change_before_the_gradient(cell: str) -> None:
    case = Case(cell, 6, 4, 3, 5)
    given, seeds = case.given()
    tensors = leaves(given, list(given))
    results = []
    for change in (False, True):
        lengths = torch.tensor([2, 0, 3, 1])
        outputs = case.of.fused(case.of.call(**tensors, lengths=lengths), case.of.plain)
        if change:
            lengths.fill_(6)
        again = torch.autograd.grad(outputs, list(tensors.values()), seeds, create_graph=True)
        results.append([*case.gradients(outputs, tensors, seeds), *again])
    for kept, changed in zip(*results, strict=True):
        assert torch.equal(kept, changed)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_nothing_is_kept_where_no_gradient_can_be_asked_for(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(cell, 6, 4, 3, 5)
    tensors = leaves(case.given()[0], case.names())
    monkeypatch.setattr("recell.kernels._fused.room_for_kept", lambda *_: pytest.fail("something is kept"))
    for without in (torch.no_grad, torch.inference_mode):
        with without():
            case.fused(tensors)
