"""Groups of elements reduced to one element each. TF symbols: `tf.data.experimental.Reducer`, `group_by_reducer`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.data import reducing, spec
from recell.data.arguments import scalars
from recell.data.function import ElementFunction, as_element
from recell.data.grouping import to_number
from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

_KEY = spec.TensorSpec([], dtypes.int64)


class Reducer:
    """How a group of elements becomes one element. TF symbol: `tf.data.experimental.Reducer`.

    Args:
      init_func: from a key (an int64 scalar) to the first state.
      reduce_func: from a state and an element to the next state.
      finalize_func: from the last state to an element.
    """

    def __init__(
        self,
        init_func: Callable[[Any], Any],
        reduce_func: Callable[[Any, Any], Any],
        finalize_func: Callable[[Any], Any],
    ) -> None:
        self._functions = init_func, reduce_func, finalize_func

    @property
    def init_func(self) -> Callable[[Any], Any]:
        return self._functions[0]

    @property
    def reduce_func(self) -> Callable[[Any, Any], Any]:
        return self._functions[1]

    @property
    def finalize_func(self) -> Callable[[Any], Any]:
        return self._functions[2]


class _ReducedCursor(Cursor):
    def __init__(self, input: Cursor, key_of: Any, start: Any, reduce: Any, finish: Any) -> None:
        self.input: Cursor = input
        self._key_of, self._start, self._reduce, self._finish = key_of, start, reduce, finish
        self._states: dict[int, list[Any]] = {}
        self._keys: list[int] | None = None

    def __next__(self) -> Element:
        if self._keys is None:
            for element in self.input:
                key = int(self._key_of(*element)[0])
                if key not in self._states:
                    self._states[key] = self._start(torch.tensor(key))
                self._states[key] = self._reduce(*self._states[key], *element)
            self._keys = sorted(self._states, reverse=True)
        if not self._keys:
            raise StopIteration
        return tuple(self._finish(*self._states.pop(self._keys.pop())))


class _Reduced(Pipeline):
    fresh = False

    def __init__(self, input: Pipeline, functions: Any) -> None:
        self._input, self._functions = input, functions

    def open(self, opening: Opening) -> Cursor:
        return _ReducedCursor(self._input.open(opening), *self._functions)


@op("GroupByReducerDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def _group_by_reducer(
    input_dataset: Tensor, key_func: Any, init_func: Any, reduce_func: Any, finalize_func: Any
) -> Any:
    return _Reduced(input_dataset, (key_func, init_func, reduce_func, finalize_func))


def group_by_reducer(key_func: Callable[..., Any], reducer: Reducer) -> Callable[[Any], Any]:
    """One element for each key, made by a `Reducer`, in the keys' order, when all elements have been seen.

    TypeError where the state changes its dtypes or its nesting. TF symbol: `tf.data.experimental.group_by_reducer`.
    """

    def apply(dataset: Any) -> Any:
        what = "tf.data.experimental.group_by_reducer()"
        keys = to_number("key_func", dataset.element_spec, key_func)
        first = ElementFunction(what, [_KEY], reducer.init_func)

        def step(state: Any, element: Any) -> Any:
            parts = element if type(element) is tuple else (element,)
            return (as_element(reducer.reduce_func(state, *parts), what),)

        traced, states, _ = reducing.traced(what, first.output, dataset, step)
        finish = ElementFunction(what, [states], lambda state: _finished(reducer, state))
        tensor = _group_by_reducer(dataset._variant_tensor, keys.body, first.body, traced.body, finish.body)
        return dataset._derived(tensor, finish.output)

    return apply


def _finished(reducer: Reducer, state: Any) -> Any:
    return reducer.finalize_func(*state) if type(state) is tuple else reducer.finalize_func(state)


def reduce_dataset(dataset: Any, reducer: Reducer) -> Any:
    """The last state that a `Reducer` comes to over all elements. TF symbol: `tf.contrib.data.reduce_dataset`.

    `finalize_func` is not called, as in TensorFlow 1.15.
    """
    return dataset.reduce(reducer.init_func(np.int64(0)), reducer.reduce_func)
