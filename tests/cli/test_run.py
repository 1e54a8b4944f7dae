"""`recell run` is `python script.py` with another `tensorflow`."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Callable

Recell = Callable[..., "subprocess.CompletedProcess[str]"]
Write = Callable[[str, str], pathlib.Path]

LOOK = """
import builtins, os, sys
print(__name__, os.path.isabs(__file__), os.path.basename(__file__), __package__, __spec__)
print(sys.argv, os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)), __builtins__ is builtins)
print(sys.modules["__main__"].__dict__ is globals(), __doc__)
import helper
print(helper.__name__)
"""


def test_a_script_sees_what_python_shows_it(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program("sub/look.py", LOOK)
    program("sub/helper.py", "")
    ours = recell("run", "sub/look.py", "--tf", "-m", "a b")
    command = [sys.executable, "sub/look.py", "--tf", "-m", "a b"]
    theirs = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ours.stderr == ""
    assert ours.stdout == theirs.stdout
    assert ours.returncode == 0


def test_a_module_runs_as_under_python_m(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program("package/__init__.py", "")
    program("package/near.py", "value = 3")
    text = "import os, sys\nfrom .near import value\n"
    text += "print(__name__, __package__, __spec__.name, value, sys.argv, os.path.samefile(sys.path[0], '.'))"
    program("package/__main__.py", text)
    ours = recell("run", "-m", "package", "--data", "x")
    command = [sys.executable, "-m", "package", "--data", "x"]
    theirs = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ours.stdout == theirs.stdout, ours.stderr
    missing = recell("run", "-m", "pakage")
    assert missing.returncode == 1
    assert "No module named pakage" in missing.stderr


def test_exit_codes(recell: Recell, program: Write) -> None:
    program("code.py", "import sys; sys.exit(7)")
    assert recell("run", "code.py").returncode == 7
    program("text.py", "raise SystemExit('went wrong')")
    text = recell("run", "text.py")
    assert (text.returncode, text.stderr) == (1, "went wrong\n")
    program("fails.py", "import atexit; atexit.register(print, 'bye'); 1 / 0")
    fails = recell("run", "fails.py")
    assert (fails.returncode, fails.stdout) == (1, "bye\n")
    missing = recell("run", "nowhere.py")
    assert missing.returncode == 2
    assert "can't open file 'nowhere.py'" in missing.stderr


def test_a_traceback_is_the_one_of_python(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program("helper.py", "def f(x):\n    try:\n        {}['key']\n    except KeyError:\n        raise ValueError(x)\n")
    path = program("fails.py", "import helper\n\ndef g():\n    helper.f('no')\n\ng()\n")
    command = [sys.executable, str(path)]
    theirs = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert recell("run", str(path)).stderr == theirs.stderr
    program("syntax.py", "x = 1\ny = = 2\n")
    assert 'syntax.py", line 2' in recell("run", "syntax.py").stderr


def test_an_error_of_ours_shows_the_users_lines_only(recell: Recell, program: Write) -> None:
    program(
        "fails.py", "import tensorflow as tf\n\ndef build():\n    return tf.float32.nothing\n\ntf.as_dtype('flot')\n"
    )
    short = recell("run", "fails.py").stderr
    assert 'fails.py", line 6, in <module>' in short
    assert "recell/graph" not in short
    assert "recell run --traceback" in short
    full = recell("run", "--traceback", "fails.py").stderr
    assert 'recell/graph/dtypes.py", line' in full


def test_tensorflow_means_recell(recell: Recell, program: Write) -> None:
    program("tensorflow.py", "raise RuntimeError('the genuine one')")
    program(
        "names.py",
        "import tensorflow as tf\n"
        "import tensorflow.compat.v1 as tf1\n"
        "from tensorflow.python.framework import errors\n"
        "from tensorflow.python.util import nest\n"
        "import recell.v1\n"
        "print(tf is tf1 is recell.v1, errors is tf.errors, nest.flatten([1, (2,)]), tf.__version__)\n"
        "try:\n    import tensorflow.python.util.nst\nexcept ImportError as error:\n    print(error, error.name)\n",
    )
    result = recell("run", "names.py")
    assert result.stdout.splitlines()[0] == "True True [1, 2] 1.15.0", result.stderr
    assert "Recell does not have tf.python.util.nst (nearest that works: tf.python.util.nest)" in result.stdout
    assert result.stdout.splitlines()[1].endswith("tensorflow.python.util.nst")


def test_options(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program(
        "version.py",
        "import os; from recell.graph import compat\nprint(compat.get_version(), os.environ['RECELL_DATA'])",
    )
    (tmp_path / "mine").mkdir()
    result = recell("run", "--tf", "1.15", "--data", "mine", "version.py")
    assert result.stdout == f"1.15 {tmp_path / 'mine'}\n", result.stderr
    wrong = recell("run", "--tf", "2.0", "version.py")
    assert wrong.returncode == 2
    assert "'2.0' is not a release of TensorFlow 1" in wrong.stderr
    assert "no folder gone" in recell("run", "--data", "gone", "version.py").stderr


def test_no_bytecode_of_ours_is_left(recell: Recell, program: Write, tmp_path: pathlib.Path) -> None:
    program("old.py", "print 'x'")
    program("main.py", "import old")
    assert recell("run", "main.py").stdout == "x\n"
    assert not (tmp_path / "__pycache__").exists()


def test_info(recell: Recell, tmp_path: pathlib.Path) -> None:
    (tmp_path / "simple-examples" / "data").mkdir(parents=True)
    (tmp_path / "simple-examples" / "data" / "ptb.train.txt").touch()
    result = recell("info", RECELL_DATA=str(tmp_path))
    assert result.returncode == 0
    assert f"{tmp_path / 'simple-examples'}: found" in result.stdout
    assert f"{tmp_path / 'MNIST_data'}: not found" in result.stdout
    assert "MultiRNNCell([cell] * n) makes n layers" in result.stdout


def test_numbers_in_lists_print_as_in_the_time_of_the_programs(recell: Recell, program: Write) -> None:
    program(
        "show.py", "import numpy as np\nprint([np.float32(0.5), np.int64(3)], (np.float64(2),), np.arange(3) / 2)\n"
    )
    result = recell("run", "show.py")
    assert (result.stdout, result.returncode) == ("[0.5, 3] (2.0,) [0.  0.5 1. ]\n", 0), result.stderr
