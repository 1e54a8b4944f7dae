"""What cells warn of, in the log named `tensorflow`, where TensorFlow 1.15 does."""

from __future__ import annotations

import logging
from typing import Any

_LOG = logging.getLogger("tensorflow")


def warn_joined(cell: Any, kind: str = "state") -> None:
    """Of a state, or an output, that is one tensor instead of a tuple."""
    text = "%s: Using a concatenated %s is slower and will soon be deprecated.  Use %s_is_tuple=True."
    _LOG.warning(text, cell, kind, kind)


def warn_input_size(cell: Any) -> None:
    """Of an argument that says what the inputs say."""
    _LOG.warning("%s: The input_size parameter is deprecated.", cell)


def warn_no_effect(cell: Any, argument: str) -> None:
    """Of an initializer that TensorFlow takes and does not use, without a word."""
    _LOG.warning(
        "%s: `%s` has no effect, as in TensorFlow 1.15. The variables start as their scope says: call the cell within "
        "tf.variable_scope(..., initializer=...).",
        cell,
        argument,
    )


__all__ = ["warn_input_size", "warn_joined", "warn_no_effect"]
