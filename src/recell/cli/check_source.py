"""What Recell's own callables accept and have, read from their source: importing them takes longer, and often torch.

Where the source does not say it plainly (made by a decorator, a base class from elsewhere), the answer is None.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache

from recell.cli.check_definitions import Definition, ancestry, defined, find, given_later, name_of

_PLAIN_DECORATORS = {
    *("add_arg_scope", "broadcasting", "cache", "contextmanager", "final", "keeps_arguments"),
    *("classmethod", "staticmethod"),
}
"""They leave the arguments as they are."""


@dataclass(frozen=True)
class Arguments:
    """What a call may give.

    Args:
        positional: names of the arguments that may be given by position, without `self`; None: any number of them.
        keywords: those that may be given by name; None: any.
    """

    positional: tuple[str, ...] | None
    keywords: frozenset[str] | None


def arguments(module: str, name: str, members: tuple[str, ...] = (), of_instance: bool = False) -> Arguments | None:
    """What calling `name` of `module` may be given, or a member of it (or of an object of it). None: not known."""
    place = find(module, name)
    for member in members:
        place = None if place is None else _member(place, member)
    if place is None or "__signature__" in given_later(place.module).get(name, ()):
        return None
    node = place.node
    if isinstance(node, ast.ClassDef):
        return _of_class(place)
    if isinstance(node, ast.FunctionDef):
        kind = next((name_of(d) for d in node.decorator_list if name_of(d).endswith("method")), "")
        return _of_function(node, bound=kind == "classmethod" or (of_instance and kind != "staticmethod"))
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        return _of_layer_function(place.module, node.value) or _of_inner_function(place.module, node.value)
    return None


def _of_function(node: ast.FunctionDef, bound: bool) -> Arguments | None:
    for decorator in node.decorator_list:
        if name_of(decorator) == "op" and isinstance(decorator, ast.Call):
            return _of_operation(node, decorator)
        if name_of(decorator) not in _PLAIN_DECORATORS:
            return None
    return _written(node.args, drop=1 if bound else 0)


def _written(args: ast.arguments, drop: int) -> Arguments:
    positional = tuple(arg.arg for arg in (*args.posonlyargs, *args.args))[drop:]
    dropped = {arg.arg for arg in (*args.posonlyargs, *args.args)[:drop]}
    by_name = {arg.arg for arg in (*args.args, *args.kwonlyargs)} - dropped
    return Arguments(None if args.vararg else positional, None if args.kwarg else frozenset(by_name))


def _of_operation(node: ast.FunctionDef, decorator: ast.Call) -> Arguments | None:
    """The decorator takes the context away, and adds the name and the old names of arguments."""
    options = {keyword.arg: keyword.value for keyword in decorator.keywords}
    stateful, aliases = options.get("stateful"), options.get("aliases")
    written = _written(node.args, drop=1 if isinstance(stateful, ast.Constant) and stateful.value else 0)
    old: set[str] = set()
    if aliases is not None:
        if not isinstance(aliases, ast.Dict):
            return None
        old = {str(key.value) for key in aliases.keys if isinstance(key, ast.Constant)}
    names = (*(written.positional or ()), *(arg.arg for arg in node.args.kwonlyargs))
    return Arguments((*names, "name"), frozenset({*names, *old, "name"}))


def _of_class(place: Definition) -> Arguments | None:
    classes, complete = ancestry(place)
    for module, node in classes:
        if node.keywords or any(name_of(d) == "dataclass" for d in node.decorator_list):
            return None
        if "__signature__" in given_later(module).get(node.name, ()):
            return None
        methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
        if "__new__" in methods:
            return None
        if "__init__" in methods:
            return _of_function(methods["__init__"], bound=True) if complete else None
    return None


def _of_layer_function(module: str, call: ast.Call) -> Arguments | None:
    """`dense = function_of(Dense, "dense")`: the constructor's arguments between `inputs` and `reuse`."""
    if name_of(call.func) != "function_of" or not call.args or not isinstance(call.args[0], ast.Name):
        return None
    place = find(module, call.args[0].id)
    node_arguments = None if place is None or not isinstance(place.node, ast.ClassDef) else _constructor(place)
    if node_arguments is None:
        return None
    reuses = not any(keyword.arg == "reuses" for keyword in call.keywords)
    written = _written(node_arguments, drop=1)
    names = ("inputs", *(written.positional or ()), *(("reuse",) if reuses else ()))
    return Arguments(names, frozenset({*names, *(arg.arg for arg in node_arguments.kwonlyargs)}))


def _of_inner_function(module: str, call: ast.Call) -> Arguments | None:
    """`reduce_sum = _reduction(...)`, where `_reduction` ends in returning a function that it defines."""
    maker = find(module, call.func.id) if isinstance(call.func, ast.Name) else None
    if maker is None or not isinstance(maker.node, ast.FunctionDef) or maker.node.decorator_list:
        return None
    last = maker.node.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Name):
        return None
    inner = [n for n in maker.node.body if isinstance(n, ast.FunctionDef) and n.name == last.value.id]
    signed = any(isinstance(n, ast.Attribute) and n.attr == "__signature__" for n in ast.walk(maker.node))
    return _of_function(inner[0], bound=False) if len(inner) == 1 and not signed else None


def _constructor(place: Definition) -> ast.arguments | None:
    for _, node in ancestry(place)[0]:
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                return item.args
    return None


def is_class(module: str, name: str) -> bool:
    """Whether that is a class, for certain."""
    place = find(module, name)
    return place is not None and isinstance(place.node, ast.ClassDef)


def descends(module: str, name: str, ancestor: tuple[str, str]) -> bool:
    """Whether class `name` of `module` is `ancestor` (a module and a name) or made of it, for certain."""
    place = find(module, name)
    if place is None or not isinstance(place.node, ast.ClassDef):
        return False
    return any((where, node.name) == ancestor for where, node in ancestry(place)[0])


def has(module: str, name: str, member: str, of_instance: bool) -> bool | None:
    """Whether class `name` of `module` (or an object of it) has `member`. None: not known."""
    place = find(module, name)
    if place is None or not isinstance(place.node, ast.ClassDef):
        return None
    if member.startswith("__"):
        return None
    classes, complete = ancestry(place)
    for where, node in classes:
        if member in _members(where, node.name, of_instance):
            return True
    open_ended = any(_is_open(where, node) for where, node in classes)
    return None if open_ended or not complete else False


def _is_open(module: str, node: ast.ClassDef) -> bool:
    """Whether objects may have what the class does not say."""
    if node.keywords or any(name_of(d) not in _PLAIN_DECORATORS for d in node.decorator_list):
        return True
    names = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    calls = {name_of(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    return bool(names & {"__getattr__", "__getattribute__"}) or "setattr" in calls or find(module, node.name) is None


@cache
def _members(module: str, name: str, of_instance: bool) -> frozenset[str]:
    place = find(module, name)
    if place is None:
        return frozenset()
    node = place.node
    assert isinstance(node, ast.ClassDef)
    found = {member for item in ast.walk(node) if isinstance(item, ast.stmt) for member in defined(item)}
    found |= given_later(module).get(name, set())
    if of_instance:
        found |= {
            part.attr
            for part in ast.walk(node)
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and name_of(part.value) == "self"
        }
    return frozenset(found)


def _member(place: Definition, name: str) -> Definition | None:
    """The method or nested class `name` of a class."""
    if not isinstance(place.node, ast.ClassDef):
        return None
    for where, node in ancestry(place)[0]:
        for item in node.body:
            if isinstance(item, (ast.FunctionDef, ast.ClassDef)) and item.name == name:
                return Definition(where, item)
    return None
