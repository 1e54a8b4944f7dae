"""`tf.train.Coordinator`: how several threads stop together, and how an error of one of them reaches the program."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from recell.graph import errors
from recell.platform import logging

_POLL = 1.0  # seconds between looks at threads that may have ended by themselves


class Coordinator:
    """Tells threads to stop, waits for them, and raises what one of them has failed with.

    A thread asks `should_stop()` now and then, or runs inside `stop_on_exception()`. Whoever wants all to stop calls
    `request_stop()`, with the exception that made it want to; `join()` waits, and raises that exception. The end of the
    input is a clean reason to stop: OutOfRangeError is not raised. TF symbol: `tf.train.Coordinator`.

    Args:
        clean_stop_exception_types: exceptions that stop the threads and are no error; default OutOfRangeError.
    """

    def __init__(self, clean_stop_exception_types: Sequence[type[BaseException]] | None = None) -> None:
        kinds = (errors.OutOfRangeError,) if clean_stop_exception_types is None else clean_stop_exception_types
        self._clean = tuple(kinds)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._joined = False
        self._registered: set[threading.Thread] = set()

    def request_stop(self, ex: Any = None) -> None:
        """Asks all threads to stop. `ex`: an exception, or what `sys.exc_info()` gave, for `join` to raise.

        Only the first request counts; one that comes with an exception after `join` raises it here.
        """
        failure = ex[1] if isinstance(ex, tuple) else ex
        if failure is not None and not isinstance(failure, BaseException):
            raise TypeError(f"request_stop takes an exception, or what sys.exc_info() gives, but got {ex!r}.")
        with self._lock:
            if failure is not None and self._is_clean(failure):
                failure = None
            if self._joined:
                if failure is not None:
                    raise failure
                return
            if self._stop.is_set():
                return
            if failure is not None:
                logging.info("Error reported to Coordinator: %s, %s", type(failure), str(failure))
                self._failure = failure
            self._stop.set()

    def _is_clean(self, failure: BaseException) -> bool:
        return isinstance(failure, self._clean)

    def clear_stop(self) -> None:
        """Makes `should_stop()` False again, and forgets the threads' failure."""
        with self._lock:
            self._joined = False
            self._failure = None
            self._stop.clear()

    def should_stop(self) -> bool:
        return self._stop.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Inside, an exception is handed to `request_stop`, and ends the block quietly."""
        try:
            yield
        except Exception:
            self.request_stop(sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits (at most `timeout` seconds) until somebody asks for a stop; whether somebody has."""
        return self._stop.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Notes a thread for `join` to wait for."""
        with self._lock:
            self._registered.add(thread)

    def join(
        self,
        threads: Iterable[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Waits until all threads (the given and the registered ones) have ended; raises what one of them failed with.

        Once a stop is asked for, threads get `stop_grace_period_secs` to end: then RuntimeError names those that run
        on, unless `ignore_live_threads`.
        """
        with self._lock:
            waited = self._registered | set(threads or ())
        while any(thread.is_alive() for thread in waited) and not self.wait_for_stop(_POLL):
            pass
        until = time.monotonic() + stop_grace_period_secs
        for thread in waited:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))
        alive = [thread for thread in waited if thread.is_alive()]
        with self._lock:
            self._joined = True
            self._registered = set()
            failure = self._failure
        if failure is not None:
            raise failure
        if alive:
            names = " ".join(thread.name for thread in alive)
            if not ignore_live_threads:
                raise RuntimeError(f"Coordinator stopped with threads still running: {names}")
            logging.info("Coordinator stopped with threads still running: %s", names)

    @property
    def joined(self) -> bool:
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raises the exception that a stop was asked for with, if there is one."""
        with self._lock:
            failure = self._failure
        if failure is not None:
            raise failure


class LooperThread(threading.Thread):
    """A thread that does something again and again until its coordinator stops. TF symbol: `tf.train.LooperThread`.

    Args:
        timer_interval_secs: seconds from one call's start to the next's; None: without a pause.
        target: what to call, with `args` and `kwargs`; a subclass overrides `run_loop` instead.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__(daemon=True)
        self._coord = coord
        self._interval = timer_interval_secs
        self._function = target
        self._arguments = tuple(args or ())
        self._keywords = dict(kwargs or {})
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> LooperThread:
        """Makes such a thread and starts it."""
        looper = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._interval is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                due = time.monotonic()  # the first turn comes at once
                while not self._coord.wait_for_stop(max(0.0, due - time.monotonic())):
                    due += self._interval
                    self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Called once before the first call of `run_loop`; for subclasses."""

    def stop_loop(self) -> None:
        """Called once after the last call of `run_loop`; for subclasses."""

    def run_loop(self) -> None:
        """One turn: calls the target."""
        if self._function is not None:
            self._function(*self._arguments, **self._keywords)


__all__ = ["Coordinator", "LooperThread"]
