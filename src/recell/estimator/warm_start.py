"""Starting a model from the variables of another one's checkpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from recell.graph.core import get_collection, get_default_graph
from recell.graph.keys import GraphKeys
from recell.platform import logging
from recell.train.checkpoint_init import init_from_checkpoint


class _Settings(NamedTuple):
    ckpt_to_initialize_from: str
    vars_to_warm_start: Any
    var_name_to_vocab_info: dict[str, Any]
    var_name_to_prev_var_name: dict[str, str]


class WarmStartSettings(_Settings):
    """Which variables start from which checkpoint. TF symbol: `tf.estimator.WarmStartSettings`.

    Args:
      ckpt_to_initialize_from: a checkpoint, or a folder whose newest one is meant.
      vars_to_warm_start: a regular expression of names of trainable variables; a list of such expressions for all
        global variables; a list of variables; None for none.
      var_name_to_vocab_info: must be empty: vocabularies are not remapped here.
      var_name_to_prev_var_name: names in the checkpoint, where they differ.

    Raises ValueError without a checkpoint; NotImplementedError for vocabularies.
    """

    __slots__ = ()

    def __new__(
        cls,
        ckpt_to_initialize_from: str,
        vars_to_warm_start: Any = ".*",
        var_name_to_vocab_info: Mapping[str, Any] | None = None,
        var_name_to_prev_var_name: Mapping[str, str] | None = None,
    ) -> WarmStartSettings:
        if not ckpt_to_initialize_from:
            raise ValueError("`ckpt_to_initialize_from` MUST be set in WarmStartSettings")
        if var_name_to_vocab_info:
            raise NotImplementedError(
                "var_name_to_vocab_info must be empty: rows of embeddings are not remapped from one vocabulary to "
                f"another here, got {dict(var_name_to_vocab_info)}."
            )
        previous = dict(var_name_to_prev_var_name or {})
        return super().__new__(cls, ckpt_to_initialize_from, vars_to_warm_start, {}, previous)


def settings_of(given: Any) -> WarmStartSettings | None:
    """The settings that a path, settings or None stand for. ValueError for anything else."""
    if given is None or isinstance(given, WarmStartSettings):
        return given
    if isinstance(given, (str, bytes)):
        path = given.decode() if isinstance(given, bytes) else given
        return WarmStartSettings(ckpt_to_initialize_from=path)
    raise ValueError(f"warm_start_from must be a string or a WarmStartSettings, instead got {type(given)}")


def _matching(pattern: str, collection: str) -> list[Any]:
    return [v for v in get_collection(collection) if re.match(pattern, v.op.name)]


def _variables(wanted: Any) -> list[Any]:
    """ValueError for anything but None, a string, or a list of strings or variables."""
    if wanted is None:
        logging.info("Warm-starting variables only in TRAINABLE_VARIABLES.")
        return []
    if isinstance(wanted, str):
        logging.info("Warm-starting variables only in TRAINABLE_VARIABLES.")
        return _matching(wanted, GraphKeys.TRAINABLE_VARIABLES)
    if isinstance(wanted, (list, tuple)) and all(isinstance(item, str) for item in wanted):
        found = [v for pattern in wanted for v in _matching(pattern, GraphKeys.GLOBAL_VARIABLES)]
        return list(dict.fromkeys(found))
    if isinstance(wanted, (list, tuple)) and all(hasattr(item, "initializer") for item in wanted):
        return list(wanted)
    raise ValueError(
        "If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given types are mixed."
    )


def warm_start(settings: WarmStartSettings) -> None:
    """Makes the variables' initial values those of the checkpoint. ValueError for a variable that it has not."""
    logging.info("Warm-starting with WarmStartSettings: %s", settings)
    logging.info("Warm-starting from: %s", settings.ckpt_to_initialize_from)
    variables = _variables(settings.vars_to_warm_start)
    names = settings.var_name_to_prev_var_name
    with get_default_graph().name_scope(None):
        for variable in variables:
            name = variable.op.name
            init_from_checkpoint(settings.ckpt_to_initialize_from, {names.get(name, name): variable})
    logging.info("Warm-started %d variables.", len(variables))
