"""What an expression can be, and the uses of symbols in it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import dataclass

from recell.cli import check_conditions, check_differences, check_source, check_uses
from recell.cli.check_scopes import OwnClass, OwnModule, Scope, Self, defaults, local_names, parameters
from recell.cli.check_uses import Uses
from recell.cli.check_values import (
    NOTHING,
    UNKNOWN,
    Absent,
    Builtin,
    Instance,
    Method,
    Repeated,
    Space,
    Symbol,
    Value,
    Values,
    Version,
    advice,
    attribute,
    join,
    known,
    only,
)

_UNDERSTOOD = {"getattr", "hasattr", "__import__"}


@dataclass
class Guard:
    """A `try` that is prepared for what is missing."""

    kinds: frozenset[str]
    met: bool = False
    asked: bool = False
    """Whether its body depends on `tensorflow` at all."""


class Expressions:
    """Evaluates expressions of one program; uses go to `uses`."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self.module: OwnModule
        self.scope: Scope
        self.guards: list[Guard] = []
        self.later: list[Callable[[], None]] = []
        """Bodies of functions, to be read once the scope around them has been."""
        self.put: set[tuple[Value, str]] = set()
        """Attributes that the program itself puts onto what is TensorFlow's."""

    # --- what is noted ---

    def missing(self, node: ast.AST, symbol: str, reason: str, verdict: str = check_uses.MISSING) -> None:
        """Notes that `symbol` is not there, unless the program is prepared for that."""
        kind = {check_uses.ARGUMENT: "TypeError"}.get(verdict)
        kind = kind or ("ImportError" if isinstance(node, (ast.alias, ast.stmt)) else "AttributeError")
        for guard in reversed(self.guards):
            if kind in guard.kinds:
                guard.met = True
                return
        self.add(node, symbol, verdict, reason)

    def add(self, node: ast.AST, symbol: str, verdict: str, reason: str = "") -> None:
        source = self.module.source
        place = source.place(getattr(node, "lineno", 1))
        self.uses.add(symbol, verdict, reason, place, node, str(source.path))

    def settle(self) -> None:
        """When all is read: what the program puts onto TensorFlow's objects is not missing there."""
        shown: dict[Value, str] = {}
        for value, _ in self.put:
            symbol = value.of if isinstance(value, Instance) else value
            shown[value] = join("tf", symbol.path) if isinstance(symbol, Space) else symbol.shown
        self.uses.withdraw(f"{shown[value]}.{name}" for value, name in self.put)

    def note(self, values: Values, node: ast.AST, call: ast.Call | None = None, first: Values = frozenset()) -> None:
        """Notes the symbols among `values`: those that work, or one that is missing if nothing else is meant."""
        candidates = known(values)
        for guard in self.guards:
            guard.asked = guard.asked or any(isinstance(v, (Space, Symbol, Absent)) for v in candidates)
        absent = [value for value in candidates if isinstance(value, Absent)]
        if absent and len(absent) == len(candidates):
            found = min(absent, key=lambda value: value.path)
            self.missing(node, join("tf", found.path), found.reason or advice(found.path))
        for value in candidates:
            if isinstance(value, Symbol):
                reasons = check_differences.met(value, call, first) if not value.members else []
                verdict = check_uses.DIFFERS if reasons else check_uses.WORKS
                self.add(node, value.shown, verdict, "; ".join(reasons))

    # --- evaluation ---

    def evaluate(self, node: ast.expr | None) -> Values:
        """What the expression can be. Its uses of symbols are noted."""
        if node is None:
            return UNKNOWN
        values = self.value(node)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
            self.note(values, node)
        return values

    def value(self, node: ast.expr) -> Values:
        """The same; the uses inside are noted, not that of the result."""
        special = getattr(self, f"_value_{type(node).__name__}", None)
        if special is not None:
            found: Values = special(node)
            return found
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child)
            else:
                for part in ast.iter_child_nodes(child):
                    if isinstance(part, ast.expr):
                        self.evaluate(part)
        return UNKNOWN

    def _value_Constant(self, node: ast.Constant) -> Values:
        return NOTHING if node.value is None else UNKNOWN

    def _value_Name(self, node: ast.Name) -> Values:
        found = self.scope.lookup(node.id)
        if found is None and (node.id in _UNDERSTOOD or hasattr(builtins, node.id)):
            return frozenset({Builtin(node.id)})
        return self._unbound(node.id) if found is None else found

    def _unbound(self, name: str) -> Values:
        """What a name that nothing binds stands for: only `from tensorflow import *` could have brought it."""
        module = self.module
        hidden = name.startswith("_") or name in module.bound or module.has_other_stars or module.source.cells
        return UNKNOWN if hidden or not module.stars else frozenset({Absent(join(module.stars[-1], name))})

    def _value_Attribute(self, node: ast.Attribute) -> Values:
        base = self.value(node.value)
        found = frozenset(self._attribute(value, node.attr, node.value) for value in known(base))
        flat: set[Value] = set()
        for item in found:
            flat |= item
        return frozenset(flat)

    def _attribute(self, value: Value, name: str, node: ast.expr) -> Values:
        """What `name` of one thing that `node` can be is."""
        if (value, name) in self.put:
            self.note(frozenset({value}), node)
            return UNKNOWN
        if isinstance(value, Space):
            return frozenset({attribute(value.path, name)})
        if isinstance(value, Absent) and value.may_be_namespace:
            return frozenset({Absent(join(value.path, name))})
        if isinstance(value, Symbol):
            return self._member(value, name, node)
        if isinstance(value, Instance):
            return frozenset({Method(value.of, name)})
        if isinstance(value, OwnModule):
            inner = value.modules.get(name)
            return value.scope.ever.get(name, UNKNOWN) if inner is None else frozenset({inner})
        if isinstance(value, (OwnClass, Self)):
            return value.of.lookup(name, True) if isinstance(value, Self) else value.lookup(name, False)
        if isinstance(value, Builtin) and value.name == "importlib" and name == "import_module":
            return frozenset({Builtin("__import__")})
        self.note(frozenset({value}), node)
        return UNKNOWN

    def _member(self, symbol: Symbol, name: str, node: ast.expr) -> Values:
        there = None
        if not symbol.members:
            there = check_source.has(symbol.module, symbol.private, name, of_instance=False)
        if there:
            return frozenset({Symbol(symbol.path, symbol.name, symbol.module, symbol.private, (name,))})
        if there is None:
            self.note(frozenset({symbol}), node)
            return UNKNOWN
        path = join(symbol.path, symbol.name, name)
        return frozenset({Absent(path, f"Recell's {symbol.shown} has no {name}")})

    def _value_BinOp(self, node: ast.BinOp) -> Values:
        for part in (node.left, node.right):
            self.evaluate(part)
        lists = [part for part in (node.left, node.right) if isinstance(part, ast.List) and part.elts]
        return frozenset({Repeated()}) if lists and isinstance(node.op, ast.Mult) else UNKNOWN

    def _value_IfExp(self, node: ast.IfExp) -> Values:
        self.evaluate(node.test)
        truth = self.truth(node.test)
        parts = [part for part, skipped in ((node.body, False), (node.orelse, True)) if truth is not skipped]
        return frozenset().union(*(self.evaluate(part) for part in parts))

    def _value_BoolOp(self, node: ast.BoolOp) -> Values:
        found: Values = frozenset()
        for part in node.values:
            found |= self.evaluate(part)
            if self.truth(part) is isinstance(node.op, ast.Or):
                break
        return found

    def _value_NamedExpr(self, node: ast.NamedExpr) -> Values:
        values = self.evaluate(node.value)
        self.scope.bind(node.target.id, values)
        return values

    def _value_Lambda(self, node: ast.Lambda) -> Values:
        self.function(node, lambda: self.evaluate(node.body))
        return UNKNOWN

    def _value_ListComp(self, node: ast.ListComp) -> Values:
        self._comprehension(node)
        targets = {name.id for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        same = isinstance(node.elt, ast.Name) and node.elt.id not in targets
        return frozenset({Repeated()}) if same else UNKNOWN

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Values:
        outer, self.scope = self.scope, Scope(self.scope)
        try:
            for part in node.generators:
                self.evaluate(part.iter)
                self.assign(part.target, UNKNOWN)
                for condition in part.ifs:
                    self.evaluate(condition)
            for item in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
                self.evaluate(item)
        finally:
            self.scope = outer
        return UNKNOWN

    _value_SetComp = _value_DictComp = _value_GeneratorExp = _comprehension

    # --- conditions ---

    def truth(self, node: ast.expr) -> bool | None:
        """Whether a condition holds, if the release alone settles it."""
        try:
            return bool(check_conditions.settled(node, self._settled_part))
        except check_conditions.Unsettled:
            return None

    def _settled_part(self, node: ast.expr) -> Version | bool | None:
        if isinstance(node, (ast.Name, ast.Attribute)):
            value = only(self.value(node))
            return value if isinstance(value, Version) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 2:
            is_hasattr = only(self.value(node.func)) == Builtin("hasattr")
            return self._has(node.args[0], node.args[1]) if is_hasattr else None
        return None

    def _has(self, holder: ast.expr, name: ast.expr) -> bool | None:
        value = only(self.value(holder))
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return None
        if isinstance(value, Space):
            return not isinstance(attribute(value.path, name.value), Absent)
        if isinstance(value, Symbol) and not value.members:
            return check_source.has(value.module, value.private, name.value, of_instance=False)
        return None

    # --- what statements give ---

    def assign(self, target: ast.expr, values: Values) -> None:
        """Binds `target` to something that can be `values`."""
        if isinstance(target, ast.Name):
            self.scope.bind(target.id, values)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, UNKNOWN)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.assign(part, UNKNOWN)
        elif isinstance(target, ast.Attribute):
            base = self.value(target.value)
            self.put |= {(value, target.attr) for value in base if isinstance(value, (Space, Symbol, Instance))}
            for value in base:
                if isinstance(value, Self):
                    seen = value.of.attributes.get(target.attr, frozenset())
                    value.of.attributes[target.attr] = seen | values
            self.note(base, target.value)
        else:
            self.value(target)

    def function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        body: Callable[[], object],
        owner: OwnClass | None = None,
    ) -> None:
        """Reads a function's body later, when all around it is known."""
        scope = Scope(self.scope, local=local_names(node))
        for name in parameters(node.args):
            scope.bind(name, UNKNOWN)
        for name, default in defaults(node.args):
            scope.bind(name, UNKNOWN | self.evaluate(default))
        positional = [*node.args.posonlyargs, *node.args.args]
        if owner is not None and positional:
            name = positional[0].arg
            scope.bind(name, scope.names[name] - UNKNOWN | {Self(owner)})
        self.later.append(lambda: self._read_later(scope, body))

    def _read_later(self, scope: Scope, body: Callable[[], object]) -> None:
        outer, self.scope = self.scope, scope
        guards, self.guards = self.guards, []
        waiting, self.later = self.later, []
        try:
            body()
            self.finish(scope)
        finally:
            self.scope, self.guards, self.later = outer, guards, waiting

    def finish(self, scope: Scope) -> None:
        """Reads the functions of a scope that has been read itself."""
        scope.finished = True
        while self.later:
            self.later.pop(0)()
