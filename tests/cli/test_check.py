"""`recell check` finds the symbols that a program uses by reading it, however the program comes to them."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recell.cli.check import read_programs
from recell.cli.check_uses import Finding
from recell.graph import compat

ROOT = pathlib.Path(__file__).resolve().parents[2]
W, D, M, A = "works", "works differently", "missing", "missing argument"


def check(tmp_path: pathlib.Path, text: str, **modules: str) -> dict[str, str]:
    """Symbol -> verdict for a program, with modules beside it (`a__b` is `a/b.py`)."""
    for name, source in {**modules, "program": text}.items():
        path = tmp_path / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
    reader, findings = read_programs([tmp_path / "program.py"])
    assert not reader.unreadable
    found: dict[str, str] = {}
    for finding in findings:
        found.setdefault(finding.symbol, finding.verdict)
    return found


CASES = re.findall(
    r"^=== (.*?)\n(.*?)^---\n(.*?)(?=^===|\Z)",
    pathlib.Path(__file__).with_name("check_cases.txt").read_text(encoding="utf-8"),
    flags=re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(text: str, expected: str, tmp_path: pathlib.Path) -> None:
    found = [f"{verdict}: {symbol}" for symbol, verdict in check(tmp_path, text).items()]
    assert (found or ["nothing"]) == expected.split("\n")[:-1]


def test_there_are_cases_of_each_kind() -> None:
    assert len(CASES) > 50
    assert {line.partition(":")[0] for case in CASES for line in case[2].splitlines()} == {W, D, M, A, "nothing"}


def test_a_release_that_was_asked_for_shares_cells(tmp_path: pathlib.Path) -> None:
    program = "import tensorflow as tf\ntf.nn.rnn_cell.MultiRNNCell([c] * 2)"
    try:
        compat.set_version("1.15")
        assert check(tmp_path, program) == {"tf.nn.rnn_cell.MultiRNNCell": W}
    finally:
        compat.set_version("auto")


def test_modules_of_the_program_are_read(tmp_path: pathlib.Path) -> None:
    found = check(
        tmp_path,
        """
        import model, package.deep
        from common import *
        from package import inner, other as o
        tf.matmul; inner.tf.add; model.learn.dense; package.deep.x.tanh; o.rnn.Nowhere
        import reader
        """,
        common="import tensorflow as tf\nfrom model import learn\n_hidden = tf.gone_a",
        model="import common\nimport tensorflow\nlearn = tensorflow.layers\nprint tensorflow.gone_b",
        package____init__="from . import inner\nfrom .deep import x",
        package__inner="import tensorflow as tf\nfrom .. import package\nfrom ..package.deep import nothing",
        package__deep="from tensorflow import nn as x\nx.gone_c",
        package__other="from tensorflow.contrib import rnn",
        unused="import tensorflow as tf\ntf.never_read",
    )
    works = {"tf.matmul": W, "tf.add": W, "tf.layers.dense": W, "tf.nn.tanh": W}
    missing = {"tf.gone_a": M, "tf.gone_b": M, "tf.nn.gone_c": M, "tf.contrib.rnn.Nowhere": M}
    assert found == works | missing


def test_places_and_counts(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "p.py"
    path.write_text("import tensorflow as tf\nfor i in x:\n    tf.add; tf.nn.relu(tf.add)\n\ntf.gone\n")
    findings = {f.symbol: f for f in read_programs([path, path])[1]}
    assert findings["tf.add"].count == 2
    assert findings["tf.add"].places == (f"{path}:3", f"{path}:3")
    assert findings["tf.gone"].places == (f"{path}:5",)


def test_what_is_nearest(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "p.py"
    path.write_text(
        "import tensorflow as tf\ntf.nn.rnn_cell.LayerNormBasicLSTMCell\ntf.contrib.nowhere.GRUCell\ntf.matmull\n"
    )
    findings = {f.symbol: f for f in read_programs([path])[1]}
    assert "tf.contrib.rnn.LayerNormBasicLSTMCell" in findings["tf.nn.rnn_cell.LayerNormBasicLSTMCell"].nearest
    assert "tf.contrib.rnn.GRUCell" in findings["tf.contrib.nowhere.GRUCell"].nearest
    assert "tf.matmul" in findings["tf.matmull"].nearest


def test_a_notebook_is_read_cell_by_cell(tmp_path: pathlib.Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# tf.nowhere"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import tensorflow as tf\n", "!pip install x"]},
        {"cell_type": "code", "source": "%%bash\nrm -rf tf.nowhere"},
        {
            "cell_type": "code",
            "source": ["%%time\n", "if x:\n", "    %time f()\n", "tf.matmul?\n", "tf.gone\n", "y = (a\n", "  % b)"],
        },
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    reader, findings = read_programs([path])
    assert not reader.unreadable
    assert [(f.symbol, f.verdict, f.places) for f in findings] == [("tf.gone", M, (f"{path}[4]:5",))]
    old = tmp_path / "old.ipynb"
    old.write_text(
        json.dumps(
            {"worksheets": [{"cells": [{"cell_type": "code", "input": ["import tensorflow as tf\n", "tf.gone"]}]}]}
        )
    )
    assert [f.symbol for f in read_programs([old])[1]] == ["tf.gone"]


def test_our_own_programs_lack_nothing() -> None:
    paths = [ROOT / "tests" / "programs", ROOT / "src" / "recell" / "demos"]
    reader, findings = read_programs(paths)
    assert not reader.unreadable
    assert reader.files > 40
    assert len(findings) > 300
    assert [f for f in findings if f.verdict in (M, A)] == []


# Programs of assignments to three names, which are looked at now and then.
NAMES = st.sampled_from("pqr")
SIMPLE = st.one_of(
    st.builds("{} = tf.nn".format, NAMES),
    st.builds("{} = object()".format, NAMES),
    st.builds("{} = {}".format, NAMES, NAMES),
    st.builds("seen({}, 'a')".format, NAMES),
)


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines or ["pass"]]


BLOCKS = st.recursive(
    SIMPLE.map(lambda line: [line]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: [line for part in parts for line in part]),
        inner.map(lambda b: ["if 1 < 2:", *_indented(b)]),
        inner.map(lambda b: ["for _ in range(2):", *_indented(b)]),
        st.builds(lambda n, b: [f"def f({n}=tf.nn):", *_indented(b), "call(f)"], NAMES, inner),
        inner.map(lambda b: ["class C:", *_indented(b)]),
        inner.map(lambda b: ["try:", *_indented(b), "finally:", "    pass"]),
    ),
    max_leaves=14,
)


def _lines(findings: list[Finding], verdict: str) -> set[int]:
    return {int(place.rpartition(":")[2]) for f in findings if f.verdict == verdict for place in f.places}


@settings(max_examples=150, deadline=None)
@given(BLOCKS)
def test_reading_finds_what_a_run_reaches(tmp_path_factory: pytest.TempPathFactory, block: list[str]) -> None:
    """Each `seen(x, 'a')` is run, and read as `x.relu` and `x.gone`.

    What was TensorFlow's when it ran is found, and nothing that always was something else is said to be missing.
    """

    class Nn:
        pass

    reached: dict[int, set[bool]] = {}

    def seen(value: object, number: int) -> None:
        reached.setdefault(number, set()).add(isinstance(value, Nn))

    def call(function: object) -> None:
        with contextlib.suppress(NameError, UnboundLocalError):
            function()  # type: ignore[operator]

    head = ["import tensorflow as tf", "p = q = r = object()", "def call(f): pass"]
    numbered = [line.replace("'a'", f"{number}") for number, line in enumerate(block, len(head) + 1)]
    names = {"tf": type("tf", (), {"nn": Nn()}), "seen": seen, "call": call, **dict.fromkeys("pqr", object())}
    with contextlib.suppress(NameError, UnboundLocalError):
        exec(compile("\n".join(numbered), "p", "exec"), names)
    findings = []
    for name in ("relu", "gone"):
        path = tmp_path_factory.mktemp("p") / "p.py"
        path.write_text(
            "\n".join([*head, *(line.replace("seen(", "(").replace(", 'a')", f").{name}") for line in block)])
        )
        findings += read_programs([path])[1]
    tensorflow = {number for number, kinds in reached.items() if True in kinds}
    assert tensorflow <= _lines(findings, W), "\n".join(block)
    assert not _lines(findings, M) & (set(reached) - tensorflow), "\n".join(block)
