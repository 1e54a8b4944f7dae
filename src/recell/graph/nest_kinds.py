"""What counts as a structure: the kinds of containers, their values in order, and making one like another.

Kinds are found once for each Python type and then looked up, because structures of states and outputs are
flattened for every step of every loop that is built.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, MappingView, Sequence
from typing import Any, NamedTuple

LEAF, SEQUENCE, NAMEDTUPLE, MAPPING, ATTRS, VIEW, COMPOSITE = range(7)

_KIND_OF_TYPE: dict[type, int] = {}


class _Composite(NamedTuple):
    components: Callable[[Any], Sequence[Any]]
    rebuild: Callable[[Any, Sequence[Any]], Any]


_COMPOSITES: dict[type, _Composite] = {}


def register_composite(
    cls: type, components: Callable[[Any], Sequence[Any]], rebuild: Callable[[Any, Sequence[Any]], Any]
) -> None:
    """Declares that objects of `cls` are made of tensors (SparseTensor, IndexedSlices).

    They are leaves of a structure unless `expand_composites` is asked for.

    Args:
        cls: the class; its subclasses are composites too.
        components: the parts of an object, in order.
        rebuild: from an object and new parts, a like object of the new parts.
    """
    _COMPOSITES[cls] = _Composite(components, rebuild)
    _KIND_OF_TYPE.clear()


def _classify(cls: type) -> int:
    if any(issubclass(cls, composite) for composite in _COMPOSITES):
        return COMPOSITE
    if issubclass(cls, Mapping):
        return MAPPING
    if hasattr(cls, "__attrs_attrs__"):
        return ATTRS
    if issubclass(cls, tuple) and all(isinstance(name, str) for name in getattr(cls, "_fields", (0,))):
        return NAMEDTUPLE
    if issubclass(cls, MappingView):
        return VIEW
    if issubclass(cls, Sequence) and not issubclass(cls, (str, bytes)):
        return SEQUENCE
    return LEAF


def kind_of(value: Any, expand_composites: bool = False) -> int:
    """The kind of container that `value` is, LEAF for none."""
    cls = type(value)
    kind = _KIND_OF_TYPE.get(cls)
    if kind is None:
        kind = _KIND_OF_TYPE[cls] = _classify(cls)
    return LEAF if kind == COMPOSITE and not expand_composites else kind


def is_sequence(structure: Any) -> bool:
    """Whether `structure` is a container that the functions here go into.

    So are lists, tuples, namedtuples, mappings, views of mappings, attrs objects and other `Sequence`s; not strings,
    sets, arrays, tensors.
    """
    return kind_of(structure) != LEAF


def is_sequence_or_composite(structure: Any) -> bool:
    """`is_sequence`, or an object made of tensors such as a SparseTensor."""
    return kind_of(structure, True) != LEAF


is_nested = is_sequence


def _composite_of(value: Any) -> _Composite:
    return next(entry for cls, entry in _COMPOSITES.items() if isinstance(value, cls))


def sorted_keys(mapping: Mapping[Any, Any]) -> list[Any]:
    """The keys in the order in which a mapping is flattened. Raises TypeError if they cannot be sorted."""
    try:
        return sorted(mapping)
    except TypeError as error:
        raise TypeError(f"nest only supports dicts with sortable keys, got {list(mapping)}: {error}") from None


def _attrs_names(value: Any) -> list[str]:
    return [attribute.name for attribute in value.__attrs_attrs__]


def values_of(value: Any, kind: int) -> Iterable[Any]:
    """The values in a container of the given kind, mappings by sorted key."""
    if kind == MAPPING:
        return [value[key] for key in sorted_keys(value)]
    if kind == ATTRS:
        return [getattr(value, name) for name in _attrs_names(value)]
    if kind == COMPOSITE:
        return _composite_of(value).components(value)
    return value


def items_of(value: Any, kind: int) -> list[tuple[tuple[Any, ...], Any]]:
    """Pairs of the steps of a path (a key, index or field name) and the value found there."""
    if kind == MAPPING:
        return [((key,), value[key]) for key in sorted_keys(value)]
    if kind == NAMEDTUPLE:
        return [((name,), getattr(value, name)) for name in value._fields]
    if kind == ATTRS:
        return [((name,), getattr(value, name)) for name in _attrs_names(value)]
    prefix = (type(value).__name__,) if kind == COMPOSITE else ()
    return [((*prefix, index), item) for index, item in enumerate(values_of(value, kind))]


def like(instance: Any, kind: int, values: Sequence[Any]) -> Any:
    """A container like `instance` that holds `values`, given in the order of `values_of`."""
    if kind == MAPPING:
        new = dict(zip(sorted_keys(instance), values, strict=True))
        pairs = [(key, new[key]) for key in instance]
        cls: Any = type(instance)
        return cls(instance.default_factory, pairs) if isinstance(instance, defaultdict) else cls(pairs)
    if kind in (NAMEDTUPLE, ATTRS):
        return type(instance)(*values)
    if kind == COMPOSITE:
        return _composite_of(instance).rebuild(instance, values)
    if kind == VIEW or isinstance(instance, range):  # neither can be made from values
        return list(values)
    return type(instance)(values)


def same_namedtuples(a: Any, b: Any) -> bool:
    """Whether two namedtuples have one name and the same fields, perhaps as different classes."""
    return type(a).__name__ == type(b).__name__ and a._fields == b._fields
