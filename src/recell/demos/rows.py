"""An LSTM that reads pictures of digits row by row, like lines of text, and says after each row what it believes.

The graph is built once, as in any TensorFlow 1 program; `train` and `beliefs` then run parts of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import recell.v1 as tf


class RowReader:
    """The classifier: an LSTM over the rows, and one softmax layer that is applied after every row.

    Args:
        rows: rows of a picture, the time steps.
        columns: pixels of a row, the inputs of a step.
        units: size of the LSTM's state.
        learning_rate: of Adam, at the start; it falls to a tenth by the end.
        steps: how many training steps there will be.
    """

    def __init__(self, rows: int, columns: int, units: int, learning_rate: float, steps: int) -> None:
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(1)
            self.images = tf.placeholder(tf.float32, [None, rows, columns], name="images")
            self.labels = tf.placeholder(tf.int64, [None], name="labels")

            cell = tf.nn.rnn_cell.BasicLSTMCell(units)
            outputs, _ = tf.nn.dynamic_rnn(cell, self.images, dtype=tf.float32)

            weights = tf.get_variable("weights", [units, 10])
            biases = tf.get_variable("biases", [10], initializer=tf.zeros_initializer())
            by_row = tf.matmul(tf.reshape(outputs, [-1, units]), weights) + biases
            self.probabilities = tf.reshape(tf.nn.softmax(by_row), [-1, rows, 10], name="probabilities")

            # Only what it says after the last row is trained; what it says before that is what we want to look at.
            logits = tf.matmul(outputs[:, -1, :], weights) + biases
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=logits)
            self.loss = tf.reduce_mean(losses)
            right = tf.equal(tf.argmax(logits, 1), self.labels)
            self.accuracy = tf.reduce_mean(tf.cast(right, tf.float32))

            step = tf.train.get_or_create_global_step()
            rate = tf.train.exponential_decay(learning_rate, step, steps, 0.1)
            self.train_step = tf.train.AdamOptimizer(rate).minimize(self.loss, global_step=step)
            self.initialize = tf.global_variables_initializer()

    def train(
        self, session: Any, steps: int, next_batch: Callable[[], tuple[Any, Any]], on_step: Callable[[float], None]
    ) -> None:
        """Runs `steps` training steps; `on_step` hears the loss of each."""
        session.run(self.initialize)
        for _ in range(steps):
            images, labels = next_batch()
            _, loss = session.run([self.train_step, self.loss], {self.images: images, self.labels: labels})
            on_step(float(loss))

    def accuracy_on(self, session: Any, images: Any, labels: Any) -> float:
        """Share of pictures `[examples, rows, columns]` whose class it gets right."""
        return float(session.run(self.accuracy, {self.images: images, self.labels: labels}))

    def beliefs(self, session: Any, image: Any) -> np.ndarray:
        """Probabilities of the ten classes after each row of picture `[rows, columns]`: `[rows, 10]`."""
        return session.run(self.probabilities, {self.images: [image]})[0]
