"""Digits of 8 by 8 pixels, bundled with scikit-learn: no download, trained in well under a minute."""

from __future__ import annotations

import numpy as np

from recell.demos.rows import RowReader
from recell.demos.training import batches, train_and_show

STEPS, FULL_STEPS = 1200, 6000
BATCH = 64


def main(out: str = "digits.png", full: bool = False, steps: int | None = None) -> float:
    """Trains on three quarters of the digits, prints the accuracy on the rest, draws one into `out`.

    `full`: trains five times as long. `steps`: how many batches instead. Returns the accuracy.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    images = (digits.images[order] / 16).astype(np.float32)
    labels = digits.target[order].astype(np.int64)
    cut = len(images) * 3 // 4
    count = steps or (FULL_STEPS if full else STEPS)
    reader = RowReader(rows=8, columns=8, units=64, learning_rate=5e-3, steps=count)
    next_batch = batches(images[:cut], labels[:cut], BATCH)
    return train_and_show(reader, count, next_batch, (images[cut:], labels[cut:]), out)


if __name__ == "__main__":
    main()
