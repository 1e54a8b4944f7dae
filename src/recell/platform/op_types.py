"""Operation types by name, whether or not the module that defines them has been imported yet."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from recell.graph.registry import REGISTRY

_ROOMS = ("ops", "train", "rnn", "data", "metrics", "seq2seq", "summary", "estimator")
"""Where operations are defined, the likeliest first. Their modules register what they define; no file names any."""


def unknown_types(names: Iterable[str]) -> list[str]:
    """Those of the operation types that there are not, sorted; after this call all others are in the registry."""
    missing = set(names).difference(REGISTRY)
    for room in _ROOMS:
        if not missing:
            break
        package = importlib.import_module(f"recell.{room}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
        missing.difference_update(REGISTRY)
    return sorted(missing)
