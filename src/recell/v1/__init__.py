"""The `tensorflow` namespace of TensorFlow 1: `import recell.v1 as tf`.

A table without logic: `table.py` says which public name is which object of which module, `_namespace.py` looks a
name up when it is first asked for. Importing this imports neither torch nor the modules behind the names. May import
everything; only the command line, its import hook and the demos import it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from recell.v1 import _namespace

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Every name of the table, for the type checker."""


_namespace.install(sys.modules[__name__])
