"""Structures taken apart only as far as a shallower one goes, and with the path to each leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from recell.graph.nest_kinds import LEAF, MAPPING, NAMEDTUPLE, items_of, kind_of, like, same_namedtuples, values_of

Path = tuple[Any, ...]


def assert_shallow_structure(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> None:
    """Checks that `shallow_tree` is `input_tree` with some of its sub-structures replaced by leaves.

    Args:
        shallow_tree: the shallower structure.
        input_tree: the structure that it should fit.
        check_types: whether containers must be of the same type (any mapping fits any mapping).
        expand_composites: whether objects made of tensors count as structures.
        check_subtrees_length: if False, containers of `input_tree` may hold more than those of `shallow_tree`.

    Raises:
        TypeError: a container meets a leaf, or one of another type.
        ValueError: lengths or keys differ.
    """
    kind = kind_of(shallow_tree, expand_composites)
    if kind == LEAF:
        return
    input_kind = kind_of(input_tree, expand_composites)
    if input_kind == LEAF:
        raise TypeError(
            f"If shallow structure is a sequence, input must also be a sequence. Input has type: {type(input_tree)}."
        )
    if check_types and not _fits_type(shallow_tree, kind, input_tree, input_kind):
        raise TypeError(
            "The two structures don't have the same sequence type. "
            f"Input structure has type {type(input_tree)}, while shallow structure has type {type(shallow_tree)}."
        )
    shallow_items, input_items = items_of(shallow_tree, kind), items_of(input_tree, input_kind)
    _check_lengths(len(shallow_items), len(input_items), check_subtrees_length)
    for branch, input_branch in _paired(shallow_items, kind, input_items):
        assert_shallow_structure(branch[1], input_branch, check_types, expand_composites, check_subtrees_length)


def _fits_type(shallow_tree: Any, kind: int, input_tree: Any, input_kind: int) -> bool:
    if isinstance(input_tree, type(shallow_tree)) or kind == input_kind == MAPPING:
        return True
    return kind == input_kind == NAMEDTUPLE and same_namedtuples(shallow_tree, input_tree)


def _check_lengths(shallow: int, full: int, must_be_equal: bool) -> None:
    if must_be_equal and shallow != full:
        raise ValueError(
            "The two structures don't have the same sequence length. "
            f"Input structure has length {full}, while shallow structure has length {shallow}."
        )
    if full < shallow:
        raise ValueError(
            "The input_tree has fewer elements than the shallow_tree. "
            f"Input structure has length {full}, while shallow structure has length {shallow}."
        )


Items = list[tuple[Path, Any]]


def _paired(shallow_items: Items, kind: int, input_items: Items) -> Iterator[tuple[tuple[Path, Any], Any]]:
    """Each item of the shallow container with the value at its place in the other, by key or in order."""
    if kind != MAPPING:
        for item, (_, value) in zip(shallow_items, input_items, strict=False):
            yield item, value
        return
    found = dict(input_items)
    missing = [path[0] for path, _ in shallow_items if path not in found]
    if missing:
        raise ValueError(
            "The shallow_tree's keys are not a subset of the input_tree's keys. "
            f"The shallow_tree has the following keys that are not in the input_tree: {missing}."
        )
    for item in shallow_items:
        yield item, found[item[0]]


def _flat_up_to(shallow_tree: Any, input_tree: Any, composites: bool, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, value) for every leaf of `shallow_tree`, values from `input_tree`, which is known to fit."""
    kind = kind_of(shallow_tree, composites)
    if kind == LEAF:
        yield path, input_tree
        return
    input_items = items_of(input_tree, kind_of(input_tree, composites))
    for (step, branch), input_branch in _paired(items_of(shallow_tree, kind), kind, input_items):
        yield from _flat_up_to(branch, input_branch, composites, path + step)


def flatten_with_tuple_paths_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[tuple[Path, Any]]:
    """List of (path, value) for every leaf of `shallow_tree`, with the value that `input_tree` has there.

    Arguments and errors are those of `assert_shallow_structure`.
    """
    assert_shallow_structure(shallow_tree, input_tree, check_types, expand_composites, check_subtrees_length)
    return list(_flat_up_to(shallow_tree, input_tree, expand_composites))


def flatten_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[Any]:
    """What `input_tree` has at each leaf of `shallow_tree`, which may themselves be structures.

    Arguments and errors are those of `assert_shallow_structure`.
    """
    assert_shallow_structure(shallow_tree, input_tree, check_types, expand_composites, check_subtrees_length)
    return [value for _, value in _flat_up_to(shallow_tree, input_tree, expand_composites)]


def flatten_with_tuple_paths(structure: Any, expand_composites: bool = False) -> list[tuple[Path, Any]]:
    """List of (path, leaf); a path is a tuple of the keys, indices and field names that lead to the leaf."""
    return list(_flat_up_to(structure, structure, expand_composites))


