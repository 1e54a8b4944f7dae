"""`tf.test`: a test case that brings a session along and compares arrays.

Here rather than in `platform` because it makes sessions.
"""

# ruff: noqa: PT009, PT028 - this makes unittest's assertions, it does not test with pytest
from __future__ import annotations

import contextlib
import re
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np

from recell.graph import core, errors, nest
from recell.graph.default_session import get_default_session
from recell.session.session import Session

__all__ = [
    "TestCase",
    "get_temp_dir",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_gpu_available",
    "main",
    "mock",
    "test_src_dir_path",
]

_LOOSE = {"float16": 1e-3, "bfloat16": 1e-2}


def main(argv: list[str] | None = None) -> None:
    """Runs the tests of the script. TF symbol: `tf.test.main`."""
    unittest.main(argv=sys.argv if argv is None else argv)


def get_temp_dir() -> str:
    """A folder for the files of a test."""
    return tempfile.mkdtemp(prefix="recell-test-")


def test_src_dir_path(relative_path: str) -> str:
    """`relative_path` as it is: programs have no source tree of TensorFlow."""
    return relative_path


test_src_dir_path.__test__ = False  # type: ignore[attr-defined] # its name is TF1's, it is no test


def gpu_device_name() -> str:
    """`/device:GPU:0` if there is a GPU, else an empty string."""
    return "/device:GPU:0" if is_gpu_available() else ""


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None) -> bool:
    """Whether a GPU that programs can use is there, of the given capability at least."""
    import torch

    if not torch.cuda.is_available():
        return False
    needed = min_cuda_compute_capability or (0, 0)
    return any(torch.cuda.get_device_capability(i) >= needed for i in range(torch.cuda.device_count()))


def is_built_with_cuda() -> bool:
    """Whether the installed torch knows GPUs at all."""
    import torch

    return torch.version.cuda is not None


