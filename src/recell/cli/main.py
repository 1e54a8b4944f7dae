"""The commands, their options, and nothing else.

Click rather than argparse: `allow_interspersed_args=False` is exactly "options before the script are ours, everything
after it is the script's", which argparse's REMAINDER does not give.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

import recell
from recell._lazy import load_libraries_ahead
from recell.cli.demo import DEMOS


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(recell.__version__, prog_name="recell")
def commands() -> None:
    """Runs TensorFlow 1's recurrent-network programs on PyTorch."""


@commands.command(context_settings={"allow_interspersed_args": False})
@click.option("--data", type=click.Path(file_okay=False), help="Folder that holds MNIST_data and other data sets.")
@click.option("--plots", type=click.Path(file_okay=False), help="Save what plt.show() shows into this folder.")
@click.option("--tf", "version", metavar="VERSION", help="Behave as this release where releases differ (1.0, 1.15).")
@click.option("--traceback", is_flag=True, help="Show the frames inside Recell when a program fails.")
@click.option("-m", "as_module", is_flag=True, help="SCRIPT is the name of a module, as in `python -m`.")
@click.argument("script")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def run(
    data: str | None,
    plots: str | None,
    version: str | None,
    traceback: bool,
    as_module: bool,
    script: str,
    args: tuple[str, ...],
) -> Callable[[], Any]:
    """Runs a TensorFlow 1 program as `python SCRIPT ARGS...` would, Python 2 programs included."""
    if not as_module and not os.path.exists(script):
        raise click.BadParameter(f"can't open file {script!r}: there is no such file", param_hint="SCRIPT")
    load_libraries_ahead()
    from recell.cli.run import Program

    _behave_as(version)
    if data is not None:
        if not os.path.isdir(data):
            raise click.BadParameter(f"there is no folder {data}", param_hint="--data")
        os.environ["RECELL_DATA"] = os.path.abspath(data)
    return Program(script, args, as_module=as_module, plots=plots, full_traceback=traceback).run


@commands.command()
@click.argument("name", type=click.Choice(list(DEMOS)))
@click.option("--full", is_flag=True, help="At the size of the tutorial that it is after.")
@click.option("--out", type=click.Path(dir_okay=False), help="Where to write the picture (default NAME.png).")
@click.option("--data", type=click.Path(file_okay=False), help="Folder that holds MNIST_data and simple-examples.")
@click.option("--traceback", is_flag=True, help="Show the whole traceback of an error.")
def demo(name: str, full: bool, out: str | None, data: str | None, traceback: bool) -> Callable[[], Any]:
    """Trains a small network and shows what it has learnt: a table, and a picture as a PNG file.

    \b
    digits   an LSTM reads digits row by row; what it believed after each row
    mnist    the same on MNIST
    ptb      a language model; perplexity against words seen
    sine     a stacked LSTM predicts a sine; the prediction over the truth
    iris     softmax regression on iris flowers, through an estimator
    forward  one recurrent cell by hand, in NumPy and as a graph
    """
    from recell.cli.demo import run_demo

    if data is not None:
        os.environ["RECELL_DATA"] = os.path.abspath(data)
    return lambda: run_demo(name, out or f"{name}.png", full, full_traceback=traceback)


@commands.command()
@click.option("--tf", "version", metavar="VERSION", help="Check for this release where releases differ (1.0, 1.15).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is missing.")
@click.argument("programs", nargs=-1, required=True, metavar="PROGRAM...")
def check(version: str | None, as_json: bool, quiet: bool, programs: tuple[str, ...]) -> int:
    """Says, without running it, which TensorFlow symbols a program uses, and which of them work here.

    PROGRAM is a script, a notebook or a folder; modules of the program's own are read too. Exit code 0: all is there,
    1: something is missing, 2: a file cannot be read.
    """
    from recell.cli.check import check_programs

    _behave_as(version)
    return check_programs(programs, as_json=as_json, quiet=quiet)


