"""`tf.logging`: the standard library's logger named `tensorflow`, on stderr as `LEVEL:tensorflow:message`."""

from __future__ import annotations

import logging as _logging
import sys
import threading
from collections import Counter
from typing import Any, TextIO

DEBUG = _logging.DEBUG
INFO = _logging.INFO
WARN = _logging.WARNING
ERROR = _logging.ERROR
FATAL = _logging.FATAL


class _Stderr(_logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at the moment."""

    def __init__(self) -> None:
        _logging.Handler.__init__(self)
        self.setFormatter(_logging.Formatter(_logging.BASIC_FORMAT))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


_lock = threading.Lock()
_calls: Counter[tuple[str, int]] = Counter()


def get_logger() -> _logging.Logger:
    """The logger behind these functions. TF symbol: `tf.get_logger`.

    It gets a handler when it is first used, unless the program has set up logging of its own by then.
    """
    logger = _logging.getLogger("tensorflow")
    with _lock:
        if not logger.handlers and not _logging.getLogger().handlers:
            logger.addHandler(_Stderr())
    return logger


def get_verbosity() -> int:
    """The level from which on messages are shown; WARN at first."""
    return get_logger().getEffectiveLevel()


def set_verbosity(v: int | str) -> None:
    """Shows messages of level `v` and above."""
    get_logger().setLevel(v)


def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    get_logger().debug(msg, *args, **kwargs)


def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    get_logger().info(msg, *args, **kwargs)


def warning(msg: Any, *args: Any, **kwargs: Any) -> None:
    get_logger().warning(msg, *args, **kwargs)


warn = warning


def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    get_logger().error(msg, *args, **kwargs)


def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs at the highest level; the program goes on."""
    get_logger().fatal(msg, *args, **kwargs)


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    get_logger().log(level, msg, *args, **kwargs)


def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    get_logger().log(level, msg, *args, **kwargs)


def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Logs if `condition` holds."""
    if condition:
        log(level, msg, *args)


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Logs at the first call from this line of the program, and at every n-th after it."""
    log_if(level, msg, _count_of_line() % n == 0, *args)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Logs at the first `n` calls from this line of the program."""
    log_if(level, msg, _count_of_line() < n, *args)


def _count_of_line() -> int:
    """How often the line that called our caller has done so before."""
    frame = sys._getframe(2)
    place = (frame.f_code.co_filename, frame.f_lineno)
    with _lock:
        _calls[place] += 1
        return _calls[place] - 1


def TaskLevelStatusMessage(msg: Any) -> None:
    error(msg)


def flush() -> None:
    for handler in get_logger().handlers:
        handler.flush()
