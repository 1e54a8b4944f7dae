"""Nested structures of tensors: `tf.contrib.framework.nest`, `tensorflow.python.util.nest` of TF 1.15.

A structure is a list, tuple, namedtuple, mapping, attrs object or other sequence whose values are structures or leaves.
Mappings are taken in the order of their sorted keys. Strings, sets, arrays and tensors are leaves, and so are objects
made of tensors (SparseTensor, IndexedSlices) unless `expand_composites=True`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from recell.graph.nest_kinds import (
    COMPOSITE,
    LEAF,
    MAPPING,
    NAMEDTUPLE,
    is_nested,
    is_sequence,
    is_sequence_or_composite,
    kind_of,
    like,
    register_composite,
    same_namedtuples,
    values_of,
)
from recell.graph.nest_shallow import (
    assert_shallow_structure,
    flatten_up_to,
    flatten_with_joined_string_paths,
    flatten_with_tuple_paths,
    flatten_with_tuple_paths_up_to,
    get_traverse_shallow_structure,
    map_structure_up_to,
    map_structure_with_paths,
    map_structure_with_tuple_paths,
    map_structure_with_tuple_paths_up_to,
    yield_flat_paths,
)

__all__ = [
    "assert_same_structure",
    "assert_shallow_structure",
    "flatten",
    "flatten_dict_items",
    "flatten_up_to",
    "flatten_with_joined_string_paths",
    "flatten_with_tuple_paths",
    "flatten_with_tuple_paths_up_to",
    "get_traverse_shallow_structure",
    "is_nested",
    "is_sequence",
    "is_sequence_or_composite",
    "map_structure",
    "map_structure_up_to",
    "map_structure_with_paths",
    "map_structure_with_tuple_paths",
    "map_structure_with_tuple_paths_up_to",
    "pack_sequence_as",
    "register_composite",
    "yield_flat_paths",
]


def _collect(structure: Any, kind: int, leaves: list[Any], composites: bool) -> None:
    for value in values_of(structure, kind):
        inner = kind_of(value, composites)
        if inner == LEAF:
            leaves.append(value)
        else:
            _collect(value, inner, leaves, composites)


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves in order; `[structure]` if it is a leaf itself. Raises TypeError for keys that cannot be sorted."""
    kind = kind_of(structure, expand_composites)
    if kind == LEAF:
        return [structure]
    leaves: list[Any] = []
    _collect(structure, kind, leaves, expand_composites)
    return leaves


