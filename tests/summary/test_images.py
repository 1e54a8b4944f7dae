"""Images in summaries have TensorFlow 1.15's pixels, and are PNG files that others read."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from tests.summary.golden_images import PATH, images

import recell.v1 as tf
from recell.summary.media import encode_png

ANSWERS = json.loads(PATH.read_text())
BATCHES = images()


def decoded(data: bytes) -> np.ndarray:
    image = pytest.importorskip("PIL.Image")
    return np.array(image.open(io.BytesIO(data)))


@pytest.mark.parametrize("name", list(BATCHES))
def test_pixels_are_tensorflows(name: str) -> None:
    batch = BATCHES[name]
    with tf.Graph().as_default(), tf.Session() as session:
        found = tf.Summary.FromString(session.run(tf.summary.image("im", tf.constant(batch))))
    got = [[value.tag, decoded(value.image.encoded_image_string).ravel().tolist()] for value in found.value]
    assert got == ANSWERS[name]
    assert [(v.image.height, v.image.width, v.image.colorspace) for v in found.value] == [batch.shape[1:]] * len(got)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 300, 3), (257, 2, 4), (40, 50, 1)])
def test_png_keeps_every_pixel(shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(decoded(encode_png(pixels)).reshape(shape), pixels)


def test_another_color_for_bad_pixels_is_cut_to_the_channels() -> None:
    from recell.summary.media import image_summary

    with tf.Graph().as_default(), tf.Session() as session:
        made = image_summary("q", tf.constant([[[[0.0], [np.nan]]]]), max_images=1, bad_color=(9, 8, 7, 6))
        found = tf.Summary.FromString(session.run(made)).value[0]
    assert found.tag == "q/image"
    assert decoded(found.image.encoded_image_string).tolist() == [[0, 9]]
