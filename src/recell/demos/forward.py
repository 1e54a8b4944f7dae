"""One recurrent cell by hand: two inputs, two units, every number of the forward pass.

The weights are those of the tutorial, so the outputs must be 1.56128388 and 2.72707101. The same loop is written twice,
in NumPy and as a graph; that they agree is the point.
"""

from __future__ import annotations

import numpy as np

import recell.v1 as tf
from recell.demos.display import table

INPUTS = [1.0, 2.0]
STATE_WEIGHTS = np.array([[0.1, 0.2], [0.3, 0.4]])
INPUT_WEIGHTS = np.array([0.5, 0.6])
CELL_BIAS = np.array([0.1, -0.1])
OUTPUT_WEIGHTS = np.array([[1.0], [2.0]])
OUTPUT_BIAS = 0.1


def by_numpy() -> list[tuple[np.ndarray, float]]:
    """The state and the output after each input."""
    state, steps = np.zeros(2), []
    for x in INPUTS:
        state = np.tanh(state @ STATE_WEIGHTS + x * INPUT_WEIGHTS + CELL_BIAS)
        steps.append((state, (state @ OUTPUT_WEIGHTS + OUTPUT_BIAS).item()))
    return steps


def by_graph() -> list[tuple[np.ndarray, float]]:
    """The same by a graph: `BasicRNNCell` is this loop, with the weights of state and input in one matrix."""
    with tf.Graph().as_default(), tf.Session() as session:
        cell = tf.nn.rnn_cell.BasicRNNCell(2, dtype=tf.float64)
        state, steps = tf.zeros([1, 2], tf.float64), []
        for x in INPUTS:
            _, state = cell(tf.constant([[x]], tf.float64), state)
            output = tf.matmul(state, tf.constant(OUTPUT_WEIGHTS)) + OUTPUT_BIAS
            steps.append((state[0], output[0, 0]))
        kernel, bias = cell.trainable_variables
        kernel.load(np.vstack([INPUT_WEIGHTS[None], STATE_WEIGHTS]), session)  # the input's weights come first
        bias.load(CELL_BIAS, session)
        return session.run(steps)


def main(out: str = "", full: bool = False) -> list[float]:
    """Prints both as a table; draws nothing. Returns the outputs."""
    rows: list[list[object]] = []
    graph = by_graph()
    for step, (mine, theirs) in enumerate(zip(by_numpy(), graph, strict=True), 1):
        for how, (state, output) in (("NumPy", mine), ("graph", theirs)):
            rows.append([step, INPUTS[step - 1], how, f"{state[0]:.8f}  {state[1]:.8f}", f"{output:.8f}"])
    table("a recurrent cell, step by step", ["step", "input", "by", "state", "output"], rows)
    return [float(output) for _, output in graph]


if __name__ == "__main__":
    main()
