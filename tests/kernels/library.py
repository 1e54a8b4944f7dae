"""The script that compiles the kernels, as a module: it stands beside their sources, outside of the package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_path = ROOT / "src" / "recell" / "kernels" / "csrc" / "make_library.py"
_spec = importlib.util.spec_from_file_location("make_library", _path)
assert _spec is not None
assert _spec.loader is not None
make_library = importlib.util.module_from_spec(_spec)
sys.modules["make_library"] = make_library  # where its data classes look for themselves
_spec.loader.exec_module(make_library)
