"""Operations that apply a gradient to a variable and its slots, under TensorFlow's names (`ApplyAdam`, ...).

Each changes its first inputs, reference tensors of one shape and dtype, in place, and yields the variable's new value.
Hyper-parameters are scalar tensors of the variable's dtype. `grad` has the variable's shape.
Raises ValueError while building, InvalidArgumentError while running, for shapes that do not go together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recell.ops import training_rules as rules
from recell.ops.training_op import ada_max_numbers, adam_numbers, da_numbers, ftrl_numbers, rms_numbers, update
from recell.ops.training_rules import number, on_all

if TYPE_CHECKING:
    from torch import Tensor


@update("ApplyGradientDescent", 1)
def apply_gradient_descent(var: Tensor, alpha: Tensor, delta: Tensor, use_locking: bool = False) -> None:
    """`var -= alpha * delta`."""
    on_all(rules.gradient_descent, (var,), delta, number(alpha, "alpha"))


@update("ApplyMomentum", 2)
def apply_momentum(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    grad: Tensor,
    momentum: Tensor,
    use_locking: bool = False,
    use_nesterov: bool = False,
) -> None:
    """`accum = momentum * accum + grad; var -= lr * accum`, or Nesterov's form of it."""
    on_all(rules.momentum, (var, accum), grad, number(lr, "lr"), number(momentum, "momentum"), use_nesterov)


@update("ApplyAdam", 3)
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
    grad: Tensor,
    use_locking: bool = False,
    use_nesterov: bool = False,
) -> None:
    """Kingma and Ba, https://arxiv.org/abs/1412.6980, with `epsilon` in the place the end of its section 2 gives it."""
    numbers = adam_numbers(beta1_power, beta2_power, lr, beta1, beta2, epsilon)
    on_all(rules.adam, (var, m, v), grad, *numbers, use_nesterov)


@update("ApplyAdaMax", 3)
def apply_ada_max(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    use_locking: bool = False,
) -> None:
    """Section 7 of https://arxiv.org/abs/1412.6980."""
    on_all(rules.ada_max, (var, m, v), grad, *ada_max_numbers(beta1_power, lr, beta1, beta2, epsilon))


@update("ApplyAdagrad", 2)
def apply_adagrad(
    var: Tensor, accum: Tensor, lr: Tensor, grad: Tensor, use_locking: bool = False, update_slots: bool = True
) -> None:
    """`accum += grad**2; var -= lr * grad / sqrt(accum)`."""
    on_all(rules.adagrad, (var, accum), grad, number(lr, "lr"), update_slots)


@update("ApplyAdadelta", 3)
def apply_adadelta(
    var: Tensor,
    accum: Tensor,
    accum_update: Tensor,
    lr: Tensor,
    rho: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    use_locking: bool = False,
) -> None:
    """Zeiler, https://arxiv.org/abs/1212.5701."""
    numbers = number(lr, "lr"), number(rho, "rho"), number(epsilon, "epsilon")
    on_all(rules.adadelta, (var, accum, accum_update), grad, *numbers)


@update("ApplyRMSProp", 3)
def apply_rms_prop(
    var: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    use_locking: bool = False,
) -> None:
    """Hinton's lecture 6e, with momentum; `epsilon` is inside the root."""
    on_all(rules.rms_prop, (var, ms, mom), grad, *rms_numbers(lr, rho, momentum, epsilon))


@update("ApplyCenteredRMSProp", 4)
def apply_centered_rms_prop(
    var: Tensor,
    mg: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    use_locking: bool = False,
) -> None:
    """Graves, https://arxiv.org/abs/1308.0850: divides by the root of the gradient's variance."""
    on_all(rules.centered_rms_prop, (var, mg, ms, mom), grad, *rms_numbers(lr, rho, momentum, epsilon))


@update("ApplyFtrl", 3)
def apply_ftrl(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    lr_power: Tensor,
    use_locking: bool = False,
) -> None:
    """McMahan et al., "Ad Click Prediction: a View from the Trenches"."""
    on_all(rules.ftrl, (var, accum, linear), grad, *ftrl_numbers(lr, l1, l2, None, lr_power))


@update("ApplyFtrlV2", 3)
def apply_ftrl_v2(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    l2_shrinkage: Tensor,
    lr_power: Tensor,
    use_locking: bool = False,
) -> None:
    """FTRL whose linear term also holds `2 * l2_shrinkage * var`."""
    on_all(rules.ftrl, (var, accum, linear), grad, *ftrl_numbers(lr, l1, l2, l2_shrinkage, lr_power))


@update("ApplyProximalGradientDescent", 1)
def apply_proximal_gradient_descent(
    var: Tensor, alpha: Tensor, l1: Tensor, l2: Tensor, delta: Tensor, use_locking: bool = False
) -> None:
    """A step of gradient descent, then the proximal step of `l1` and `l2`."""
    numbers = number(alpha, "alpha"), number(l1, "l1"), number(l2, "l2")
    on_all(rules.proximal_gradient_descent, (var,), delta, *numbers)


@update("ApplyProximalAdagrad", 2)
def apply_proximal_adagrad(
    var: Tensor, accum: Tensor, lr: Tensor, l1: Tensor, l2: Tensor, grad: Tensor, use_locking: bool = False
) -> None:
    """A step of Adagrad, then the proximal step of `l1` and `l2` at each entry's own rate."""
    on_all(rules.proximal_adagrad, (var, accum), grad, number(lr, "lr"), number(l1, "l1"), number(l2, "l2"))


@update("ApplyAdagradDA", 3)
def apply_adagrad_da(
    var: Tensor,
    gradient_accumulator: Tensor,
    gradient_squared_accumulator: Tensor,
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    global_step: Tensor,
    use_locking: bool = False,
) -> None:
    """Adagrad with dual averaging: the variable follows from the sums of all gradients and of their squares."""
    slots = gradient_accumulator, gradient_squared_accumulator
    on_all(rules.adagrad_da, (var, *slots), grad, *da_numbers(lr, l1, l2, global_step))
