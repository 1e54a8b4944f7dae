"""Reading event files. TF symbol: `tf.train.summary_iterator`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recell.platform.records import read_records
from recell.summary import protos


def summary_iterator(path: Any) -> Iterator[Any]:
    """The `tf.Event` messages in the event file `path`, in order. TF symbol: `tf.train.summary_iterator`.

    Raises, when the first event is asked for, NotFoundError and its kin for a file that cannot be read, and
    DataLossError at a damaged record.
    """
    for data in read_records(path):
        yield protos.Event.FromString(data)
