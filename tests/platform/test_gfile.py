"""tf.gfile: behaviour and messages of TensorFlow 1.15.0."""

from __future__ import annotations

import errno
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from recell.graph import errors
from recell.platform import gfile
from recell.platform.file_errors import translated_errors


@pytest.fixture
def text(tmp_path: pathlib.Path) -> str:
    path = str(tmp_path / "x")
    with gfile.GFile(path, "w") as file:
        file.write("l1\nl2\nü\n")
        assert file.tell() == 9
    return path


def test_reading(text: str) -> None:
    with gfile.GFile(text) as file:
        assert (file.tell(), file.read(3), file.tell(), file.name, file.mode) == (0, "l1\n", 3, text, "r")
        file.seek(1)
        assert file.readline() == "1\n"
        file.seek(offset=0)
        assert file.next() == "l1\n"
        assert list(file) == ["l2\n", "ü\n"]
        assert file.readline() == ""
        assert file.size() == 9
    with gfile.FastGFile(text, "rb") as file:
        assert file.read() == b"l1\nl2\n\xc3\xbc\n"
    assert gfile.Open(text).readlines() == ["l1\n", "l2\n", "ü\n"]


def test_writing(tmp_path: pathlib.Path, text: str) -> None:
    for mode, content in (("w", "a"), ("wb", b"b"), ("a", "c"), ("wb", "d")):
        file = gfile.GFile(text, mode)
        file.write(content)
        file.flush()
        assert gfile.GFile(text).read() == {"a": "a", b"b": "b", "c": "bc", "d": "d"}[content]
        file.close()
    with gfile.GFile(str(tmp_path / "never"), "w"):
        pass
    assert not gfile.Exists(str(tmp_path / "never"))


def test_folders(tmp_path: pathlib.Path, text: str) -> None:
    top = str(tmp_path)
    gfile.MakeDirs(f"{top}/a/b")
    gfile.MakeDirs(f"{top}/a/b")
    gfile.MkDir(f"{top}/a")
    assert sorted(gfile.ListDirectory(top)) == ["a", "x"]
    down = [(top, ["a"], ["x"]), (f"{top}/a", ["b"], []), (f"{top}/a/b", [], [])]
    assert list(gfile.Walk(top)) == down
    assert list(gfile.Walk(top, in_order=False)) == down[::-1]
    assert list(gfile.Walk(f"{top}/none")) == []
    assert gfile.Glob(f"{top}/*") == [f"{top}/a", f"{top}/x"]
    assert gfile.Glob([f"{top}/x*", f"{top}/z*"]) == [f"{top}/x"]
    assert gfile.IsDirectory(f"{top}/a")
    assert not gfile.IsDirectory(text)
    gfile.Copy(text, f"{top}/y")
    gfile.Rename(f"{top}/y", f"{top}/z")
    gfile.Copy(text, f"{top}/z", overwrite=True)
    assert gfile.Stat(f"{top}/z").length == 9
    gfile.Remove(f"{top}/z")
    gfile.DeleteRecursively(f"{top}/a")
    assert gfile.ListDirectory(top) == ["x"]


CASES: list[tuple[Callable[[str], Any], type[errors.OpError], str]] = [
    (lambda top: gfile.GFile(f"{top}/no").read(), errors.NotFoundError, "{top}/no; No such file or directory"),
    (
        lambda top: gfile.GFile(f"{top}/x", "q"),
        errors.InvalidArgumentError,
        "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'",
    ),
    (lambda top: gfile.Remove(f"{top}/no"), errors.NotFoundError, "{top}/no; No such file or directory"),
    (lambda top: gfile.Remove(f"{top}/d"), errors.FailedPreconditionError, "{top}/d; Is a directory"),
    (lambda top: gfile.ListDirectory(f"{top}/no"), errors.NotFoundError, "Could not find directory {top}/no"),
    (lambda top: gfile.ListDirectory(f"{top}/x"), errors.NotFoundError, "Could not find directory {top}/x"),
    (lambda top: gfile.MkDir(f"{top}/a/b"), errors.NotFoundError, "{top}/a/b; No such file or directory"),
    (lambda top: gfile.GFile(f"{top}/x", "w").read(), errors.PermissionDeniedError, "File isn't open for reading"),
    (lambda top: gfile.GFile(f"{top}/x").write("a"), errors.PermissionDeniedError, "File isn't open for writing"),
    (lambda top: gfile.Copy(f"{top}/x", f"{top}/d"), errors.AlreadyExistsError, "file already exists"),
    (lambda top: gfile.Rename(f"{top}/x", f"{top}/d"), errors.AlreadyExistsError, "file already exists"),
    (lambda top: gfile.Copy(f"{top}/q", f"{top}/z"), errors.NotFoundError, "{top}/q; No such file or directory"),
    (lambda top: gfile.Stat(f"{top}/no"), errors.NotFoundError, "{top}/no; No such file or directory"),
    (lambda top: gfile.DeleteRecursively(f"{top}/no"), errors.NotFoundError, "{top}/no not found"),
    (lambda top: gfile.GFile(f"{top}/d").read(), errors.FailedPreconditionError, "{top}/d; Is a directory"),
    (
        lambda top: gfile.GFile(f"{top}/no/x", "w").write("a"),
        errors.NotFoundError,
        "{top}/no/x; No such file or directory",
    ),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_errors_are_tensorflows(case: int, tmp_path: pathlib.Path, text: str) -> None:
    action, kind, message = CASES[case]
    (tmp_path / "d").mkdir()
    with pytest.raises(kind) as caught:
        action(str(tmp_path))
    assert type(caught.value) is kind
    assert caught.value.message == message.format(top=tmp_path)


def test_glob_is_tensorflows(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").mkdir()
    for name in ("a1", "x/b1", ".hidden"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    assert gfile.Glob("*") == ["./.hidden", "./a1", "./x"]
    assert gfile.Glob(["a*", "x/*", "zz"]) == ["./a1", "x/b1"]
    assert gfile.Glob(str(tmp_path / "*" / "b?")) == [str(tmp_path / "x" / "b1")]
    with pytest.raises(errors.NotFoundError, match=r"^zz; No such file or directory"):
        gfile.Glob("zz/*")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENAMETOOLONG, errors.InvalidArgumentError),
        (errno.EMFILE, errors.ResourceExhaustedError),
        (errno.ENOSPC, errors.ResourceExhaustedError),
        (errno.EFBIG, errors.OutOfRangeError),
        (errno.EROFS, errors.PermissionDeniedError),
        (errno.EISDIR, errors.FailedPreconditionError),
        (errno.EIO, errors.UnknownError),
    ],
)
def test_what_the_system_says_is_tensorflows_class(number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="somewhere; "), translated_errors("somewhere"):
        raise OSError(number, os.strerror(number))


def test_a_name_that_is_too_long_is_an_invalid_argument() -> None:
    with pytest.raises(errors.InvalidArgumentError), gfile.GFile("x" * 300, "w") as file:
        file.write("a")
