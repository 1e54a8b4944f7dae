"""Cross entropies: the formula in NumPy, the compiled kernel against torch's operations, values that are no numbers."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recell.kernels import _softmax, native, softmax_cross_entropy, sparse_softmax_cross_entropy

needs_library = pytest.mark.skipif(not native().active, reason=native().reason)
sizes = st.integers(0, 40) | st.sampled_from([63, 64, 65, 127, 1000, 2048, 2049, 5000])


@pytest.fixture(autouse=True)
def always_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_softmax, "SMALL", 0)


def plain(monkeypatch_target: str = "unfused") -> pytest.MonkeyPatch:
    patch = pytest.MonkeyPatch()
    patch.setattr(_softmax, monkeypatch_target, lambda *tensors: "asked for")
    return patch


def numpy_losses(logits: np.ndarray, shares: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(-1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return -(shares * logp).sum(-1)


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes)[labels]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 70)])
def test_is_the_formula(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    logits, shares = random.normal(size=shape) * 4, random.dirichlet(np.ones(shape[-1]), shape[:-1])
    labels = random.integers(0, shape[-1], shape[:-1])
    given_logits = torch.tensor(logits, dtype=dtype)
    found = softmax_cross_entropy(given_logits, torch.tensor(shares, dtype=dtype))
    sparse = sparse_softmax_cross_entropy(given_logits, torch.tensor(labels))
    np.testing.assert_allclose(found, numpy_losses(logits, shares), rtol=2e-6)
    np.testing.assert_allclose(sparse, numpy_losses(logits, one_hot(labels, shape[-1])), rtol=2e-6)


def test_gradient_is_softmax_less_labels_whatever_these_sum_to() -> None:
    logits = torch.tensor([[1.0, 2.0, 4.0]], requires_grad=True)
    shares = torch.tensor([[0.5, 0.5, 2.0]])
    (gradient,) = torch.autograd.grad(softmax_cross_entropy(logits, shares).sum(), logits)
    torch.testing.assert_close(gradient, torch.softmax(logits, -1).detach() - shares)


@needs_library
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 9),
    sizes,
    st.integers(0, 2**31),
    st.sampled_from([0.0, 1.0, 30.0, 200.0]),
    st.booleans(),
    st.booleans(),
)
def test_compiled_is_plain(rows: int, classes: int, seed: int, spread: float, transposed: bool, biased: bool) -> None:
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn((classes, rows) if transposed else (rows, classes), generator=random) * spread
    logits = (logits.t() if transposed else logits).requires_grad_()
    shares = torch.rand(rows, classes, generator=random).requires_grad_()
    labels = torch.randint(0, max(classes, 1), (rows if classes else 0,), generator=random, dtype=torch.int32)
    weights = torch.rand(rows, generator=random) * (torch.arange(rows) % 3)
    bias = torch.randn(classes, generator=random).requires_grad_() if biased else None
    by = [logits] if bias is None else [logits, bias]

    def values() -> list[torch.Tensor]:
        dense = softmax_cross_entropy(logits, shares, bias)
        found = [dense, *torch.autograd.grad((dense * weights).sum(), [*by, shares])]
        found += torch.autograd.grad((softmax_cross_entropy(logits, shares.detach(), bias) * weights).sum(), by)
        if classes:
            sparse = sparse_softmax_cross_entropy(logits, labels, bias)
            found += [sparse, *torch.autograd.grad((sparse * weights).sum(), by)]
        return found

    compiled = values()
    patch = plain()
    expected = values()
    patch.undo()
    for ours, theirs in zip(compiled, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=2e-6 * max(spread, 1.0))


@needs_library
@pytest.mark.parametrize("classes", [3, 16, 70, 3000])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("where", ["one", "first", "all"])
def test_values_that_are_no_numbers_go_where_they_go_in_torch(classes: int, bad: float, where: str) -> None:
    logits = torch.randn(2, classes)
    logits[0, {"one": slice(1, 2), "first": slice(0, classes - 1), "all": slice(None)}[where]] = bad
    logits.requires_grad_()
    labels, weights = torch.tensor([0, 0]), torch.tensor([2.0, 0.0])

    def values() -> list[torch.Tensor]:
        losses = sparse_softmax_cross_entropy(logits, labels)
        return [losses, *torch.autograd.grad((losses * weights).sum(), [logits])]

    compiled = values()
    patch = plain()
    expected = values()
    patch.undo()
    for ours, theirs in zip(compiled, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6, equal_nan=True)


def test_second_gradients() -> None:
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 5, generator=random, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(5, generator=random, dtype=torch.float64, requires_grad=True)
    shares = torch.rand(3, 5, generator=random, dtype=torch.float64)
    labels = torch.tensor([0, 4, 2])
    shares /= shares.sum(-1, keepdim=True)  # where they sum to one the gradient is that of the formula
    assert torch.autograd.gradcheck(lambda x, b: softmax_cross_entropy(x, shares, b), [logits, bias])
    assert torch.autograd.gradgradcheck(lambda x, b: softmax_cross_entropy(x, shares, b), [logits, bias])
    assert torch.autograd.gradgradcheck(lambda x, b: sparse_softmax_cross_entropy(x, labels, b), [logits, bias])


@needs_library
def test_second_gradients_of_the_compiled_kernel() -> None:
    labels, shares = torch.tensor([0, 4, 2]), torch.full((3, 5), 0.2)
    found = []
    for dtype in (torch.float32, torch.float64):
        logits = torch.linspace(-2, 2, 15, dtype=dtype).reshape(3, 5).requires_grad_()
        bias = torch.linspace(0, 1, 5, dtype=dtype).requires_grad_()
        losses = sparse_softmax_cross_entropy(logits, labels, bias)
        losses = losses + softmax_cross_entropy(logits, shares.to(dtype), bias)
        first = torch.autograd.grad(losses.sum(), [logits, bias], create_graph=True)
        found.append(torch.autograd.grad(sum(g.square().sum() for g in first), [logits, bias]))
    for ours, exact in zip(*found, strict=True):
        torch.testing.assert_close(ours.double(), exact, rtol=1e-5, atol=2e-6)


@needs_library
def test_two_threads_at_once() -> None:
    logits, labels = torch.randn(300, 900), torch.randint(0, 900, (300,))
    expected = sparse_softmax_cross_entropy(logits, labels)
    wrong: list[int] = []

    def repeat() -> None:
        for turn in range(20):
            if not torch.equal(sparse_softmax_cross_entropy(logits, labels), expected):
                wrong.append(turn)

    threads = [threading.Thread(target=repeat) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("label", [-1, 4, -100])
def test_a_label_that_is_no_class_is_named(label: int) -> None:
    with pytest.raises(IndexError, match=rf"label {label} is outside of 0 to 3.*\[2, 4\]"):
        sparse_softmax_cross_entropy(torch.zeros(2, 4), torch.tensor([0, label]))


def test_shapes_that_do_not_go_together() -> None:
    with pytest.raises(ValueError, match=r"one shape.*\[2, 4\] and \[2, 3\]"):
        softmax_cross_entropy(torch.zeros(2, 4), torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"\[2, 4\].*received \[3\]"):
        sparse_softmax_cross_entropy(torch.zeros(2, 4), torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"bias must be torch.float32 \[classes\] = \[4\], received .* \[3\]"):
        softmax_cross_entropy(torch.zeros(2, 4), torch.zeros(2, 4), torch.zeros(3))
