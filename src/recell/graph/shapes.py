"""Static shapes: `tf.TensorShape` and how the shapes of two operands broadcast, by TF 1.15's rules.

A size that is not known until the graph runs is None, printed `?`; a shape of which not even the rank is known
prints `<unknown>`.

Rules for the shapes of operations run thousands of times while a graph is built. They should read `TensorShape.tuple`
and answer with `TensorShape.of`, which make no `Dimension` objects.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any

from recell.graph.dimensions import Dimension as Dimension
from recell.graph.dimensions import as_dimension as as_dimension
from recell.graph.dimensions import dimension_value as dimension_value
from recell.graph.dimensions import size_of

Sizes = tuple[int | None, ...]


def _compatible(a: Sizes, b: Sizes) -> bool:
    return len(a) == len(b) and all(m is None or n is None or m == n for m, n in zip(a, b, strict=True))


class TensorShape:
    """The sizes of a tensor's axes, as far as they are known before running (`tf.TensorShape`).

    Args:
        dims: sizes (ints, `Dimension`s, None) in any iterable; one size alone, for a vector; another shape; None for a
            shape of unknown rank.

    Raises:
        ValueError: a size is negative or not whole.
        TypeError: something that is no size. A string is refused as ambiguous.
    """

    __slots__ = ("__weakref__", "_sizes")

    _sizes: Sizes | None

    def __init__(self, dims: Any) -> None:
        if dims is None:
            self._sizes = None
        elif isinstance(dims, TensorShape):
            self._sizes = dims._sizes
        elif isinstance(dims, (str, bytes)):
            raise TypeError(f"A string has ambiguous TensorShape, please wrap in a list or convert to an int: {dims!s}")
        else:
            try:
                sizes = iter(dims)
            except TypeError:
                sizes = iter((dims,))
            self._sizes = tuple([size_of(n) for n in sizes])

    @classmethod
    def of(cls, sizes: Sizes | None) -> TensorShape:
        """A shape from a tuple of ints and Nones, or None, that the caller vouches for: nothing is checked."""
        shape = cls.__new__(cls)
        shape._sizes = sizes
        return shape

    @property
    def tuple(self) -> Sizes | None:
        """Sizes as plain ints, None for each unknown one; None if the rank is unknown."""
        return self._sizes

    @property
    def dims(self) -> list[Dimension] | None:
        """The sizes as a new list of `Dimension`, None if the rank is unknown."""
        return None if self._sizes is None else [Dimension(n) for n in self._sizes]

    @property
    def rank(self) -> int | None:
        """Number of axes, None if unknown."""
        return None if self._sizes is None else len(self._sizes)

    ndims = rank

    def as_list(self) -> list[int | None]:
        """The sizes as a list of ints and Nones. Raises ValueError if the rank is unknown."""
        if self._sizes is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._sizes)

    def num_elements(self) -> int | None:
        """Product of the sizes, None unless all are known."""
        if self._sizes is None:
            return None
        product = 1
        for n in self._sizes:
            if n is None:
                return None
            product *= n
        return product

    def is_fully_defined(self) -> bool:
        """Whether the rank and every size are known."""
        return self._sizes is not None and None not in self._sizes

    def __repr__(self) -> str:
        return f"TensorShape({self.dims})"

    def __str__(self) -> str:
        if self._sizes is None:
            return "<unknown>"
        sizes = ["?" if n is None else str(n) for n in self._sizes]
        return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"

    def __reduce__(self) -> builtins.tuple[Any, ...]:
        return TensorShape, (self._sizes,)

    def __len__(self) -> int:
        if self._sizes is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._sizes)

    def __bool__(self) -> bool:
        """Whether the rank is known: a scalar's shape is true."""
        return self._sizes is not None

    def __iter__(self) -> Iterator[Dimension]:
        if self._sizes is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([Dimension(n) for n in self._sizes])

    def __getitem__(self, key: Any) -> Any:
        """The `Dimension` at an index, or the `TensorShape` of a slice."""
        if self._sizes is None:
            return self._slice_of_unknown(key) if isinstance(key, slice) else Dimension(None)
        if isinstance(key, slice):
            return TensorShape.of(self._sizes[key])
        try:
            return Dimension(self._sizes[key])
        except IndexError:
            raise IndexError(
                f"list index out of range: shape {self} has {len(self._sizes)} dimensions, asked for {key}"
            ) from None

    def _slice_of_unknown(self, key: slice) -> TensorShape:
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        start, stop = key.start or 0, key.stop
        if stop is None or start < 0 or stop < 0:  # counted from an end that is not known
            return TensorShape.of(None)
        return TensorShape.of((None,) * (stop - start))

    # Equality is that of lists of `Dimension`s: an unknown size equals nothing, except that it is the same object in a
    # shape and its copies. There the sharing of the tuple of sizes stands for the sharing of the dimensions.

    __hash__ = None  # type: ignore[assignment]

    def _same(self, other: TensorShape) -> bool:
        a, b = self._sizes, other._sizes
        return a is b or (a is not None and a == b and None not in a)

    def __eq__(self, other: object) -> Any:
        try:
            return self._same(as_shape(other))
        except TypeError:
            return NotImplemented

    def __ne__(self, other: object) -> Any:
        """Raises ValueError if the rank of either is unknown."""
        try:
            shape = as_shape(other)
        except TypeError:
            return NotImplemented
        if self._sizes is None or shape._sizes is None:
            raise ValueError("The inequality of unknown TensorShapes is undefined.")
        return not self._same(shape)

    def concatenate(self, other: Any) -> TensorShape:
        """The axes of this shape, then those of `other`; unknown if either is."""
        other = as_shape(other)
        if self._sizes is None or other._sizes is None:
            return TensorShape.of(None)
        return TensorShape.of(self._sizes + other._sizes)

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether some fully known shape fits both."""
        other = as_shape(other)
        return self._sizes is None or other._sizes is None or _compatible(self._sizes, other._sizes)

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless `is_compatible_with(other)`."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def merge_with(self, other: Any) -> TensorShape:
        """What both know together. Raises ValueError if they contradict each other."""
        shape = as_shape(other)
        if self._sizes is None:
            return shape
        if shape._sizes is None:
            return self
        if not _compatible(self._sizes, shape._sizes):
            raise ValueError(f"Shapes {self} and {shape} are not compatible")
        return TensorShape.of(tuple(n if m is None else m for m, n in zip(self._sizes, shape._sizes, strict=True)))

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """What both agree on: sizes that differ become unknown, ranks that differ make the whole shape unknown."""
        other = as_shape(other)
        if self._sizes is None or other._sizes is None or len(self._sizes) != len(other._sizes):
            return TensorShape.of(None)
        return TensorShape.of(tuple(m if m == n else None for m, n in zip(self._sizes, other._sizes, strict=True)))

    def assert_same_rank(self, other: Any) -> None:
        """Raises ValueError if both ranks are known and differ."""
        other = as_shape(other)
        if self._sizes is not None and other._sizes is not None and len(self._sizes) != len(other._sizes):
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank: int) -> None:
        """Raises ValueError if the rank is known and is not `rank`."""
        if self._sizes is not None and len(self._sizes) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int | None) -> TensorShape:
        """This shape, made of `rank` unknown sizes if its rank is unknown. Raises ValueError if it has another rank."""
        if rank is None:
            return self
        self.assert_has_rank(rank)
        return TensorShape.of((None,) * rank) if self._sizes is None else self

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape. Raises ValueError if it is known to have fewer axes than `rank`."""
        if self._sizes is not None and len(self._sizes) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape. Raises ValueError if it is known to have more axes than `rank`."""
        if self._sizes is not None and len(self._sizes) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def assert_is_fully_defined(self) -> None:
        """Raises ValueError unless `is_fully_defined()`."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")


