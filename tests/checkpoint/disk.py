"""A disk that loses what it may lose when the power goes: what is not synchronised, of files and of folders."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Files = Mapping[str, bytes]
"""What is in a folder."""
Change = dict[str, int | None]
"""Names that are given to files at one moment; None takes a name away."""
_MOST_SUBSETS = 9
"""So many changes that may be lost are looked at in every combination; of more, every beginning and each one alone."""


class Disk:
    """Follows the calls that go through it, and knows what may be left of them.

    A file has what was written until its last `fsync`, and of the rest nothing, all, half, or zeros in its place. A
    folder has the names of its last `fsync`, and of the changes after it any, in their order.
    """

    def __init__(self, before: Files) -> None:
        self._content = dict(enumerate(before.values()))
        self._synchronised = dict(self._content)
        self._kept: dict[str, int] = {name: number for number, name in enumerate(before)}
        self._names = dict(self._kept)
        self._changes: list[Change] = []
        self._handles: dict[int, int] = {}

    def __call__(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        result = None if name == "fsync" else real(*arguments)
        getattr(self, f"_{name}", lambda *_: None)(result, *arguments)
        return result

    def _create(self, handle: int, path: str, *_: object) -> None:
        number = len(self._content)
        self._content[number] = self._synchronised[number] = b""
        self._handles[handle] = number
        self._change({path: number})

    def _close(self, _: None, handle: int) -> None:
        self._handles.pop(handle, None)

    def _write(self, count: int, handle: int, data: Any) -> None:
        self._content[self._handles[handle]] += bytes(data[:count])

    def _fsync(self, _: None, handle: int) -> None:
        number = self._handles.get(handle)
        if number is not None:
            self._synchronised[number] = self._content[number]
        else:
            self._kept, self._changes = dict(self._names), []

    def _replace(self, _: None, old: str, new: str) -> None:
        self._change({old: None, new: self._names[old]})

    def _link(self, _: None, old: str, new: str) -> None:
        self._change({new: self._names[old]})

    def _unlink(self, _: None, path: str) -> None:
        self._change({path: None})

    def _change(self, change: Change) -> None:
        self._changes.append(change)
        _apply(self._names, change)

    def states(self) -> Iterator[dict[str, bytes]]:
        """What the folder may hold if the power goes now."""
        for kept in self._subsets():
            names = dict(self._kept)
            for change in kept:
                _apply(names, change)
            for rest in _RESTS:
                yield {name: self._left(number, rest) for name, number in sorted(names.items())}

    def _subsets(self) -> Iterator[list[Change]]:
        changes = self._changes
        if len(changes) <= _MOST_SUBSETS:
            for chosen in itertools.product((False, True), repeat=len(changes)):
                yield list(itertools.compress(changes, chosen))
            return
        for end in range(len(changes) + 1):
            yield changes[:end]
        for place in range(len(changes)):
            yield [changes[place]]
            yield changes[:place] + changes[place + 1 :]

    def _left(self, number: int, rest: Callable[[bytes], bytes]) -> bytes:
        sure = self._synchronised[number]
        return sure + rest(self._content[number][len(sure) :])


def _apply(names: dict[str, int], change: Change) -> None:
    for name, number in change.items():
        if number is None:
            names.pop(name, None)
        else:
            names[name] = number


_RESTS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    lambda data: b"",
    lambda data: data[: len(data) // 2],
    lambda data: bytes(len(data)),
)


def content_of_folder() -> dict[str, bytes]:
    """What is in the folder that the process is in."""
    return {name: pathlib.Path(name).read_bytes() for name in sorted(os.listdir())}


def lay(content: Files) -> None:
    """Makes it what is in the folder that the process is in."""
    for name in os.listdir():
        os.unlink(name)
    for name, data in content.items():
        pathlib.Path(name).write_bytes(data)
