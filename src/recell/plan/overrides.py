"""Operations whose gradient the program brings: autograd functions whose backward pass is a traced body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from recell.graph.tensor import Operation
from recell.plan.plan import BodyPlan


class _Overridden(torch.autograd.Function):
    """Forward as the operation itself; backward through `gradient`, a function of `(values, output gradients)`."""

    @staticmethod
    def forward(ctx: Any, call: Callable[..., Any], gradient: Callable[..., Any], count: int, *values: Any) -> Any:
        outputs = call(*values[:count])
        several = isinstance(outputs, (tuple, list))
        outputs = tuple(o.view_as(o) if any(o is v for v in values) else o for o in (outputs if several else [outputs]))
        ctx.gradient, ctx.count = gradient, count
        ctx.save_for_backward(*values, *outputs)
        return outputs if several else outputs[0]

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        saved = ctx.saved_tensors
        found = ctx.gradient(saved, grads)
        extra = len(saved) - ctx.count - len(grads)
        return (None, None, None, *found, *([None] * extra))


def overridden(op: Operation, call: Callable[..., Any], plan: BodyPlan) -> Callable[..., Any]:
    """`call`, with the gradient that the body attached to `op` computes."""
    inputs, extra = list(op.inputs), list(op.attrs["_extra_inputs"])
    position = {t: k for k, t in enumerate([*inputs, *extra, *op.outputs])}
    captured = [position[t] for t in op.attrs["_custom_gradient"].captures]
    used: Sequence[int] = op.attrs["_gradient_of_inputs"]
    count = len(inputs)

    def gradient(saved: Sequence[Any], grads: Sequence[Any]) -> list[Any]:
        results = plan.bound([saved[k] for k in captured])(*grads)
        found: list[Any] = [None] * count
        for k, result in zip(used, results, strict=True):
            found[k] = result
        return found

    return lambda *values: _Overridden.apply(call, gradient, count, *values)
