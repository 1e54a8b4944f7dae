"""Keras' layers on TensorFlow, in a `tf.function`: tf_keras (Keras 2) or Keras 3."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.workloads import Task


def build(task: Task, module: str) -> Callable[[], float]:
    keras = importlib.import_module(module)
    w = task.workload
    x = tf.constant(np.swapaxes(w.inputs(), 0, 1).copy())  # the layers are made for [batch, time, depth]
    lengths = w.lengths()
    mask = None if lengths is None else tf.sequence_mask(lengths, w.time)
    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[task.cell]
    layers = [kind(w.units, return_sequences=True, zero_output_for_mask=True) for _ in range(w.layers)]

    def loss() -> tf.Tensor:
        sequence = x
        for layer in layers:
            sequence = layer(sequence, mask=mask)
        return tf.reduce_mean(tf.square(sequence))

    loss()  # makes the weights
    weights = [variable for layer in layers for variable in layer.trainable_variables]
    if module == "keras":  # Keras 3 wraps TensorFlow's variables
        weights = [variable.value for variable in weights]

    @tf.function
    def forward() -> tf.Tensor:
        return loss()

    @tf.function
    def train() -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss()
        return value, tape.gradient(value, [x, *weights])

    return lambda: float(train()[0]) if task.training else float(forward())


def versions(module: str) -> str:
    return f"{module} {importlib.import_module(module).__version__} on TensorFlow {tf.__version__}"
