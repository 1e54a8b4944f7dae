"""Sequence to sequence: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "contrib.seq2seq": {
        "recell.seq2seq.decoder": "Decoder dynamic_decode",
    },
}
