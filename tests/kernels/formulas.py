"""The cells once more, in NumPy, one row at a time: what the kernels are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = Any


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def relu(a: Array) -> Array:
    return np.maximum(a, 0)


def rnn_step(x: Array, h: Array, w: Array, b: Array, activation: Callable[[Array], Array] = np.tanh) -> tuple[Array]:
    return (activation(np.concatenate([x, h]) @ w + b),)


def gru_step(
    x: Array, h: Array, w: Array, b: Array, wc: Array, bc: Array, activation: Callable[[Array], Array] = np.tanh
) -> tuple[Array]:
    n = h.size
    gates = sigmoid(np.concatenate([x, h]) @ w + b)
    r, u = gates[:n], gates[n:]
    return (u * h + (1 - u) * activation(np.concatenate([x, r * h]) @ wc + bc),)


def lstm_step(
    x: Array,
    c: Array,
    h: Array,
    w: Array,
    b: Array,
    forget_bias: float = 1.0,
    activation: Callable[[Array], Array] = np.tanh,
    peepholes: Sequence[Array | None] = (None, None, None),
    cell_clip: float | None = None,
    projection: Array | None = None,
    proj_clip: float | None = None,
) -> tuple[Array, Array]:
    n = c.size
    a = np.concatenate([x, h]) @ w + b
    wi, wf, wo = (np.zeros(n) if p is None else p for p in peepholes)
    new = sigmoid(a[2 * n : 3 * n] + forget_bias + wf * c) * c + sigmoid(a[:n] + wi * c) * activation(a[n : 2 * n])
    new = new if cell_clip is None else np.clip(new, -cell_clip, cell_clip)
    m = sigmoid(a[3 * n :] + wo * new) * activation(new)
    m = m if projection is None else m @ projection
    return new, (m if proj_clip is None else np.clip(m, -proj_clip, proj_clip))


def over_time(
    step: Callable[..., tuple[Array, ...]],
    x: Array,
    state: Sequence[Array],
    weights: Sequence[Array],
    lengths: Sequence[int] | None = None,
    reverse: bool = False,
    **options: Any,
) -> tuple[Array, ...]:
    """Each row of `x` `[time, batch, depth]` alone and only as far as it goes: `(outputs, *final state)`."""
    time, batch = x.shape[:2]
    outputs = np.zeros((time, batch, state[-1].shape[1]))
    final = [leaf.copy() for leaf in state]
    for row in range(batch):
        leaves = [leaf[row] for leaf in state]
        steps = range(time if lengths is None else lengths[row])
        for t in reversed(steps) if reverse else steps:
            leaves = list(step(x[t, row], *leaves, *weights, **options))
            outputs[t, row] = leaves[-1]
        for whole, leaf in zip(final, leaves, strict=True):
            whole[row] = leaf
    return outputs, *final
