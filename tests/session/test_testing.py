"""tf.test.TestCase: what its assertions let through and what they catch."""

from __future__ import annotations

import os
import unittest
from collections.abc import Callable

import numpy as np
import pytest

from recell.graph import convert, core, dtypes, errors
from recell.session.testing import TestCase


class _Case(TestCase):
    __test__ = False

    def runTest(self) -> None:
        """unittest wants one."""


@pytest.fixture
def case() -> _Case:
    made = _Case()
    made.setUp()
    return made


def test_sessions(case: _Case) -> None:
    x = convert.constant([1.0, 2.0])
    with case.test_session() as first:
        assert x.eval().tolist() == [1.0, 2.0]
    with case.cached_session() as second:
        assert first is second
    with case.session() as third:
        assert third is not first
    assert case.evaluate({"x": x})["x"].tolist() == [1.0, 2.0]
    case.tearDown()


def test_each_test_has_a_graph_of_its_own(case: _Case) -> None:
    graph = core.get_default_graph()
    case.setUp()
    assert core.get_default_graph() is not graph
    assert core.get_default_graph().seed is not None


PASS: list[Callable[[_Case], object]] = [
    lambda case: case.assertAllClose([1.0, 2.0], np.array([1.0, 2.0 + 1e-7])),
    lambda case: case.assertAllClose({"a": [1.0]}, {"a": (1.0,)}),
    lambda case: case.assertAllClose([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]]),
    lambda case: case.assertAllClose(convert.constant([1.0]), [1.0]),
    lambda case: case.assertAllClose(np.float16(1), np.float16(1.0009)),
    lambda case: case.assertAllCloseAccordingToType(np.float16(1), np.float16(1.0009)),
    lambda case: case.assertAllEqual(convert.constant([1, 2]), [1, 2]),
    lambda case: case.assertAllEqual([float("nan")], [float("nan")]),
    lambda case: case.assertShapeEqual(np.ones((2, 3)), convert.constant(np.ones((2, 3)))),
    lambda case: case.assertNear(1.0, 1.05, 0.1),
    lambda case: case.assertArrayNear([1.0], [1.05], 0.1),
    lambda case: case.assertNDArrayNear(np.ones(3), np.ones(3) + 0.01, 0.1),
    lambda case: case.assertDTypeEqual(convert.constant(1), np.int32),
    lambda case: case.assertNotAllClose([1.0], [2.0]),
    lambda case: case.assertNotAllEqual([1], [2]),
]
FAIL: list[Callable[[_Case], object]] = [
    lambda case: case.assertAllClose([1.0, 2.0], [1.0, 2.1]),
    lambda case: case.assertAllClose([1.0], [1.0, 1.0]),
    lambda case: case.assertAllClose({"a": 1.0}, {"b": 1.0}),
    lambda case: case.assertAllCloseAccordingToType(np.float32(1), np.float32(1.0009)),
    lambda case: case.assertAllEqual([[1]], [1]),
    lambda case: case.assertShapeEqual(np.ones((2, 3)), convert.constant([1])),
    lambda case: case.assertNear(1.0, 1.2, 0.1),
    lambda case: case.assertArrayNear([1.0], [1.2], 0.1),
    lambda case: case.assertNDArrayNear(np.ones(3), np.ones(3) + 0.1, 0.1),
    lambda case: case.assertDTypeEqual(convert.constant(1, dtype=dtypes.int64), np.int32),
    lambda case: case.assertNotAllClose([1.0], [1.0]),
    lambda case: case.assertNotAllEqual([1], [1]),
]


@pytest.mark.parametrize("number", range(len(PASS)))
def test_assertions_that_hold(number: int, case: _Case) -> None:
    PASS[number](case)


@pytest.mark.parametrize("number", range(len(FAIL)))
def test_assertions_that_fail(number: int, case: _Case) -> None:
    with pytest.raises(AssertionError):
        FAIL[number](case)


def test_op_errors(case: _Case) -> None:
    def fail(text: str) -> None:
        raise errors.InvalidArgumentError(None, None, text)

    with case.assertRaisesOpError("bad .alue"):
        fail("bad value")
    with pytest.raises(AssertionError), case.assertRaisesOpError("other"):
        fail("bad value")
    with pytest.raises(AssertionError, match="not raised"), case.assertRaisesOpError("x"):
        pass


def test_subclasses_are_collected_and_have_a_folder() -> None:
    class Mine(TestCase):
        def test_folder(self) -> None:
            assert os.path.isdir(self.get_temp_dir())
            assert self.get_temp_dir() == self.get_temp_dir()

    assert Mine.__test__
    result = unittest.TestResult()
    names = unittest.TestLoader().getTestCaseNames(Mine)
    Mine("test_folder").run(result)
    assert "test_folder" in names
    assert result.wasSuccessful(), result.failures + result.errors
