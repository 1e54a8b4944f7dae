"""Which release's behaviour is meant where the 1.x releases differ.

`"auto"`, the default, is what the tutorials of the time assume; a release such as `"1.15"` is that release to
the letter. `recell run --tf VERSION` sets it for a program.
"""

from __future__ import annotations

import re

TF_VERSION = "auto"


def set_version(version: str) -> None:
    """Asks for release `version`: "auto", or a 0.x or 1.x number. ValueError for anything else."""
    global TF_VERSION
    if version != "auto" and not re.fullmatch(r"[01]\.\d+(\.\d+)?", version):
        raise ValueError(f"{version!r} is not a release of TensorFlow 1: expected 'auto' or a number such as '1.15'.")
    TF_VERSION = version


def get_version() -> str:
    """What `set_version` was last given; "auto" at first."""
    return TF_VERSION


def shares_repeated_cells() -> bool:
    """Whether `MultiRNNCell([cell] * n)` makes one set of weights for all layers, as releases from 1.1 on do.

    1.0 and the tutorials make n sets of weights of one cell object, and so does "auto".
    """
    return TF_VERSION != "auto" and tuple(int(part) for part in TF_VERSION.split(".")) >= (1, 1)


def takes_old_arguments() -> bool:
    """Whether functions that 1.0 took positional arguments away from still take them, in the order of 0.x.

    What raises an error in every 1.x release can only be a program of 0.x, so "auto" takes them too.
    """
    return TF_VERSION == "auto" or TF_VERSION.startswith("0.")
