"""The Chinese pages, executed: each program is written to a file, each `recell` command is run, its output compared.

A python block's first line names its file. A text block after a command is lines of what it prints, in that order, `…`
standing for anything, and blanks for any blanks; a command that is to fail shows its error there.
"""

from __future__ import annotations

import gzip
import itertools
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKPOINT = ROOT / "tests/checkpoint/files/basic_lstm_2layer_v2"
PAGES = ("README.zh.md", "docs/quickstart.zh.md")
ELSEWHERE = ("cd ", "export ", "pip ", "python3 -m venv ", "source ", "sudo apt install ")
"""How commands begin that are about the reader's machine."""
FAILURES = re.compile(r"Error: |Missing \(")


class Example(NamedTuple):
    """A command of a page, and what it prints there."""

    page: str
    command: str
    printed: str


def blocks(page: str) -> list[tuple[str, str]]:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert len(re.findall(r"^```", text, flags=re.MULTILINE)) == 2 * len(found), page
    return found


def programs(page: str) -> dict[str, str]:
    named = {}
    for language, text in blocks(page):
        if language == "python":
            name = re.match(r"# (\w+\.py)\n", text)
            assert name, text
            assert name[1] not in named, f"{name[1]} stands twice in {page}"
            named[name[1]] = text
    return named


def commands(page: str) -> list[Example]:
    found = []
    listed = [*blocks(page), ("", "")]
    for (language, text), (after, printed) in itertools.pairwise(listed):
        if language == "sh":
            lines = text.splitlines()
            found += [Example(page, line, printed if line is lines[-1] and after == "text" else "") for line in lines]
    return found


ALL = [example for page in PAGES for example in commands(page)]
RUN = [example for example in ALL if re.match(r"recell (run|check|info|inspect|convert)\b", example.command)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """MNIST and Penn Treebank in form, small and made up."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "MNIST_data").mkdir()
    for prefix, count in (("train", 5200), ("t10k", 40)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = np.zeros((count, 28, 28), np.uint8)
        images[np.arange(count), 2 * labels + 4] = 255  # the digit is the number of the bright row
        for kind, magic, array in (("images-idx3", 2051, images), ("labels-idx1", 2049, labels)):
            head = struct.pack(f">{array.ndim + 1}I", magic, *array.shape)
            path = folder / "MNIST_data" / f"{prefix}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(head + array.tobytes(), 1))
    text = folder / "simple-examples" / "data"
    text.mkdir(parents=True)
    for part, lines in (("train", 400), ("valid", 50), ("test", 50)):
        words = (" ".join(f"w{(i * k) % 41}" for k in range(1, 12)) for i in range(lines))
        (text / f"ptb.{part}.txt").write_text("".join(f" {line} \n" for line in words), encoding="utf-8")
    return folder


@pytest.mark.parametrize("example", RUN, ids=[f"{e.page.partition('.')[0]}: {e.command[7:]}" for e in RUN])
def test_the_command_does_what_the_page_shows(example: Example, tmp_path: pathlib.Path, data: pathlib.Path) -> None:
    for name, text in programs(example.page).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for path in CHECKPOINT.glob("model.ckpt-20.*"):
        shutil.copyfile(path, tmp_path / path.name)
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "RECELL_DATA": str(data), "PYTHONIOENCODING": "utf-8"}
    environment |= {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *example.command.split()]
    result = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert (result.returncode != 0) == bool(FAILURES.search(example.printed)), result.stdout
    assert difference(example.printed, result.stdout) is None, result.stdout


def difference(expected: str, printed: str) -> str | None:
    """The first line of `expected` that is not among the lines of `printed`, after those before it."""
    lines = iter(" ".join(line.split()) for line in printed.splitlines())
    for wanted in filter(None, (" ".join(line.split()) for line in expected.splitlines())):
        pattern = re.compile(re.sub(r" ?… ?", ".*", re.escape(wanted).replace("\\ ", " ")))
        if not any(pattern.fullmatch(line) for line in lines):
            return wanted
    return None


def test_the_comparison_sees_differences() -> None:
    printed = "step 1: 0.25\n  other\nstep 2:  0.125 (done)\n"
    assert difference("step 1: 0.25\nstep 2: …", printed) is None
    assert difference("step 2: … (done)\n", printed) is None
    assert difference("step 2: … (gone)\n", printed) == "step 2: … (gone)"
    assert difference("step 2: …\nstep 1: 0.25\n", printed) == "step 1: 0.25"
    assert difference("step 1: 0.2", printed) == "step 1: 0.2"


@pytest.mark.parametrize("page", PAGES)
def test_all_that_is_shown_is_executed(page: str) -> None:
    run = {word for example in RUN if example.page == page for word in example.command.split()}
    assert set(programs(page)) <= run, "programs that no command runs"
    for example in ALL:
        known = example in RUN or example.command.startswith((*ELSEWHERE, "recell demo "))
        assert known, f"{example.page}: what to do with {example.command!r}?"


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_in_the_text_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = {(match[1], match[2] or "") for match in re.finditer(r"recell (\w+)( --\w+)?", text)}
    # Of these three, nothing behind the name is a program's own.
    for match in re.finditer(r"recell (inspect|convert|diff)\b([^`\n]*)", text):
        found |= {(match[1], option) for option in re.findall(r" --[\w-]+", match[2])}
    for command in sorted(found):
        if command[0] in ("run", "check", "demo", "info", "inspect", "convert", "diff"):
            result = subprocess.run(
                [sys.executable, "-m", "recell", command[0], "--help"],
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
                capture_output=True,
                text=True,
                check=False,
            )
            assert result.returncode == 0
            assert command[1].strip() in result.stdout, command


@pytest.mark.parametrize("page", PAGES)
def test_the_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_symbols_in_the_text_exist(page: str) -> None:
    """Every `tf.x.y` in running text, checked as a program's is."""
    from recell.cli import check_values

    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for name in sorted(set(re.findall(r"`tf\.([\w.]*\w)", text))):
        value: object = check_values.Space("")
        for part in name.split("."):
            if isinstance(value, check_values.Space):
                value = check_values.attribute(value.path, part)
        assert not isinstance(value, check_values.Absent), f"tf.{name}"


def test_messages_about_data_are_those_that_come() -> None:
    text = (ROOT / "docs/quickstart.zh.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/recell/datasets").glob("*.py"))
    for message in ("MNIST is not there and cannot be downloaded", "Penn Treebank is not in "):
        assert f"`{message}" in text
        assert message in sources
