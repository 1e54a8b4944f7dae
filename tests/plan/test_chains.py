"""Loops written by hand give the same values and gradients whether or not their steps are joined."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.chain_ways import BATCH, DEPTH, UNITS, assert_same

import recell.v1 as tf

CELLS = {
    "basic": lambda: tf.nn.rnn_cell.BasicLSTMCell(UNITS),
    "lstm": lambda: tf.nn.rnn_cell.LSTMCell(UNITS, use_peepholes=True, cell_clip=0.5),
    "projected": lambda: tf.nn.rnn_cell.LSTMCell(UNITS, num_proj=UNITS, proj_clip=0.2),
    "joined": lambda: tf.nn.rnn_cell.BasicLSTMCell(UNITS, state_is_tuple=False),
    "gru": lambda: tf.nn.rnn_cell.GRUCell(UNITS),
    "rnn": lambda: tf.nn.rnn_cell.BasicRNNCell(UNITS),
    "cudnn": lambda: tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(UNITS),
    "layer_norm": lambda: tf.contrib.rnn.LayerNormBasicLSTMCell(UNITS),
}


def steps_of(x, how, steps):
    """The inputs of every step, taken from `x` `[batch, time, depth]` as programs do it."""
    if how == "batch-major":
        return [x[:, t, :] for t in range(steps)]
    if how == "time-major":
        turned = tf.transpose(x, [1, 0, 2])
        return [turned[t] for t in range(steps)]
    if how == "unstacked":
        return tf.unstack(x, axis=1)
    if how == "reversed":
        return [x[:, t] for t in reversed(range(steps))]
    if how == "split":
        return [tf.squeeze(part, [1]) for part in tf.split(x, steps, 1)]
    if how == "same":
        return [x[:, 0]] * steps
    return [x[:, t, :] * float(t + 1) for t in range(steps)]


HOWS = ["batch-major", "time-major", "unstacked", "reversed", "split", "same", "scaled"]


@st.composite
def loops(draw):
    layers = draw(st.integers(1, 3))
    steps = draw(st.integers(1, 6))
    cells = draw(st.sampled_from([sorted(CELLS), ["joined", "gru"]]))
    return {
        "layers": [draw(st.sampled_from(cells)) for _ in range(layers)],
        "steps": steps,
        "tuple": draw(st.booleans()),
        "how": draw(st.sampled_from(HOWS)),
        "dropout": draw(st.sampled_from(["none", "output", "input", "both", "state"])),
        "keep": draw(st.sampled_from(["number", "tensor"])),
        "feedback": draw(st.sampled_from(["none", "none", "none", "always", "once"])),
        "after": draw(st.sampled_from(["nothing", "projection", "residual", "own loss", "difference"])),
        "join": draw(st.sampled_from(["concat", "stack", "stack 1", "last", "sum"])),
        "fetched": draw(st.sets(st.integers(0, 400), max_size=4)),
        "by": draw(st.sets(st.integers(0, 400), max_size=2)),
        "fed": draw(st.sampled_from([None, None, *range(0, 400, 7)])),
    }


def with_dropout(cell, kind, keep):
    places = {
        "none": {},
        "output": {"output_keep_prob": keep},
        "input": {"input_keep_prob": keep},
        "both": {"input_keep_prob": keep, "output_keep_prob": keep},
        "state": {"state_keep_prob": keep},
    }
    return tf.nn.rnn_cell.DropoutWrapper(cell, **places[kind]) if places[kind] else cell


def unrolled(loop, x):
    """The outputs of the loop."""
    keep = 0.7 if loop["keep"] == "number" else tf.constant(0.7) * 1.0
    cells = [with_dropout(CELLS[name](), loop["dropout"], keep) for name in loop["layers"]]
    parted = any(isinstance(made.state_size, tuple) for made in cells)
    cell = tf.nn.rnn_cell.MultiRNNCell(cells, state_is_tuple=parted or loop["tuple"])
    state = cell.zero_state(BATCH, tf.float32)
    outputs = []
    with tf.variable_scope("loop"):
        for t, x_t in enumerate(steps_of(x, loop["how"], loop["steps"])):
            if t > 0:
                tf.get_variable_scope().reuse_variables()
            if outputs and (loop["feedback"] == "always" or (loop["feedback"] == "once" and t == 2)):
                x_t = outputs[-1][:, :DEPTH]
            output, state = cell(x_t, state)
            outputs.append(output)
    return outputs


def after(loop, outputs):
    w = tf.get_variable("w", [UNITS, UNITS])
    if loop["after"] == "projection":
        return [tf.tanh(tf.matmul(output, w) + 0.5) for output in outputs]
    if loop["after"] == "residual":
        return [output + tf.nn.relu(output) * 2.0 for output in outputs]
    if loop["after"] == "difference":
        return [b - a for a, b in zip(outputs, [*outputs[1:], outputs[0]], strict=True)]
    return outputs


def total(loop, outputs):
    if loop["after"] == "own loss":
        loss = 0.0
        for output in outputs:
            loss += tf.reduce_mean(tf.square(output - 0.1))
        return loss
    if loop["join"] == "concat":
        return tf.reduce_sum(tf.square(tf.reshape(tf.concat(outputs, 1), [-1, UNITS])))
    if loop["join"].startswith("stack"):
        return tf.reduce_sum(tf.tanh(tf.stack(outputs, int(loop["join"][6:] or 0))))
    return tf.reduce_sum(outputs[-1] if loop["join"] == "last" else tf.add_n(outputs))


@settings(max_examples=60, deadline=None)
@given(loops())
def test_joined_is_as_step_by_step(loop):
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(7)
        values = np.random.RandomState(0).randn(BATCH, loop["steps"], DEPTH).astype(np.float32)
        x = tf.placeholder(tf.float32, [None, loop["steps"], DEPTH])
        with tf.variable_scope("", initializer=tf.random_uniform_initializer(-0.8, 0.8, seed=3)):
            loss = total(loop, after(loop, unrolled(loop, x)))
        inside = [
            tensor
            for op in graph.get_operations()
            if op.body is None and op.type not in ("Const", "VariableV2", "Assign", "Placeholder")
            for tensor in op.outputs
            if tensor.dtype == tf.float32 and "Initializer" not in op.name
        ]
        chosen = [inside[k % len(inside)] for k in sorted(loop["fetched"])]
        xs = [*tf.trainable_variables(), x, *(inside[k % len(inside)] for k in sorted(loop["by"]))]
        gradients = [g for g in tf.gradients(loss, xs) if g is not None]
        feeds = {x: values}
        if loop["fed"] is not None:
            fed = inside[loop["fed"] % len(inside)]
            if fed.shape.is_compatible_with([BATCH, UNITS]) and fed.op.type != "Identity":
                feeds[fed] = np.full([BATCH, UNITS], 0.3, np.float32)
        assert_same([loss, *chosen, *map(tf.convert_to_tensor, gradients)], feeds)
