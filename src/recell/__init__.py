"""Recell runs TensorFlow 1's recurrent-network programs on PyTorch.

`recell run program.py` runs an unedited program; `import recell.v1 as tf` gives the same namespace to your own code.
Importing this package is cheap: torch is imported when something runs, the demo's libraries when the demo does.
"""

from __future__ import annotations

__version__ = "0.1.0.dev0"

__all__ = ["__version__"]
