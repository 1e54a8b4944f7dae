"""`tf.flags` and `tf.app.flags`: absl's flags, read from the command line when the first one is asked for.

absl is what TensorFlow 1.15 itself used: same definitions, same errors, same `--help`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from absl import flags as absl_flags
from absl.flags import *  # noqa: F403 - tf.flags is absl.flags with the changes below

_OLD_KEYWORDS = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _with_old_keywords(define: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(define)
    def renamed(*args: Any, **options: Any) -> Any:
        # The file that calls this defines the flag, as far as absl's messages are concerned.
        return define(*args, **{_OLD_KEYWORDS.get(name, name): value for name, value in options.items()})

    return renamed


DEFINE_string = _with_old_keywords(absl_flags.DEFINE_string)
DEFINE_integer = _with_old_keywords(absl_flags.DEFINE_integer)
DEFINE_float = _with_old_keywords(absl_flags.DEFINE_float)
DEFINE_boolean = _with_old_keywords(absl_flags.DEFINE_boolean)
DEFINE_bool = DEFINE_boolean


class _OldFlag:
    """A value of `FLAGS.__flags`: prints as the flag's value, which it was before 1.5; `.value` as since then."""

    def __init__(self, flag: Any) -> None:
        self._flag = flag

    def __str__(self) -> str:
        return str(self._flag.value)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(self._flag.value, spec)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._flag, name)


class _Flags:
    """absl's `FLAGS`, parsed at the first reading of a flag. UnrecognizedFlagError for flags nobody defined."""

    def __init__(self, values: absl_flags.FlagValues) -> None:
        self.__dict__["_values"] = values

    def _parse_flags(self, args: list[str] | None = None) -> list[str]:
        """Parses now (releases before 1.5 needed it before `FLAGS.__flags`). Returns what is no flag of ours."""
        return self._values(sys.argv if args is None else [sys.argv[0], *args], known_only=True)[1:]

    def __getattr__(self, name: str) -> Any:
        values = self._values
        if name == "__flags":
            return {flag: _OldFlag(values[flag]) for flag in values}
        if hasattr(type(values), name):
            return getattr(values, name)
        if not values.is_parsed():
            values(sys.argv)
        return getattr(values, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._values, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._values, name)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, flag: Any) -> None:
        self._values[name] = flag

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __call__(self, argv: list[str], known_only: bool = False) -> list[str]:
        return self._values(argv, known_only=known_only)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._values), "_parse_flags"})


FLAGS: Any = _Flags(absl_flags.FLAGS)  # type: ignore[no-redef]

absl_flags.disclaim_key_flags()
