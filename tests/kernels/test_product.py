"""The product's library: who chooses, when the choice holds, and that it gives the same numbers and gradients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recell.kernels import _product, matmul, product_choice

offered = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise"),
    reason="torch offers no product of oneDNN's here",
)


@pytest.fixture(autouse=True)
def forget_the_choice() -> Iterator[None]:
    product_choice.cache_clear()
    yield
    product_choice.cache_clear()


@pytest.fixture
def onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECELL_PRODUCT", "onednn")
    monkeypatch.setattr(_product, "LARGE", 1)


@offered
@pytest.mark.parametrize(
    ("vendor", "name"), [("AuthenticAMD", "onednn"), ("GenuineIntel", "torch"), ("", "torch"), ("ARM", "torch")]
)
def test_the_processor_chooses(monkeypatch: pytest.MonkeyPatch, vendor: str, name: str) -> None:
    monkeypatch.delenv("RECELL_PRODUCT", raising=False)
    monkeypatch.setattr(_product, "_processor", lambda: vendor)
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: True)
    chosen, reason = product_choice()
    assert chosen == name
    assert (vendor or "not known") in reason


@offered
def test_without_mkl_there_is_no_slow_product_to_avoid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECELL_PRODUCT", raising=False)
    monkeypatch.setattr(_product, "_processor", lambda: "AuthenticAMD")
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: False)
    assert product_choice() == ("torch", "torch's own product is not MKL's")


def test_a_torch_without_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECELL_PRODUCT", "onednn")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert product_choice() == ("torch", "this build of torch has no oneDNN")


def test_an_unknown_name_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECELL_PRODUCT", "blas")
    with pytest.raises(ValueError, match="'blas'; it may be torch or onednn"):
        product_choice()


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        (torch.zeros(2, 3, 4), torch.zeros(2, 4, 5), "not two matrices"),
        (torch.zeros(3, 4).double(), torch.zeros(4, 5).double(), "float64"),
        (torch.zeros(3, 4), torch.zeros(4, 5), "small"),
        (torch.zeros(300, 400), torch.zeros(400, 500), ""),
    ],
)
def test_why_torch(a: torch.Tensor, b: torch.Tensor, why: str) -> None:
    told = _product.why_torch(a, b)
    assert bool(told) == bool(why)
    assert why in told


@offered
@pytest.mark.usefixtures("onednn")
@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(0, 9) | st.sampled_from([33, 64, 130])] * 3), st.booleans(), st.booleans())
def test_the_same_numbers_and_gradients(size: tuple[int, int, int], left: bool, right: bool) -> None:
    rows, depth, columns = size
    random = torch.Generator().manual_seed(rows + 1000 * depth + columns)
    a = torch.randn((depth, rows) if left else (rows, depth), generator=random, dtype=torch.float64)
    b = torch.randn((columns, depth) if right else (depth, columns), generator=random, dtype=torch.float64)
    seed = torch.randn(rows, columns, generator=random, dtype=torch.float64)

    def values(dtype: torch.dtype) -> list[torch.Tensor]:
        x, y = a.to(dtype).requires_grad_(), b.to(dtype).requires_grad_()
        product = matmul(x.t() if left else x, y.t() if right else y)
        first = torch.autograd.grad((product * seed.to(dtype)).sum(), [x, y], create_graph=True)
        second = torch.autograd.grad(sum(g.square().sum() for g in first), [x, y])
        return [product, *first, *second]

    for ours, exact in zip(values(torch.float32), values(torch.float64), strict=True):
        torch.testing.assert_close(ours.double(), exact, rtol=1e-5, atol=1e-5 * (1 + max(size)) ** 2)


@offered
@pytest.mark.usefixtures("onednn")
def test_stacks_of_rows() -> None:
    a, b = torch.randn(2, 3, 70, requires_grad=True), torch.randn(70, 5, requires_grad=True)
    product = matmul(a, b)
    torch.testing.assert_close(product, torch.matmul(a, b))
    ours = torch.autograd.grad(product.square().sum(), [a, b])
    torch.testing.assert_close(ours, torch.autograd.grad(torch.matmul(a, b).square().sum(), [a, b]))
    torch.testing.assert_close(matmul(a, b[None]), torch.matmul(a, b[None]))
    torch.testing.assert_close(matmul(a[0, 0], b), a[0, 0] @ b)


@pytest.mark.usefixtures("onednn")
def test_shapes_that_do_not_go_together_are_torchs_error() -> None:
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        matmul(torch.zeros(2, 3), torch.zeros(4, 5))
