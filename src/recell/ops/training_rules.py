"""The optimizers' update rules, as plain functions of torch tensors that change variable and slots in place.

`update` is the variable's own tensor, the slots follow, then the gradient (same shape), then numbers. The variable is
written last, so that a gradient that happens to share its memory is read before. A rule works on whole tensors and on
selected rows alike. The formulas are TensorFlow 1's; figures of genuine TensorFlow 1.15 in the tests hold them to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from recell._lazy import lazy_module
from recell.ops._kernels import invalid

if TYPE_CHECKING:
    import torch

    from recell import kernels
else:
    torch = lazy_module("torch")
    kernels = lazy_module("recell.kernels")


class Rows(NamedTuple):
    """A gradient of some rows of a variable: `values` `[n, ...]` and `indices` `[n]`, each row named once."""

    values: torch.Tensor
    indices: torch.Tensor


if TYPE_CHECKING:
    Gradient: TypeAlias = torch.Tensor | Rows | kernels.Scaled


def number(value: torch.Tensor, label: str) -> float:
    """A hyper-parameter's value. InvalidArgumentError when it is no scalar."""
    if value.dim():
        raise invalid(f"{label} is not a scalar : {list(value.shape)}")
    return value.item()


def check_gradient(var: torch.Tensor, grad: torch.Tensor) -> None:
    """InvalidArgumentError when the gradient has another shape than the variable: torch would broadcast it."""
    if var.shape != grad.shape:
        raise invalid(f"var and grad do not have the same shape {list(var.shape)} {list(grad.shape)}")


BLOCK = 1 << 17
"""Elements that a rule handles at a time: its intermediate values then stay in cache, and in memory already mapped."""


def apply(rule: Callable[..., None], state: Sequence[torch.Tensor], grad: Gradient, *numbers: Any) -> None:
    """Applies a rule to a variable and its slots: all of them, or the rows that the gradient has, and no others."""
    if isinstance(grad, Rows):
        _on_rows(rule, state, grad, *numbers)
    elif isinstance(grad, kernels.Scaled):
        _on_all(rule, state, grad.values, grad.scale, *numbers)
    else:
        _on_all(rule, state, grad, None, *numbers)


def _on_all(
    rule: Callable[..., None],
    state: Sequence[torch.Tensor],
    grad: torch.Tensor,
    scale: torch.Tensor | None,
    *numbers: Any,
) -> None:
    """Applies a rule to a whole variable and its slots. InvalidArgumentError for a gradient of another shape."""
    check_gradient(state[0], grad)
    if not kernels.not_updated(rule.__name__, state, grad):
        kernels.update(rule.__name__, state, grad, numbers, scale=1.0 if scale is None else float(scale))
        return
    blocks = grad.numel() > BLOCK and grad.device.type == "cpu" and all(tensor.is_contiguous() for tensor in state)
    whole = (*state, grad)
    for parts in zip(*[t.reshape(-1).split(BLOCK) for t in whole], strict=True) if blocks else [whole]:
        rule(*parts[:-1], parts[-1] if scale is None else parts[-1] * scale, *numbers)


def _on_rows(rule: Callable[..., None], state: Sequence[torch.Tensor], grad: Rows, *numbers: Any) -> None:
    rows = row_numbers(state[0], grad)
    if not kernels.not_updated(rule.__name__, state, grad.values):
        kernels.update(rule.__name__, state, grad.values, numbers, rows=rows)
        return
    parts = [tensor.index_select(0, rows) for tensor in state]
    rule(*parts, grad.values, *numbers)
    for tensor, part in zip(state, parts, strict=True):
        tensor.index_copy_(0, rows, part)


def row_numbers(var: torch.Tensor, grad: Rows) -> torch.Tensor:
    """The indices for torch. InvalidArgumentError for one out of range, and for values that do not fit the rows."""
    values, rows = grad.values, grad.indices.long()
    if var.shape[1:] != values.shape[1:] or rows.shape[0] != values.shape[0]:
        raise invalid(
            f"var and grad must match in all but the first dimension, and grad have one row an index: variable "
            f"{list(var.shape)}, grad {list(values.shape)}, indices {list(rows.shape)}",
        )
    if rows.numel():
        low, high = (int(bound) for bound in torch.aminmax(rows))
        if low < 0 or high >= var.shape[0]:
            offset = int(((rows < 0) | (rows >= var.shape[0])).nonzero()[0])
            raise invalid(
                f"Index {int(rows[offset])} at offset {offset} in indices is out of range: "
                f"indices[{offset}] = {int(rows[offset])} is not in [0, {var.shape[0]})",
            )
    return rows.contiguous()


