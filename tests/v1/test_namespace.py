"""The table: every name resolves, nothing heavy is imported, what is missing says what is near."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

import recell.v1 as tf
from recell.v1 import _namespace
from recell.v1.table import INCLUDES, SAME, TABLE

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", sorted(_namespace.namespaces()))
def test_every_name_resolves(path: str) -> None:
    module = _namespace.namespace(path)
    for name in _namespace.rows(path):
        assert getattr(module, name) is getattr(module, name), f"{path}.{name}"
    for name, child in _namespace.children(path).items():
        assert getattr(module, name) is _namespace.namespace(child)


@pytest.mark.parametrize("path", sorted(TABLE))
def test_a_name_stands_in_one_row_and_is_no_namespace(path: str) -> None:
    names = [entry.partition("=")[0] for row in TABLE[path].values() for entry in row.split()]
    assert sorted(names) == sorted(set(names))
    assert not set(names) & set(_namespace.children(path))


def test_aliases_and_inclusions_lead_somewhere() -> None:
    for target in [*SAME.values(), *(name for names in INCLUDES.values() for name in names)]:
        assert _namespace.canonical(target) == target
    assert not set(SAME) & set(TABLE)
    assert not set(SAME) & set(INCLUDES)


def test_aliases_are_the_same_object() -> None:
    assert tf.compat.v1 is tf
    assert tf.python.util.nest is tf.nest is tf.contrib.framework.nest
    import recell.v1.compat.v1.python.framework.errors as errors

    assert errors is tf.errors
    from recell.v1.contrib.layers.python.layers import initializers, layers

    assert initializers.xavier_initializer is layers.xavier_initializer is tf.contrib.layers.xavier_initializer


@pytest.mark.parametrize("alias", sorted(SAME))
def test_an_alias_below_another_alias_leads_where_its_row_says(alias: str) -> None:
    assert _namespace.canonical(alias) == _namespace.canonical(SAME[alias])
    assert _namespace.canonical(f"{alias}.deeper") == _namespace.canonical(f"{SAME[alias]}.deeper".strip("."))


def test_included_names_are_the_same_object() -> None:
    from recell.v1.python.framework import ops
    from recell.v1.python.ops import array_ops

    assert array_ops.constant is tf.constant is ops.constant
    assert ops.Graph is tf.Graph


def test_star_import_brings_the_names_of_the_table() -> None:
    names: dict[str, object] = {}
    exec("from recell.v1.errors import *", names)
    assert names["NotFoundError"] is tf.errors.NotFoundError


def test_dir_lists_names_before_they_are_used() -> None:
    assert {"float32", "nest", "python", "Session"} <= set(dir(tf))
    assert set(tf.errors.__all__) == set(_namespace.rows("errors"))


def test_a_missing_name_says_what_is_near() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = tf.errors.NotFundError
    assert str(caught.value) == (
        "module 'tensorflow.errors' has no attribute 'NotFundError': Recell does not have tf.errors.NotFundError "
        "(nearest that works: tf.errors.NotFoundError)"
    )


def test_a_name_of_another_namespace_is_named() -> None:
    with pytest.raises(AttributeError, match=r"nearest that works: tf\.errors\.NotFoundError"):
        _ = tf.NotFoundError


def test_import_of_a_missing_name_says_what_is_near() -> None:
    with pytest.raises(ImportError, match=r"Recell does not have tf\.errors\.NotFundError \(nearest that works"):
        from recell.v1.errors import NotFundError  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match=r"Recell does not have tf\.erors \(nearest that works: tf\.errors"):
        import recell.v1.erors  # noqa: F401


def test_versions_look_like_the_release_that_is_meant() -> None:
    assert tf.__version__ == tf.VERSION == tf.version.VERSION == "1.15.0"
    assert isinstance(tf.GIT_VERSION, str)
    assert isinstance(tf.COMPILER_VERSION, str)


def test_a_namespace_may_be_imported_before_it_is_used() -> None:
    program = "import recell.v1.errors as a; from recell.v1.python.util import nest; import recell.v1 as tf\n"
    program += "print(a is tf.errors, nest is tf.nest, a.NotFoundError.__name__)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.stdout == "True True NotFoundError\n", result.stderr


def test_importing_imports_no_source_module() -> None:
    program = "import sys, recell.v1 as tf; tf.nest, tf.errors; print(*sorted(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    modules = set(result.stdout.split())
    sources = {module for rows in TABLE.values() for module in rows} - {"recell.v1._release"}
    assert not modules & sources
    assert not modules & {"torch", "numpy"}
