"""Serialized examples for cases: `ex(tf, a=[1])`, `seq(tf, {"a": [1]}, {"b": [[1], [2]]})`; `parts` of what is parsed.

Runs under TensorFlow 1.15's Python, too.
"""

from __future__ import annotations

from typing import Any


def feature(tf: Any, values: Any) -> Any:
    """A Feature of ints, floats, or bytes; an empty one for None; a list of floats that is empty for ()."""
    train = tf.train
    if values is None:
        return train.Feature()
    if len(values) == 0:
        return train.Feature(float_list=train.FloatList())
    if isinstance(values[0], bytes):
        return train.Feature(bytes_list=train.BytesList(value=values))
    if isinstance(values[0], float):
        return train.Feature(float_list=train.FloatList(value=values))
    return train.Feature(int64_list=train.Int64List(value=values))


def ex(tf: Any, **features: Any) -> bytes:
    """A serialized Example."""
    named = {key: feature(tf, values) for key, values in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=named)).SerializeToString(deterministic=True)


def seq(tf: Any, context: Any = None, lists: Any = None) -> bytes:
    """A serialized SequenceExample: `context` as in `ex`, `lists` with a list of steps for each key."""
    made = tf.train.SequenceExample()
    for key, values in sorted((context or {}).items()):
        made.context.feature[key].CopyFrom(feature(tf, values))
    for key, steps in sorted((lists or {}).items()):
        made.feature_lists.feature_list[key].feature.extend([feature(tf, step) for step in steps])
    return made.SerializeToString(deterministic=True)


def parts(value: Any) -> Any:
    """Dictionaries as sorted pairs and sparse tensors as their three tensors, to be compared."""
    if isinstance(value, dict):
        return [[key, parts(item)] for key, item in sorted(value.items())]
    if isinstance(value, (list, tuple)) and not hasattr(value, "dense_shape"):
        return [parts(item) for item in value]
    if hasattr(value, "dense_shape"):
        return ["sparse", value.indices, value.values, value.dense_shape]
    return value
