"""Graphs of checkpoints that others made, as their programs have them, as far as the variables in the files tell.

`python tests/train/wild_models.py`, by a Python that has TensorFlow 1.15, writes what that says: `wild_outputs.json`.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np

OUTPUTS = pathlib.Path(__file__).with_name("wild_outputs.json")
FILES = pathlib.Path(__file__).resolve().parents[1] / "checkpoint" / "files"


def ramp(*shape: int) -> np.ndarray:
    count = int(np.prod(shape))
    return np.sin(np.arange(1, count + 1) * 1.7).astype(np.float32).reshape(shape)


def har_v2(tf: Any) -> Any:
    """Human activity: two layers of LSTM over 9 signals, statically unrolled, trained with Adam and L2."""
    x = ramp(3, 20, 9)
    weights = [tf.Variable(tf.random_normal(shape)) for shape in ([9, 32], [32, 6])]
    biases = [tf.Variable(tf.random_normal([size])) for size in (32, 6)]
    steps = tf.reshape(tf.transpose(tf.constant(x), [1, 0, 2]), [-1, 9])
    steps = tf.split(tf.nn.relu(tf.matmul(steps, weights[0]) + biases[0]), 20, 0)
    cells = [tf.nn.rnn_cell.BasicLSTMCell(32, forget_bias=1.0, state_is_tuple=True) for _ in range(2)]
    outputs, _ = tf.nn.static_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), steps, dtype=tf.float32)
    logits = tf.matmul(outputs[-1], weights[1]) + biases[1]
    penalty = 0.0015 * sum(tf.nn.l2_loss(variable) for variable in tf.trainable_variables())
    labels = tf.one_hot([0, 3, 5], 6)
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)) + penalty
    train = tf.train.AdamOptimizer(0.0025).minimize(cost)
    return [logits, cost], train


def qeco_v2(tf: Any) -> Any:
    """Offloading by a duelling double Q-network: an LSTM over the load's history beside two dense layers."""
    state, history = tf.constant(ramp(5, 6)), tf.constant(ramp(5, 10, 2))

    def network(scope: str) -> Any:
        with tf.variable_scope(scope):
            with tf.variable_scope("l0"):
                cell = tf.nn.rnn_cell.BasicLSTMCell(20)
                outputs, _ = tf.nn.dynamic_rnn(cell, history, dtype=tf.float32)
            hidden = tf.concat([outputs[:, -1, :], state], 1)
            for layer, rows in ("1", 26), ("12", 20):
                with tf.variable_scope(f"l{layer}"):
                    w = tf.get_variable(f"w{layer}", [rows, 20])
                    b = tf.get_variable(f"b{layer}", [1, 20])
                    hidden = tf.nn.relu(tf.matmul(hidden, w) + b)
            heads = {}
            for head, size in ("Value", 1), ("Advantage", 3):
                with tf.variable_scope(head):
                    w, b = tf.get_variable("w2", [20, size]), tf.get_variable("b2", [1, size])
                    heads[head] = tf.matmul(hidden, w) + b
            advantage = heads["Advantage"]
            return heads["Value"] + advantage - tf.reduce_mean(advantage, 1, keepdims=True)

    values = [network("eval_net"), network("target_net")]
    best = tf.gradients(tf.reduce_max(values[0]), tf.trainable_variables()[:2])
    return [*values, *(tf.reduce_sum(gradient, 0) for gradient in best)], tf.no_op()


MODELS = {"har_v2": har_v2, "qeco_v2": qeco_v2}


def outputs(tf: Any, folder: str) -> list[Any]:
    """What a model says with the restored values, then after three steps of training."""
    prefix = FILES / folder / json.loads((FILES / folder / "info.json").read_text())["prefix"]
    with tf.Graph().as_default(), tf.Session() as session:
        fetches, train = MODELS[folder](tf)
        tf.train.Saver().restore(session, str(prefix))
        first = session.run(fetches)
        for _ in range(3):
            session.run(train)
        return [np.asarray(value).tolist() for value in [*first, *session.run(fetches)]]


if __name__ == "__main__":
    import tensorflow

    OUTPUTS.write_text(json.dumps({folder: outputs(tensorflow, folder) for folder in MODELS}) + "\n")
