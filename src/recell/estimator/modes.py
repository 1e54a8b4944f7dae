"""What a model function is called for: to train, to evaluate, to predict."""

from __future__ import annotations


class ModeKeys:
    """TF symbol: `tf.estimator.ModeKeys`."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


class LearnModeKeys:
    """The names of `tf.contrib.learn`. TF symbol: `tf.contrib.learn.ModeKeys`."""

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"

    @classmethod
    def validate(cls, key: object) -> None:
        """ValueError unless `key` is one of the three."""
        if key not in (cls.TRAIN, cls.EVAL, cls.INFER):
            raise ValueError(f"Invalid mode {key}.")
