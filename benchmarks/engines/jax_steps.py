"""What the engines that run on JAX share: a step compiled once, with or without gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.workloads import Task


def step(outputs: Callable[[Any, jax.Array], jax.Array], weights: Any, x: jax.Array, task: Task) -> Callable[[], float]:
    """One step of `outputs(weights, x)`: their mean square, when training its gradients by both arguments."""

    def loss(weights: Any, x: jax.Array) -> jax.Array:
        return jnp.mean(jnp.square(outputs(weights, x)))

    compiled = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)) if task.training else loss)

    def run() -> float:
        value = jax.block_until_ready(compiled(weights, x))
        return float(value[0] if task.training else value)

    return run
