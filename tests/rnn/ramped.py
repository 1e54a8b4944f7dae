"""What the cases of contrib_cell_cases.txt import, under genuine TensorFlow 1.15 (Python 3.7) too."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.figures import ramp
from tests.rnn.golden_case import resolve


def ramped(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """A variable scope's `custom_getter`: variables start with distinct numbers, whatever the cell wants."""

    def start(shape: Any, dtype: Any = None, partition_info: Any = None) -> np.ndarray:
        return ramp(*[int(size) for size in shape], scale=0.8).astype(dtype.as_numpy_dtype)

    kwargs["initializer"] = start
    return getter(name, *args, **kwargs)


def hidden(tf: Any, name: str) -> Any:
    """A class of TensorFlow's module of cells that its public namespace leaves out."""
    return resolve(tf, "tensorflow.contrib.rnn.python.ops.rnn_cell." + name)
