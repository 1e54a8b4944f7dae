"""What was found: uses of symbols, each with a verdict."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

WORKS, DIFFERS, ARGUMENT, MISSING = "works", "works differently", "missing argument", "missing"
VERDICTS = (MISSING, ARGUMENT, DIFFERS, WORKS)
FAILURES = (MISSING, ARGUMENT)
"""Verdicts that mean that the program will not run as it is."""


@dataclass(frozen=True)
class Finding:
    """One symbol with one verdict, and everywhere it is used."""

    symbol: str
    verdict: str
    reason: str = ""
    places: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.places)

    @property
    def nearest(self) -> list[str]:
        """Of what is missing, the symbols that come nearest to it."""
        _, found, names = self.reason.partition("(nearest that works: ")
        return names.removesuffix(")").split(", ") if found else []

    @property
    def remark(self) -> str:
        """The reason without what the symbol says itself."""
        what, _, _ = self.reason.partition(" (nearest that works")
        parts = [] if what == f"Recell does not have {self.symbol}" else [what]
        if self.nearest:
            parts.append(f"nearest that works: {', '.join(self.nearest)}")
        elif not parts and self.verdict == MISSING:
            parts.append("nothing here comes near it")
        return "; ".join(part for part in parts if part)


@dataclass
class Uses:
    """Uses as they are found; the same place of a program, read twice, counts once."""

    found: dict[tuple[str, str, str], dict[tuple[str, int, int], str]] = field(default_factory=dict)

    def add(self, symbol: str, verdict: str, reason: str, place: str, node: ast.AST, path: str) -> None:
        """Notes that `symbol` is used at `node` of file `path`, which a reader finds at `place`."""
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        self.found.setdefault((symbol, verdict, reason), {})[path, line, column] = place

    def withdraw(self, symbols: Iterable[str]) -> None:
        """Forgets that `symbols` were missing: something that was read later brings them."""
        for symbol in symbols:
            for key in [key for key in self.found if key[:2] == (symbol, MISSING)]:
                del self.found[key]

    def findings(self, order: Iterable[str] = VERDICTS) -> list[Finding]:
        """By verdict, then by name."""
        rank = {verdict: number for number, verdict in enumerate(order)}
        found = []
        for (symbol, verdict, reason), places in self.found.items():
            inorder = tuple(place for _, place in sorted(places.items()))
            found.append(Finding(symbol, verdict, reason, inorder))
        return sorted(found, key=lambda f: (rank[f.verdict], f.symbol, f.reason))
