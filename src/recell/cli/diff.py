"""`recell diff`: what is different between two checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from recell.checkpoint import CheckpointError, TensorInfo
from recell.cli.differences import Difference, compare
from recell.cli.reports import TROUBLE, columns, count_text, json_text, plain_number, shape_text, shown, warn
from recell.cli.tensor_files import Source, open_source


@dataclass
class Findings:
    """What a comparison found: names by what is the matter with them.

    `changed` are those of another shape or dtype, `values` those whose values differ, the most different first;
    `unread` those that could not be read, with the reason.
    """

    only_a: list[str] = field(default_factory=list)
    only_b: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    values: dict[str, Difference] = field(default_factory=dict)
    equal: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        return not (self.only_a or self.only_b or self.changed or self.values or self.unread)


def diff(a: str, b: str, tolerance: float, names_only: bool, as_json: bool) -> int:
    """Compares what two paths mean and prints the differences. Returns 0 when there are none, 1, or 2 for trouble.

    Args:
      a, b: as `open_source` takes them.
      tolerance: elements that differ by no more than this are equal.
      names_only: looks at names, shapes and dtypes alone.
      as_json: prints one JSON object.

    Raises as `open_source`.
    """
    with open_source(a) as first, open_source(b) as second:
        findings = _compare(first, second, tolerance, names_only)
        if as_json:
            click.echo(json_text(_record(findings, first, second)))
        else:
            for line in _report(findings, first, second, names_only):
                click.echo(line)
    for reason in findings.unread.values():
        warn(reason)
    return TROUBLE if findings.unread else 0 if findings.same else 1


def _compare(a: Source, b: Source, tolerance: float, names_only: bool) -> Findings:
    of_a, of_b = a.tensors(), b.tensors()
    findings = Findings(sorted(set(of_a) - set(of_b)), sorted(set(of_b) - set(of_a)))
    for name in sorted(set(of_a) & set(of_b)):
        if of_a[name] != of_b[name]:
            findings.changed.append(name)
        if names_only or not _comparable(of_a[name], of_b[name]):
            continue
        try:
            found = compare(a.read(name), b.read(name), tolerance)
        except CheckpointError as error:
            findings.unread[name] = str(error)
            continue
        if found.elements:
            findings.values[name] = found
        elif name not in findings.changed:
            findings.equal.append(name)
    ordered = sorted(findings.values.items(), key=lambda item: (-_weight(item[1]), item[0]))
    findings.values = dict(ordered)
    return findings


def _comparable(a: TensorInfo, b: TensorInfo) -> bool:
    """Whether values can be compared: also where the dtype is another, but not a text with a number."""
    return a.shape == b.shape and (a.dtype == b.dtype or "string" not in (a.dtype, b.dtype))


def _weight(found: Difference) -> float:
    return found.elements / found.of if found.relative is None else found.relative


def _report(findings: Findings, a: Source, b: Source, names_only: bool) -> Iterator[str]:
    of_a, of_b = a.tensors(), b.tensors()
    yield f"a: {shown(a.prefix)} ({count_text(len(of_a), 'tensor')})"
    yield f"b: {shown(b.prefix)} ({count_text(len(of_b), 'tensor')})"
    for title, names, infos in (("Only in a", findings.only_a, of_a), ("Only in b", findings.only_b, of_b)):
        if names:
            yield from ["", f"{title} ({len(names):,})"]
            yield from columns([("", shown(n), shape_text(infos[n].shape), infos[n].dtype) for n in names])
    if findings.changed:
        yield from ["", f"Of another shape or dtype ({len(findings.changed):,})"]
        yield from columns([("", shown(name), _changes(of_a[name], of_b[name])) for name in findings.changed])
    if findings.values:
        yield from ["", f"Of other values ({len(findings.values):,})"]
        rows = [("", "", "max |a-b|", "relative", "elements")]
        rows += [("", shown(name), *_figures(found)) for name, found in findings.values.items()]
        yield from columns(rows, right=(2, 3))
    if findings.unread:
        yield from ["", f"Cannot be read ({len(findings.unread):,})"]
        yield from columns([("", shown(name)) for name in findings.unread])
    alike = len(set(of_a) & set(of_b)) - len(findings.changed) if names_only else len(findings.equal)
    what = "shape and dtype" if names_only else "value"
    yield from ["", f"{count_text(alike, 'tensor')} of the same {what}."]


def _changes(a: TensorInfo, b: TensorInfo) -> str:
    shapes = f"{shape_text(a.shape)} -> {shape_text(b.shape)}" if a.shape != b.shape else shape_text(a.shape)
    return f"{shapes}  {a.dtype} -> {b.dtype}" if a.dtype != b.dtype else f"{shapes}  {a.dtype}"


def _figures(found: Difference) -> tuple[str, str, str]:
    largest = "" if found.largest is None else f"{found.largest:.3g}"
    relative = "" if found.relative is None else f"{found.relative:.1e}"
    return largest, relative, f"{found.elements:,} of {found.of:,}"


def _record(findings: Findings, a: Source, b: Source) -> dict[str, Any]:
    """The whole report as JSON has it."""
    of_a, of_b = a.tensors(), b.tensors()

    def described(names: Sequence[str], infos: dict[str, TensorInfo]) -> list[dict[str, Any]]:
        return [{"name": n, "dtype": infos[n].dtype, "shape": list(infos[n].shape)} for n in names]

    changed = [
        {
            "name": name,
            "dtype": [of_a[name].dtype, of_b[name].dtype],
            "shape": [list(of_a[name].shape), list(of_b[name].shape)],
        }
        for name in findings.changed
    ]
    return {
        "a": {"prefix": a.prefix, "format": a.format},
        "b": {"prefix": b.prefix, "format": b.format},
        "same": findings.same,
        "only_a": described(findings.only_a, of_a),
        "only_b": described(findings.only_b, of_b),
        "changed": changed,
        "values": [
            {"name": name, **{key: plain_number(value) for key, value in found._asdict().items()}}
            for name, found in findings.values.items()
        ],
        "equal": findings.equal,
        "unread": [{"name": name, "error": reason} for name, reason in findings.unread.items()],
    }
