"""Starting a model from the variables of another one's checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from recell.platform import logging
from recell.train.warm_start import warm_start as _warm_start


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
        global variables; a list of variables; None for those that have a vocabulary.
      var_name_to_vocab_info: variables whose rows or columns follow the words of a file: name -> `VocabInfo`.
      var_name_to_prev_var_name: names in the checkpoint, where they differ.

    Raises ValueError without a checkpoint.
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
        previous = dict(var_name_to_prev_var_name or {})
        vocabularies = dict(var_name_to_vocab_info or {})
        return super().__new__(cls, ckpt_to_initialize_from, vars_to_warm_start, vocabularies, previous)


def settings_of(given: Any) -> WarmStartSettings | None:
    """The settings that a path, settings or None stand for. ValueError for anything else."""
    if given is None or isinstance(given, WarmStartSettings):
        return given
    if isinstance(given, (str, bytes)):
        path = given.decode() if isinstance(given, bytes) else given
        return WarmStartSettings(ckpt_to_initialize_from=path)
    raise ValueError(f"warm_start_from must be a string or a WarmStartSettings, instead got {type(given)}")


def warm_start(settings: WarmStartSettings) -> None:
    """Makes the variables' initial values those of the checkpoint. Raises as `tf.train.warm_start`."""
    logging.info("Warm-starting with WarmStartSettings: %s", settings)
    _warm_start(*settings)
