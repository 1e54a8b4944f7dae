"""Optimizers, schedules, savers, queues: rows of the table (see table.py for their form)."""

from __future__ import annotations

_STEPS = "create_global_step get_global_step get_or_create_global_step assert_global_step"

ROWS: dict[str, dict[str, str]] = {
    "train": {
        "recell.train.optimizer": "Optimizer",
        "recell.train.gradient_descent": "GradientDescentOptimizer",
        "recell.train.momentum": "MomentumOptimizer",
        "recell.train.adam": "AdamOptimizer",
        "recell.train.adagrad": "AdagradOptimizer",
        "recell.train.adagrad_da": "AdagradDAOptimizer",
        "recell.train.adadelta": "AdadeltaOptimizer",
        "recell.train.rmsprop": "RMSPropOptimizer",
        "recell.train.ftrl": "FtrlOptimizer",
        "recell.train.proximal": "ProximalGradientDescentOptimizer ProximalAdagradOptimizer",
        "recell.train.moving_averages": "ExponentialMovingAverage",
        "recell.train.training_util": f"global_step {_STEPS}",
        "recell.train.learning_rate_decay": (
            "exponential_decay natural_exp_decay inverse_time_decay polynomial_decay piecewise_constant "
            "piecewise_constant_decay=piecewise_constant cosine_decay cosine_decay_restarts linear_cosine_decay "
            "noisy_linear_cosine_decay"
        ),
    },
    "contrib.framework": {"recell.train.training_util": f"{_STEPS} assert_or_get_global_step"},
    "contrib.opt": {
        "recell.train.adam_variants": "LazyAdamOptimizer NadamOptimizer AdaMaxOptimizer",
        "recell.train.weight_decay": (
            "AdamWOptimizer MomentumWOptimizer DecoupledWeightDecayExtension extend_with_decoupled_weight_decay"
        ),
    },
    "train.optimizer": {"recell.train.optimizer": "Optimizer"},
    "train.moving_averages": {"recell.train.moving_averages": "ExponentialMovingAverage assign_moving_average"},
    "train.training_util": {"recell.train.training_util": f"global_step {_STEPS}"},
    "train.slot_creator": {"recell.train.slots": "create_slot create_slot_with_initializer create_zeros_slot"},
}
