"""Python 2 programs: what they print, and that line numbers stay theirs."""

from __future__ import annotations

import pathlib
import subprocess
import textwrap
from collections.abc import Callable

import pytest

from recell.cli import python2

Recell = Callable[..., "subprocess.CompletedProcess[str]"]
Write = Callable[[str, str], pathlib.Path]


def output(source: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What Python 2 program `source` prints."""
    code = python2.translate(textwrap.dedent(source).encode(), "program.py", is_main=True)
    assert code is not None
    exec(code, {"__name__": "program"})
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("print 'a',\nprint 'b'", "a b\n"),
        ("print", "\n"),
        ("print('a', 'b')", "('a', 'b')\n"),
        ("from __future__ import print_function\nprint('a', 'b')", "a b\n"),
        ("print 7 / 2, -7 / 2, 7.0 / 2, True / 2", "3 -4 3.5 0\n"),
        ("from __future__ import division\nprint 7 / 2", "3.5\n"),
        ("x = 7\nx /= 2\nd = {'k': 9}\nd['k'] /= 2\nprint x, d['k']", "3 4\n"),
        ("import numpy as np\nprint np.int64(7) / 2, list(np.array([7, -7]) / 2), np.float32(7) / 2", None),
        ("print map(len, ['a'])[0], filter(None, [0, 1])[0], zip([1], [2])[0], range(3)[1:]", "1 1 (1, 2) [1, 2]\n"),
        ("d = {'a': 1}\nprint d.has_key('a'), d.keys()[0], [k for k, v in d.iteritems()]", "True a ['a']\n"),
        (
            "print isinstance(u'x', unicode), isinstance('x', basestring), 10L, 0777, `5`, 1 <> 2",
            "True True 10 511 5 True\n",
        ),
        ("try:\n    raise ValueError, 'no'\nexcept (ValueError, KeyError), e:\n    print e", "no\n"),
        ("exec 'x = 5'\nspace = {}\nexec 'y = 6' in space\nprint x, space['y']", "5 6\n"),
        ("print iter([4]).next(), reduce(lambda a, b: a + b, xrange(4))", "4 6\n"),
        (
            "print sorted([1, 3, 2], cmp=lambda a, b: cmp(b, a)), sorted([2, 1], lambda a, b: a - b)",
            "[3, 2, 1] [1, 2]\n",
        ),
        ("print round(2.5), round(-0.5), round(1.25, 1)", "3.0 -1.0 1.3\n"),
        ("import string\nprint string.letters[:2], string.join(['a', 'b'], '-'), string.upper('x')", "ab a-b X\n"),
        ("import sys\nreload(sys)\nsys.setdefaultencoding('utf-8')\nprint 'ok'", "ok\n"),
        (
            "import StringIO, urllib2, Queue\nprint StringIO.StringIO('x').read(), Queue.Queue(1).maxsize",
            "x 1\n",
        ),
        ("print 'é'.decode('utf-8'), u'é'.encode('utf-8')", "é é\n"),
        ("def f((a, b), c):\n    return a + b + c\nprint f((1, 2), 3)", "6\n"),
        (
            "class A:\n    def __nonzero__(self): return 0 > 1\n    __div__ = lambda *_: 'div'\nprint A() / 1, not A()",
            "div True\n",
        ),
        ("from cPickle import *\nfrom cPickle import HIGHEST_PROTOCOL\nprint loads(dumps(1))", "1\n"),
        ("import cPickle as pickle\nprint pickle.loads(pickle.dumps({'a': [1]}))", "{'a': [1]}\n"),
        ("if 1:\n\tx = 1\n        y = 2\n\tif x:\n\t    z = '''\n\t\tkept'''\nprint x, y, z.count('\\t')", "1 2 2\n"),
    ],
)
def test_programs_print_what_python_2_prints(
    source: str, printed: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if printed is None:
        assert output(source, capsys).split()[0] == "3"
    else:
        assert output(source, capsys) == printed


# As in Python 2, the programs leave it to the interpreter to close their files.
unclosed = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@unclosed
def test_files_hold_text(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "text"
    source = f"""
    with open({str(path)!r}, 'w') as f:
        f.write(u'\\u4e2d\\n'.encode('utf-8'))
        f.write('end')
    print open({str(path)!r}).read().split(), [line for line in file({str(path)!r}, 'rU')][1]
    """
    assert output(source, capsys) == "['中', 'end'] end\n"


@unclosed
def test_bytes_that_are_no_utf8_pass_through(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").write_bytes("中文".encode("gb18030"))
    output(f"open({str(tmp_path / 'out')!r}, 'w').write(open({str(tmp_path / 'in')!r}).read())\nprint", capsys)
    assert (tmp_path / "out").read_bytes() == "中文".encode("gb18030")


def test_division_of_integer_tensors_floors(capsys: pytest.CaptureFixture[str]) -> None:
    source = "import recell.v1 as tf\nx = tf.constant(7) / 2\nprint x.dtype.name"
    assert output(source, capsys) == "int32\n"


def test_source_encodings() -> None:
    assert python2.decode("# coding: gbk\nx = '中'\n".encode("gbk")).endswith("'中'\n")
    assert python2.decode(b"\xef\xbb\xbfx = 1") == "x = 1\n"
    assert "中" in python2.decode("x = '中'\r\n".encode("gb18030"))


@pytest.mark.parametrize(
    ("source", "is_python2"),
    [
        ("for i in xrange(3): pass", True),
        ("import cPickle", True),
        ("for i in range(3): pass", False),
        ("try:\n    xrange\nexcept NameError:\n    xrange = range", False),
        ("import sys\nif sys.version_info < (3,):\n    f = unicode", False),
        ("from functools import reduce\nreduce(max, [1])", False),
        ("def f(file):\n    return file", False),
        ("try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle", False),
        ("text = 'xrange'", False),
    ],
)
def test_sources_that_compile_are_recognised_by_names_that_are_gone(source: str, is_python2: bool) -> None:
    assert python2.uses_python2_names(source.encode()) is is_python2


def test_what_is_neither_python_is_refused() -> None:
    assert python2.translate(b"x = = 1\n", "program.py", is_main=True) is None


def test_tracebacks_show_the_users_lines(recell: Recell, program: Write) -> None:
    text = """\
    # -*- coding: utf-8 -*-
    from urllib2 import urlopen, URLError, Request
    import os
    print reduce(max, intern('ab'))

    def f((a, b)):
        print 'dividing'
        return a / b

    f((1, 0))
    """
    program("fails.py", textwrap.dedent(text))
    result = recell("run", "fails.py")
    assert result.stdout == "b\ndividing\n"
    assert 'fails.py", line 10, in <module>\n    f((1, 0))' in result.stderr
    assert 'fails.py", line 8, in f\n    return a / b' in result.stderr
    assert "ZeroDivisionError" in result.stderr


def test_modules_beside_the_script_and_implicit_relative_imports(recell: Recell, program: Write) -> None:
    program("package/__init__.py", "import reader\nprint 'package', reader.value")
    program("package/reader.py", "value = 7 / 2\nprint 'reader'")
    program("main.py", "import package\nprint('main', 7 / 2)")
    result = recell("run", "main.py")
    assert result.stdout == "reader\npackage 3\nmain 3.5\n", result.stderr


def test_a_script_in_a_package_folder_imports_what_lies_beside_it(recell: Recell, program: Write) -> None:
    program("folder/__init__.py", "")
    program("folder/reader.py", "value = 5")
    program("folder/main.py", "import reader\nprint reader.value")
    assert recell("run", "folder/main.py").stdout == "5\n"