def _pack(structure: Any, kind: int, leaves: Iterator[Any], composites: bool) -> Any:
    values = []
    for value in values_of(structure, kind):
        inner = kind_of(value, composites)
        values.append(next(leaves) if inner == LEAF else _pack(value, inner, leaves, composites))
    return like(structure, kind, values)


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """A structure like `structure` whose leaves are those of `flat_sequence`: the inverse of `flatten`.

    Raises:
        TypeError: `flat_sequence` is no sequence.
        ValueError: it has not as many elements as `structure` has leaves.
    """
    if not is_sequence(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    kind = kind_of(structure, expand_composites)
    if kind == LEAF:
        if len(flat_sequence) != 1:
            raise ValueError(f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1")
        return flat_sequence[0]
    wanted = len(flatten(structure, expand_composites))
    if wanted != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {wanted} elements, but flat_sequence had "
            f"{len(flat_sequence)} elements.  Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    leaves = (flat_sequence[index] for index in range(wanted))
    return _pack(structure, kind, leaves, expand_composites)


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """A structure like the first one, of `func(leaf of the first, leaf of the second, ...)`.

    Args:
        func: called once for each leaf, in the order of `flatten`.
        *structure: one or more structures, all nested alike.
        **kwargs: `check_types` (True): whether containers must be of the same types; `expand_composites` (False).

    Raises:
        TypeError: `func` cannot be called, or types of containers differ.
        ValueError: no structure, other keywords, or structures that are not nested alike.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    composites = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: `{}`".format(
                "`, `".join(kwargs)
            )
        )
    first = structure[0]
    for other in structure[1:]:
        assert_same_structure(first, other, check_types, composites)
    leaves = [flatten(each, composites) for each in structure]
    return pack_sequence_as(first, [func(*values) for values in zip(*leaves, strict=True)], composites)


class _Dot:
    """Stands for a leaf where only the nesting is printed."""

    def __repr__(self) -> str:
        return "."


_DOT = _Dot()
_MISSING = object()


class _Different(Exception):
    """Why two structures differ; `args` are the class of the error to raise and the reason."""


def _described(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


def _same_type(a: Any, kind_a: int, b: Any, kind_b: int) -> bool:
    if type(a) is type(b) or kind_a == kind_b == MAPPING or (isinstance(a, list) and isinstance(b, list)):
        return True
    return kind_a == kind_b == NAMEDTUPLE and same_namedtuples(a, b)


def _compare(a: Any, b: Any, check_types: bool, composites: bool) -> None:
    """Raises `_Different` at the first place where the two are not nested alike."""
    kind_a, kind_b = kind_of(a, composites), kind_of(b, composites)
    if kind_a == kind_b == LEAF:
        return
    if LEAF in (kind_a, kind_b):
        inner, leaf = (a, b) if kind_b == LEAF else (b, a)
        raise _Different(
            ValueError,
            f'Substructure "{_described(inner)}" is a sequence, while substructure "{_described(leaf)}" is not',
        )
    if (check_types or COMPOSITE in (kind_a, kind_b)) and not _same_type(a, kind_a, b, kind_b):
        raise _Different(
            TypeError,
            "The two namedtuples don't have the same sequence type. "
            f"First structure {_described(a)} has type {type(a).__name__}, "
            f"while second structure {_described(b)} has type {type(b).__name__}",
        )
    if check_types and kind_a == MAPPING and set(a) != set(b):
        raise _Different(
            ValueError,
            "The two dictionaries don't have the same set of keys. "
            f"First structure has keys {_described(list(a))}, while second structure has keys {_described(list(b))}",
        )
    for value_a, value_b in zip_longest(values_of(a, kind_a), values_of(b, kind_b), fillvalue=_MISSING):
        if value_a is _MISSING or value_b is _MISSING:
            raise _Different(
                ValueError,
                "The two structures don't have the same number of elements. "
                f"First structure: {_described(a)}. Second structure: {_described(b)}",
            )
        _compare(value_a, value_b, check_types, composites)


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """Checks that two structures are nested alike.

    Args:
        nest1, nest2: the structures.
        check_types: whether containers must also be of the same types and mappings have the same keys. All mappings
            count as one type, all lists too, and so do namedtuples of one name and the same fields.
        expand_composites: whether objects made of tensors count as structures.

    Raises:
        ValueError: a container meets a leaf, or one of another length or with other keys.
        TypeError: a container meets one of another type.
    """
    try:
        _compare(nest1, nest2, check_types, expand_composites)
    except _Different as difference:
        error, reason = difference.args
        raise error(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: {_described(nest1)}\n\n"
            f"Second structure: {_described(nest2)}\n\n"
            f"More specifically: {reason}\n"
            f"Entire first structure:\n{map_structure(lambda _: _DOT, nest1)}\n"
            f"Entire second structure:\n{map_structure(lambda _: _DOT, nest2)}"
        ) from None


def flatten_dict_items(dictionary: Any) -> dict[Any, Any]:
    """A dict in which keys that are structures, and the values beside them, are replaced by their leaves.

    `{(4, (6, 8)): ("a", ("c", "d"))}` becomes `{4: "a", 6: "c", 8: "d"}`.

    Raises:
        TypeError: `dictionary` is no mapping.
        ValueError: a key and its value have different numbers of leaves, or a key occurs twice.
    """
    if not isinstance(dictionary, Mapping):
        raise TypeError("input must be a dictionary")
    flat: dict[Any, Any] = {}
    for key, value in dictionary.items():
        keys, values = ([key], [value]) if not is_sequence(key) else (flatten(key), flatten(value))
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had {len(values)} elements. "
                f"Key: {keys}, value: {values}."
            )
        for each_key, each_value in zip(keys, values, strict=True):
            if each_key in flat:
                raise ValueError(f"Could not flatten dictionary: key {each_key} is not unique.")
            flat[each_key] = each_value
    return flat
