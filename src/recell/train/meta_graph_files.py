"""Meta graphs in files: the bytes of a `MetaGraphDef`, or its text."""

from __future__ import annotations

import os
from typing import Any

from recell.checkpoint import replacing
from recell.platform import file_errors, gfile
from recell.platform import graph_protos as protos

OURS = "recell-"
"""How the version of what wrote a message begins, where that is Recell."""


def read_meta_graph_file(filename: Any) -> Any:
    """The `MetaGraphDef` that a file holds, as bytes or as text.

    Raises TypeError for what is no path, OSError when there is no such file or it holds something else, a tf.errors
    exception when it cannot be read.
    """
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    if not isinstance(filename, (str, bytes, os.PathLike)):
        raise TypeError(f"Expected binary or unicode string, got {filename!r}")
    path = os.fsdecode(filename)
    if not gfile.Exists(path):
        raise OSError(f"File {path} does not exist.")
    content = gfile.GFile(path, "rb").read()
    message = protos.MetaGraphDef()
    try:
        message.ParseFromString(content)
        told = _what_is_missing(message) if content else None
        if told is None:
            return message
    except DecodeError as error:
        told = str(error)
    message = protos.MetaGraphDef()
    try:
        text_format.Parse(content.decode("utf-8"), message)
        problem = "" if message.ListFields() else "it is empty"
    except (UnicodeDecodeError, text_format.ParseError) as error:
        problem = str(error)
    if problem:
        raise OSError(
            f"Cannot parse file {path}: it holds neither the bytes of a MetaGraphDef ({told}) nor its text "
            f"({problem}). It may be cut off, or another kind of file."
        )
    return message


def _what_is_missing(message: Any) -> str | None:
    """Why bytes that can be parsed are no meta graph all the same, None if they are one."""
    if not message.ListFields():  # bytes of something else may pass for fields that nobody knows
        return "they have none of its fields"
    if message.meta_info_def.tensorflow_git_version.startswith(OURS) and not message.whole:
        return "their end is missing"
    return None


def write_message(message: Any, path: str, as_text: bool) -> None:
    """Writes a message into a file, all of it or nothing; the folder is made if it is not there.

    Raises a tf.errors exception when it cannot be written.
    """
    from google.protobuf import text_format

    folder = os.path.dirname(path)
    if folder:
        gfile.MakeDirs(folder)
    # With `deterministic`, or a node's attributes would stand in any order.
    if as_text:
        shown = protos.MetaGraphDef.FromString(message.SerializeToString())
        shown.ClearField("whole")  # TensorFlow passes over unknown fields in bytes, but not in a text
        data = text_format.MessageToString(shown).encode()
    else:
        data = message.SerializeToString(deterministic=True)
    with file_errors.translated_errors(path), replacing(path) as file:
        file.write(data)


__all__ = ["read_meta_graph_file", "write_message"]
