"""Nested structures as datasets know them: tuples, named tuples, dicts and attrs objects, but not lists.

A list is a value, which becomes a tensor. TF symbol: `tensorflow.python.data.util.nest`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from recell.graph.nest_kinds import ATTRS, LEAF, MAPPING, NAMEDTUPLE, kind_of, like, sorted_keys, values_of
from recell.graph.sparse_tensor import SparseTensorValue


def _kind(value: Any) -> int:
    if isinstance(value, SparseTensorValue):
        return LEAF
    kind = kind_of(value)
    return kind if kind in (MAPPING, NAMEDTUPLE, ATTRS) or isinstance(value, tuple) else LEAF


def is_sequence(structure: Any) -> bool:
    """Whether `structure` is one that is gone into: no list, no tensor."""
    return _kind(structure) != LEAF


def _leaves(structure: Any) -> Iterator[Any]:
    kind = _kind(structure)
    if kind == LEAF:
        yield structure
    else:
        for value in values_of(structure, kind):
            yield from _leaves(value)


def flatten(structure: Any) -> list[Any]:
    """The leaves in order, dicts by sorted key."""
    return list(_leaves(structure))


def pack_sequence_as(structure: Any, flat: Sequence[Any]) -> Any:
    """A structure like `structure` whose leaves are `flat`. ValueError for another number of them."""
    count = sum(1 for _ in _leaves(structure))
    if count != len(flat):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had {len(flat)} elements. "
            f"Structure: {structure}, flat_sequence: {list(flat)}."
        )
    return _packed(structure, iter(flat))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    kind = _kind(structure)
    if kind == LEAF:
        return next(leaves)
    return like(structure, kind, [_packed(value, leaves) for value in values_of(structure, kind)])


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """A structure like the first, of `function` of the leaves. Raises as `assert_same_structure`."""
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    flat = [flatten(structure) for structure in structures]
    return pack_sequence_as(structures[0], [function(*leaves) for leaves in zip(*flat, strict=True)])


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True) -> None:
    """Checks that two structures are nested alike.

    Raises ValueError for other numbers of elements or other keys, TypeError for another kind of container.
    """
    count1, count2 = len(flatten(nest1)), len(flatten(nest2))
    if count1 != count2:
        raise ValueError(
            "The two structures don't have the same number of elements. "
            f"First structure: {nest1}, second structure: {nest2}."
        )
    _compare(nest1, nest2, check_types)


def _compare(nest1: Any, nest2: Any, check_types: bool) -> None:
    kind1, kind2 = _kind(nest1), _kind(nest2)
    if (kind1 == LEAF) != (kind2 == LEAF):
        raise ValueError(
            f"The two structures don't have the same nested structure. First structure: {nest1}, "
            f"second structure: {nest2}."
        )
    if kind1 == LEAF:
        return
    if check_types and type(nest1) is not type(nest2) and not (kind1 == kind2 == MAPPING):
        raise TypeError(
            f"The two structures don't have the same sequence type. First structure has type {type(nest1)}, while "
            f"second structure has type {type(nest2)}."
        )
    if kind1 == kind2 == MAPPING and sorted_keys(nest1) != sorted_keys(nest2):
        raise ValueError(
            f"The two dictionaries don't have the same set of keys: {sorted_keys(nest1)} and {sorted_keys(nest2)}."
        )
    for value1, value2 in zip(values_of(nest1, kind1), values_of(nest2, kind2), strict=True):
        _compare(value1, value2, check_types)


def flatten_up_to(shallow: Any, structure: Any) -> list[Any]:
    """The parts of `structure` that stand where `shallow` has its leaves.

    TypeError where `shallow` goes on and `structure` does not, or is of another kind; ValueError for other lengths.
    """
    kind = _kind(shallow)
    if kind == LEAF:
        return [structure]
    if _kind(structure) == LEAF:
        raise TypeError(
            f"If shallow structure is a sequence, input must also be a sequence. Input has type: {type(structure)}."
        )
    ours, theirs = list(values_of(shallow, kind)), list(values_of(structure, _kind(structure)))
    if len(ours) != len(theirs):
        raise ValueError(
            "The two structures don't have the same sequence length. "
            f"Input structure has length {len(theirs)}, while shallow structure has length {len(ours)}."
        )
    return [part for a, b in zip(ours, theirs, strict=True) for part in flatten_up_to(a, b)]


__all__ = ["assert_same_structure", "flatten", "flatten_up_to", "is_sequence", "map_structure", "pack_sequence_as"]
