"""tf.flags, tf.app.run: each case is a program of its own, since flags belong to a process."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

DEFINITIONS = """
import sys
import recell.v1 as tf
flags = tf.app.flags
flags.DEFINE_integer("n", 3, "a number")
flags.DEFINE_boolean("b", True, "a switch")
flags.DEFINE_string(flag_name="s", default_value="x", docstring="a text")
tf.flags.DEFINE_float("rate", 0.5, "a rate")
tf.flags.DEFINE_enum("kind", "gru", ["gru", "lstm"], "a kind")
tf.flags.DEFINE_list("sizes", "1,2", "a list")
FLAGS = tf.flags.FLAGS
"""

SHOW_FLAGS = """
FLAGS._parse_flags()
for name, value in sorted(FLAGS.__flags.items()):
    if name in "bns":
        print("{}={}".format(name, value), value.value, end=" ")
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", DEFINITIONS + program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("program", "arguments", "printed"),
    [
        ("print(FLAGS.n, FLAGS.b, FLAGS.s, FLAGS.rate, FLAGS.kind, FLAGS.sizes)", [], "3 True x 0.5 gru ['1', '2']"),
        ("print(FLAGS.n, FLAGS.b, FLAGS.s)", ["--n=5", "--nob", "--s", "y"], "5 False y"),
        ("FLAGS.n = 9\nprint(FLAGS.n, 'n' in FLAGS, FLAGS['n'].value)", [], "9 True 9"),
        ("print(FLAGS.flag_values_dict()['rate'])", ["--rate=2"], "0.5"),
        ("FLAGS.n\nprint(FLAGS.flag_values_dict()['rate'])", ["--rate=2"], "2.0"),
        ("print(FLAGS._parse_flags(), FLAGS.n)", ["--n=5", "--other=3", "rest"], "['--other=3', 'rest'] 5"),
        (SHOW_FLAGS, ["--n=7"], "b=True True n=7 7 s=x x "),
        (
            "def main(argv): print(argv[1:], FLAGS.n)\ntf.app.run()",
            ["--n=4", "--other", "rest"],
            "['--other', 'rest'] 4",
        ),
        ("tf.app.run(main=lambda _: print(FLAGS.b))", ["--b=false"], "False"),
        ("tf.app.run(lambda argv: print(argv), ['program', '--n=1', 'a'])", ["--n=4"], "['program', 'a']"),
    ],
)
def test_values(program: str, arguments: list[str], printed: str) -> None:
    result = run(program, *arguments)
    assert result.stdout == printed + "\n" or result.stdout == printed, result.stderr
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("program", "arguments", "error"),
    [
        ("FLAGS.n", ["--unknown=3"], "UnrecognizedFlagError: Unknown command line flag 'unknown'"),
        ("FLAGS.missing", [], "AttributeError: missing"),
        ("FLAGS.n", ["--n=x"], "IllegalFlagValueError: flag --n=x"),
        ("FLAGS.kind", ["--kind=rnn"], "value should be one of <gru|lstm>"),
        ("flags.DEFINE_integer('n', 3, 'again')", [], "DuplicateFlagError: The flag 'n' is defined twice"),
        ("flags.mark_flag_as_required('s')\nFLAGS.s = None\nFLAGS.n", [], "Flag --s must have a value other than None"),
    ],
)
def test_errors(program: str, arguments: list[str], error: str) -> None:
    result = run(program, *arguments)
    assert result.returncode == 1
    assert error in result.stderr


def test_the_exit_code_is_what_main_returns_and_help_lists_the_flags() -> None:
    assert run("tf.app.run(lambda argv: 5)").returncode == 5
    helped = run("def main(argv): pass\ntf.app.run()", "--helpfull")
    assert "a number" in helped.stdout
