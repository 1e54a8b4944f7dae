"""Summaries of images and sounds. TF symbols: `tf.summary.image`, `tf.summary.audio`."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.tensor import Tensor
from recell.ops import rules
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import STRING, op
from recell.summary.kernels import as_tag, serialized
from recell.summary.tags import collect, summary_scope

if TYPE_CHECKING:
    import torch

_PIXELS = frozenset({dtypes.uint8, dtypes.float16, dtypes.float32, dtypes.float64})
_COLOR_TYPES = {1: 0, 3: 2, 4: 6}  # what PNG calls images of so many channels
_NEARLY_ZERO = 1e-6
BAD_COLOR = (255, 0, 0, 255)
"""Of pixels that are not finite."""


def image(name: str, tensor: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of the first images of a batch, as PNG. TF symbol: `tf.summary.image`.

    Args:
      name: the tags begin with it: they are `name/image/0`, `name/image/1`, ..., or `name/image` when `max_outputs`
        is 1.
      tensor: `[batch, height, width, channels]` of 1, 3 or 4 channels. uint8 is written as it is. A floating image is
        scaled: to 0 to 255 by its largest value or, if a value is negative, so that 0 is 128 and the largest magnitude
        reaches the end of the range. Pixels that are not finite are red.
      max_outputs: how many images.
      collections, family: as in `tf.summary.scalar`.

    Raises:
      TypeError: for a tensor of another type.
      ValueError: for `max_outputs` below 1.
      InvalidArgumentError: when run, for a tensor of another shape, and for images without pixels.
    """
    most = check_count(max_outputs, "max_images", "ImageSummary")
    with summary_scope(name, family, [tensor]) as (tag, scope):
        pixels = convert_to_tensor(tensor, name="tensor", preferred_dtype=dtypes.float32)
        return collect(image_summary(tag, pixels, max_images=most, name=scope), collections)


