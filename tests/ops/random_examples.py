"""Examples and specifications drawn at random, the same ones in every Python, and what parsing makes of them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from tests.ops.serialized import ex, seq


class Draw:
    """Draws that are the same in every release of Python: by `random()` alone, whose numbers are."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def chance(self, share: float) -> bool:
        return self._random() < share

    def below(self, count: int) -> int:
        return int(self._random() * count)

    def one(self, values: Any) -> Any:
        return values[self.below(len(values))]

    def values(self, kind: int, count: int) -> Any:
        if kind == 0:
            return [self.below(11) - 5 for _ in range(count)]
        if kind == 1:
            return [self.below(17) / 4.0 - 2 for _ in range(count)]
        return [bytes(bytearray([97 + self.below(3)] * self.below(3))) for _ in range(count)]


def _features(draw: Draw, kinds: Any, noise: float) -> Any:
    found = {}
    for key, kind in zip("abc", kinds):  # noqa: B905 - Python 3.7
        if draw.chance(noise):
            continue
        kind = draw.below(3) if draw.chance(noise / 2) else kind
        count = 2 if draw.chance(0.95 - noise) else draw.below(5)
        found[key] = draw.values(kind, count) or draw.one([None, ()])
    return found


def _spec(tf: Any, draw: Draw, kind: int) -> Any:
    dtype, default = ((tf.int64, 7), (tf.float32, 0.5), (tf.string, "dd"))[kind]
    has_default = draw.chance(0.5)
    return draw.one(
        [
            tf.VarLenFeature(dtype),
            tf.FixedLenFeature([2], dtype, [default, default] if has_default else None),
            tf.FixedLenFeature([1, 2], dtype, [[default, default]] if has_default else None),
            tf.FixedLenSequenceFeature([], dtype, True, default if has_default else None),
            tf.FixedLenSequenceFeature([2], dtype, True),
        ]
    )


def _steps(draw: Draw, kind: int, noise: float) -> Any:
    return [None if draw.chance(noise / 4) else draw.values(kind, 2) for _ in range(draw.below(4))]


def _flat(value: Any) -> Any:
    if isinstance(value, dict):
        return [[key, _flat(item)] for key, item in sorted(value.items())]
    if hasattr(value, "dense_shape"):
        return ["sparse"] + [np.asarray(part).tolist().__repr__() for part in value]
    if isinstance(value, (tuple, list)):
        return [_flat(item) for item in value]
    return [str(np.asarray(value).dtype), list(np.shape(value)), repr(np.asarray(value).tolist())]


def outcomes(tf: Any, seed: int, count: int) -> Any:
    """What the four parsing functions give for `count` random programs; of errors, the class."""
    draw = Draw(seed)
    found = []
    for _ in range(count):
        kinds = [draw.below(3) for _ in "abc"]
        noise = draw.one([0.0, 0.0, 0.0, 0.1, 0.3])
        spec = {key: _spec(tf, draw, kind) for key, kind in zip("abc", kinds)}  # noqa: B905
        rows = [ex(tf, **_features(draw, kinds, noise)) for _ in range(1 + draw.below(4))]
        dtypes = [(tf.int64, tf.float32, tf.string)[kind] for kind in kinds]
        lists = {
            key: draw.one([tf.VarLenFeature(dtype), tf.FixedLenSequenceFeature([2], dtype, draw.chance(0.8))])
            for key, dtype in zip("abc", dtypes)  # noqa: B905
        }
        sequences = []
        for _ in rows:
            given = {key: _steps(draw, kind, noise) for key, kind in zip("abc", kinds)}  # noqa: B905
            sequences.append(seq(tf, {}, {key: steps for key, steps in given.items() if not draw.chance(noise)}))
        with tf.Graph().as_default(), tf.Session() as session:
            for parse in (
                lambda rows=rows, spec=spec: tf.parse_example(rows, spec),
                lambda rows=rows, spec=spec: tf.parse_single_example(rows[0], spec),
                lambda rows=sequences, lists=lists: tf.parse_single_sequence_example(rows[0], None, lists),
                lambda rows=sequences, lists=lists: tf.io.parse_sequence_example(rows, None, lists),
            ):
                try:
                    found.append(_flat(session.run(parse())))
                except (tf.errors.OpError, ValueError) as error:
                    found.append(type(error).__name__)
    return found


def csv_outcomes(tf: Any, seed: int, count: int) -> Any:
    """What `tf.decode_csv` gives for random records, with quotes and without, and for chosen columns."""
    draw = Draw(seed)
    found = []
    with tf.Session() as session:
        record = tf.placeholder(tf.string, [])
        programs = [
            tf.decode_csv(record, [["d"]] * fields, use_quote_delim=quotes, na_value="NN")
            for fields in (1, 2, 3)
            for quotes in (True, False)
        ]
        programs.append(tf.decode_csv(record, [[7.5]], use_quote_delim=False))
        programs.append(tf.decode_csv(record, [[7], [""]], select_cols=[0, 1]))
        for _ in range(count):
            text = "".join(draw.one('a1"",,\n\r .-eN') for _ in range(draw.below(10)))
            for program in programs:
                try:
                    found.append([str(value) for value in session.run(program, {record: text})])
                except tf.errors.OpError as error:
                    found.append(error.message.split("\n")[0])
    return found
