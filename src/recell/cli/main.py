"""The commands, their options, and nothing else.

Click rather than argparse: `allow_interspersed_args=False` is exactly "options before the script are ours, everything
after it is the script's", which argparse's REMAINDER does not give.
"""

from __future__ import annotations

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
