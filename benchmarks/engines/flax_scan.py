"""Flax' cells in `flax.linen.RNN`, which is `jax.lax.scan`, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flax
import jax
import jax.numpy as jnp
from flax import linen

from benchmarks.engines import jax_steps
from benchmarks.workloads import Task


def build(task: Task) -> Callable[[], float]:
    w = task.workload
    x = jnp.asarray(w.inputs())
    lengths = w.lengths()
    kind = {"lstm": linen.OptimizedLSTMCell, "gru": linen.GRUCell}[task.cell]
    network = linen.Sequential([linen.RNN(kind(w.units), time_major=True) for _ in range(w.layers)])
    # flax computes what is past a row's length, too; to leave it out of the loss is the caller's business
    counts = None if lengths is None else (jnp.arange(w.time)[:, None] < lengths)[:, :, None]

    def outputs(weights: Any, x: jax.Array) -> jax.Array:
        sequence = network.apply(weights, x)
        return sequence if counts is None else jnp.where(counts, sequence, 0.0)

    return jax_steps.step(outputs, network.init(jax.random.key(0), x), x, task)


def versions() -> str:
    return f"flax {flax.__version__}, JAX {jax.__version__}"
