"""`recell check`: which TensorFlow symbols programs use, and which of them work, without running anything."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from recell.cli import check_files
from recell.cli.check_statements import Reader
from recell.cli.check_uses import ARGUMENT, DIFFERS, FAILURES, MISSING, VERDICTS, WORKS, Finding, Uses

_HEADINGS = {
    MISSING: ("Missing", "red", "the program stops where it asks for these"),
    ARGUMENT: ("Missing arguments", "red", "the call fails"),
    DIFFERS: ("Works differently", "yellow", "see docs/compatibility.md"),
    WORKS: ("Works", "green", ""),
}


def check_programs(paths: Sequence[str], as_json: bool = False, quiet: bool = False) -> int:
    """Reads the programs at `paths`, prints what was found. Returns the exit code.

    Args:
        paths: scripts, notebooks and folders.
        as_json: print one JSON object instead of tables.
        quiet: print only what is missing.
    """
    reader, findings = read_programs([pathlib.Path(path) for path in paths])
    if as_json:
        click.echo(json.dumps(_record(reader, findings), indent=2, ensure_ascii=False))
    else:
        for line in _tables([f for f in findings if f.verdict in FAILURES or not quiet]):
            click.echo(line)
        if not quiet:
            click.echo(summary(reader, findings))
    for line in reader.unreadable:
        click.echo(f"recell: {line}", err=True)
    return 2 if reader.unreadable else 1 if any(f.verdict in FAILURES for f in findings) else 0


def read_programs(paths: Sequence[pathlib.Path]) -> tuple[Reader, list[Finding]]:
    """All that is found in the programs at `paths`, and the reader that knows what could not be read."""
    uses = Uses()
    reader = Reader(uses, [path for path in paths if path.is_dir()])
    for path in paths:
        try:
            for program in check_files.programs(path):
                reader.program(program)
        except check_files.Unreadable as error:
            reader.unreadable.append(str(error))
    reader.settle()
    return reader, uses.findings()


def _tables(findings: Sequence[Finding]) -> Iterator[str]:
    for verdict in VERDICTS:
        group = [finding for finding in findings if finding.verdict == verdict]
        if not group:
            continue
        title, colour, remark = _HEADINGS[verdict]
        yield click.style(f"{title} ({len(group)})", fg=colour, bold=True) + (f": {remark}" if remark else "")
        rows = [(finding.symbol, finding.places[0], f"x{finding.count}", finding.remark) for finding in group]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
            yield "  ".join(["", *cells, row[3]]).rstrip()
        yield ""


def summary(reader: Reader, findings: Sequence[Finding]) -> str:
    """One line: how many symbols have which verdict."""
    counts = Counter(finding.verdict for finding in findings)
    parts = [f"{counts[WORKS]} {'works' if counts[WORKS] == 1 else 'work'}"]
    if counts[DIFFERS]:
        parts.append(f"{counts[DIFFERS]} {'works' if counts[DIFFERS] == 1 else 'work'} differently")
    if counts[ARGUMENT]:
        parts.append(f"{counts[ARGUMENT]} {'is' if counts[ARGUMENT] == 1 else 'are'} given arguments that are missing")
    missing = f"{counts[MISSING]} are" if counts[MISSING] > 1 else "1 is" if counts[MISSING] else "none is"
    parts.append(f"{missing} missing")
    symbols = _count(len({finding.symbol for finding in findings if finding.verdict != ARGUMENT}), "symbol")
    return f"{_count(reader.files, 'file')}, {symbols} of TensorFlow: {', '.join(parts)}."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _record(reader: Reader, findings: Sequence[Finding]) -> dict[str, object]:
    counts = Counter(finding.verdict for finding in findings)
    return {
        "files": reader.files,
        "unreadable": reader.unreadable,
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "findings": [
            {
                "symbol": finding.symbol,
                "verdict": finding.verdict,
                "reason": finding.reason,
                "nearest": finding.nearest,
                "count": finding.count,
                "places": list(finding.places),
            }
            for finding in findings
        ],
    }
