"""Nested structures against what TensorFlow 1.15.0 answers to the same expressions."""

from __future__ import annotations

import builtins
import collections
import json
from collections import OrderedDict, defaultdict, namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recell.graph import nest

P = namedtuple("P", "x y")
Q = namedtuple("Q", "x y")


class R(P):
    pass


class SubDict(dict):  # type: ignore[type-arg]
    pass


class L(list):  # type: ignore[type-arg]
    pass


class TT(tuple):  # type: ignore[type-arg]
    __slots__ = ()


class M(collections.abc.Mapping):  # type: ignore[type-arg]
    def __init__(self, d: Any) -> None:
        self.d = dict(d)

    def __getitem__(self, k: Any) -> Any:
        return self.d[k]

    def __iter__(self) -> Any:
        return iter(self.d)

    def __len__(self) -> int:
        return len(self.d)


class Sq(collections.abc.Sequence):  # type: ignore[type-arg]
    def __init__(self, *a: Any) -> None:
        self.a = a

    def __getitem__(self, k: Any) -> Any:
        return self.a[k]

    def __len__(self) -> int:
        return len(self.a)


class Attrs:
    """What the package attrs makes of a class, as far as it matters here."""

    __attrs_attrs__ = (SimpleNamespace(name="b"), SimpleNamespace(name="a"))

    def __init__(self, b: Any, a: Any) -> None:
        self.b = b
        self.a = a


class Composite:
    def __init__(self, *parts: Any) -> None:
        self.parts = parts


class Other(Composite):
    pass


nest.register_composite(Composite, lambda c: c.parts, lambda c, parts: type(c)(*parts))

NAMES = {
    "n": nest,
    "np": np,
    "collections": collections,
    "namedtuple": namedtuple,
    "OrderedDict": OrderedDict,
    "defaultdict": defaultdict,
    **{c.__name__: c for c in (P, Q, R, SubDict, L, TT, M, Sq)},
}

# What TF 1.15.0 answers: "values" are [expression, repr], "errors" are [expression, class, message].
FROM_TF = json.loads(Path(__file__).with_name("nest_from_tf.json").read_text())


@pytest.mark.parametrize(("expression", "expected"), FROM_TF["values"], ids=lambda text: text[:60])
def test_value(expression: str, expected: str) -> None:
    assert repr(eval(expression, dict(NAMES))) == expected


@pytest.mark.parametrize(("expression", "error", "message"), FROM_TF["errors"], ids=lambda text: text[:60])
def test_error(expression: str, error: str, message: str) -> None:
    with pytest.raises(getattr(builtins, error)) as raised:
        eval(expression, dict(NAMES))
    assert type(raised.value).__name__ == error
    assert message in str(raised.value).replace(f"{__name__}.", "")


def test_kept_classes() -> None:
    assert type(nest.pack_sequence_as(SubDict(b=1, a=2), [3, 4])) is SubDict
    assert type(nest.pack_sequence_as(L([1, 2]), [3, 4])) is L
    assert nest.pack_sequence_as(M({"b": 1, "a": 2}), [3, 4]).d == {"b": 4, "a": 3}


def test_attrs_classes_are_structures_in_the_order_of_their_fields() -> None:
    value = Attrs(1, [2, 3])
    assert nest.is_sequence(value)
    assert nest.flatten(value) == [1, 2, 3]
    packed = nest.pack_sequence_as(value, [4, 5, 6])
    assert (packed.b, packed.a) == (4, [5, 6])
    assert nest.flatten_with_joined_string_paths(value) == [("b", 1), ("a/0", 2), ("a/1", 3)]
    with pytest.raises(TypeError, match="has type Attrs, while second structure"):
        nest.assert_same_structure(Attrs(1, 2), [1, 2])


def test_composites_are_leaves_until_expanded() -> None:
    value = Other(1, 2)
    assert nest.flatten([value, 3]) == [value, 3]
    assert nest.flatten([value, 3], expand_composites=True) == [1, 2, 3]
    assert not nest.is_sequence(value)
    assert nest.is_sequence_or_composite(value)
    packed = nest.pack_sequence_as([value, 3], [4, 5, 6], expand_composites=True)
    assert (type(packed[0]), packed[0].parts, packed[1]) == (Other, (4, 5), 6)
    assert nest.flatten_with_tuple_paths([value], expand_composites=True) == [
        ((0, "Other", 0), 1),
        ((0, "Other", 1), 2),
    ]
    assert nest.map_structure(lambda a: a + 1, value, expand_composites=True).parts == (2, 3)
    nest.assert_same_structure([value], [1])
    with pytest.raises(ValueError, match='is a sequence, while substructure "type=int str=1" is not'):
        nest.assert_same_structure([value], [1], expand_composites=True)
    with pytest.raises(TypeError, match="has type Other, while second structure"):
        nest.assert_same_structure([value], [Composite(1, 2)], expand_composites=True)


def test_functions_are_called_in_the_order_of_flatten() -> None:
    seen: list[int] = []
    nest.map_structure(seen.append, {"b": [3, (4,)], "a": P(1, 2)})
    assert seen == [1, 2, 3, 4]


def test_public_names_are_those_of_tensorflow() -> None:
    from_tf = {
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
        "yield_flat_paths",
    }
    assert set(nest.__all__) == from_tf | {"register_composite"}


STRUCTURES = st.recursive(
    st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.builds(P, inner, inner)
    ),
    max_leaves=12,
)


@given(STRUCTURES)
def test_packing_undoes_flattening(structure: Any) -> None:
    leaves = nest.flatten(structure)
    again = nest.pack_sequence_as(structure, leaves)
    assert again == structure
    nest.assert_same_structure(structure, again)
    assert [leaf for _, leaf in nest.flatten_with_tuple_paths(structure)] == leaves
    assert nest.flatten_up_to(structure, structure) == leaves
    for path, leaf in nest.flatten_with_tuple_paths(structure):
        found = structure
        for step in path:
            found = getattr(found, step) if isinstance(found, P) else found[step]
        assert found == leaf
