"""Running a program as `python script.py` or `python -m module` would, with `tensorflow` meaning Recell."""

from __future__ import annotations

import builtins
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from recell.cli import hook, plots, sources, tracebacks


@dataclass
class Program:
    """A program and how to run it.

    Args:
        target: path of a script, of a folder with a `__main__.py`, or (`as_module`) a module's name.
        args: what the program finds in `sys.argv[1:]`.
        as_module: as `python -m`.
        plots: folder for the pictures of `plt.show()`; None: ./plots, and only when there is no display.
        full_traceback: show our own frames too when the program fails.
    """

    target: str
    args: Sequence[str]
    as_module: bool = False
    plots: str | None = None
    full_traceback: bool = False

    def run(self) -> int:
        """Runs the program in this process as `__main__`. Returns the exit code; SystemExit passes through."""
        hook.install()
        sources.install()
        plots.install(self.plots)
        # Numbers in a printed list say `0.5`, as in the programs' time, and not `np.float32(0.5)`.
        np.set_printoptions(legacy="1.25" if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else False)
        try:
            code, main = self._load_module() if self.as_module else self._load_script()
            sys.modules["__main__"] = main
            exec(code, main.__dict__)
        except SystemExit:
            raise
        except BaseException as error:
            return tracebacks.report(error, self.full_traceback)
        return 0

    def _load_script(self) -> tuple[CodeType, ModuleType]:
        path = os.path.abspath(self.target)
        path = os.path.join(path, "__main__.py") if os.path.isdir(path) else path
        sys.argv[:] = [self.target, *self.args]
        sys.path[0] = os.path.dirname(os.path.realpath(path))
        loader = sources.Loader("__main__", path, is_main=True)
        main = _main_module(__file__=path, __loader__=loader, __spec__=None, __package__=None, __cached__=None)
        return loader.get_code("__main__"), main

    def _load_module(self) -> tuple[CodeType, ModuleType]:
        sys.path[0] = os.getcwd()
        sys.argv[:] = ["-m", *self.args]
        spec = _find(self.target)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = _find(f"{self.target}.__main__")
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"No module named {self.target}", name=self.target)
        code = spec.loader.get_code(spec.name)  # type: ignore[attr-defined]
        sys.argv[0] = spec.origin or self.target
        main = _main_module(
            __file__=spec.origin, __loader__=spec.loader, __spec__=spec, __package__=spec.parent, __cached__=spec.cached
        )
        return code, main


def _find(name: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            return None
        raise


def _main_module(**attributes: Any) -> ModuleType:
    main = ModuleType("__main__")
    main.__dict__.update(attributes, __builtins__=builtins)
    return main