@commands.command()
@click.option("--all", "unfolded", is_flag=True, help="Give the slots of optimizers lines of their own.")
@click.option("--no-crc", is_flag=True, help="Do not compare checksums, which reads the whole checkpoint.")
@click.option("--values", multiple=True, metavar="NAME", help="Print the values of this tensor; `*` is any text.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("path")
def inspect(unfolded: bool, no_crc: bool, values: tuple[str, ...], as_json: bool, path: str) -> int:
    """Lists what a checkpoint holds, and compares its checksums.

    PATH is a checkpoint's prefix (dir/model.ckpt-20), one of its files, or a folder: its newest checkpoint. Files that
    `recell convert` makes will do too. Exit code 0: all is well, 1: something is damaged, or has no values to print,
    2: it cannot be read.
    """
    from recell.cli.inspect_ import inspect
    from recell.cli.reports import reported

    return reported(lambda: inspect(path, unfolded, not no_crc, values, as_json))


@commands.command()
@click.option("--to", "target", required=True, type=click.Choice(["npz", "safetensors", "v1", "v2"]))
@click.option("--out", metavar="PATH", help="Where to write (default: beside the source).")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--only", multiple=True, metavar="NAME", help="Take only this tensor; `*` is any text.")
@click.option("--exclude", multiple=True, metavar="NAME", help="Leave this tensor out; `*` is any text.")
@click.option("--drop-slots", is_flag=True, help="Leave out what only an optimizer needs (moving averages stay).")
@click.argument("path")
def convert(
    target: str,
    out: str | None,
    force: bool,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    drop_slots: bool,
    path: str,
) -> int:
    """Writes a checkpoint in another format; the source stays as it is.

    PATH is what `recell inspect` takes. v1 and v2 are the formats of TensorFlow's Saver; their place is a prefix.
    Exit code 2: nothing was written, and a line says why.
    """
    from recell.cli.convert import Choice, convert
    from recell.cli.reports import reported

    choice = Choice(only, exclude, drop_slots)
    return reported(lambda: convert(path, target, out, force, choice))


@commands.command()
@click.option("--tolerance", type=click.FloatRange(min=0), default=0.0, help="Elements this near are equal.")
@click.option("--names-only", is_flag=True, help="Compare names, shapes and dtypes, not values.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("a")
@click.argument("b")
def diff(tolerance: float, names_only: bool, as_json: bool, a: str, b: str) -> int:
    """Says what is different between two checkpoints.

    A and B are what `recell inspect` takes. NaN equals NaN. The relative difference is the largest |a-b| over the
    largest |a| or |b|. Exit code 0: the same, 1: different, 2: something cannot be read.
    """
    from recell.cli.diff import diff
    from recell.cli.reports import reported

    if not math.isfinite(tolerance):
        raise click.BadParameter(f"{tolerance} is no distance", param_hint="--tolerance")
    return reported(lambda: diff(a, b, tolerance, names_only, as_json))


@commands.command()
def info() -> None:
    """Versions, devices, where data was found, and how programs are read."""
    from recell.cli.info import report

    for line in report():
        click.echo(line)


def _behave_as(version: str | None) -> None:
    """What `--tf` asks for."""
    if version is None:
        return
    from recell.graph import compat

    try:
        compat.set_version(version)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--tf") from None


def main(arguments: Sequence[str] | None = None) -> None:
    """The `recell` command. Always ends in SystemExit."""
    # Before torch is loaded: its threads spin a little while they wait for each other, then sleep. Spinning on, their
    # default, turns a training step of 10 ms into 2 s where two other programs want the processors; never spinning
    # makes it 30 ms on an idle machine.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        # A program runs after click is done, so that nothing it raises is taken for an error of our own options.
        job = commands.main(args=arguments, prog_name="recell", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    if callable(job):
        job = job()
    sys.exit(job if isinstance(job, int) else 0)
