"""The import hook: in this process, `tensorflow` and all below it mean the table of `recell.v1`."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

from recell.v1 import _namespace

NAMES = ("tensorflow", "tensorflow_core")
LENT = {"reader": "recell.inputs.ptb"}
"""Modules that tutorials ship beside their programs -> ours, for a program that comes without."""


class LendingFinder:
    """Finds the modules of `LENT`. It stands last: what the program brings, or somebody installed, goes first."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.util.find_spec(LENT[name]) if name in LENT else None
        if spec is None or spec.origin is None:
            return None
        return importlib.util.spec_from_file_location(name, spec.origin)


def install() -> None:
    """From now on `import tensorflow` gives Recell, even where a genuine TensorFlow is installed.

    RuntimeError if a genuine one has been imported already: the program would end up with a mixture.
    """
    for name in NAMES:
        module = sys.modules.get(name)
        if module is not None and not isinstance(module, _namespace.Namespace):
            raise RuntimeError(f"{name} has been imported already, from {getattr(module, '__file__', 'memory')}")
        _namespace.answer_to(name)
    if not any(isinstance(finder, LendingFinder) for finder in sys.meta_path):
        sys.meta_path.append(LendingFinder())
