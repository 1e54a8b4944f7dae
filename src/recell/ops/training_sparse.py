"""Operations that apply a gradient of some rows to a variable and its slots (`SparseApplyAdagrad`, ...).

As in `training`, but `grad` is `[n, ...]`, one row for each of `indices` `[n]`, which names no row twice (`deduplicate`
sees to that). Only Adam looks at the other rows. InvalidArgumentError for an index out of range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recell._lazy import lazy_module
from recell.ops import training_rules as rules
from recell.ops.training_op import ada_max_numbers, adam_numbers, da_numbers, ftrl_numbers, rms_numbers, update
from recell.ops.training_rules import number, on_rows, row_numbers

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@update("SparseApplyMomentum", 2)
def sparse_apply_momentum(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    grad: Tensor,
    indices: Tensor,
    momentum: Tensor,
    use_locking: bool = False,
    use_nesterov: bool = False,
) -> None:
    on_rows(rules.momentum, (var, accum), grad, indices, number(lr, "lr"), number(momentum, "momentum"), use_nesterov)


@update("SparseApplyAdam", 3)
def sparse_apply_adam(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    beta2_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
    use_nesterov: bool = False,
) -> None:
    """TF1's sparse Adam: it gives what zeros in the other rows would give, so slots decay and every row moves.

    With Nesterov's step only the named rows move.
    """
    rate, decay1, decay2, small = adam_numbers(beta1_power, beta2_power, lr, beta1, beta2, epsilon)
    rows = row_numbers(var, grad, indices)
    m.mul_(decay1).index_add_(0, rows, grad, alpha=1.0 - decay1)
    v.mul_(decay2).index_add_(0, rows, grad * grad, alpha=1.0 - decay2)
    if use_nesterov:
        step = torch.lerp(m.index_select(0, rows), grad, 1.0 - decay1)
        var.index_add_(0, rows, step.div_(v.index_select(0, rows).sqrt_().add_(small)), alpha=-rate)
    else:
        var.addcdiv_(m, rules.root_plus(v, small), value=-rate)


@update("LazyApplyAdam", 3)
def lazy_apply_adam(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    beta2_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
) -> None:
    """Adam on the named rows alone: the slots of the others do not decay."""
    on_rows(
        rules.adam,
        (var, m, v),
        grad,
        indices,
        *adam_numbers(beta1_power, beta2_power, lr, beta1, beta2, epsilon),
    )


@update("SparseApplyAdaMax", 3)
def sparse_apply_ada_max(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
) -> None:
    on_rows(rules.ada_max, (var, m, v), grad, indices, *ada_max_numbers(beta1_power, lr, beta1, beta2, epsilon))


@update("SparseApplyAdagrad", 2)
def sparse_apply_adagrad(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
    update_slots: bool = True,
) -> None:
    on_rows(rules.adagrad, (var, accum), grad, indices, number(lr, "lr"), update_slots)


@update("SparseApplyAdadelta", 3)
def sparse_apply_adadelta(
    var: Tensor,
    accum: Tensor,
    accum_update: Tensor,
    lr: Tensor,
    rho: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
) -> None:
    numbers = number(lr, "lr"), number(rho, "rho"), number(epsilon, "epsilon")
    on_rows(rules.adadelta, (var, accum, accum_update), grad, indices, *numbers)


@update("SparseApplyRMSProp", 3)
def sparse_apply_rms_prop(
    var: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
) -> None:
    on_rows(rules.rms_prop, (var, ms, mom), grad, indices, *rms_numbers(lr, rho, momentum, epsilon))


@update("SparseApplyCenteredRMSProp", 4)
def sparse_apply_centered_rms_prop(
    var: Tensor,
    mg: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
) -> None:
    on_rows(rules.centered_rms_prop, (var, mg, ms, mom), grad, indices, *rms_numbers(lr, rho, momentum, epsilon))


@update("SparseApplyFtrl", 3)
def sparse_apply_ftrl(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Tensor,
    indices: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    lr_power: Tensor,
    use_locking: bool = False,
) -> None:
    on_rows(rules.ftrl, (var, accum, linear), grad, indices, *ftrl_numbers(lr, l1, l2, None, lr_power))


@update("SparseApplyFtrlV2", 3)
def sparse_apply_ftrl_v2(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Tensor,
    indices: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    l2_shrinkage: Tensor,
    lr_power: Tensor,
    use_locking: bool = False,
) -> None:
    on_rows(rules.ftrl, (var, accum, linear), grad, indices, *ftrl_numbers(lr, l1, l2, l2_shrinkage, lr_power))


@update("SparseApplyProximalGradientDescent", 1)
def sparse_apply_proximal_gradient_descent(
    var: Tensor,
    alpha: Tensor,
    l1: Tensor,
    l2: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
) -> None:
    numbers = number(alpha, "alpha"), number(l1, "l1"), number(l2, "l2")
    on_rows(rules.proximal_gradient_descent, (var,), grad, indices, *numbers)


@update("SparseApplyProximalAdagrad", 2)
def sparse_apply_proximal_adagrad(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    grad: Tensor,
    indices: Tensor,
    use_locking: bool = False,
) -> None:
    numbers = number(lr, "lr"), number(l1, "l1"), number(l2, "l2")
    on_rows(rules.proximal_adagrad, (var, accum), grad, indices, *numbers)


@update("SparseApplyAdagradDA", 3)
def sparse_apply_adagrad_da(
    var: Tensor,
    gradient_accumulator: Tensor,
    gradient_squared_accumulator: Tensor,
    grad: Tensor,
    indices: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    global_step: Tensor,
    use_locking: bool = False,
) -> None:
    state = var, gradient_accumulator, gradient_squared_accumulator
    on_rows(rules.adagrad_da, state, grad, indices, *da_numbers(lr, l1, l2, global_step))
