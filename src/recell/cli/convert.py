"""`recell convert`: a checkpoint in another format."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click
import numpy as np

from recell import checkpoint
from recell.checkpoint import legacy_values, slots
from recell.checkpoint.files import SHARDS
from recell.cli import npz_file, safetensors_file
from recell.cli.reports import Trouble, count_text, elements, shown, size_text, warn
from recell.cli.tensor_files import Source, fits, matching, open_source, pattern_for, prefix_of

TARGETS = ("npz", "safetensors", "v1", "v2")
_SUFFIXES = {"npz": npz_file.SUFFIX, "safetensors": safetensors_file.SUFFIX}
_NOUNS = {"npz": "An .npz file", "safetensors": "A safetensors file", "v1": "The V1 format", "v2": "The V2 format"}
_OTHER_TARGET = {"safetensors": "npz", "v1": "v2"}
"""What holds more."""
_LISTED, _OPTIONS = 5, 20
"""How many tensors, and how many options, a message names."""


@dataclass(frozen=True)
class Choice:
    """Which tensors are wanted: those that fit `only` (none given: all), without what fits `exclude`.

    `without_slots` leaves out what only an optimizer needs.
    """

    only: Sequence[str] = ()
    exclude: Sequence[str] = ()
    without_slots: bool = False

    def names(self, source: Source) -> list[str]:
        """The names, sorted. Raises Trouble for a pattern that fits no name, and when nothing is left."""
        infos = source.tensors()
        wanted = matching(source, self.only) if self.only else list(infos)
        if self.exclude:
            matching(source, self.exclude)
        kept = [name for name in wanted if not fits(name, self.exclude)]
        if self.without_slots:
            kept = [name for name in kept if not slots.is_optimizer_state(name, infos)]
        if not kept and infos:
            raise Trouble(f"{source.prefix}: no tensor is left to convert.")
        return kept


def convert(path: str, target: str, out: str | None, force: bool, choice: Choice) -> int:
    """Writes the checkpoint at `path` in another format, and says where. Returns the exit code 0.

    Args:
      path: as `open_source` takes it.
      target: one of TARGETS.
      out: a prefix for v1 and v2, a file for the others, or a folder; None: beside the source.
      force: replaces what is there.
      choice: which tensors.

    Raises as `open_source`, Trouble when something is in the way or the target cannot hold something. What was there
    before is then as it was.
    """
    with open_source(path) as source:
        names = choice.names(source)
        _refuse_unholdable(source, names, target)
        place = _place(source, target, out)
        _refuse_overwriting(source, place, target, force)
        total = sum(source.stored(name) for name in names)
        with _progress(total) as advance:
            notes = _write(source, names, target, place, advance)
    for note in notes:
        warn(note)
    size = sum(os.path.getsize(file) for file in _files(place, target) if not file.endswith(".meta"))
    left = f" of {len(source.tensors()):,}" if len(names) != len(source.tensors()) else ""
    click.echo(f"{shown(place)}: {count_text(len(names), 'tensor')}{left}, {size_text(size)}")
    return 0


def _write(
    source: Source, names: Sequence[str], target: str, place: str, advance: Callable[[int], None]
) -> Sequence[str]:
    """Writes, and returns what is to be said about it."""

    def step(name: str) -> None:
        advance(source.stored(name))

    if target == "npz":
        return npz_file.write(place, ((name, source.read(name)) for name in names), step)
    if target == "safetensors":
        return safetensors_file.write(place, ((name, _mapped(source, name)) for name in names), step)
    if target == "v1":
        checkpoint.write(place, _entries(source, names, _mapped, step), format="v1")
    else:
        checkpoint.write(place, _entries(source, names, _read, step), format="v2")
    return ()


def _read(source: Source, name: str) -> np.ndarray:
    return source.read(name)


def _mapped(source: Source, name: str) -> np.ndarray:
    """The values, checked, in the file's own memory where there is such: for targets that want all at the same time."""
    source.check(name)
    return source.map(name)