def gradient_descent(var: torch.Tensor, grad: torch.Tensor, lr: float) -> None:
    var.sub_(grad, alpha=lr)


def momentum(
    var: torch.Tensor, accum: torch.Tensor, grad: torch.Tensor, lr: float, factor: float, nesterov: bool
) -> None:
    accum.mul_(factor).add_(grad)
    if nesterov:
        var.sub_(grad, alpha=lr)
        var.sub_(accum, alpha=lr * factor)
    else:
        var.sub_(accum, alpha=lr)


def adam_rate(lr: float, beta1_power: float, beta2_power: float) -> float:
    """The step size with the bias corrections in it; NaN or infinite powers give what division gives."""
    if beta1_power == 1.0:
        return math.copysign(math.inf, lr) if lr and beta2_power != 1.0 else math.nan
    return lr * math.sqrt(max(0.0, 1.0 - beta2_power)) / (1.0 - beta1_power)


def adam(
    var: torch.Tensor,
    m: torch.Tensor,
    v: torch.Tensor,
    grad: torch.Tensor,
    rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    nesterov: bool,
) -> None:
    """Adam with `epsilon` outside the root and not corrected (the paper's "epsilon hat")."""
    m.lerp_(grad, 1.0 - beta1)
    step = torch.lerp(m, grad, 1.0 - beta1) if nesterov else m
    v.mul_(beta2).addcmul_(grad, grad, value=1.0 - beta2)
    var.addcdiv_(step, v.sqrt().add_(epsilon), value=-rate)


def adam_from_rows(
    var: torch.Tensor,
    m: torch.Tensor,
    v: torch.Tensor,
    grad: Rows,
    rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    nesterov: bool,
) -> None:
    """Adam on the whole variable for a gradient that is zero outside some rows; Nesterov's step moves only those."""
    rows, values = row_numbers(var, grad), grad.values
    if not nesterov and not kernels.not_updated("adam_between", (var, m, v), values):
        ascending, order = rows.sort()
        numbers = rate, beta1, beta2, epsilon
        kernels.update("adam_between", (var, m, v), values.index_select(0, order), numbers, rows=ascending)
        return
    m.mul_(beta1).index_add_(0, rows, values, alpha=1.0 - beta1)
    v.mul_(beta2).index_add_(0, rows, values * values, alpha=1.0 - beta2)
    if nesterov:
        step = torch.lerp(m.index_select(0, rows), values, 1.0 - beta1)
        var.index_add_(0, rows, step.div_(v.index_select(0, rows).sqrt_().add_(epsilon)), alpha=-rate)
    else:
        var.addcdiv_(m, root_plus(v, epsilon), value=-rate)


def root_plus(v: torch.Tensor, epsilon: float) -> torch.Tensor:
    """`sqrt(v) + epsilon` for a `v` that is zero in most places, as in rows of an embedding not looked up yet.

    torch's root takes ten times as long for zeros. The smallest normal number instead of zero changes no digit of the
    sum, as its root is 1e-19 in float32.
    """
    if v.dtype not in (torch.float32, torch.float64) or epsilon < 1e-10:
        return v.sqrt().add_(epsilon)
    return (v + torch.finfo(v.dtype).tiny).sqrt_().add_(epsilon)


