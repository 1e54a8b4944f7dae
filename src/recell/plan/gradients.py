"""The step of a plan that asks autograd about values of the same run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch

from recell.graph.tensor import Operation


def as_source(value: Any) -> Any:
    """`value` as something to differentiate by: a leaf, or a node of its own where it already has a history."""
    if not isinstance(value, torch.Tensor) or not (value.is_floating_point() or value.is_complex()):
        return value
    if value.requires_grad:
        return value.view_as(value)
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
    if seed is not None:
        return (y * seed).sum()
    return y if y.ndim == 0 else y.sum()


def _differentiate(
    outputs: list[Any], wanted: list[Any], stops: tuple[Any, ...], retain: bool, create: bool
) -> Sequence[Any]:
    ask = functools.partial(
        torch.autograd.grad, outputs, wanted, allow_unused=True, retain_graph=retain or create, create_graph=create
    )
    if not stops:
        return ask()
    caught: dict[int, Any] = {}

    def stop(key: int, gradient: Any) -> Any:
        caught[key] = gradient
        return torch.zeros_like(gradient)

    handles = [t.register_hook(functools.partial(stop, id(t))) for t in stops if t.requires_grad]
    try:
        found = ask()
    finally:
        for handle in handles:
            handle.remove()
    return [caught.get(id(x), gradient) for x, gradient in zip(wanted, found, strict=True)]


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
