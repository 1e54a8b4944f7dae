"""Digits of 8 by 8 pixels, bundled with scikit-learn: no download, trained in well under a minute."""

from __future__ import annotations

import numpy as np

from recell.demos.rows import RowReader
from recell.demos.training import batches, train_and_show

STEPS = 1200
BATCH = 64


def main(out: str = "digits.png") -> float:
    """Trains on three quarters of the digits, prints the accuracy on the rest, draws one into `out`."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    images = (digits.images[order] / 16).astype(np.float32)
    labels = digits.target[order].astype(np.int64)
    cut = len(images) * 3 // 4
    reader = RowReader(rows=8, columns=8, units=64, learning_rate=5e-3, steps=STEPS)
    next_batch = batches(images[:cut], labels[:cut], BATCH)
    return train_and_show(reader, STEPS, next_batch, (images[cut:], labels[cut:]), out)


if __name__ == "__main__":
    main()
