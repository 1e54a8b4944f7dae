"""Loops over the first axis: `map_fn`, `scan`, `foldl`, `foldr`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dimensions import Dimension
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.array_shape import shape
from recell.ops.comparison import greater_equal, less
from recell.ops.loops import while_loop
from recell.ops.math_binary import add, subtract
from recell.ops.tensor_array import TensorArray

Function = Callable[..., Any]


def _packed_like(structure: Any, values: Sequence[Any]) -> Any:
    return nest.pack_sequence_as(structure, values) if nest.is_sequence(structure) else values[0]


class _Elements:
    """The rows of nested `elems`: tensors that share their first dimension, `count` long."""

    def __init__(self, elems: Any) -> None:
        self.structure = elems
        nested = nest.is_sequence(elems)
        self.tensors = [convert_to_tensor(each, name="elem") for each in nest.flatten(elems)]
        static = Dimension(None)
        for tensor in self.tensors:
            if tensor.shape.ndims == 0:
                raise ValueError(
                    "elements in elems must be 1+ dimensional Tensors, not scalars"
                    if nested
                    else "elems must be a 1+ dimensional Tensor, not a scalar"
                )
            if tensor.shape.ndims is not None:
                static = static.merge_with(tensor.shape[0])
        self.static_count: int | None = static.value
        self.count: Any = shape(self.tensors[0])[0] if static.value is None else static.value
        self._arrays = [
            TensorArray(tensor.dtype, self.count, dynamic_size=False, infer_shape=True).unstack(tensor)
            for tensor in self.tensors
        ]

    def row(self, index: Any) -> Any:
        """The elements at `index`, in their nesting."""
        return self.packed([array.read(index) for array in self._arrays])

    def packed(self, values: Sequence[Any]) -> Any:
        return _packed_like(self.structure, values)


def _checked(fn: Any) -> Function:
    if not callable(fn):
        raise TypeError("fn must be callable.")
    return fn


@contextmanager
def _opened(name: str | None, default: str, elems: Any) -> Iterator[_Elements]:
    with name_scope(name, default, nest.flatten(elems)):
        yield _Elements(elems)


def _stacked(arrays: Sequence[TensorArray], elements: _Elements, infer_shape: bool) -> list[Tensor]:
    results = [array.stack() for array in arrays]
    for result in results:
        if infer_shape and result.shape.ndims is not None:
            result.set_shape(TensorShape([elements.static_count, *result.shape.as_list()[1:]]))
    return results


def map_fn(
    fn: Function,
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """`fn` of each row of `elems`, the results stacked. TF symbol: `tf.map_fn`.

    Args:
      elems: a tensor `[n, ...]` or a nesting of them; `fn` gets a row of each, nested alike.
      dtype: of what `fn` gives, where that differs from `elems` in structure or dtypes.
      infer_shape: whether all results have one shape.

    Returns:
      `[n, ...]` for each result of `fn`, in the nesting of `dtype` (or `elems`).

    Raises:
      TypeError: `fn` is not callable.
      ValueError: a scalar in `elems`, elements of different lengths, or results nested otherwise than `dtype`.
      InvalidArgumentError: when run, a result of another dtype than `dtype`.
    """
    fn = _checked(fn)
    with _opened(name, "map", elems) as elements:
        wanted = elements.packed([t.dtype.base_dtype for t in elements.tensors]) if dtype is None else dtype
        outputs = [
            TensorArray(each, elements.count, dynamic_size=False, infer_shape=infer_shape)
            for each in nest.flatten(wanted)
        ]

        def step(i: Tensor, arrays: list[TensorArray]) -> tuple[Tensor, list[TensorArray]]:
            result = fn(elements.row(i))
            nest.assert_same_structure(wanted, result)
            values = nest.flatten(result)
            return add(i, 1), [array.write(i, value) for array, value in zip(arrays, values, strict=True)]

        _, written = while_loop(
            lambda i, _: less(i, elements.count),
            step,
            (convert_to_tensor(0), outputs),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=elements.count,
        )
        results = _stacked(written, elements, infer_shape)
        return nest.pack_sequence_as(wanted, results) if nest.is_sequence(wanted) else results[0]


def _initial(elements: _Elements, initializer: Any, first: Any) -> tuple[Any, list[Tensor], bool]:
    """The structure and tensors of the accumulator, and whether the first row has become it."""
    if initializer is None:
        return elements.structure, nest.flatten(elements.row(first)), True
    return initializer, [convert_to_tensor(each) for each in nest.flatten(initializer)], False


class _Walk:
    """An accumulator's way over the rows, from the first or from the last: where it starts, and each step."""

    def __init__(self, fn: Function, elements: _Elements, initializer: Any, backwards: bool) -> None:
        self._fn = fn
        self._elements = elements
        self._backwards = backwards
        self.first = subtract(elements.count, 1) if backwards else convert_to_tensor(0)
        self.structure, self.start, self.taken = _initial(elements, initializer, self.first)

    def begin(self) -> Any:
        """The index of the first step: that of the second row where the first is the accumulator's start."""
        return self.after(self.first) if self.taken else self.first

    def goes_on(self, i: Tensor, *_: Any) -> Any:
        return greater_equal(i, 0) if self._backwards else less(i, self._elements.count)

    def after(self, i: Any) -> Any:
        return subtract(i, 1) if self._backwards else add(i, 1)

    def accumulated(self, i: Tensor, values: list[Tensor]) -> list[Any]:
        """The accumulator's parts after row `i`. ValueError for a result nested unlike it."""
        result = self._fn(self.packed(values), self._elements.row(i))
        nest.assert_same_structure(self.structure, result)
        return nest.flatten(result)

    def packed(self, values: Sequence[Any]) -> Any:
        return _packed_like(self.structure, values)


