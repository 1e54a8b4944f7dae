"""`recell demo digits`: scikit-learn's 8x8 digits, read row by row by an LSTM of 64 units."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from recell.demos.picture import draw_beliefs
from recell.demos.row_classifier import Data, Settings, train_and_test

SETTINGS = Settings(units=64, batch=32, epochs=40, rate=3e-3)


def load(test_share: float = 0.2, seed: int = 0) -> Data:
    """The 1,797 digits that scikit-learn brings, one in five of them for the test."""
    bunch = load_digits()
    images, labels = bunch.images.astype(np.float32) / 16, bunch.target
    order = np.random.RandomState(seed).permutation(len(images))
    test, train = np.split(order, [int(len(images) * test_share)])
    return Data(images[train], labels[train], images[test], labels[test])


def main(out: str = "digits.png") -> float:
    """Trains, prints the test accuracy and gives it, and writes the picture to `out`."""
    data = load()
    accuracy, beliefs = train_and_test(data, SETTINGS, example=0)
    print(f"test accuracy: {accuracy:.4f}")
    draw_beliefs(data.test_images[0], beliefs, int(data.test_labels[0]), out)
    print(f"picture: {out}")
    return accuracy


if __name__ == "__main__":
    main()
