"""`plt.show()` without a display: pictures in a folder instead of windows.

matplotlib is touched only if the program imports it.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "AR PL UMing CN",
    "Droid Sans Fallback",
    "SimHei",
    "Microsoft YaHei",
    "PingFang SC",
    "Heiti SC",
    "Arial Unicode MS",
)


def has_display() -> bool:
    """Whether windows can be opened."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def install(folder: str | None) -> None:
    """When the program imports matplotlib, `plt.show()` saves into `folder` (None: into ./plots, if no display)."""
    if folder is None and has_display():
        patches: dict[str, Callable[[ModuleType], None]] = {"matplotlib.pyplot": add_cjk_font}
    else:
        pictures = Pictures(folder or "plots")
        patches = {"matplotlib": force_agg, "matplotlib.pyplot": pictures.patch}
    sys.meta_path.insert(0, PatchAfterImport(patches))


class PatchAfterImport:
    """A finder that lets Python find a module and runs a function on it once it is loaded."""

    def __init__(self, patches: dict[str, Callable[[ModuleType], None]]) -> None:
        self._patches = dict(patches)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        patch = self._patches.pop(fullname, None)
        if patch is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                patch(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def force_agg(matplotlib: Any) -> None:
    """The picture backend, whatever the program or the environment asks for."""
    use = matplotlib.use
    use("Agg")

    def use_agg(backend: str, *, force: bool = True) -> None:
        """Backends that open windows are of no use here; the others are left to the program."""
        if backend.lower() in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template"):
            use(backend, force=force)

    matplotlib.use = use_agg


def add_cjk_font(pyplot: Any) -> None:
    """Chinese text is drawn with a CJK font, if there is one, where the program's font has no such character."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    font = next((name for name in CJK_FONTS if name in installed), None)
    if font is not None:
        pyplot.rcParams["font.family"] = [*pyplot.rcParams["font.family"], font]


class Pictures:
    """Saves figures as `plot_1.png`, `plot_2.png`, ... in `folder`."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)
        self._count = 0

    def patch(self, pyplot: Any) -> None:
        """Replaces `show` of pyplot and of figures."""

        def show(*args: Any, block: bool | None = None, **options: Any) -> None:
            """Saves every open figure. They are closed then, as after a person closed the windows."""
            for number in pyplot.get_fignums():
                self.save(pyplot.figure(number))
            if block or (block is None and not pyplot.isinteractive()):
                pyplot.close("all")

        def pause(interval: float) -> None:
            """Waits; there is no window to keep alive."""
            time.sleep(interval)

        add_cjk_font(pyplot)
        pyplot.show = show
        pyplot.pause = pause
        pyplot.Figure.show = lambda figure, warn=True: self.save(figure)

    def save(self, figure: Any) -> None:
        """Writes `figure` under the next number and says where."""
        os.makedirs(self.folder, exist_ok=True)
        self._count += 1
        path = os.path.join(self.folder, f"plot_{self._count}.png")
        figure.savefig(path)
        # On stderr: what the program prints stays what it would print anywhere.
        print(f"recell: plt.show() without a display: saved {os.path.relpath(path)}", file=sys.stderr)
