"""How a variable would be kept in step between replicas: recorded, as there is one replica here."""

from __future__ import annotations

import enum


class VariableSynchronization(enum.Enum):
    """When copies of a variable would be brought together. TF symbol: `tf.VariableSynchronization`."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


class VariableAggregation(enum.Enum):
    """How updates from several replicas would be combined. TF symbol: `tf.VariableAggregation`."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3


def resolve_trainable(trainable: bool | None, synchronization: VariableSynchronization) -> bool:
    """Variables are trainable unless told otherwise, or unless they are only brought together when read."""
    if trainable is None:
        return synchronization is not VariableSynchronization.ON_READ
    return bool(trainable)