def ada_max(
    var: torch.Tensor,
    m: torch.Tensor,
    v: torch.Tensor,
    grad: torch.Tensor,
    rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    m.lerp_(grad, 1.0 - beta1)
    torch.maximum(v.mul_(beta2), grad.abs(), out=v)
    var.addcdiv_(m, v + epsilon, value=-rate)


def adagrad(var: torch.Tensor, accum: torch.Tensor, grad: torch.Tensor, lr: float, update_slots: bool) -> None:
    if update_slots:
        accum.addcmul_(grad, grad)
    var.addcmul_(grad, accum.rsqrt(), value=-lr)


def adadelta(
    var: torch.Tensor,
    accum: torch.Tensor,
    accum_update: torch.Tensor,
    grad: torch.Tensor,
    lr: float,
    rho: float,
    epsilon: float,
) -> None:
    accum.mul_(rho).addcmul_(grad, grad, value=1.0 - rho)
    step = (accum_update + epsilon).sqrt_().mul_((accum + epsilon).rsqrt_()).mul_(grad)
    accum_update.mul_(rho).addcmul_(step, step, value=1.0 - rho)
    var.sub_(step, alpha=lr)


def rms_prop(
    var: torch.Tensor,
    ms: torch.Tensor,
    mom: torch.Tensor,
    grad: torch.Tensor,
    lr: float,
    rho: float,
    factor: float,
    epsilon: float,
) -> None:
    ms.mul_(rho).addcmul_(grad, grad, value=1.0 - rho)
    mom.mul_(factor).addcmul_(grad, (ms + epsilon).rsqrt_(), value=lr)
    var.sub_(mom)


def centered_rms_prop(
    var: torch.Tensor,
    mg: torch.Tensor,
    ms: torch.Tensor,
    mom: torch.Tensor,
    grad: torch.Tensor,
    lr: float,
    rho: float,
    factor: float,
    epsilon: float,
) -> None:
    ms.mul_(rho).addcmul_(grad, grad, value=1.0 - rho)
    mg.lerp_(grad, 1.0 - rho)
    mom.mul_(factor).addcmul_(grad, torch.addcmul(ms, mg, mg, value=-1).add_(epsilon).rsqrt_(), value=lr)
    var.sub_(mom)


def ftrl(
    var: torch.Tensor,
    accum: torch.Tensor,
    linear: torch.Tensor,
    grad: torch.Tensor,
    lr: float,
    l1: float,
    l2: float,
    l2_shrinkage: float,
    lr_power: float,
) -> None:
    total = torch.addcmul(accum, grad, grad)
    after, before = (total.sqrt(), accum.sqrt()) if lr_power == -0.5 else (total.pow(-lr_power), accum.pow(-lr_power))
    shrunk = torch.add(grad, var, alpha=2.0 * l2_shrinkage) if l2_shrinkage else grad
    linear.add_(shrunk).addcmul_(after - before, var, value=-1.0 / lr)
    quotient = (linear.clamp(-l1, l1) - linear).div_(after.div_(lr).add_(2.0 * l2))
    accum.copy_(total)
    var.copy_(torch.where(linear.abs() > l1, quotient, torch.zeros((), dtype=var.dtype)))


def _shrink(value: torch.Tensor, threshold: Any, l1: float, divisor: Any) -> torch.Tensor:
    """The proximal step of the l1 and l2 penalties."""
    if l1 > 0:
        value = value.sign() * (value.abs() - threshold).clamp_(min=0)
    return value / divisor


def proximal_gradient_descent(var: torch.Tensor, grad: torch.Tensor, lr: float, l1: float, l2: float) -> None:
    var.copy_(_shrink(torch.sub(var, grad, alpha=lr), lr * l1, l1, 1.0 + l2 * lr))


def proximal_adagrad(
    var: torch.Tensor, accum: torch.Tensor, grad: torch.Tensor, lr: float, l1: float, l2: float
) -> None:
    accum.addcmul_(grad, grad)
    rate = accum.rsqrt().mul_(lr)
    var.copy_(_shrink(torch.addcmul(var, grad, rate, value=-1), rate * l1, l1, rate * l2 + 1.0))


def adagrad_da(
    var: torch.Tensor,
    sums: torch.Tensor,
    squares: torch.Tensor,
    grad: torch.Tensor,
    lr: float,
    l1: float,
    l2: float,
    step: float,
) -> None:
    sums.add_(grad)
    squares.addcmul_(grad, grad)
    kept = sums.sign() * (sums.abs() - l1 * step).clamp_(min=0) if l1 > 0 else sums
    var.copy_(kept * -lr / squares.sqrt().add_(l2 * step * lr))
