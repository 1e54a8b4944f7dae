"""The file `checkpoint` of a folder: which checkpoints there are, and which is the newest, in TF's text form."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import compress

from recell.checkpoint.errors import UnreadableState, shown
from recell.checkpoint.files import is_there
from recell.checkpoint.input_file import InputFile
from recell.checkpoint.whole_file import replacing
from recell.checkpoint.wire import Malformed

_LARGEST = 1 << 24
"""Bytes of a state file that are read: enough for 60,000 checkpoints."""
_GAP = re.compile(rb"\s+|#[^\n]*")
_NAME = re.compile(rb"\w+")
_ATOM = re.compile(rb"""[^\s"'#;,\[\]]+""")
_Value = tuple["bytes | None", bytes]
"""What a quoted string says, if it is one, and the text of the value."""
_PIECES = {b'"': re.compile(rb'[^"\\\n]+|\\.'), b"'": re.compile(rb"[^'\\\n]+|\\.")}
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


def _unquoted(text: bytes) -> bytes:
    """What stands between quotes means."""

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if code[:1] in b"01234567":
            return bytes([int(code, 8) & 255])
        if code[:1] == b"x" and len(code) > 1:
            return bytes([int(code[1:], 16)])
        return _CONTROL.get(code, code)

    return _ESCAPE.sub(plain, text)


def _behind_all(pattern: re.Pattern[bytes], text: bytes, position: int) -> int:
    """The position behind as many matches as there are, one behind the other.

    A loop, because one expression that repeats another needs a hundred bytes of memory for each time.
    """
    while (match := pattern.match(text, position)) is not None:
        position = match.end()
    return position


def _string(text: bytes, position: int) -> tuple[bytes | None, int]:
    """What the quoted string at a position says, and the position behind it; None for no string."""
    quote = text[position : position + 1]
    if quote not in _PIECES:
        return None, position
    end = _behind_all(_PIECES[quote], text, position + 1)
    if text[end : end + 1] != quote:
        return None, position
    return _unquoted(text[position + 1 : end]), end + 1


def _strings(text: bytes, position: int) -> tuple[bytes | None, int]:
    """What quoted strings, one behind the other, say together; None for no string."""
    found: list[bytes] = []
    string, end = _string(text, position)
    while string is not None:
        found.append(string)
        position = end
        string, end = _string(text, _behind_all(_GAP, text, position))
    return (b"".join(found) if found else None), position


def parse_state(text: str | bytes) -> CheckpointState:
    """The state that a text says. UnreadableState, with the number of the line, for what is none.

    The text is as protocol buffers write themselves: people edit it, so that it may hold comments, several fields in a
    line, and fields divided by commas or semicolons.
    """
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogateescape")
    state, position = CheckpointState(), _behind_all(_GAP, text, 0)
    while position < len(text):
        try:
            position = _field(state, text, position)
        except ValueError as error:
            number = text.count(b"\n", 0, position) + 1
            raise UnreadableState(f"line {number}: {error}") from None
    return state


def _field(state: CheckpointState, text: bytes, start: int) -> int:
    """Puts the field that begins at a position into the state; gives the position of the next. ValueError for none."""
    position = _behind_all(_GAP, text, _end(_NAME, text, start))
    name = _NAME.match(text, start)
    if name is not None and text[position : position + 1] == b":":
        position = _behind_all(_GAP, text, position + 1)
        values, end = _values(text, position)
        if end > position:
            _set(state, name[0].decode("utf-8", "replace"), values, text[position : position + 1] == b"[")
            end = _behind_all(_GAP, text, end)
            return _behind_all(_GAP, text, end + (text[end : end + 1] in (b";", b",")))
    line = text[start : start + _SHOWN].partition(b"\n")[0].strip()
    raise ValueError(f"expected `name: value`, found {line.decode('utf-8', 'replace')!r}")


def _values(text: bytes, position: int) -> tuple[list[_Value], int]:
    """The value at a position, or those of a list in brackets, and the position behind; the same position for none."""
    if text[position : position + 1] != b"[":
        value, end = _value(text, position)
        return [value], end
    found: list[_Value] = []
    end = _behind_all(_GAP, text, position + 1)
    while text[end : end + 1] != b"]":
        if found:
            if text[end : end + 1] != b",":
                return [], position
            end = _behind_all(_GAP, text, end + 1)
        value, behind = _value(text, end)
        if behind == end:
            return [], position
        found.append(value)
        end = _behind_all(_GAP, text, behind)
    return found, end + 1


def _value(text: bytes, position: int) -> tuple[_Value, int]:
    """What is quoted at a position, or else the bare word there; and the position behind it."""
    string, end = _strings(text, position)
    if string is None:
        end = _end(_ATOM, text, position)
    return (string, text[position:end]), end


_SHOWN = 80
"""Bytes of a wrong line that are told."""


