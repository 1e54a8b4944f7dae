"""A training step of a layer-norm LSTM that a program wrote itself: on TensorFlow 1.15, on Recell, or on PyTorch.

    python benchmarks/own_cell.py                     # Recell
    RECELL_KERNELS=off python benchmarks/own_cell.py  # without compiled kernels
    python3.7 benchmarks/own_cell.py                  # an interpreter that has TensorFlow 1.15
    python benchmarks/own_cell.py --torch             # the same step in PyTorch, plain and by torch.compile

Prints the least processor time of a training step and of a forward pass, on one thread, in ms: that is the same on a
machine that others use too.
"""

import argparse
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

BATCH, TIME, UNITS = 32, 35, 200


def least(step, repeats=30):
    def once():
        start = time.process_time()
        step()
        return time.process_time() - start

    return 1e3 * min(once() for _ in range(repeats))


def with_tensorflow(tf, driver):
    def normal(x, scope):
        with tf.variable_scope(scope):
            gain = tf.get_variable("gain", [UNITS], initializer=tf.ones_initializer())
            shift = tf.get_variable("shift", [UNITS], initializer=tf.zeros_initializer())
        mean, variance = tf.nn.moments(x, [1], keep_dims=True)
        return (x - mean) * tf.rsqrt(variance + 1e-5) * gain + shift

    class Cell(tf.nn.rnn_cell.RNNCell):
        state_size = tf.nn.rnn_cell.LSTMStateTuple(UNITS, UNITS)
        output_size = UNITS

        def call(self, inputs, state):
            c, h = state
            kernel = tf.get_variable("kernel", [2 * UNITS, 4 * UNITS])
            gates = tf.split(tf.matmul(tf.concat([inputs, h], 1), kernel), 4, 1)
            i, j, f, o = [normal(gates[k], name) for k, name in enumerate("ijfo")]
            c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(j)
            h = tf.sigmoid(o) * tf.tanh(normal(c, "c"))
            return h, tf.nn.rnn_cell.LSTMStateTuple(c, h)

    x = tf.placeholder(tf.float32, [BATCH, TIME, UNITS])
    cell = Cell()
    if driver == "dynamic_rnn":
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    else:
        state, steps = cell.zero_state(BATCH, tf.float32), []
        for t in range(TIME):
            output, state = cell(x[:, t], state)
            steps.append(output)
        outputs = tf.stack(steps, 1)
    loss = tf.reduce_mean(tf.square(outputs))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feed = {x: np.random.RandomState(0).randn(BATCH, TIME, UNITS).astype(np.float32)}
    one_thread = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    with tf.Session(config=one_thread) as session:
        session.run(tf.global_variables_initializer())
        start = time.time()
        session.run(train, feed)
        first = time.time() - start
        training, forward = least(lambda: session.run(train, feed)), least(lambda: session.run(loss, feed))
    print("%-12s first step %.1f s, training %.1f, forward %.1f" % (driver, first, training, forward))  # noqa: UP031


def with_torch():
    import torch

    def normal(x, gain, shift):
        variance, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
        return (x - mean) * torch.rsqrt(variance + 1e-5) * gain + shift

    def step(x, c, h, kernel, gains, shifts):
        gates = (torch.cat([x, h], 1) @ kernel).chunk(4, 1)
        i, j, f, o = (normal(gate, gains[k], shifts[k]) for k, gate in enumerate(gates))
        c = torch.sigmoid(f + 1.0) * c + torch.sigmoid(i) * torch.tanh(j)
        return c, torch.sigmoid(o) * torch.tanh(normal(c, gains[4], shifts[4]))

    weights = [0.05 * torch.randn(2 * UNITS, 4 * UNITS), torch.ones(5, UNITS), torch.zeros(5, UNITS)]
    weights = [weight.requires_grad_() for weight in weights]
    x = torch.randn(TIME, BATCH, UNITS)

    def loss(step):
        c = h = torch.zeros(BATCH, UNITS)
        outputs = []
        for now in x.unbind(0):
            c, h = step(now, c, h, *weights)
            outputs.append(h)
        return torch.stack(outputs).square().mean()

    for name, run in (("torch", step), ("compiled", torch.compile(step))):
        start = time.time()
        torch.autograd.grad(loss(run), weights)
        first = time.time() - start
        training = least(lambda run=run: torch.autograd.grad(loss(run), weights))
        with torch.no_grad():
            forward = least(lambda run=run: loss(run))
        print(f"{name:12} first step {first:.1f} s, training {training:.1f}, forward {forward:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A layer-norm LSTM of a program's own.")
    parser.add_argument("--torch", action="store_true", help="the same step in PyTorch, plain and by torch.compile")
    if parser.parse_args().torch:
        with_torch()
    else:
        try:
            import recell.v1 as tensorflow
        except ImportError:
            import tensorflow
        for driver in ("dynamic_rnn", "loop"):
            tensorflow.reset_default_graph()
            with_tensorflow(tensorflow, driver)
