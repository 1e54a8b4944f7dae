"""The release that this namespace stands for, as programs that print or compare it expect."""

from __future__ import annotations

import recell

VERSION = "1.15.0"
GIT_VERSION = f"recell-{recell.__version__}"
COMPILER_VERSION = "none: operations run on PyTorch"
GRAPH_DEF_VERSION = 134
CXX11_ABI_FLAG = 0
MONOLITHIC_BUILD = 0
