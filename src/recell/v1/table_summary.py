"""`tf.summary` and event files: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {}
