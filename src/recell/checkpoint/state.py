"""The file `checkpoint` of a folder: which checkpoints there are, and which is the newest, in TF's text form."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from recell.checkpoint.errors import UnreadableState
from recell.checkpoint.files import exists
from recell.checkpoint.storage import replacing

_GAP = r"(?:\s|#[^\n]*(?:\n|\Z))*"
_TEXT = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_SKIPPED = re.compile(_GAP)
_STRING = re.compile(rf"{_GAP}({_TEXT})")
_FIELD = re.compile(rf"""(\w+){_GAP}:{_GAP}({_TEXT}(?:{_GAP}{_TEXT})*|[^\s"'#;,]+){_GAP}[;,]?""")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}


class CheckpointState:
    """Which checkpoints a folder holds. TF symbol: `CheckpointState`, what `tf.train.get_checkpoint_state` gives.

    Attributes:
      model_checkpoint_path: of the newest one; "" if there is none.
      all_model_checkpoint_paths: of all that are kept, the oldest first.
      all_model_checkpoint_timestamps: when each was written, in seconds since 1970, or nothing.
      last_preserved_timestamp: when a checkpoint was last kept for good; 0.0 if that is not known.
    """

    def __init__(
        self,
        model_checkpoint_path: str = "",
        all_model_checkpoint_paths: Sequence[str] = (),
        all_model_checkpoint_timestamps: Sequence[float] = (),
        last_preserved_timestamp: float | None = None,
    ) -> None:
        self.model_checkpoint_path = model_checkpoint_path
        self.all_model_checkpoint_paths = list(all_model_checkpoint_paths)
        self.all_model_checkpoint_timestamps = list(all_model_checkpoint_timestamps)
        self.last_preserved_timestamp = last_preserved_timestamp or 0.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CheckpointState) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        lines = [f"model_checkpoint_path: {_quoted(self.model_checkpoint_path)}"] if self.model_checkpoint_path else []
        lines += [f"all_model_checkpoint_paths: {_quoted(path)}" for path in self.all_model_checkpoint_paths]
        lines += [f"all_model_checkpoint_timestamps: {time!r}" for time in self.all_model_checkpoint_timestamps]
        if self.last_preserved_timestamp:
            lines.append(f"last_preserved_timestamp: {self.last_preserved_timestamp!r}")
        return "".join(line + "\n" for line in lines)

    __repr__ = __str__


def _quoted(text: str) -> str:
    """A string as protocol buffers write it as text: bytes beyond ASCII in octal."""
    shown = []
    for byte in os.fsencode(text):
        if byte in b'"\\':
            shown.append("\\" + chr(byte))
        elif 32 <= byte < 127:
            shown.append(chr(byte))
        else:
            shown.append({10: "\\n", 13: "\\r", 9: "\\t"}.get(byte, f"\\{byte:03o}"))
    return '"' + "".join(shown) + '"'


def _unquoted(text: str) -> str:
    """What quoted strings, one behind the other, say together."""

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if code[:1] in b"01234567":
            return bytes([int(code, 8) & 255])
        if code[:1] == b"x" and len(code) > 1:
            return bytes([int(code[1:], 16)])
        return _CONTROL.get(code, code)

    strings = (part[1:-1].encode("utf-8", "surrogateescape") for part in _STRING.findall(text))
    return os.fsdecode(b"".join(_ESCAPE.sub(plain, string) for string in strings))


def _skip(text: str, position: int) -> int:
    """The position of what comes next that is neither space nor comment."""
    match = _SKIPPED.match(text, position)
    return position if match is None else match.end()


def parse_state(text: str) -> CheckpointState:
    """The state that a text says. UnreadableState, with the number of the line, for what is none.

    The text is as protocol buffers write themselves: people edit it, so that it may hold comments, several fields in a
    line, and fields divided by commas or semicolons.
    """
    state, position = CheckpointState(), _skip(text, 0)
    while position < len(text):
        match = _FIELD.match(text, position)
        number = text.count("\n", 0, position) + 1
        if match is None:
            found = text[position:].splitlines()[0].strip()
            raise UnreadableState(f"line {number}: expected `name: value`, found {found!r}")
        try:
            _set(state, *match.groups())
        except ValueError as error:
            raise UnreadableState(f"line {number}: {error}") from None
        position = _skip(text, match.end())
    return state


def _set(state: CheckpointState, field: str, value: str) -> None:
    if field in ("model_checkpoint_path", "all_model_checkpoint_paths"):
        if value[0] not in "\"'":
            raise ValueError(f"{field} is a quoted path, but {value!r} was found")
        if field == "model_checkpoint_path":
            state.model_checkpoint_path = _unquoted(value)
        else:
            state.all_model_checkpoint_paths.append(_unquoted(value))
    elif field == "all_model_checkpoint_timestamps":
        state.all_model_checkpoint_timestamps.append(float(value))
    elif field == "last_preserved_timestamp":
        state.last_preserved_timestamp = float(value)
    else:
        raise ValueError(f"{field!r} is no field of a checkpoint state")


def read_state(folder: str, filename: str = "checkpoint") -> CheckpointState | None:
    """The state of a folder, its paths absolute or from where the program runs; None when it has no state file.

    UnreadableState for a file that says something else, or whose relative paths climb out of the folder.
    """
    path = os.path.join(folder, filename)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            state = parse_state(file.read())
        state.model_checkpoint_path = _from_here(folder, state.model_checkpoint_path)
        state.all_model_checkpoint_paths = [_from_here(folder, each) for each in state.all_model_checkpoint_paths]
    except FileNotFoundError:
        return None
    except UnreadableState as error:
        raise UnreadableState(f"{path}, {error}") from None
    return state


def _from_here(folder: str, path: str) -> str:
    """A path of the state file, which is relative to its folder, or absolute.

    What is not in the folder is refused: a Saver that recovers its checkpoints from here deletes old ones.
    """
    if not path or os.path.isabs(path):
        return path
    if os.path.normpath(path).split(os.sep)[0] == os.pardir or "\0" in path:
        raise UnreadableState(f"the path {path!r} climbs out of the folder. Write an absolute path if it is meant")
    return os.path.join(folder, path)


def write_state(folder: str, state: CheckpointState, filename: str = "checkpoint") -> None:
    """Replaces the state file of a folder, all at once."""
    with replacing(os.path.join(folder, filename)) as file:
        file.write(str(state).encode("utf-8", "surrogateescape"))


def latest(folder: str, filename: str = "checkpoint") -> str | None:
    """The prefix of the newest checkpoint of a folder; None when there is none, or its files are gone."""
    state = read_state(folder, filename)
    if state is None or not state.model_checkpoint_path:
        return None
    return state.model_checkpoint_path if exists(state.model_checkpoint_path) else None