def _entries(
    source: Source, names: Sequence[str], read: Callable[[Source, str], np.ndarray], step: Callable[[str], None]
) -> Iterator[checkpoint.Entry]:
    """What is to be written, read when its turn comes. A partitioned variable stays in its parts."""
    infos = source.tensors()
    for name in names:
        parts = sorted(source.parts(name))
        if isinstance(source, checkpoint.Reader) and [part.size for part in parts] != [infos[name].shape]:
            for part in parts:
                spec = checkpoint.spec_of(infos[name].shape, part)
                yield checkpoint.Entry(name, source.read(name, spec), spec)
        else:
            yield checkpoint.Entry(name, read(source, name))
        step(name)


def _refuse_unholdable(source: Source, names: Sequence[str], target: str) -> None:
    """Raises Trouble that names all that the target cannot hold, and says what to do."""
    found = {name: why for name in names if (why := _why_not(source, name, target)) is not None}
    if not found:
        return
    listed = [f"{shown(name) or 'the tensor without a name'} ({why})" for name, why in found.items()]
    more = f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
    options = [f"--exclude {shlex.quote(pattern_for(name))}" for name in found]
    if len(options) > _OPTIONS:
        options[_OPTIONS:] = ["..."]
    other = _OTHER_TARGET.get(target)
    if other is not None and any(_why_not(source, name, other) is not None for name in found):
        other = None
    raise Trouble(
        f"{_NOUNS[target]} has no place for {', '.join(listed[:_LISTED])}{more}. Leave out what does not fit: "
        f"{' '.join(options)}{f'; or use --to {other}' if other is not None else ''}"
    )


def _why_not(source: Source, name: str, target: str) -> str | None:
    """Why a tensor cannot be held by a target; None when it can."""
    info = source.tensors()[name]
    if target in _SUFFIXES:
        held, count = sum(part.elements for part in source.parts(name)), elements(info.shape)
        if held != count:
            return f"only {held:,} of its {count:,} elements are there"
        if target == "npz":
            return npz_file.why_not(name, source.read(name) if info.dtype == "string" else None)
        return safetensors_file.why_not(name, info)
    if not name:
        return "it is not named"
    return info.dtype if target == "v1" and not legacy_values.can_hold(info.dtype) else None


def _place(source: Source, target: str, out: str | None) -> str:
    """Where to write: a prefix for a checkpoint, a file otherwise."""
    stem = source.prefix
    for suffix in _SUFFIXES.values():
        stem = stem.removesuffix(suffix)
    # Beside a checkpoint, its own prefix would mean the source.
    own = "" if stem != source.prefix else f".{target}"
    stem, _, _ = stem.partition(SHARDS)
    default = stem + _SUFFIXES.get(target, own)
    if out is None:
        return default
    if os.path.isdir(out):
        return os.path.join(out, os.path.basename(default))
    return out if target in _SUFFIXES else prefix_of(out)


def _files(place: str, target: str) -> list[str]:
    """The files that are at a place already."""
    if target in _SUFFIXES:
        return [place] if os.path.lexists(place) else []
    return checkpoint.files_of(place)


def _refuse_overwriting(source: Source, place: str, target: str, force: bool) -> None:
    """Raises Trouble when the place is the source, is in no folder, or has something that may not be replaced."""
    written = {os.path.realpath(place), *map(os.path.realpath, _files(place, target))}
    if written & {os.path.realpath(path) for path in (source.prefix, *source.paths)}:
        raise Trouble(f"{place} is what is read: name another place with --out.")
    if os.path.isdir(place):
        raise Trouble(f"{place} is a folder: name a file in it with --out.")
    folder = os.path.dirname(place)
    if folder and not os.path.isdir(folder):
        raise Trouble(f"{folder} is no folder to write to: make it first.")
    if _files(place, target) and not force:
        raise Trouble(f"{place} is there already: --force replaces it, --out names another place.")


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, and what moves it on by a number of bytes. No bar where nobody looks."""
    if not sys.stderr.isatty():
        yield _ignore
        return
    with click.progressbar(length=total, label="Converting", file=sys.stderr) as bar:

        def advance(size: int) -> None:
            bar.update(size)

        yield advance


def _ignore(size: int) -> None:
    """What moves a bar that is not there."""