def _end(pattern: re.Pattern[bytes], text: bytes, position: int) -> int:
    match = pattern.match(text, position)
    return position if match is None else match.end()


def _set(state: CheckpointState, field: str, values: Sequence[_Value], listed: bool) -> None:
    """Puts the values of a field into the state."""
    if listed and not field.startswith("all_"):
        raise ValueError(f"{field[:_SHOWN]} has one value, but a list was found")
    for value in values:
        _set_one(state, field, *value)


def _set_one(state: CheckpointState, field: str, string: bytes | None, atom: bytes) -> None:
    """Puts a value, a quoted string or else a bare word, into the state."""
    if field in ("model_checkpoint_path", "all_model_checkpoint_paths"):
        if string is None:
            raise ValueError(f"{field} is a quoted path, but {_shown(atom)} was found")
        if field == "model_checkpoint_path":
            state.model_checkpoint_path = os.fsdecode(string)
        else:
            state.all_model_checkpoint_paths.append(os.fsdecode(string))
    elif field in ("all_model_checkpoint_timestamps", "last_preserved_timestamp"):
        try:
            time = float(atom)
        except ValueError:
            raise ValueError(f"{field} is a number, but {_shown(atom)} was found") from None
        if field == "last_preserved_timestamp":
            state.last_preserved_timestamp = time
        else:
            state.all_model_checkpoint_timestamps.append(time)
    else:
        raise ValueError(f"{field[:_SHOWN]!r} is no field of a checkpoint state")


def _shown(atom: bytes) -> str:
    return repr(atom[:_SHOWN].decode("utf-8", "replace"))


def read_state(folder: str, filename: str = "checkpoint") -> CheckpointState | None:
    """The state of a folder, its paths absolute or from where the program runs; None when it has no state file.

    Older checkpoints that are told by relative paths out of the folder are left out: TensorFlow writes such paths when
    one Saver saves to two folders, and who recovers its checkpoints from here deletes old ones.
    UnreadableState for a file that says something else, that is no file, or whose newest checkpoint is out of the
    folder by a relative path.
    """
    path = os.path.join(folder, filename)
    try:
        state = parse_state(_content(path))
        if climbs(state.model_checkpoint_path):
            raise UnreadableState(
                f"the path {shown(state.model_checkpoint_path)} climbs out of the folder. "
                "Write an absolute path if it is meant"
            )
        _leave_out_what_climbs(state)
        state.model_checkpoint_path = _from_here(folder, state.model_checkpoint_path)
        state.all_model_checkpoint_paths = [_from_here(folder, each) for each in state.all_model_checkpoint_paths]
    except FileNotFoundError:
        return None
    except UnreadableState as error:
        raise UnreadableState(f"{path}, {error}") from None
    return state


def _content(path: str) -> bytes:
    """All of a state file. FileNotFoundError when there is none."""
    try:
        file = InputFile(path)
        try:
            if file.size > _LARGEST:
                raise UnreadableState(f"{file.size} bytes: it is larger than a state file can be ({_LARGEST} bytes)")
            return bytes(file.read(0, file.size))
        finally:
            file.close()
    except IsADirectoryError:
        raise UnreadableState("a folder, where a file belongs") from None
    except Malformed as error:
        raise UnreadableState(str(error)) from None


def climbs(path: str) -> bool:
    """Whether a path of a state file, relative to its folder, leads out of it."""
    return not os.path.isabs(path) and os.path.normpath(path).split(os.sep)[0] == os.pardir


def _leave_out_what_climbs(state: CheckpointState) -> None:
    kept = [not climbs(path) for path in state.all_model_checkpoint_paths]
    if len(state.all_model_checkpoint_timestamps) == len(kept):
        state.all_model_checkpoint_timestamps = list(compress(state.all_model_checkpoint_timestamps, kept))
    state.all_model_checkpoint_paths = list(compress(state.all_model_checkpoint_paths, kept))


def _from_here(folder: str, path: str) -> str:
    """A path of the state file, which is relative to its folder, or absolute. UnreadableState for what is no path."""
    if "\0" in path:
        raise UnreadableState(f"the path {shown(path)} is none: it holds a zero byte")
    return os.path.join(folder, path) if path else path


def write_state(folder: str, state: CheckpointState, filename: str = "checkpoint") -> None:
    """Replaces the state file of a folder, all at once."""
    with replacing(os.path.join(folder, filename)) as file:
        file.write(str(state).encode("utf-8", "surrogateescape"))


def latest(folder: str, filename: str = "checkpoint") -> str | None:
    """The prefix of the newest checkpoint of a folder; None when there is none, or its files are gone."""
    state = read_state(folder, filename)
    if state is None or not state.model_checkpoint_path:
        return None
    return state.model_checkpoint_path if is_there(state.model_checkpoint_path) else None
