"""`python -m recell` is `recell`."""

from __future__ import annotations

from recell.cli.main import main

if __name__ == "__main__":
    main()
