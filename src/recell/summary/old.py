"""Summaries as releases before 1.0 spelled them: the tag is given as it is, beside the operation's name.

TF symbols: `tf.scalar_summary`, `tf.histogram_summary`, `tf.image_summary`, `tf.audio_summary`, `tf.merge_summary`,
`tf.merge_all_summaries`; in 1.x they stand in `tf.contrib.deprecated`.
"""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_collection, name_scope
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Tensor
from recell.summary import functions, kernels, media
from recell.summary.tags import collect


def scalar_summary(tags: Any, values: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """A summary of numbers. TF symbol: `tf.scalar_summary`.

    Args:
      tags: a string, or strings in the shape of `values`. Open name scopes do not stand before them.
      values: a real tensor.
      collections: names of the collections that the summary is put into; None means `GraphKeys.SUMMARIES`.

    Raises:
      InvalidArgumentError: when run, if `tags` and `values` have different shapes.
    """
    with name_scope(name, "ScalarSummary", [tags, values]) as scope:
        return collect(kernels.scalar_summary(tags, convert_to_tensor(values, name="values"), name=scope), collections)


def histogram_summary(tag: Any, values: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """A summary of how values are distributed. TF symbol: `tf.histogram_summary`.

    `tag` is a string. InvalidArgumentError, when run, if a value is not finite.
    """
    with name_scope(name, "HistogramSummary", [tag, values]) as scope:
        numbers = convert_to_tensor(values, name="values", preferred_dtype=dtypes.float32)
        return collect(kernels.histogram_summary(tag, numbers, name=scope), collections)


def image_summary(
    tag: Any, tensor: Any, max_images: int = 3, collections: Any = None, name: str | None = None
) -> Tensor:
    """A summary of images, as `tf.summary.image` describes it. TF symbol: `tf.image_summary`."""
    most = media.check_count(max_images, "max_images", "ImageSummary")
    with name_scope(name, "ImageSummary", [tag, tensor]) as scope:
        pixels = convert_to_tensor(tensor, name="tensor", preferred_dtype=dtypes.float32)
        return collect(media.image_summary(tag, pixels, max_images=most, name=scope), collections)


def audio_summary(
    tag: Any,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    name: str | None = None,
) -> Tensor:
    """A summary of sounds, as `tf.summary.audio` describes it. TF symbol: `tf.audio_summary`."""
    most = media.check_count(max_outputs, "max_outputs", "AudioSummaryV2")
    with name_scope(name, "AudioSummary", [tag, tensor]) as scope:
        rate = convert_to_tensor(sample_rate, dtypes.float32, name="sample_rate")
        return collect(media.audio_summary(tag, tensor, rate, max_outputs=most, name=scope), collections)


def merge_summary(inputs: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """One summary of several, as `tf.summary.merge` describes it. TF symbol: `tf.merge_summary`."""
    return functions.merged(inputs, collections, name, "MergeSummary")


def merge_all_summaries(key: str = GraphKeys.SUMMARIES) -> Tensor | None:
    """All summaries of a collection merged; None when there are none. TF symbol: `tf.merge_all_summaries`."""
    found = get_collection(key)
    return merge_summary(found) if found else None
