"""Meta graphs in files: the bytes of a `MetaGraphDef`, or its text."""

from __future__ import annotations

import os
from typing import Any

from recell.checkpoint import replacing
from recell.platform import file_errors, gfile
from recell.platform import graph_protos as protos


def read_meta_graph_file(filename: Any) -> Any:
    """The `MetaGraphDef` that a file holds, as bytes or as text.

    Raises TypeError for what is no path, OSError when there is no such file or it holds something else.
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
        if not content or message.ListFields():  # bytes of something else may pass for fields that nobody knows
            return message
        told = "it has none of a MetaGraphDef's fields"
    except DecodeError as error:
        told = str(error)
    message = protos.MetaGraphDef()
    try:
        text_format.Parse(content.decode("utf-8"), message)
    except (UnicodeDecodeError, text_format.ParseError) as error:
        raise OSError(
            f"Cannot parse file {path}: it holds neither the bytes of a MetaGraphDef ({told}) nor its text ({error}). "
            "It may be cut off, or another kind of file."
        ) from None
    return message


def write_message(message: Any, path: str, as_text: bool) -> None:
    """Writes a message into a file, all of it or nothing; the folder is made if it is not there.

    Raises a tf.errors exception when it cannot be written.
    """
    from google.protobuf import text_format

    folder = os.path.dirname(path)
    if folder:
        gfile.MakeDirs(folder)
    # With `deterministic`, or a node's attributes would stand in any order.
    data = text_format.MessageToString(message).encode() if as_text else message.SerializeToString(deterministic=True)
    with file_errors.translated_errors(path), replacing(path) as file:
        file.write(data)


__all__ = ["read_meta_graph_file", "write_message"]
