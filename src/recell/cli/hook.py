"""The import hook: in this process, `tensorflow` and all below it mean the table of `recell.v1`."""

from __future__ import annotations

import sys

from recell.v1 import _namespace

NAMES = ("tensorflow", "tensorflow_core")


def install() -> None:
    """From now on `import tensorflow` gives Recell, even where a genuine TensorFlow is installed.

    RuntimeError if a genuine one has been imported already: the program would end up with a mixture.
    """
    for name in NAMES:
        module = sys.modules.get(name)
        if module is not None and not isinstance(module, _namespace.Namespace):
            raise RuntimeError(f"{name} has been imported already, from {getattr(module, '__file__', 'memory')}")
        _namespace.answer_to(name)
