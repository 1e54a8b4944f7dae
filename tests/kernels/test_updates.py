"""Compiled updates against the rules in torch's operations: whole variables, rows, scaled gradients, two threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recell.kernels import native, not_updated, update
from recell.ops import training_rules as rules

needs_library = pytest.mark.skipif(not native().active, reason=native().reason)

RULES: dict[str, tuple[int, list[tuple[Any, ...]]]] = {
    "gradient_descent": (0, [(0.1,)]),
    "momentum": (1, [(0.1, 0.9, False), (0.1, 0.9, True)]),
    "adam": (2, [(0.01, 0.875, 0.984375, 1e-3, False), (0.01, 0.9, 0.99, 1e-3, True)]),
    "adagrad": (1, [(0.1, True), (0.1, False)]),
    "rms_prop": (2, [(0.01, 0.875, 0.125, 1e-3)]),
}
"""Rule -> how many slots, and hyper-parameters to try."""

CASES = [(rule, numbers) for rule, (_, tried) in RULES.items() for numbers in tried]


def state_of(rule: str, shape: tuple[int, ...], random: torch.Generator) -> list[torch.Tensor]:
    return [torch.rand(shape, generator=random) + 0.1 for _ in range(1 + RULES[rule][0])]


def copies(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in tensors]


@needs_library
@pytest.mark.parametrize(("rule", "numbers"), CASES)
@settings(max_examples=15, deadline=None)
@given(st.sampled_from([1, 3, 16, 17, 100, 1000, 70001]), st.sampled_from([1.0, 0.25]), st.integers(0, 2**31))
def test_a_whole_variable(rule: str, numbers: tuple[Any, ...], size: int, scale: float, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    state, gradient = state_of(rule, (size,), random), torch.randn(size, generator=random)
    compiled = copies(state)
    update(rule, compiled, gradient, numbers, scale=scale)
    getattr(rules, rule)(*state, gradient * scale, *numbers)
    for ours, expected in zip(compiled, state, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


@needs_library
@pytest.mark.parametrize(("rule", "numbers"), CASES)
@settings(max_examples=15, deadline=None)
@given(st.sampled_from([1, 5, 17, 64]), st.integers(1, 30), st.integers(0, 2**31))
def test_rows_and_no_others(rule: str, numbers: tuple[Any, ...], width: int, total: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    rows = torch.randperm(total, generator=random)[: 1 + seed % total]
    state, gradient = state_of(rule, (total, width), random), torch.randn(len(rows), width, generator=random)
    compiled = copies(state)
    update(rule, compiled, gradient, numbers, rows=rows)
    parts = [tensor[rows] for tensor in state]
    getattr(rules, rule)(*parts, gradient, *numbers)
    for tensor, part in zip(state, parts, strict=True):
        tensor[rows] = part
    for ours, expected in zip(compiled, state, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


@needs_library
@settings(max_examples=40, deadline=None)
@given(st.sampled_from([1, 5, 17, 3000]), st.integers(1, 40), st.integers(0, 2**31))
def test_adam_decays_the_rows_in_between(width: int, total: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    rows = torch.randperm(total, generator=random)[: 1 + seed % total].sort().values
    state, gradient = state_of("adam", (total, width), random), torch.randn(len(rows), width, generator=random)
    compiled, dense = copies(state), torch.zeros(total, width)
    update("adam_between", compiled, gradient, (0.01, 0.875, 0.984375, 1e-3), rows=rows)
    dense[rows] = gradient
    rules.adam(*state, dense, 0.01, 0.875, 0.984375, 1e-3, False)
    for ours, expected in zip(compiled, state, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


@needs_library
def test_a_gradient_of_other_strides_and_one_that_is_the_variable() -> None:
    variable, gradient = torch.ones(3, 4), torch.arange(12.0).reshape(4, 3).t()
    update("gradient_descent", [variable], gradient, (0.5,))
    assert torch.equal(variable, 1 - 0.5 * gradient)
    update("gradient_descent", [variable], variable, (0.25,))
    assert torch.equal(variable, (1 - 0.5 * gradient) * 0.75)


@needs_library
def test_two_threads_at_once() -> None:
    random = torch.Generator().manual_seed(0)
    gradient = torch.randn(200_000, generator=random)
    first = state_of("adam", (200_000,), random)
    states = [copies(first) for _ in range(3)]

    def repeat(state: list[torch.Tensor]) -> None:
        for _ in range(10):
            update("adam", state, gradient, (0.01, 0.875, 0.984375, 1e-3, False))

    threads = [threading.Thread(target=repeat, args=(state,)) for state in states[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    repeat(states[2])
    for one, two, alone in zip(*states, strict=True):
        assert torch.equal(one, alone)
        assert torch.equal(two, alone)


@pytest.mark.parametrize(
    ("rule", "dtype", "told"),
    [("ftrl", torch.float32, "no compiled ftrl"), ("adagrad", torch.float64, "float64 is not float32")],
)
def test_why_not(rule: str, dtype: torch.dtype, told: str) -> None:
    if not native().active:
        told = native().reason if rule == "adagrad" else told
    tensor = torch.ones(10_000, dtype=dtype)
    assert told in not_updated(rule, [tensor, tensor], tensor)
    slots = [torch.ones(4, 3).t(), torch.ones(3, 4), torch.ones(3, 4)]
    assert "contiguous" in not_updated("adam", slots, torch.ones(3, 4))
    assert "so few elements" in not_updated("momentum", slots[1:], torch.ones(3, 4))
