"""Operations that apply a gradient to a variable and its slots: `ApplyMomentum`, `SparseApplyMomentum`, ...

Each changes its first inputs, reference tensors of one shape and dtype, in place, and yields the variable's new value.
Hyper-parameters are scalar tensors of the variable's dtype. The dense form takes a `grad` of the variable's shape, the
sparse one a `grad` `[n, ...]` and `indices` `[n]`, which name no row twice (`deduplicate` sees to that); only Adam's
looks at other rows than those.

Raises ValueError while building, InvalidArgumentError while running, for shapes that do not go together, and while
running for an index out of range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recell.ops import training_rules as rules
from recell.ops.training_op import (
    ada_max_numbers,
    adam_numbers,
    da_numbers,
    dense_update,
    ftrl_numbers,
    rms_numbers,
    sparse_update,
    update,
)
from recell.ops.training_rules import Rows, apply, number

if TYPE_CHECKING:
    from torch import Tensor

    from recell.ops.training_rules import Gradient


@dense_update("ApplyGradientDescent", 1)
def apply_gradient_descent(var: Tensor, alpha: Tensor, delta: Gradient, use_locking: bool = False) -> None:
    """`var -= alpha * delta`."""
    apply(rules.gradient_descent, (var,), delta, number(alpha, "alpha"))


@update("Momentum", 2)
def apply_momentum(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    grad: Gradient,
    momentum: Tensor,
    use_locking: bool = False,
    use_nesterov: bool = False,
) -> None:
    """`accum = momentum * accum + grad; var -= lr * accum`, or Nesterov's form of it."""
    apply(rules.momentum, (var, accum), grad, number(lr, "lr"), number(momentum, "momentum"), use_nesterov)


@update("Adam", 3)
def apply_adam(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    beta2_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Gradient,
    use_locking: bool = False,
    use_nesterov: bool = False,
) -> None:
    """Kingma and Ba, https://arxiv.org/abs/1412.6980, with `epsilon` in the place the end of its section 2 gives it.

    TF1's sparse form gives what zeros in the other rows would give, so slots decay and every row moves. With Nesterov's
    step only the named rows move.
    """
    numbers = adam_numbers(beta1_power, beta2_power, lr, beta1, beta2, epsilon)
    if isinstance(grad, Rows):
        rules.adam_from_rows(var, m, v, grad, *numbers, use_nesterov)
    else:
        apply(rules.adam, (var, m, v), grad, *numbers, use_nesterov)


@sparse_update("LazyApplyAdam", 3)
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
    grad: Gradient,
    use_locking: bool = False,
) -> None:
    """Adam on the named rows alone: the slots of the others do not decay."""
    numbers = adam_numbers(beta1_power, beta2_power, lr, beta1, beta2, epsilon)
    apply(rules.adam, (var, m, v), grad, *numbers, False)


@update("AdaMax", 3)
def apply_ada_max(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Gradient,
    use_locking: bool = False,
) -> None:
    """Section 7 of https://arxiv.org/abs/1412.6980."""
    apply(rules.ada_max, (var, m, v), grad, *ada_max_numbers(beta1_power, lr, beta1, beta2, epsilon))


@update("Adagrad", 2)
def apply_adagrad(
    var: Tensor, accum: Tensor, lr: Tensor, grad: Gradient, use_locking: bool = False, update_slots: bool = True
) -> None:
    """`accum += grad**2; var -= lr * grad / sqrt(accum)`."""
    apply(rules.adagrad, (var, accum), grad, number(lr, "lr"), update_slots)


@update("Adadelta", 3)
def apply_adadelta(
    var: Tensor,
    accum: Tensor,
    accum_update: Tensor,
    lr: Tensor,
    rho: Tensor,
    epsilon: Tensor,
    grad: Gradient,
    use_locking: bool = False,
) -> None:
    """Zeiler, https://arxiv.org/abs/1212.5701."""
    numbers = number(lr, "lr"), number(rho, "rho"), number(epsilon, "epsilon")
    apply(rules.adadelta, (var, accum, accum_update), grad, *numbers)


@update("RMSProp", 3)
def apply_rms_prop(
    var: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Gradient,
    use_locking: bool = False,
) -> None:
    """Hinton's lecture 6e, with momentum; `epsilon` is inside the root."""
    apply(rules.rms_prop, (var, ms, mom), grad, *rms_numbers(lr, rho, momentum, epsilon))


@update("CenteredRMSProp", 4)
def apply_centered_rms_prop(
    var: Tensor,
    mg: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Gradient,
    use_locking: bool = False,
) -> None:
    """Graves, https://arxiv.org/abs/1308.0850: divides by the root of the gradient's variance."""
    apply(rules.centered_rms_prop, (var, mg, ms, mom), grad, *rms_numbers(lr, rho, momentum, epsilon))


@update("Ftrl", 3)
def apply_ftrl(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Gradient,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    lr_power: Tensor,
    use_locking: bool = False,
) -> None:
    """McMahan et al., "Ad Click Prediction: a View from the Trenches"."""
    apply(rules.ftrl, (var, accum, linear), grad, *ftrl_numbers(lr, l1, l2, None, lr_power))


@update("FtrlV2", 3)
def apply_ftrl_v2(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Gradient,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    l2_shrinkage: Tensor,
    lr_power: Tensor,
    use_locking: bool = False,
) -> None:
    """FTRL whose linear term also holds `2 * l2_shrinkage * var`."""
    apply(rules.ftrl, (var, accum, linear), grad, *ftrl_numbers(lr, l1, l2, l2_shrinkage, lr_power))


@update("ProximalGradientDescent", 1)
def apply_proximal_gradient_descent(
    var: Tensor, alpha: Tensor, l1: Tensor, l2: Tensor, delta: Gradient, use_locking: bool = False
) -> None:
    """A step of gradient descent, then the proximal step of `l1` and `l2`."""
    numbers = number(alpha, "alpha"), number(l1, "l1"), number(l2, "l2")
    apply(rules.proximal_gradient_descent, (var,), delta, *numbers)


@update("ProximalAdagrad", 2)
def apply_proximal_adagrad(
    var: Tensor, accum: Tensor, lr: Tensor, l1: Tensor, l2: Tensor, grad: Gradient, use_locking: bool = False
) -> None:
    """A step of Adagrad, then the proximal step of `l1` and `l2` at each entry's own rate."""
    apply(rules.proximal_adagrad, (var, accum), grad, number(lr, "lr"), number(l1, "l1"), number(l2, "l2"))


@update("AdagradDA", 3)
def apply_adagrad_da(
    var: Tensor,
    gradient_accumulator: Tensor,
    gradient_squared_accumulator: Tensor,
    grad: Gradient,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    global_step: Tensor,
    use_locking: bool = False,
) -> None:
    """Adagrad with dual averaging: the variable follows from the sums of all gradients and of their squares."""
    slots = gradient_accumulator, gradient_squared_accumulator
    apply(rules.adagrad_da, (var, *slots), grad, *da_numbers(lr, l1, l2, global_step))