def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Tensor:
    """A summary of the first sounds of a batch, as 16 bit WAV. TF symbol: `tf.summary.audio`.

    Args:
      name: the tags begin with it: they are `name/audio/0`, ..., or `name/audio` when `max_outputs` is 1.
      tensor: float32 `[batch, frames, channels]` or `[batch, frames]`, from -1 to 1: what is beyond is clipped.
      sample_rate: frames a second, a float32 scalar.
      max_outputs: how many sounds.
      collections, family: as in `tf.summary.scalar`.

    Raises:
      TypeError: for a tensor of another type.
      ValueError: for `max_outputs` below 1.
      InvalidArgumentError: when run, for a tensor of another shape, for sounds without frames, and for a sample rate
        that is not positive.
    """
    most = check_count(max_outputs, "max_outputs", "AudioSummaryV2")
    with summary_scope(name, family, [tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtypes.float32, name="sample_rate")
        return collect(audio_summary(tag, tensor, rate, max_outputs=most, name=scope), collections)


def check_count(count: int | None, argument: str, kind: str) -> int:
    """How many images or sounds are meant: 3 by None. ValueError for less than one."""
    count = 3 if count is None else count
    if count < 1:
        raise ValueError(f"Attr '{argument}' of '{kind}' Op passed {count} less than minimum 1.")
    return count


def _tags(tag: Any, kind: str, most: int, count: int) -> list[str]:
    base = f"{as_tag(tag)}/{kind}"
    return [base] if most == 1 and count else [f"{base}/{k}" for k in range(count)]


@op("ImageSummary", shape=rules.scalar, types={"tag": STRING, "tensor": _PIXELS}, dtype=STRING, differentiable=False)
def image_summary(tag: torch.Tensor, tensor: torch.Tensor, max_images: int = 3, bad_color: Any = BAD_COLOR) -> Any:
    if tensor.ndim != 4 or tensor.shape[3] not in _COLOR_TYPES:
        raise invalid(f"Tensor must be 4-D with last dim 1, 3, or 4, not {bracketed(tensor)}")
    count = min(max_images, len(tensor))
    if count and 0 in tensor.shape:
        raise invalid(f"input tensor must have non-zero dims. Found: {list(tensor.shape)}.")
    _, height, width, channels = tensor.shape
    size = {"height": height, "width": width, "colorspace": channels}
    values = []
    for name, pixels in zip(_tags(tag, "image", max_images, count), tensor.numpy(), strict=False):
        shown = pixels if pixels.dtype == np.uint8 else _scaled(pixels, np.array(bad_color[:channels], np.uint8))
        values.append({"tag": name, "image": {**size, "encoded_image_string": encode_png(shown)}})
    return serialized(values)


def _scaled(pixels: np.ndarray, bad_color: np.ndarray) -> np.ndarray:
    """A floating image `[height, width, channels]` brought to 0 to 255."""
    number = pixels.dtype.type
    finite = np.isfinite(pixels)
    good = pixels[finite]
    low, high = (good.min(), good.max()) if good.size else (number(0), number(0))
    largest, room, middle = (max(-low, high), 127, 128) if low < 0 else (high, 255, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        # The scale is found in single precision, the rest in the image's own, and fractions are cut off, not rounded,
        # as TensorFlow does: the last steps of grey depend on it.
        scale = number(np.float32(room) / np.float32(largest)) if largest >= _NEARLY_ZERO else number(0)
        shown = np.where(finite, pixels, number(0)) * scale + number(middle)
    shown = np.where(np.isfinite(shown), shown, 0).astype(np.uint8)
    return np.where(finite.all(-1, keepdims=True), shown, bad_color)


def encode_png(pixels: np.ndarray) -> bytes:
    """A uint8 image `[height, width, channels]` as the bytes of a PNG file."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    rows = pixels.reshape(height, -1)
    # Before each row stands how it was filtered: not at all.
    data = zlib.compress(np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes())
    chunks = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@op(
    "AudioSummaryV2",
    shape=rules.scalar,
    types={"tag": STRING, "tensor": dtypes.float32, "sample_rate": dtypes.float32},
    dtype=STRING,
    differentiable=False,
)
def audio_summary(tag: torch.Tensor, tensor: torch.Tensor, sample_rate: torch.Tensor, max_outputs: int = 3) -> Any:
    if tensor.ndim not in (2, 3):
        raise invalid(f"Tensor must be 3-D or 2-D, got: {bracketed(tensor)}")
    if sample_rate.numel() != 1:
        raise invalid(f"sample_rate must be a scalar, but has shape {bracketed(sample_rate)}")
    rate = sample_rate.item()
    if not rate > 0:
        raise invalid("sample_rate must be > 0")
    count = min(max_outputs, len(tensor))
    if count and 0 in tensor.shape:
        raise invalid(f"A sound must have frames and channels, but the tensor is {bracketed(tensor)}")
    values = []
    for name, sound in zip(_tags(tag, "audio", max_outputs, count), tensor.numpy(), strict=False):
        frames = sound.reshape(len(sound), -1)
        held = {
            "sample_rate": rate,
            "num_channels": frames.shape[1],
            "length_frames": len(frames),
            "encoded_audio_string": encode_wav(frames, rate),
            "content_type": "audio/wav",
        }
        values.append({"tag": name, "audio": held})
    return serialized(values)


def encode_wav(frames: np.ndarray, sample_rate: float) -> bytes:
    """Frames `[frames, channels]` of numbers from -1 to 1 as the bytes of a 16 bit WAV file."""
    with np.errstate(invalid="ignore"):
        loud = np.nan_to_num(frames * np.float32(32768), nan=0.0)
        # Halves are rounded away from zero.
        samples = np.clip(np.trunc(loud + np.copysign(np.float32(0.5), loud)), -32768, 32767)
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(frames.shape[1])
        written.setsampwidth(2)
        written.setframerate(max(1, round(sample_rate)))
        written.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()
