"""MNIST, 28 by 28 pixels: from `$RECELL_DATA/MNIST_data`, `./MNIST_data`, or downloaded there."""

from __future__ import annotations

import numpy as np

from recell.demos.rows import RowReader
from recell.demos.training import batches, train_and_show
from recell.v1.examples.tutorials.mnist import input_data  # type: ignore[import-not-found] # it comes from a table

STEPS = 1000
BATCH = 128


def main(out: str = "mnist.png") -> float:
    """Trains on the training digits, prints the accuracy on the 10,000 test digits, draws one into `out`."""
    data = input_data.read_data_sets("MNIST_data")
    images, labels = data.train.images.reshape(-1, 28, 28), data.train.labels.astype(np.int64)
    test = (data.test.images.reshape(-1, 28, 28), data.test.labels.astype(np.int64))
    reader = RowReader(rows=28, columns=28, units=128, learning_rate=2e-3, steps=STEPS)
    return train_and_show(reader, STEPS, batches(images, labels, BATCH), test, out)


if __name__ == "__main__":
    main()