def scan(
    fn: Function,
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Every value of an accumulator `a = fn(a, row)` over the rows of `elems`. TF symbol: `tf.scan`.

    Args:
      elems: a tensor `[n, ...]` or a nesting of them.
      initializer: the first accumulator, of any nesting; without it the first row is the first result.
      reverse: whether to start at the last row; results stay beside the rows they belong to.

    Returns:
      `[n, ...]` for each part of the accumulator.

    Raises:
      TypeError: `fn` is not callable.
      ValueError: a scalar in `elems`, elements of different lengths, or a result nested unlike the accumulator.
    """
    fn = _checked(fn)
    with _opened(name, "scan", elems) as elements:
        walk = _Walk(fn, elements, initializer, reverse)
        arrays = [
            TensorArray(
                value.dtype.base_dtype,
                elements.count,
                dynamic_size=False,
                infer_shape=infer_shape,
                element_shape=value.shape if infer_shape else None,
            )
            for value in walk.start
        ]
        if walk.taken:
            arrays = [array.write(walk.first, value) for array, value in zip(arrays, walk.start, strict=True)]

        def step(i: Tensor, values: list[Tensor], out: list[TensorArray]) -> Any:
            following = walk.accumulated(i, values)
            out = [array.write(i, value) for array, value in zip(out, following, strict=True)]
            return walk.after(i), following, out

        _, _, written = while_loop(
            walk.goes_on,
            step,
            (walk.begin(), walk.start, arrays),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=elements.count,
        )
        return walk.packed(_stacked(written, elements, infer_shape))


def _fold(fn: Function, elements: _Elements, initializer: Any, backwards: bool, arguments: dict[str, Any]) -> Any:
    walk = _Walk(fn, elements, initializer, backwards)

    def step(i: Tensor, values: list[Tensor]) -> Any:
        following = walk.accumulated(i, values)
        return walk.after(i), following

    _, values = while_loop(
        walk.goes_on, step, (walk.begin(), walk.start), maximum_iterations=elements.count, **arguments
    )
    return walk.packed(values)


def foldl(
    fn: Function,
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """The last value of `a = fn(a, row)` from the first row to the last. TF symbol: `tf.foldl`.

    `elems` is `[n, ...]` or a nesting of such tensors; without `initializer` the first row starts. TypeError when `fn`
    is not callable, ValueError for scalars and for results nested unlike the accumulator.
    """
    fn = _checked(fn)
    arguments = {"parallel_iterations": parallel_iterations, "back_prop": back_prop, "swap_memory": swap_memory}
    with _opened(name, "foldl", elems) as elements:
        return _fold(fn, elements, initializer, False, arguments)


def foldr(
    fn: Function,
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """The last value of `a = fn(a, row)` from the last row to the first. TF symbol: `tf.foldr`.

    Otherwise as `foldl`.
    """
    fn = _checked(fn)
    arguments = {"parallel_iterations": parallel_iterations, "back_prop": back_prop, "swap_memory": swap_memory}
    with _opened(name, "foldr", elems) as elements:
        return _fold(fn, elements, initializer, True, arguments)


__all__ = ["foldl", "foldr", "map_fn", "scan"]
