"""What Python 2 means by the same syntax: changes of the syntax tree that no rewriting of text makes well."""

from __future__ import annotations

import ast

RUNTIME = "recell.cli.python2_runtime"

# Builtins that the runtime module has in Python 2's form.
_BUILTINS = {"cmp", "file", "open", "print", "reload", "round"}
_SHIMS = {"string": "recell.cli.python2_string", "pickle": "recell.cli.python2_pickle"}
_DIVIDE = "__recell_divide__"
_DECODE = "__recell_decode__"
_CMP_TO_KEY = "__recell_cmp_to_key__"


def adapt(tree: ast.Module) -> ast.Module:
    """Changes `tree` in place so that it does what Python 2 did, and returns it."""
    future = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    }
    adapter = _Adapter(floor=not future & {"division"})
    adapter.visit(tree)
    if adapter.needed:
        names = [ast.alias(name.strip("_").removeprefix("recell_"), asname=name) for name in sorted(adapter.needed)]
        statement = ast.ImportFrom(module=RUNTIME, names=names, level=0)
        position = _after_preamble(tree.body)
        where = tree.body[min(position, len(tree.body) - 1)]
        for part in ast.walk(statement):
            ast.copy_location(part, where)
        tree.body.insert(position, statement)
    return tree


def _after_preamble(body: list[ast.stmt]) -> int:
    """Where the first statement after the docstring and the `__future__` imports stands."""
    for position, node in enumerate(body):
        docstring = position == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (docstring or future):
            return position
    return len(body)


class _Adapter(ast.NodeTransformer):
    """Replaces nodes; `needed` collects what the module must import from the runtime."""

    def __init__(self, floor: bool) -> None:
        self._floor = floor
        self.needed: set[str] = set()

    def _call(self, name: str, arguments: list[ast.expr], where: ast.expr | ast.stmt) -> ast.Call:
        self.needed.add(name)
        call = ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=arguments, keywords=[])
        ast.copy_location(call, where)
        ast.copy_location(call.func, where)
        return call

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in _BUILTINS:
            self.needed.add(node.id)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if self._floor and isinstance(node.op, ast.Div):
            return self._call(_DIVIDE, [node.left, node.right], node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not (self._floor and isinstance(node.op, ast.Div) and _is_plain(node.target)):
            return node
        # The target is evaluated twice then, which is why it must be plain.
        value = ast.parse(ast.unparse(node.target), mode="eval").body
        for part in ast.walk(value):
            ast.copy_location(part, node.target)
        assign = ast.Assign(targets=[node.target], value=self._call(_DIVIDE, [value, node.value], node))
        return ast.copy_location(assign, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute):
            if function.attr == "setdefaultencoding":
                return ast.copy_location(ast.Constant(None), node)
            if function.attr == "decode":
                call = self._call(_DECODE, [function.value, *node.args], node)
                call.keywords = node.keywords
                return call
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if called in ("sort", "sorted"):
            self._key_for_cmp(node, first=0 if isinstance(function, ast.Attribute) else 1)
        return node

    def _key_for_cmp(self, node: ast.Call, first: int) -> None:
        """`sorted(x, cmp)`, `x.sort(cmp)` and `cmp=` become `key=`."""
        if len(node.args) == first + 1:
            comparison = node.args.pop()
            node.keywords.append(ast.keyword("key", self._call(_CMP_TO_KEY, [comparison], comparison)))
            ast.copy_location(node.keywords[-1], comparison)
        for keyword in node.keywords:
            if keyword.arg == "cmp":
                keyword.arg = "key"
                keyword.value = self._call(_CMP_TO_KEY, [keyword.value], keyword.value)

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        for alias in node.names:
            if alias.name in _SHIMS:
                alias.asname = alias.asname or alias.name
                alias.name = _SHIMS[alias.name]
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        if node.module in _SHIMS and node.level == 0:
            node.module = _SHIMS[node.module]
        return node


def _is_plain(target: ast.expr) -> bool:
    """Whether reading `target` once more changes nothing."""
    plain = (ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.Constant, ast.UnaryOp, ast.BinOp)
    return all(isinstance(part, (*plain, ast.expr_context, ast.operator, ast.unaryop)) for part in ast.walk(target))
