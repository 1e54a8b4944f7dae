"""`recell demo`: runs a demo, with one clear line when it cannot."""

from __future__ import annotations

import importlib
import sys

NEEDED = ("sklearn", "matplotlib", "rich")
DEMOS = ("digits", "mnist", "ptb", "sine", "iris", "forward")


def run_demo(name: str, out: str, full: bool = False, full_traceback: bool = False) -> int:
    """Runs demo `name`, which writes its picture (if it draws one) to `out`. Returns the exit code.

    `full`: at the size of the tutorial that it is after.
    """
    try:
        importlib.import_module(f"recell.demos.{name}").main(out, full)
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