class TestCase(unittest.TestCase):
    """A `unittest.TestCase` with a fresh default graph for each test. TF symbol: `tf.test.TestCase`."""

    __test__ = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__test__" not in cls.__dict__:
            cls.__test__ = True

    def setUp(self) -> None:
        super().setUp()
        self._cached: Session | None = None
        self._folder: str | None = None
        core.reset_default_graph()
        core.get_default_graph().seed = 87654321
        np.random.seed(87654321)

    def tearDown(self) -> None:
        if self._cached is not None:
            self._cached.close()
        super().tearDown()

    def get_temp_dir(self) -> str:
        """A folder of this test."""
        if self._folder is None:
            self._folder = get_temp_dir()
        return self._folder

    @contextlib.contextmanager
    def session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Session]:
        """A new session, default inside the block."""
        with Session(graph=graph, config=config) as session:
            yield session

    @contextlib.contextmanager
    def cached_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Session]:
        """The session of this test, the same one each time, default inside the block."""
        if self._cached is None:
            self._cached = Session(graph=graph, config=config)
        with self._cached.graph.as_default(), self._cached.as_default():
            yield self._cached

    def test_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Any:
        """`cached_session`, or a new one if a graph or a config is given."""
        if graph is None and config is None:
            return self.cached_session(use_gpu=use_gpu, force_gpu=force_gpu)
        return self.session(graph, config, use_gpu, force_gpu)

    test_session.__test__ = False  # type: ignore[attr-defined] # its name is TF1's, it is no test

    def evaluate(self, tensors: Any) -> Any:
        """Values of tensors in any nesting, by the default session."""
        session = get_default_session()
        if session is not None:
            return session.run(tensors)
        with self.cached_session() as session:
            return session.run(tensors)

    def _value(self, x: Any) -> Any:
        if isinstance(x, (core.Tensor, core.Operation)) or hasattr(x, "_as_graph_element"):
            return self.evaluate(x)
        return x

    def assertAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None) -> None:
        """Structures of arrays (or tensors) are near each other."""
        if isinstance(a, dict):
            self.assertEqual(set(a), set(b), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, msg)
        elif isinstance(a, (list, tuple)) and _is_ragged(a):
            self.assertEqual(len(a), len(b), msg)
            for left, right in zip(a, b, strict=True):
                self.assertAllClose(left, right, rtol, atol, msg)
        else:
            left, right = self._pair(a, b, msg)
            loose = max(_LOOSE.get(str(x.dtype), 0.0) for x in (left, right))
            np.testing.assert_allclose(left, right, max(rtol, loose), max(atol, loose), err_msg=msg or "")

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """As near as the coarser of the two dtypes lets them be."""
        left, right = self._pair(a, b, msg)
        by_dtype = {
            "float32": (float_rtol, float_atol),
            "complex64": (float_rtol, float_atol),
            "float16": (half_rtol, half_atol),
            "bfloat16": (bfloat16_rtol, bfloat16_atol),
        }
        for dtype in (str(left.dtype), str(right.dtype)):
            loose = by_dtype.get(dtype, (0.0, 0.0))
            rtol, atol = max(rtol, loose[0]), max(atol, loose[1])
        self.assertAllClose(left, right, rtol, atol, msg)

    def assertNotAllClose(self, a: Any, b: Any, **options: Any) -> None:
        """The reverse of `assertAllClose`."""
        try:
            self.assertAllClose(a, b, **options)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements")

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Arrays (or tensors) are equal; NaN equals NaN."""
        left, right = self._pair(a, b, msg)
        np.testing.assert_array_equal(left, right, err_msg=msg or "")

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """The reverse of `assertAllEqual`."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(msg or "The two values are equal at all elements")

    def _pair(self, a: Any, b: Any, msg: str | None) -> tuple[np.ndarray, np.ndarray]:
        left, right = (np.asarray(nest.map_structure(self._value, x)) for x in (a, b))
        self.assertEqual(left.shape, right.shape, f"Shape mismatch: {left.shape} and {right.shape}. {msg or ''}")
        return left, right

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: str | None = None) -> None:
        """An array has the static shape of a tensor."""
        self.assertEqual(list(np_array.shape), tf_tensor.get_shape().as_list(), msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """A value has the dtype."""
        self.assertEqual(np.asarray(self._value(target)).dtype, np.dtype(expected_dtype))

    def assertNear(self, f1: float, f2: float, err: float, msg: str | None = None) -> None:
        """Two numbers differ by `err` at most."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1!r} != {f2!r} +/- {err!r}{' ' + msg if msg else ''}")

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float, msg: str | None = None) -> None:
        """Two flat lists of numbers differ by `err` at most, element by element."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for left, right in zip(farray1, farray2, strict=True):
            self.assertNear(float(left), float(right), err, msg)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None) -> None:
        """Two arrays differ by less than `err`, in the norm."""
        distance = float(np.linalg.norm(np.subtract(ndarray1, ndarray2)))
        self.assertTrue(distance < err, msg or f"the arrays are {distance} apart, not less than {err}")

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: type[BaseException], expected_err_re_or_predicate: str | Callable[[Any], bool]
    ) -> Iterator[None]:
        """The block raises `exception_type`, and its text fits the pattern (or the function says yes)."""
        try:
            yield
        except exception_type as error:
            fits = expected_err_re_or_predicate
            text = error.message if isinstance(error, errors.OpError) else str(error)
            if not (fits(error) if callable(fits) else re.search(fits, text)):
                raise AssertionError(f"Exception of type {type(error).__name__}: {error} does not fit") from error
        else:
            self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """The block raises a `tf.errors.OpError` whose message fits."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)


def _is_ragged(values: Any) -> bool:
    """Whether a list is a structure rather than an array."""
    if any(isinstance(value, (core.Tensor, dict)) for value in values):
        return True
    try:
        return np.asarray(values).dtype == object
    except ValueError:
        return True
