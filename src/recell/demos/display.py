"""What the demos show on the terminal: a progress bar while they train, a table when they are done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence


@contextlib.contextmanager
def progress(total: int, what: str = "training") -> Iterator[Callable[[str], None]]:
    """A progress bar of `total` steps; yields a function that moves it on by one and shows the text it is given."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[shown]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task(what, total=total, shown="")
        yield lambda text: bar.update(task, advance=1, shown=text)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table; numbers are aligned to the right."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left")
    for position, name in enumerate(columns):
        numeric = all(isinstance(row[position], (int, float)) for row in rows)
        shown.add_column(name, justify="right" if numeric else "left")
    for row in rows:
        shown.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row))
    Console().print(shown)
