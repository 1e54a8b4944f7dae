"""What a path on the command line means: a checkpoint by any of its names, or a file that was made from one."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

import numpy as np

from recell import checkpoint
from recell.checkpoint import Region, TensorInfo
from recell.checkpoint.files import SHARDS, bundle_of
from recell.checkpoint.table import MAGIC
from recell.cli import npz_file, safetensors_file
from recell.cli.reports import Trouble

_SHARD_OF_V1 = re.compile(r"(?P<prefix>.+)-\d{5}-of-(?P<count>\d{5})")
_INDEX, _META = ".index", ".meta"
_STATE = "checkpoint"


class Source(Protocol):
    """Named tensors in files: `checkpoint.Reader`, and what stands for it where the file is another one."""

    @property
    def prefix(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def paths(self) -> list[str]: ...
    def tensors(self) -> dict[str, TensorInfo]: ...
    def read(self, name: str) -> np.ndarray: ...
    def map(self, name: str) -> np.ndarray: ...
    def stored(self, name: str) -> int: ...
    def parts(self, name: str) -> list[Region]: ...
    def check(self, name: str) -> None: ...
    def __enter__(self) -> Source: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


def open_source(path: str) -> Source:
    """Opens what `path` means.

    Args:
      path: the prefix of a checkpoint, one of its files, a folder (its newest checkpoint), an .npz or a
        .safetensors file.

    Raises Trouble for a folder without checkpoints, CheckpointError for files that are none, OSError.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise Trouble(f"{path} is neither a file nor a folder.")  # reading a pipe would wait for ever
    if os.path.isfile(path):
        if path.endswith(npz_file.SUFFIX):
            return npz_file.NpzFile(path)
        if path.endswith(safetensors_file.SUFFIX):
            return safetensors_file.SafetensorsFile(path)
    return checkpoint.Reader(prefix_of(path))


def prefix_of(path: str) -> str:
    """The prefix of the checkpoint that `path` means. Raises as `open_source`."""
    if os.path.isdir(path) and not os.path.isfile(path + _INDEX):
        return _newest(path)
    bundle = bundle_of(path)
    if bundle is not None:
        return bundle
    match = _SHARD_OF_V1.fullmatch(path)
    if match is not None and os.path.isfile(path) and not os.path.isfile(path + _INDEX):
        return f"{match['prefix']}{SHARDS}{match['count']}"
    if os.path.basename(path) == _STATE and os.path.isfile(path) and not _is_table(path):
        return _newest(os.path.dirname(path) or ".")
    shards = sorted(glob.glob(glob.escape(path) + "-00000-of-[0-9]*"))
    if shards and not checkpoint.exists(path):
        return prefix_of(shards[-1])
    if path.endswith(_META) and checkpoint.exists(path.removesuffix(_META)):
        return path.removesuffix(_META)
    return path


def _newest(folder: str) -> str:
    """The prefix that the folder's state file calls the newest; without one, that of the newest files."""
    found = checkpoint.latest(folder)
    if found is not None:
        return found
    prefixes = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not entry.is_file():
                continue
            if entry.name.endswith(_INDEX):
                prefixes[entry.path.removesuffix(_INDEX)] = entry.stat().st_mtime
            elif _is_table(entry.path):
                prefixes[prefix_of(entry.path)] = entry.stat().st_mtime
    if not prefixes:
        raise Trouble(f"{folder}: there is no checkpoint in this folder.")
    return max(sorted(prefixes), key=lambda prefix: prefixes[prefix])


def _is_table(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - len(MAGIC), 0))
            return file.read() == MAGIC
    except OSError:
        return False


def matching(source: Source, patterns: Sequence[str]) -> list[str]:
    """The names of tensors that fit one of the patterns, sorted. Raises Trouble for a pattern that fits none."""
    names = list(source.tensors())
    for pattern in patterns:
        if not any(fits(name, [pattern]) for name in names):
            raise Trouble(f"{source.prefix}: no tensor's name fits {pattern}. `recell inspect --all` lists them.")
    return [name for name in names if fits(name, patterns)]


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name is one of the patterns, or is meant by one: `*` stands for anything, slashes too."""
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def pattern_for(name: str) -> str:
    """A pattern that can be typed, and that fits `name`: the name itself unless it has what a keyboard has not."""
    return "".join(character if character.isprintable() else "?" for character in name)
