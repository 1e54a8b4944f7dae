"""Whole programs as people wrote them in TensorFlow 1's years, against what TensorFlow 1.15 printed for each.

`programs/NAME.py` is run as `recell run` runs it; `programs/NAME.txt` is what it printed under genuine TensorFlow 1.15
(`python -W ignore programs/NAME.py > programs/NAME.txt`), except `old_spellings`, which no 1.x release runs. Text must
be equal; numbers may differ by float32's rounding. One process runs several programs, so that the start is paid once.

The programs fetch nothing beside an update that TensorFlow may compute before or after it.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

PROGRAMS = pathlib.Path(__file__).parent / "programs"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py"))
GROUPS = [NAMES[k::4] for k in range(4)]
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
START = "==== "

RUNNER = f"""
import sys
from absl import app, flags
import recell.v1 as tf
from recell.cli.run import Program
app.define_help_flags()  # absl's own flags are known before the first program: it does not define them twice
for path in sys.argv[1:]:
    print("\\n{START}" + path, flush=True)
    tf.reset_default_graph()
    for name in list(flags.FLAGS):
        if not flags.FLAGS.find_module_defining_flag(name).startswith("absl"):  # but of the program before
            delattr(flags.FLAGS, name)
    flags.FLAGS.unparse_flags()
    try:
        code = Program(path, []).run()
        if code:
            print("exit code", code)
    except SystemExit as end:
        if end.code:
            print("exit code", end.code)
"""


def difference(expected: str, got: str) -> str | None:
    """The first line of `got` that is not as `expected`, in words."""
    wanted, found = expected.splitlines(), got.splitlines()
    for number, (a, b) in enumerate(zip(wanted, found, strict=False), 1):
        same_text = NUMBER.sub("#", a).split() == NUMBER.sub("#", b).split()
        pairs = zip(map(float, NUMBER.findall(a)), map(float, NUMBER.findall(b)), strict=False)
        if not same_text or any(abs(x - y) > 1e-4 * max(abs(x), abs(y)) + 2e-5 for x, y in pairs):
            return f"line {number}: expected {a!r}, got {b!r}"
    if len(wanted) != len(found):
        return f"expected {len(wanted)} lines, got {len(found)}; the last: {found[-1:]}"
    return None


def run(names: list[str]) -> dict[str, str]:
    """What each of the programs prints, run one after the other in one process."""
    paths = {str(PROGRAMS / f"{name}.py"): name for name in names}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", RUNNER, *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    printed = {}
    for part in done.stdout.split("\n" + START)[1:]:
        path, _, text = part.partition("\n")
        printed[paths[path]] = text
    failed = {name for name in names if "exit code" in printed.get(name, "exit code")}
    # What a program says when it fails is on stderr, which all of them share.
    return {name: printed.get(name, "") + (done.stderr if name in failed else "") for name in names}


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: "-".join(names))
def test_prints_what_tensorflow_printed(names):
    printed = run(names)
    differences = {name: difference((PROGRAMS / f"{name}.txt").read_text(), printed[name]) for name in names}
    assert not any(differences.values()), "\n".join(f"{name}: {text}" for name, text in differences.items() if text)


def test_every_program_has_its_figures():
    assert sorted(path.stem for path in PROGRAMS.glob("*.txt")) == NAMES
    assert len(NAMES) > 25


def test_the_comparison_sees_differences():
    assert difference("loss 1.00000\n", "loss 1.00005\n") is None
    assert "line 1" in difference("loss 1.00000\n", "loss 1.00050\n")
    assert "line 2" in difference("a\nw:0 (3,)\n", "a\nv:0 (3,)\n")
    assert "expected 2 lines" in difference("a\nb\n", "a\n")
