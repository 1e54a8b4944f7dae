"""`recell demo mnist`: the real MNIST digits, 28x28, read row by row by an LSTM of 128 units."""

from __future__ import annotations

import numpy as np

from recell.datasets.mnist import read_data_sets
from recell.demos.picture import draw_beliefs
from recell.demos.row_classifier import Data, Settings, train_and_test

SETTINGS = Settings(units=128, batch=128, epochs=2, rate=2e-3)


def load(folder: str = "MNIST_data") -> Data:
    """The 55,000 training and 10,000 test images; found or fetched as `read_data_sets` does."""
    sets = read_data_sets(folder)
    parts = []
    for part in (sets.train, sets.test):
        parts += [part.images.reshape(-1, 28, 28), part.labels.astype(np.int64)]
    return Data(*parts)


def main(out: str = "mnist.png") -> float:
    """Trains, prints the test accuracy and gives it, and writes the picture to `out`."""
    data = load()
    accuracy, beliefs = train_and_test(data, SETTINGS, example=4)
    print(f"test accuracy: {accuracy:.4f}")
    draw_beliefs(data.test_images[4], beliefs, int(data.test_labels[4]), out)
    print(f"picture: {out}")
    return accuracy


if __name__ == "__main__":
    main()
