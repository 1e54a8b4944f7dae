"""The step of a plan that asks autograd about values of the same run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch

from recell.graph.tensor import Operation


class _Gate(torch.autograd.Function):
    """The same value, a node of its own; while its node is `closed`, no gradient goes further back."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor) -> torch.Tensor:
        ctx.closed = False
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return None if ctx.closed else gradient


class _Linked(torch.autograd.Function):
    """The first value, with the second one's place in the history."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor, history: torch.Tensor) -> torch.Tensor:
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return None, gradient


def linked(read: Callable[[], Any], history: Any) -> Any:
    """What `read` gives, its gradient going where that of `history` goes (to nobody when that is None)."""
    return linked_to(read(), history)


def linked_to(value: Any, history: Any) -> Any:
    """`value`, its gradient going where that of `history` goes."""
    if not torch.is_grad_enabled() or not getattr(history, "requires_grad", False) or history.shape != value.shape:
        return value
    return _Linked.apply(value, history)


def as_source(value: Any) -> Any:
    """`value` as something to differentiate by: a leaf, or a node of its own where it already has a history."""
    if not isinstance(value, torch.Tensor) or not (value.is_floating_point() or value.is_complex()):
        return value
    if value.requires_grad:
        return _Gate.apply(value)
    return value.detach().requires_grad_(True)


def as_inner_source(value: Any) -> Any:
    """The same for a body's argument or capture, whose history outside must stay the one that others see."""
    if isinstance(value, torch.Tensor) and value.requires_grad:
        return value
    return as_source(value)


def gradient_step(op: Operation, x_slots: Sequence[int], retain: bool, create: bool) -> Callable[..., tuple[Any, ...]]:
    """A function of `ys, grad_ys, stops` and then every value each x has had; gives one gradient an x.

    `x_slots[k]` is how many values belong to x number k: a variable that changes within the run has several.
    """
    return functools.partial(
        _gradients,
        op.attrs["y_count"],
        tuple(op.attrs["grad_y_mask"]),
        op.attrs["stop_count"],
        tuple(x_slots),
        retain,
        create,
    )


def _gradients(
    y_count: int,
    grad_mask: tuple[bool, ...],
    stop_count: int,
    x_slots: tuple[int, ...],
    retain: bool,
    create: bool,
    *values: Any,
) -> tuple[Any, ...]:
    ys = values[:y_count]
    position = y_count + sum(grad_mask)
    given = iter(values[y_count:position])
    stops = values[position : position + stop_count]
    xs = values[position + stop_count :]
    outputs = []
    with torch.enable_grad():
        for y, has_grad in zip(ys, grad_mask, strict=True):
            seed = next(given) if has_grad else None
            if y.requires_grad:
                outputs.append(_scalar(y, seed))
    wanted = [x for x in xs if x.requires_grad]
    if outputs and wanted:
        found = iter(_differentiate(outputs, wanted, stops, retain, create))
        by_value = [next(found) if x.requires_grad else None for x in xs]
    else:
        by_value = [None] * len(xs)
    return tuple(_summed(xs, by_value, x_slots))


def _scalar(y: Any, seed: Any) -> Any:
    """What is differentiated: the sum of y, weighed by its seed.

    A scalar, so that autograd needs no seeds of its own: their shape check imports sympy, a third of a second.
    """
    if y.is_complex():
        return (y if seed is None else y * seed.conj()).real.sum()
    if seed is not None:
        return (y * seed).sum()
    return y if y.ndim == 0 else y.sum()


def _differentiate(
    outputs: list[Any], wanted: list[Any], stops: tuple[Any, ...], retain: bool, create: bool
) -> Sequence[Any]:
    ask = functools.partial(
        torch.autograd.grad, outputs, wanted, allow_unused=True, retain_graph=retain or create, create_graph=create
    )
    gates = [t.grad_fn for t in stops if hasattr(t.grad_fn, "closed")]
    # An argument of a body has its history outside, and no gate: it is stopped by zeros. A leaf has none.
    ungated = [t for t in stops if t.grad_fn is not None and t.grad_fn not in gates and not _among(t, wanted)]
    hooks = [t.register_hook(torch.zeros_like) for t in ungated]
    try:
        for gate in gates:
            gate.closed = True
        return ask()
    finally:
        for gate in gates:
            gate.closed = False
        for hook in hooks:
            hook.remove()


def _among(tensor: Any, others: list[Any]) -> bool:
    return any(tensor is other for other in others)


def _summed(xs: Sequence[Any], gradients: Sequence[Any], x_slots: tuple[int, ...]) -> list[Any]:
    """One gradient an x: the sum over the values it has had, zeros where nothing depends on it."""
    results = []
    position = 0
    for count in x_slots:
        parts = [g for g in gradients[position : position + count] if g is not None]
        if parts:
            results.append(functools.reduce(torch.add, parts))
        else:
            results.append(torch.zeros_like(xs[position], requires_grad=False))
        position += count
    return results