def as_shape(shape: Any) -> TensorShape:
    """`shape` as a `TensorShape`; a `TensorShape` itself is given back."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(rank: int | None = None, **kwargs: Any) -> TensorShape:
    """A shape of `rank` unknown sizes, or wholly unknown. `ndims` is the old name of `rank`."""
    if rank is None and "ndims" in kwargs:
        rank = kwargs.pop("ndims")
    if kwargs:
        raise TypeError(f"Unknown argument: {kwargs}")
    return TensorShape.of(None if rank is None else (None,) * rank)


def scalar() -> TensorShape:
    """The shape of a single number, `()`."""
    return TensorShape.of(())


def vector(length: Any) -> TensorShape:
    """The shape `(length,)`."""
    return TensorShape([length])


def matrix(rows: Any, cols: Any) -> TensorShape:
    """The shape `(rows, cols)`."""
    return TensorShape([rows, cols])


def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """The dimension at `index`, unknown if the rank is. Raises IndexError beyond a known rank."""
    dimension: Dimension = shape[index]
    return dimension


def says_no_more(shape: TensorShape, than: TensorShape) -> bool:
    """Whether all that `shape` says is true of every value of shape `than`."""
    known, other = shape._sizes, than._sizes
    if known is None:
        return True
    if other is None or len(other) != len(known):
        return False
    return all(a is None or a == b for a, b in zip(known, other, strict=True))


def _broadcast_size(m: int | None, n: int | None) -> int | None:
    """Size of an axis whose operands have sizes `m` and `n`; raises ValueError if they do not go together."""
    if m == n or n == 1:
        return m
    if m == 1:
        return n
    if m is None:
        # Must turn out to be 1 or n. TF leaves the answer open for n == 0, which either way would be 0.
        return n or None
    if n is None:
        return m or None
    raise ValueError


def broadcast_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape that `shape_x` and `shape_y` broadcast to, unknown if the rank of either is.

    Raises:
        ValueError: two known sizes differ and neither is 1.
    """
    shape_x, shape_y = as_shape(shape_x), as_shape(shape_y)
    x, y = shape_x._sizes, shape_y._sizes
    if x is None or y is None:
        return TensorShape.of(None)
    if x == y:
        return TensorShape.of(x)
    if len(x) < len(y):
        x = (1,) * (len(y) - len(x)) + x
    elif len(y) < len(x):
        y = (1,) * (len(x) - len(y)) + y
    try:
        return TensorShape.of(tuple([_broadcast_size(m, n) for m, n in zip(x, y, strict=True)]))
    except ValueError:
        raise ValueError(f"Incompatible shapes for broadcasting: {shape_x} and {shape_y}") from None


broadcast_static_shape = broadcast_shape
