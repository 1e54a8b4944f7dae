"""A TensorFlow 1 program: cells, a driver, `tf.gradients`, a session that is fed the batch.

TensorFlow 1.15, 2.21 and Recell run the same text.
"""

from __future__ import annotations

import importlib

import numpy as np


def build(task, module, driver="dynamic_rnn"):
    """`module`: what to import as tf; `driver`: `dynamic_rnn`, or `block` for the cells written as one operation."""
    tf = tensorflow(module)
    tf.reset_default_graph()
    w = task.workload
    x = tf.placeholder(tf.float32, [w.time, w.batch, w.depth])
    lengths = w.lengths()
    outputs = {"dynamic_rnn": dynamic_rnn, "block": block}[driver](tf, task, x, lengths)
    loss = tf.reduce_mean(tf.square(outputs))
    fetches = [loss]
    if task.training:
        # One number of each gradient: computed and not copied out. TensorFlow's optimizer takes whatever only a
        # `tf.group` waits for out of the graph.
        fetches += [tf.reshape(g, [-1])[0] for g in tf.gradients(loss, [x, *tf.trainable_variables()])]
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    feed = {x: w.inputs()}
    return lambda: float(session.run(fetches, feed)[0])


def dynamic_rnn(tf, task, x, lengths):
    w = task.workload
    kind = {"lstm": tf.nn.rnn_cell.BasicLSTMCell, "gru": tf.nn.rnn_cell.GRUCell}[task.cell]
    cell = tf.nn.rnn_cell.MultiRNNCell([kind(w.units) for _ in range(w.layers)])
    return tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, time_major=True)[0]


def block(tf, task, x, lengths):
    w = task.workload
    for layer in range(w.layers):
        with tf.variable_scope(f"layer{layer}"):
            if task.cell == "lstm":
                x, _ = tf.contrib.rnn.LSTMBlockFusedCell(w.units)(x, dtype=tf.float32, sequence_length=lengths)
            else:
                cell = tf.contrib.rnn.GRUBlockCellV2(w.units)
                x, _ = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, time_major=True)
    return x


def tensorflow(module):
    tf = importlib.import_module(module)
    if module == "tensorflow.compat.v1":
        tf.disable_v2_behavior()
    return tf


def versions(module, driver="dynamic_rnn"):
    package = importlib.import_module(module.partition(".")[0])
    return f"{package.__name__} {package.__version__}, NumPy {np.__version__}"
