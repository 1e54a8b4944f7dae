"""Keras 3 layers on JAX, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from benchmarks.engines import jax_steps
from benchmarks.workloads import Task


def build(task: Task) -> Callable[[], float]:
    w = task.workload
    x = jnp.asarray(np.swapaxes(w.inputs(), 0, 1))  # the layers are made for [batch, time, depth]
    lengths = w.lengths()
    mask = None if lengths is None else jnp.arange(w.time)[None, :] < lengths[:, None]
    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[task.cell]
    layers = [kind(w.units, return_sequences=True, zero_output_for_mask=True) for _ in range(w.layers)]
    for depth, layer in enumerate(layers):
        layer.build((w.batch, w.time, w.depth if depth == 0 else w.units))

    def outputs(weights: Any, x: jax.Array) -> jax.Array:
        sequence = x
        for layer, own in zip(layers, weights, strict=True):
            others = [variable.value for variable in layer.non_trainable_variables]
            sequence, _ = layer.stateless_call(own, others, sequence, mask=mask)
        return sequence

    weights = [[variable.value for variable in layer.trainable_variables] for layer in layers]
    return jax_steps.step(outputs, weights, x, task)


def versions() -> str:
    return f"Keras {keras.__version__} on JAX {jax.__version__}"
