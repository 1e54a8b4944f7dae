"""Imports: of `tensorflow`, and of the program's own modules, which are read then."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from recell.cli import check_files
from recell.cli.check_calls import Calls
from recell.cli.check_scopes import OwnModule
from recell.cli.check_uses import Uses
from recell.cli.check_values import (
    UNKNOWN,
    Absent,
    Builtin,
    Space,
    Values,
    attribute,
    is_tensorflow,
    join,
    public_names,
    space,
    space_of,
)


class Imports(Calls):
    """What import statements bring. The arguments are those of `check_statements.Reader`."""

    def __init__(self, uses: Uses, roots: Sequence[pathlib.Path] = ()) -> None:
        super().__init__(uses)
        self._given_roots = list(roots)
        self._roots: list[pathlib.Path] = []
        self._modules: dict[pathlib.Path, OwnModule] = {}
        self.unreadable: list[str] = []
        """What is wrong with files that are no programs, in a line each."""

    @property
    def files(self) -> int:
        """How many files were read."""
        return sum(bool(module.source.tree.body) for module in self._modules.values())

    def program(self, path: pathlib.Path) -> None:
        """Reads the script `path` and what it imports of its own."""
        self._roots = [path.parent, *self._given_roots]
        self._load(path, is_main=True)

    def _load(self, path: pathlib.Path, is_main: bool = False) -> OwnModule:
        key = path.resolve()
        if key not in self._modules:
            try:
                source = check_files.read(path, is_main)
            except check_files.Unreadable as error:
                self.unreadable.append(str(error))
                source = check_files.Source(path, ast.Module([], []))
            self._modules[key] = OwnModule(source, path.parent)
            try:
                self._read(self._modules[key])
            except RecursionError:
                self.unreadable.append(f"{path}: its expressions are nested too deeply to be read")
        return self._modules[key]

    def _read(self, module: OwnModule) -> None:
        kept = self.__dict__.copy()
        self.module, self.scope, self.guards, self.later = module, module.scope, [], []
        try:
            self.body(module.source.tree.body)
            self.finish(module.scope)
        finally:
            self.__dict__.update({name: kept[name] for name in ("module", "scope", "guards", "later") if name in kept})

    if TYPE_CHECKING:

        def body(self, statements: Sequence[ast.stmt]) -> None: ...

    def _read_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if is_tensorflow(alias.name):
                self._import_tensorflow(alias)
                continue
            if alias.name == "importlib":
                self.scope.bind(alias.asname or alias.name, frozenset({Builtin("importlib")}))
                continue
            modules = self._own(alias.name.split("."), self._roots)
            found = None if not modules else modules[-1] if alias.asname else modules[0]
            name = alias.asname or alias.name.partition(".")[0]
            self.scope.bind(name, UNKNOWN if found is None else frozenset({found}))

    def _import_tensorflow(self, alias: ast.alias) -> None:
        path = space_of(alias.name)
        found = space(path)
        self.note(frozenset({found}), alias)
        if alias.asname:
            self.scope.bind(alias.asname, frozenset({found}))
        else:
            root = alias.name.partition(".")[0]
            self.scope.bind(root, UNKNOWN if root == "recell" else frozenset({Space("")}))

    def _read_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level == 0 and is_tensorflow(module):
            self._import_from_tensorflow(node, space_of(module))
            return
        own = self._own_of(node)
        for alias in node.names:
            if alias.name == "*":
                self.module.has_other_stars = True
                for name, values in () if own is None else list(own.scope.ever.items()):
                    if not name.startswith("_"):
                        self.scope.bind(name, values)
                continue
            values = UNKNOWN if own is None else self._from_own(own, alias.name)
            if node.level == 0 and is_tensorflow(join(module, alias.name)):  # from recell import v1
                values = frozenset({Space("")})
            self.scope.bind(alias.asname or alias.name, values)

    def _import_from_tensorflow(self, node: ast.ImportFrom, path: str) -> None:
        found = space(path)
        for alias in node.names:
            if alias.name == "*":
                self.note(frozenset({found}), alias)
                self.module.stars.append(path)
                for name in public_names(path) if isinstance(found, Space) else ():
                    self.scope.bind(name, frozenset({attribute(path, name)}))
                continue
            value = Absent(join(path, alias.name)) if isinstance(found, Absent) else attribute(path, alias.name)
            self.note(frozenset({value}), alias)
            self.scope.bind(alias.asname or alias.name, frozenset({value}))

    def _own_of(self, node: ast.ImportFrom) -> OwnModule | None:
        """The program's module that `from ... import` names, or None."""
        parts = node.module.split(".") if node.module else []
        if node.level == 0:
            modules = self._own(parts, self._roots)
        else:
            folder = self.module.package
            for _ in range(node.level - 1):
                folder = folder.parent
            modules = self._own(parts, [folder]) if parts else self._own([folder.name], [folder.parent])
        return modules[-1] if modules else None

    def _from_own(self, module: OwnModule, name: str) -> Values:
        if name in module.scope.ever:
            return module.scope.ever[name]
        if module.source.path.name == "__init__.py":
            found = self._own([name], [module.package])
            if found:
                module.modules[name] = found[-1]
                return frozenset({found[-1]})
        return UNKNOWN

    def _own(self, parts: list[str], folders: Sequence[pathlib.Path]) -> list[OwnModule]:
        """The program's modules `a`, `a.b`, ... of a dotted name, or none if it is not the program's."""
        found: list[OwnModule] = []
        for part in parts:
            path = next((p for folder in folders for p in _files(folder, part)), None)
            if path is None:
                return []
            module = self._folder(path) if path.is_dir() else self._load(path)
            if found:
                found[-1].modules[part] = module
            found.append(module)
            folders = [module.package]
        return found

    def _folder(self, path: pathlib.Path) -> OwnModule:
        """A package without an `__init__.py`."""
        key = path.resolve()
        if key not in self._modules:
            source = check_files.Source(path / "__init__.py", ast.Module([], []))
            self._modules[key] = OwnModule(source, path)
        return self._modules[key]


def _files(folder: pathlib.Path, name: str) -> list[pathlib.Path]:
    """Where module `name` can be in `folder`, in Python's order."""
    package = folder / name
    found = [path for path in (package / "__init__.py", folder / f"{name}.py") if path.is_file()]
    holds_modules = any(any(package.glob(pattern)) for pattern in ("*.py", "*/*.py"))
    return found or ([package] if holds_modules else [])
