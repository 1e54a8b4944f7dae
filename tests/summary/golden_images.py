"""What TensorFlow 1.15 makes of images in summaries; run as a module under it, this writes images.json."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np

PATH = pathlib.Path(__file__).with_name("images.json")


def images() -> dict[str, np.ndarray]:
    """Batches by name: of every dtype and number of channels, of both signs, tiny, huge, and with gaps."""
    found = {}
    rng = np.random.RandomState(7)
    for channels in (1, 3, 4):
        for dtype in ("float32", "float64", "float16"):
            for shift in (0.0, 0.5, -1.0):
                for scale in (1.0, 40.0, 1e-3):
                    values = (rng.random_sample((3, 4, 3, channels)) + shift) * scale
                    found[f"{dtype}-{channels}-{shift}-{scale}"] = values.astype(dtype)
        found[f"uint8-{channels}"] = rng.randint(0, 256, (2, 5, 2, channels)).astype(np.uint8)
        holes = rng.standard_normal((2, 4, 4, channels)).astype(np.float32)
        holes[0, 0, 0, 0], holes[0, 1, 2, -1], holes[1, 3, 3, 0] = np.nan, np.inf, -np.inf
        found[f"holes-{channels}"] = holes
    edges = {"zeros": [0.0, 0.0], "tiny": [0.0, 1e-10], "tiny both": [-1e-10, 1e-10], "nan": [np.nan, np.nan]}
    edges.update({"constant": [3.0, 3.0], "negative": [-3.0, -1.0], "huge": [1e38, -1e37], "limit": [1e-6, 2e-6]})
    found.update({name: np.array(row, np.float32).reshape(1, 1, 2, 1) for name, row in edges.items()})
    return found


def record() -> None:
    import tensorflow as tf

    answers: dict[str, Any] = {}
    for name, batch in images().items():
        with tf.Graph().as_default(), tf.Session() as session:
            found = tf.Summary.FromString(session.run(tf.summary.image("im", tf.constant(batch))))
            answers[name] = [
                [value.tag, session.run(tf.image.decode_png(value.image.encoded_image_string)).ravel().tolist()]
                for value in found.value
            ]
    PATH.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in answers.items()) + "\n}\n")


if __name__ == "__main__":
    record()
