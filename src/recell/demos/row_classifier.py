"""A classifier that reads an image row by row, as if it were a sentence of rows, with an LSTM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import recell.v1 as tf


@dataclass(frozen=True)
class Data:
    """Images `[n, rows, columns]` in 0..1 and labels `[n]`, for training and for testing."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


@dataclass(frozen=True)
class Settings:
    """How large the network is and how long it trains."""

    units: int
    batch: int
    epochs: int
    rate: float
    seed: int = 1


class RowClassifier:
    """The graph: `images -> LSTM over the rows -> one softmax a row`; the last row's is the answer."""

    def __init__(self, rows: int, columns: int, classes: int, settings: Settings) -> None:
        tf.reset_default_graph()
        tf.set_random_seed(settings.seed)
        self.images = tf.placeholder(tf.float32, [None, rows, columns], name="images")
        self.labels = tf.placeholder(tf.int64, [None], name="labels")

        cell = tf.nn.rnn_cell.BasicLSTMCell(settings.units)
        outputs, _ = tf.nn.dynamic_rnn(cell, self.images, dtype=tf.float32)  # [batch, rows, units]
        weights = tf.get_variable("weights", [settings.units, classes])
        bias = tf.get_variable("bias", [classes], initializer=tf.zeros_initializer())
        every_row = tf.tensordot(outputs, weights, 1) + bias  # [batch, rows, classes]
        logits = every_row[:, -1]

        self.beliefs = tf.nn.softmax(every_row, name="beliefs")
        self.loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=logits))
        self.train = tf.train.AdamOptimizer(settings.rate).minimize(self.loss)
        correct = tf.equal(tf.argmax(logits, 1), self.labels)
        self.accuracy = tf.reduce_mean(tf.cast(correct, tf.float32), name="accuracy")


def train_and_test(data: Data, settings: Settings, example: int) -> tuple[float, np.ndarray]:
    """Trains with a progress bar. Gives the accuracy on the test images, and the beliefs `[rows, classes]` that the
    network holds after each row of test image number `example`."""
    count, rows, columns = data.train_images.shape
    model = RowClassifier(rows, columns, int(data.train_labels.max()) + 1, settings)
    steps = count // settings.batch
    order = np.random.RandomState(settings.seed)
    with tf.Session() as session, _progress() as progress:
        session.run(tf.global_variables_initializer())
        task = progress.add_task("training", total=settings.epochs * steps, loss=float("nan"))
        for _ in range(settings.epochs):
            shuffled = order.permutation(count)
            for step in range(steps):
                chosen = shuffled[step * settings.batch : (step + 1) * settings.batch]
                feed = {model.images: data.train_images[chosen], model.labels: data.train_labels[chosen]}
                _, loss = session.run([model.train, model.loss], feed)
                progress.update(task, advance=1, loss=loss)
        feed = {model.images: data.test_images, model.labels: data.test_labels}
        accuracy = session.run(model.accuracy, feed)
        beliefs = session.run(model.beliefs, {model.images: data.test_images[example : example + 1]})[0]
    return float(accuracy), beliefs


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