def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """List of (path, leaf); a path is the steps to the leaf as text, joined by `separator`."""
    return [
        (separator.join(map(str, path)), leaf) for path, leaf in _flat_up_to(structure, structure, expand_composites)
    ]


def yield_flat_paths(nest: Any, expand_composites: bool = False) -> Iterator[Path]:
    """The path to each leaf, in the order of `flatten`."""
    for path, _ in _flat_up_to(nest, nest, expand_composites):
        yield path


def _like_shallow(shallow_tree: Any, leaves: Iterator[Any], composites: bool) -> Any:
    kind = kind_of(shallow_tree, composites)
    if kind == LEAF:
        return next(leaves)
    return like(
        shallow_tree,
        kind,
        [_like_shallow(branch, leaves, composites) for branch in values_of(shallow_tree, kind)],
    )


def map_structure_with_tuple_paths_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """`shallow_tree` with each leaf replaced by `func(path, value of first input there, of second input, ...)`.

    Args:
        shallow_tree: gives the structure of the result.
        func: called once for each leaf, in the order of `flatten`.
        *inputs: structures that `shallow_tree` fits.
        **kwargs: `check_types`, `expand_composites` and `check_subtrees_length` of `assert_shallow_structure`;
            any others are passed to `func`.

    Raises:
        ValueError: no inputs, or lengths or keys differ.
        TypeError: types of containers differ.
    """
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    check_types = kwargs.pop("check_types", True)
    composites = kwargs.pop("expand_composites", False)
    check_lengths = kwargs.pop("check_subtrees_length", True)
    for structure in inputs:
        assert_shallow_structure(shallow_tree, structure, check_types, composites, check_lengths)
    flat = [list(_flat_up_to(shallow_tree, structure, composites)) for structure in inputs]
    results = [func(leaf[0][0], *[value for _, value in leaf], **kwargs) for leaf in zip(*flat, strict=True)]
    return _like_shallow(shallow_tree, iter(results), composites)


def map_structure_up_to(shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any) -> Any:
    """`map_structure_with_tuple_paths_up_to` with a `func` that is not given the path."""

    def without_path(_: Path, *values: Any, **more: Any) -> Any:
        return func(*values, **more)

    return map_structure_with_tuple_paths_up_to(shallow_tree, without_path, *inputs, **kwargs)


def map_structure_with_tuple_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """The structure of `func(path, leaf of the first structure, of the second, ...)`; a path is a tuple of steps."""
    return map_structure_with_tuple_paths_up_to(structure[0], func, *structure, **kwargs)


def map_structure_with_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """The structure of `func(path, leaf of the first structure, of the second, ...)`; a path is text like `0/a/x`."""

    def with_joined_path(path: Path, *values: Any, **more: Any) -> Any:
        return func("/".join(map(str, path)), *values, **more)

    return map_structure_with_tuple_paths_up_to(structure[0], with_joined_path, *structure, **kwargs)


def get_traverse_shallow_structure(
    traverse_fn: Callable[[Any], Any], structure: Any, expand_composites: bool = False
) -> Any:
    """A shallow structure of bools: how far `traverse_fn` wants `structure` to be taken apart.

    Args:
        traverse_fn: given a sub-structure, True to go into it, False not to, or a structure of depth one of bools, one
            for each of its parts.
        structure: what is asked about, from the outside in.
        expand_composites: whether objects made of tensors count as structures.

    Raises:
        TypeError: `traverse_fn` returned something else.
        ValueError: it returned a structure of another length.
    """
    answer = traverse_fn(structure)
    kind = kind_of(structure, expand_composites)
    if kind == LEAF:
        if not isinstance(answer, bool):
            raise TypeError(f"traverse_fn returned structure: {answer} for non-structure: {structure}")
        return answer
    branches = list(values_of(structure, kind))
    answer_kind = kind_of(answer)
    if answer_kind == LEAF:
        if not isinstance(answer, bool):
            raise TypeError(f"traverse_fn returned a non-bool scalar: {answer} for input: {structure}")
        if not answer:
            return False
        wanted: list[Any] = [True] * len(branches)
    else:
        assert_shallow_structure(answer, structure, expand_composites=expand_composites)
        wanted = list(values_of(answer, answer_kind))
        if not all(isinstance(want, bool) for want in wanted):
            raise TypeError(
                f"traverse_fn didn't return a depth=1 structure of bools.  saw: {answer}  for structure: {structure}"
            )
    level = [
        get_traverse_shallow_structure(traverse_fn, branch, expand_composites) if want else False
        for want, branch in zip(wanted, branches, strict=True)
    ]
    return like(structure, kind, level)
