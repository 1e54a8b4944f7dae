"""`recell check` as a command: tables, JSON, exit codes, and that nothing is run."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

Recell = Callable[..., "subprocess.CompletedProcess[str]"]
Write = Callable[[str, str], pathlib.Path]

MIXED = """
import tensorflow as tf
raise SystemExit("this was run")
cell = tf.contrib.rnn.GRUCell(3)
tf.contrib.rnn.MultiRNNCell([cell] * 2)
tf.reduce_sum(1, no_such=2)
tf.contrib.nowhere.Dropout(tf.add)
"""


def test_a_program_that_has_everything(recell: Recell, program: Write) -> None:
    program("fine.py", "import tensorflow as tf\ntf.add(1, 2)\ntf.add(1, 2)\nimport reader, nowhere\n")
    result = recell("check", "fine.py")
    assert (result.returncode, result.stderr) == (0, "")
    assert re.search(r"^Works \(1\)\n  tf\.add  fine\.py:2  x2$", result.stdout, flags=re.MULTILINE)
    assert result.stdout.endswith("1 file, 1 symbol of TensorFlow: 1 works, none is missing.\n")
    assert recell("check", "-q", "fine.py").stdout == ""


def test_the_tables_of_a_program_that_lacks_something(recell: Recell, program: Write) -> None:
    program("mixed.py", MIXED)
    result = recell("check", "mixed.py")
    assert (result.returncode, result.stderr) == (1, "")
    titles = re.findall(r"^(\w.*?) \((\d+)\)", result.stdout, flags=re.MULTILINE)
    assert titles == [("Missing", "1"), ("Missing arguments", "1"), ("Works differently", "1"), ("Works", "3")]
    assert "tf.contrib.nowhere.Dropout  mixed.py:7  x1" in result.stdout
    assert "Recell's tf.reduce_sum takes no argument no_such" in result.stdout
    assert "[cell] * n makes n layers" in result.stdout
    assert "\x1b" not in result.stdout
    assert len({line.index("mixed.py") for line in result.stdout.splitlines()[-5:-2]}) == 1, "columns"
    assert ": 3 work, 1 works differently, 1 is given arguments that are missing, 1 is missing." in result.stdout


def test_quiet_shows_only_what_is_missing(recell: Recell, program: Write) -> None:
    program("mixed.py", MIXED)
    shown = recell("check", "--quiet", "mixed.py").stdout
    assert "nowhere" in shown
    assert "no_such" in shown
    assert "Works" not in shown
    assert "symbols of TensorFlow" not in shown


def test_json(recell: Recell, program: Write) -> None:
    program("mixed.py", MIXED)
    program("broken.py", "def f(:\n")
    result = recell("check", "--json", "mixed.py", "broken.py")
    found = json.loads(result.stdout)
    assert result.returncode == 2
    assert found["files"] == 1
    assert len(found["unreadable"]) == 1
    assert found["counts"] == {"missing": 1, "missing argument": 1, "works differently": 1, "works": 3}
    by_symbol = {finding["symbol"]: finding for finding in found["findings"]}
    assert by_symbol["tf.contrib.nowhere.Dropout"]["places"] == ["mixed.py:7"]
    assert by_symbol["tf.add"]["verdict"] == "works"
    assert all(finding["count"] == len(finding["places"]) for finding in found["findings"])
    assert any("tf." in name for name in by_symbol["tf.contrib.nowhere.Dropout"]["nearest"])


def test_files_that_cannot_be_read(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program("broken.py", "import tensorflow as tf\n\nx = = 2\n")
    program("imports.py", "import tensorflow as tf, broken\ntf.add\n")
    program("zero.py", "x = 1\0")
    program("n.ipynb", "{]")
    (tmp_path / "empty").mkdir()
    (tmp_path / "deep.py").write_text("x = " + "-" * 5000 + "1\n")
    for name, text in {
        "broken.py": "broken.py:3: neither Python 3 nor Python 2: invalid syntax",
        "imports.py": "broken.py:3: neither Python 3 nor Python 2: invalid syntax",
        "zero.py": "zero.py",
        "n.ipynb": "n.ipynb: it is not a notebook",
        "empty": "empty: there is no program in it",
        "nowhere.py": "nowhere.py: there is no such file",
        "deep.py": "deep.py",
    }.items():
        result = recell("check", name)
        assert result.returncode == 2, name
        assert result.stderr.startswith("recell: "), result.stderr
        assert result.stderr.count("\n") == 1, result.stderr
        assert text in result.stderr
    assert "tf.add" in recell("check", "imports.py").stdout
    assert recell("check").returncode == 2


def test_a_folder_means_the_programs_in_it(recell: Recell, program: Write) -> None:
    program("project/train.py", "from project import model\nimport data.words\ntf = model.tf\ntf.add\n")
    program("project/model.py", "import tensorflow as tf\ntf.gone_a\n")
    program("project/data/words.py", "import tensorflow\ntensorflow.gone_b\n")
    program("project/.hidden/x.py", "import tensorflow\ntensorflow.gone_c\n")
    program("project/venv/x.py", "import tensorflow\ntensorflow.gone_d\n")
    result = recell("check", "project", ".")
    assert re.findall(r"gone_\w", result.stdout) == ["gone_a", "gone_b"]
    assert "tf.add" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("3 files, ")


def test_the_release(recell: Recell, program: Write) -> None:
    program("cells.py", "import tensorflow as tf\ntf.contrib.rnn.MultiRNNCell([cell] * 2)\n")
    assert "Works differently (1)" in recell("check", "cells.py").stdout
    assert "Works differently" not in recell("check", "--tf", "1.15", "cells.py").stdout
    wrong = recell("check", "--tf", "2.1", "cells.py")
    assert wrong.returncode == 2
    assert "2.1" in wrong.stderr


def test_an_old_encoding_and_python_2(recell: Recell, tmp_path: pathlib.Path) -> None:
    text = "# -*- coding: gbk -*-\nimport tensorflow as tf\nprint '循环', tf.add\nprint tf.gone\n"
    (tmp_path / "old.py").write_bytes(text.encode("gbk"))
    result = recell("check", "old.py")
    assert result.returncode == 1, result.stderr
    assert "tf.gone  old.py:4" in result.stdout


def test_torch_is_not_imported(tmp_path: pathlib.Path) -> None:
    """Whichever symbol is used: every one that there is, called with an argument that nothing takes."""
    code = """
