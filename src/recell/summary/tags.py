"""The names that summaries go by: tags, families, name scopes, and the collections that they are put into."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from recell.graph.core import get_default_graph, name_scope
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Tensor
from recell.platform import logging

_ILLEGAL = re.compile(r"[^-/\w.]")


def clean_tag(name: Any) -> str | None:
    """`name` with what a tag cannot hold replaced by `_` and without slashes before it, which is logged; None stays."""
    if name is None:
        return None
    if not isinstance(name, str):
        raise TypeError(f"The name of a summary must be a string, but got {type(name).__name__}: {name!r}")
    cleaned = _ILLEGAL.sub("_", name).lstrip("/")
    if cleaned != name:
        logging.info("Summary name %s is illegal; using %s instead.", name, cleaned)
    return cleaned


@contextlib.contextmanager
def summary_scope(name: Any, family: str | None = None, values: Sequence[Any] = ()) -> Iterator[tuple[str, str]]:
    """The tag of a summary, and the open name scope that its operation takes its name from.

    A family stands before the name twice, as in TensorFlow: in the scope, and once more before the whole of it.
    """
    name, family = clean_tag(name), clean_tag(family)
    base = name if family is None else f"{family}/{name}"
    with name_scope(base, None, list(values)) as scope:
        if not scope:
            raise ValueError(f"{name!r} is not a valid node name: a summary needs a name that is not empty.")
        tag = scope.rstrip("/")
        yield (tag if family is None else f"{family}/{tag}"), scope


def collect(summary: Tensor, collections: Any, default: Sequence[str] = (GraphKeys.SUMMARIES,)) -> Tensor:
    """Puts a summary into `collections`, or into the default ones if that is None, and gives it back."""
    get_default_graph().add_to_collections(default if collections is None else collections, summary)
    return summary
