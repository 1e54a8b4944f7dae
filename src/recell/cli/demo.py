"""`recell demo`: runs a demo, with one clear line when it cannot."""

from __future__ import annotations

import importlib
import sys

NEEDED = ("sklearn", "matplotlib", "rich")


def run_demo(name: str, out: str, full_traceback: bool = False) -> int:
    """Runs demo `name`, which writes its picture to `out`. Returns the exit code."""
    try:
        importlib.import_module(f"recell.demos.{name}").main(out)
    except ModuleNotFoundError as error:
        if full_traceback or (error.name or "").partition(".")[0] not in NEEDED:
            raise
        print(f"recell: the demo needs {error.name}: pip install 'recell[demo]'", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        if full_traceback:
            raise
        print(f"recell: {error}", file=sys.stderr)
        return 1
    return 0