import sys, recell.v1
from recell.cli.check import check_programs
from recell.v1 import _namespace
with open(sys.argv[1], "w") as file:
    file.write("import tensorflow as tf\\n")
    for path in sorted(_namespace.namespaces()):
        for name in [*_namespace.rows(path), *_namespace.children(path)]:
            name = f"getattr({'.'.join(filter(None, ('tf', path)))}, {name!r})"
            file.write(f"{name}.anything\\n{name}(no_such_argument=1)\\n")
code = check_programs(sys.argv[1:], quiet=True)
assert code == 1
loaded = {"torch", "numpy", "absl", "google.protobuf", "matplotlib"} & set(sys.modules)
assert not loaded, loaded
"""
    command = [sys.executable, "-c", code, str(tmp_path / "all.py")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("no_such_argument=") > 500


def test_nothing_is_waited_for(recell: Recell, program: Write) -> None:
    program("fine.py", "import tensorflow as tf\ntf.Session(); tf.nn.dynamic_rnn; tf.contrib.rnn.GRUCell(3)\n")
    took = []
    for _ in range(3):
        start = time.perf_counter()
        assert recell("check", "fine.py").returncode == 0
        took.append(time.perf_counter() - start)
    # 0.15 s on an idle machine, where importing torch alone takes 1 s.
    assert min(took) < 1.0, took


@pytest.mark.parametrize("command", ["check"])
def test_the_help(recell: Recell, command: str) -> None:
    result = recell(command, "--help")
    assert result.returncode == 0
    for option in ("--tf", "--json", "--quiet", "PROGRAM"):
        assert option in result.stdout
