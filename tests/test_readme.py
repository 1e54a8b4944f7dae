"""What the README shows is what happens: its programs run, its commands exist, its links lead somewhere."""

from __future__ import annotations

import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHECKPOINT = ROOT / "tests/checkpoint/files/basic_lstm_2layer_v2"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
PROGRAMS = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines() if line]


def recell(*arguments: str, cwd: pathlib.Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-m", "recell", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_there_are_programs_to_check() -> None:
    assert PROGRAMS
    assert len(re.findall(r"^```", README, flags=re.MULTILINE)) == 2 * len(BLOCKS)


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_the_program_runs(number: int, tmp_path: pathlib.Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAMS[number], encoding="utf-8")
    result = recell("run", "program.py", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    errors = [float(figure) for figure in re.findall(r"mean squared error ([\d.]+)", result.stdout)]
    assert len(errors) == 4, result.stdout
    # Adding up ten numbers is learnt well within 300 steps: genuine TensorFlow ends below 0.1, from about 10.
    assert errors[-1] < 0.1 < 3 < errors[0], errors


def test_the_commands_exist(tmp_path: pathlib.Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in COMMANDS:
        words = command.split()
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, flags=re.MULTILINE), command
        if words[0] == "recell":
            result = recell(words[1], "--help", cwd=tmp_path)
            assert result.returncode == 0, (command, result.stderr)


def test_the_commands_print_what_is_shown(tmp_path: pathlib.Path) -> None:
    for path in CHECKPOINT.glob("model.ckpt-20.*"):
        shutil.copyfile(path, tmp_path / path.name)
    shown = [pair for pair in itertools.pairwise(BLOCKS) if [language for language, _ in pair] == ["sh", "text"]]
    assert len(shown) == 2
    for (_, commands), (_, expected) in shown:
        results = [recell(*command.split()[1:], cwd=tmp_path) for command in commands.splitlines()]
        assert "".join(result.stdout for result in results) == expected
        assert not any(result.returncode for result in results)


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
