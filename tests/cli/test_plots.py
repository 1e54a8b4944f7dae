"""`plt.show()` without a display."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

Recell = Callable[..., "subprocess.CompletedProcess[str]"]
Write = Callable[[str, str], pathlib.Path]

PROGRAM = """
import matplotlib
matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.figure()
plt.title("second")
plt.show()
print(plt.get_fignums())
plt.plot([3, 4])
plt.show(block=False)
plt.pause(0.01)
print(plt.get_fignums(), plt.get_backend().lower())
"""


def test_show_saves_numbered_pictures(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program("draws.py", PROGRAM)
    result = recell("run", "draws.py")
    assert result.stdout == "[]\n[1] agg\n", result.stderr
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert names == ["plot_1.png", "plot_2.png", "plot_3.png"]
    assert (tmp_path / "plots" / "plot_1.png").read_bytes().startswith(b"\x89PNG")
    assert "saved plots/plot_2.png" in result.stderr


def test_plots_names_the_folder_even_with_a_display(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program("draws.py", PROGRAM)
    result = recell("run", "--plots", "here", "draws.py", DISPLAY=":99")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "here" / "plot_3.png").exists()


def test_matplotlib_is_not_imported_for_a_program_that_does_not(recell: Recell, program: Write) -> None:
    program("plain.py", "import sys; print('matplotlib' in sys.modules)")
    assert recell("run", "plain.py").stdout == "False\n"
