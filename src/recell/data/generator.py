"""Elements that a Python generator makes. TF symbol: `tf.data.Dataset.from_generator`."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recell._torch import to_numpy, to_torch
from recell.data import nest
from recell.data.arguments import scalars
from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape
from recell.ops.host import reported
from recell.ops.op import ANY, op


class _GeneratorCursor(Cursor):
    """One run of the generator. Errors of its code come as `py_func` reports them, and end it."""

    def __init__(self, start: Callable[[], Any], convert: Callable[[Any], Element]) -> None:
        self._start, self._convert = start, convert
        self._iterator: Any = None
        self._closed = False
        # Held while the program's code runs; who cannot have it leaves the closing to who has it.
        self._running = threading.Lock()

    def __next__(self) -> Element:
        with self._running:
            if self._closed:
                raise StopIteration
            try:
                if self._iterator is None:
                    self._iterator = iter(self._start())
                element = next(self._iterator)
            except StopIteration:
                self._finish()
                raise
            except Exception as error:  # whatever the program's own code raises
                self._finish()
                raise reported(error) from error
            finally:
                closing = self._closed
                if closing:
                    self._finish()
            try:
                return self._convert(element)
            except Exception as error:  # `__array__`, say, of an object of the program's
                raise reported(error) from error

    def _finish(self) -> None:
        """Lets the generator run its `finally` blocks, as it would if it were forgotten."""
        self._closed = True
        iterator, self._iterator = self._iterator, None
        if inspect.isgenerator(iterator):
            iterator.close()

    def close(self) -> None:
        self._closed = True
        if self._running.acquire(blocking=False):
            try:
                self._finish()
            finally:
                self._running.release()


class Generated(Pipeline):
    """The elements that `generator(*args)` yields, checked against what was promised of them."""

    def __init__(self, generator: Callable[..., Any], args: Sequence[Any], types: Any, shapes: Any) -> None:
        self._generator, self._args = generator, args
        self._types = types
        self._flat = type(types) is tuple and not any(map(nest.is_sequence, types))
        self._leaves = list(zip(nest.flatten(types), nest.flatten_up_to(types, shapes), strict=True))

    def open(self, opening: Opening) -> Cursor:
        args = [to_numpy(value, True) for value in self._args]
        return _GeneratorCursor(lambda: self._generator(*args), self._converted)

    def _converted(self, element: Any) -> Element:
        try:
            if self._flat and type(element) is tuple and len(element) == len(self._leaves):
                parts: Any = element
            else:
                parts = nest.flatten_up_to(self._types, element)
        except (TypeError, ValueError):
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The expected structure was "
                f"{self._types}, but the yielded element was {element}."
            ) from None
        return tuple([_value(part, dtype, shape) for part, (dtype, shape) in zip(parts, self._leaves, strict=True)])


def _value(value: Any, dtype: DType, shape: TensorShape) -> Any:
    try:
        array = _array(value, dtype)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            "`generator` yielded an element that could not be converted to the expected type. The expected type was "
            f"{dtype.name}, but the yielded element was {value}."
        ) from None
    sizes = shape.tuple
    if sizes is not None and (
        len(sizes) != array.ndim or any(n is not None and n != have for n, have in zip(sizes, array.shape, strict=True))
    ):
        raise ValueError(
            f"`generator` yielded an element of shape {array.shape} where an element of shape {shape} was expected."
        )
    return to_torch(array)


def _array(value: Any, dtype: DType) -> np.ndarray:
    """A copy: the generator may write into the array that it has given."""
    if dtype is dtypes.string:
        found = np.asarray(value)
        array = np.empty(found.shape, dtype=object)
        for place, item in np.ndenumerate(found.astype(object) if found.dtype.kind != "O" else found):
            if not isinstance(item, (str, bytes)):
                raise TypeError(f"no string: {item!r}")
            array[place] = item.encode("utf-8") if isinstance(item, str) else bytes(item)
        return array
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.array(value, dtype=dtype.as_numpy_dtype, order="C", copy=True)


@op("GeneratorDataset", shape=scalars(), types={"args": ANY}, dtype=dtypes.variant, differentiable=False)
def generator_dataset(args: list[Tensor], generator: Any, types: Any, shapes: Any) -> Any:
    return Generated(generator, args, types, shapes)
