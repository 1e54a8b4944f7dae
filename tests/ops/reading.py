"""Files for readers, and what a reader makes of them: for cases. Runs under TensorFlow 1.15's Python, too."""

from __future__ import annotations

import os
import tempfile
import zlib
from typing import Any, Callable, Sequence  # noqa: UP035 - Python 3.7 wants these

TEXT = b"h1\nh2\nline1\n\nline3\r\nlast"
ENDS = b"a\rb\r\r\n\r\nq\r"
FIXED = b"HH" + bytes(bytearray(range(65, 85))) + b"FFF"


class Files:
    """Files in a folder of their own: `path("text")` is the name of one."""

    def __init__(self, tf: Any) -> None:
        self.folder = tempfile.mkdtemp()
        self._write("text", TEXT)
        self._write("ends", ENDS)
        self._write("one", b"only\n")
        self._write("empty", b"")
        self._write("fixed", FIXED)
        self._write("fixed.z", zlib.compress(FIXED))
        gzip = zlib.compressobj(6, zlib.DEFLATED, 31)
        self._write("fixed.gz", gzip.compress(FIXED) + gzip.flush())
        for name, compression in (("records", ""), ("records.gz", "GZIP"), ("records.z", "ZLIB")):
            with tf.python_io.TFRecordWriter(self.path(name), compression) as writer:
                for record in (b"abc", b"", b"xyzt"):
                    writer.write(record)
        with open(self.path("records"), "rb") as file:
            data = bytearray(file.read())
        self._write("truncated", bytes(data[:-3]))
        data[20] ^= 1
        self._write("damaged", bytes(data))

    def _write(self, name: str, data: bytes) -> None:
        with open(self.path(name), "wb") as file:
            file.write(data)

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def relative(self, text: Any) -> str:
        shown = text.decode("utf-8") if isinstance(text, bytes) else str(text)
        return shown.replace(self.folder + "/", "").replace(self.folder, "FOLDER")


def queue_of(tf: Any, names: Sequence[str]) -> Any:
    """A queue of the names, and the operations that fill and close it."""
    queue = tf.FIFOQueue(100, tf.string, shapes=[()])
    return queue, [queue.enqueue_many([list(names)]), queue.close()]


def drain(tf: Any, make: Callable[[], Any], names: Sequence[str], turns: int = 16, many: Any = None) -> Any:
    """What every read gives, with both counts after it; what errors say. Names without `/` are of `Files`."""
    files = Files(tf)
    queue, fill = queue_of(tf, [files.path(name) if name.isidentifier() or "." in name else name for name in names])
    reader = make()
    fetched = reader.read(queue) if many is None else reader.read_up_to(queue, many)
    counts = [reader.num_records_produced(), reader.num_work_units_completed()]
    found = []  # type: list[Any]
    with tf.Session() as session:
        for op in fill:
            session.run(op)
        for _ in range(turns):
            try:
                key, value = session.run(fetched)
                if many is None:
                    found.append([files.relative(key), files.relative(value)])
                else:
                    found.append([[files.relative(each) for each in part] for part in (key, value)])
            except tf.errors.OpError as error:
                said = files.relative(error.message.split("\n")[0])
                found.append([type(error).__name__, said.partition("'_")[0]])
            found[-1] += [int(count) for count in session.run(counts)]
            if len(found) > 1 and found[-1] == found[-2]:
                break
    return found
