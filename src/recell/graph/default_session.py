"""Which session `eval()` and `run()` mean when none is named: a stack a thread."""

from __future__ import annotations

import threading
from typing import Any


class _Stack(threading.local):
    def __init__(self) -> None:
        self.sessions: list[Any] = []


_stack = _Stack()


def push(session: Any) -> None:
    _stack.sessions.append(session)


def remove(session: Any) -> None:
    """Takes the innermost entry of `session` away, wherever it stands (interactive sessions close in any order)."""
    for position in range(len(_stack.sessions) - 1, -1, -1):
        if _stack.sessions[position] is session:
            del _stack.sessions[position]
            return


def get_default_session() -> Any:
    """The innermost session entered in this thread, or None. TF symbol: `tf.get_default_session`."""
    return _stack.sessions[-1] if _stack.sessions else None


def require(session: Any, graph: Any, action: str, method: str) -> Any:
    """`session`, or the default one. ValueError when there is none or it is of another graph."""
    if session is None:
        session = get_default_session()
        if session is None:
            raise ValueError(
                f"Cannot {action} using `{method}()`: No default session is registered. Use `with sess.as_default()` "
                f"or pass an explicit session to `{method}(session=sess)`"
            )
        if session.graph is not graph:
            raise ValueError(
                f"Cannot use the default session to {action}: the graph is different from the session's graph. "
                "Pass an explicit session."
            )
    elif session.graph is not graph:
        raise ValueError(f"Cannot use the given session to {action}: the graph is different from the session's graph.")
    return session
