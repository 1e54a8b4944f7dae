"""Sessions: they hold the variables' values and a cache of plans. May import `plan` and `graph`."""

from __future__ import annotations

from recell._lazy import import_whole, lazy_module

# Before anything of ours imports it: here, and nowhere else, torch is loaded for a program that runs something.
lazy_module("torch")
import_whole("torch")
