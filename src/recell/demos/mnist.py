"""MNIST, 28 by 28 pixels: from `$RECELL_DATA/MNIST_data`, `./MNIST_data`, or downloaded there."""

from __future__ import annotations

import numpy as np

from recell.demos.rows import RowReader
from recell.demos.training import batches, train_and_show
from recell.v1.examples.tutorials.mnist import input_data  # type: ignore[import-not-found] # it comes from a table

STEPS, FULL_STEPS = 1000, 2000
BATCH = 128


def main(out: str = "mnist.png", full: bool = False, steps: int | None = None) -> float:
    """Trains on the training digits, prints the accuracy on the 10,000 test digits, draws one into `out`.

    `full`: the tutorial's 256 units and 2000 batches. `steps`: how many batches instead. Returns the accuracy.
    """
    data = input_data.read_data_sets("MNIST_data")
    images, labels = data.train.images.reshape(-1, 28, 28), data.train.labels.astype(np.int64)
    test = (data.test.images.reshape(-1, 28, 28), data.test.labels.astype(np.int64))
    count = steps or (FULL_STEPS if full else STEPS)
    reader = RowReader(rows=28, columns=28, units=256 if full else 128, learning_rate=2e-3, steps=count)
    return train_and_show(reader, count, batches(images, labels, BATCH), test, out)


if __name__ == "__main__":
    main()
