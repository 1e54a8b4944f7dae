"""`tf.app.run`: parse the flags, call main, exit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from absl import app as absl_app

from recell.platform import flags


def run(main: Callable[[list[str]], Any] | None = None, argv: list[str] | None = None) -> None:
    """Runs `main(argv)`, argv without the flags, and exits with what it returns. TF symbol: `tf.app.run`.

    Args:
        main: the program; by default `main` of the script.
        argv: the command line; by default `sys.argv`. Flags that nobody defined stay in it.
    """
    absl_app.run(main=main or sys.modules["__main__"].main, argv=argv, flags_parser=_parse_known)


def _parse_known(argv: list[str]) -> list[str]:
    return flags.FLAGS(argv, known_only=True)
