"""The layers of a monitored session: hooks around a session, threads beside it, and a new one when it is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recell.graph import errors
from recell.monitoring.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from recell.monitoring.waking import waking_threads
from recell.platform import logging
from recell.session.config import RunMetadata, RunOptions
from recell.train.coordinator import Coordinator

PREEMPTION_ERRORS = (errors.AbortedError, errors.UnavailableError)
"""What says that the session is lost, while the program is not at fault."""


class StepContext:
    """What `run_step_fn` gives to the program's function: the session, and a run with hooks.

    TF symbol: `tf.train.MonitoredSession.StepContext`.
    """

    def __init__(self, session: Any, run_with_hooks_fn: Callable[..., Any]) -> None:
        self._session = session
        self._run_with_hooks_fn = run_with_hooks_fn

    @property
    def session(self) -> Any:
        """The session, without hooks around it."""
        return self._session

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """A run as that of the monitored session."""
        return self._run_with_hooks_fn(*args, **kwargs)

    def request_stop(self) -> None:
        """Leaves the `with` block of the monitored session, by StopIteration."""
        raise StopIteration("step_fn has requested the iterations to stop.")


class WrappedSession:
    """A session within another object that adds something to it."""

    def __init__(self, sess: Any) -> None:
        self._sess = sess
        self._wrapped_is_stoppable = isinstance(sess, WrappedSession)

    @property
    def graph(self) -> Any:
        return self._sess.graph

    @property
    def sess_str(self) -> Any:
        return self._sess.sess_str

    def should_stop(self) -> bool:
        """Whether this layer or one within wants no further run, or there is no session any more."""
        if self._check_stop():
            return True
        if self._sess is not None:
            return self._wrapped_is_stoppable and self._sess.should_stop()
        return True

    def _check_stop(self) -> bool:
        return False

    def close(self) -> None:
        """Closes the session. One that is lost already is no reason for an error."""
        if self._sess is not None:
            try:
                self._sess.close()
            except PREEMPTION_ERRORS as error:
                logging.warning("The session was lost already when it was closed: %s", error)
            finally:
                self._sess = None

    def run(self, *args: Any, **kwargs: Any) -> Any:
        return self._sess.run(*args, **kwargs)

    def run_step_fn(self, step_fn: Callable[[StepContext], Any], raw_session: Any) -> Any:
        """Calls `step_fn` with a StepContext whose runs go through this layer."""
        return step_fn(StepContext(raw_session, self.run))


class HookedSession(WrappedSession):
    """Calls hooks before and after each run."""

    def __init__(self, sess: Any, hooks: Sequence[SessionRunHook]) -> None:
        super().__init__(sess)
        self._hooks = hooks
        self._should_stop = False

    def _check_stop(self) -> bool:
        return self._should_stop

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """A run with what the hooks add. RuntimeError after a stop was requested, or for a tensor that two feed."""
        if self._should_stop:
            raise RuntimeError("Run called even after should_stop requested.")
        wanted: dict[Any, Any] = {"caller": fetches}
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._sess)
        options = RunOptions() if options is None else options
        run_metadata = RunMetadata() if run_metadata is None else run_metadata
        feeds = self._call_before_run(context, wanted, feed_dict, options)
        outputs = self._sess.run(wanted, feed_dict=feeds, options=options, run_metadata=run_metadata)
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(outputs.get(hook), options, run_metadata))
        self._should_stop = self._should_stop or context.stop_requested
        return outputs["caller"]

    def _call_before_run(
        self, context: SessionRunContext, wanted: dict[Any, Any], user_feeds: Any, options: Any
    ) -> dict[Any, Any] | None:
        """Adds the hooks' fetches to `wanted` and gives all feeds."""
        feeds: dict[Any, Any] = {}
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                wanted[hook] = request.fetches
            if request.feed_dict:
                _check_apart(feeds, request.feed_dict, "Same tensor is fed by two hooks.")
                feeds.update(request.feed_dict)
            if request.options is not None:
                _merge_options(options, request.options)
        if not feeds:
            return user_feeds
        _check_apart(feeds, user_feeds or {}, "Same tensor is fed by a SessionRunHook and user.")
        return {**(user_feeds or {}), **feeds}


def _check_apart(first: Mapping[Any, Any], second: Mapping[Any, Any], message: str) -> None:
    both = [tensor for tensor in second if tensor in first]
    if both:
        raise RuntimeError(f"{message} Conflict(s): {both}")


def _merge_options(options: Any, other: Any) -> None:
    """The run takes the greatest of what anybody asks for."""
    for name in ("trace_level", "timeout_in_ms"):
        setattr(options, name, max(getattr(options, name), getattr(other, name)))
    for name in ("output_partition_graphs", "report_tensor_allocations_upon_oom"):
        setattr(options, name, getattr(options, name) or getattr(other, name))


class CoordinatedSession(WrappedSession):
    """Has threads beside it: what goes wrong in one of them is raised from here, and closing waits for all."""

    def __init__(self, sess: Any, raw: Any, coord: Coordinator, stop_grace_period_secs: float = 120) -> None:
        super().__init__(sess)
        self._raw = raw
        self._coord = coord
        self._stop_grace_period_secs = stop_grace_period_secs

    def _check_stop(self) -> bool:
        self._coord.raise_requested_exception()
        return self._coord.should_stop()

    def close(self) -> None:
        self._coord.request_stop()
        try:
            with waking_threads(self._raw):
                self._coord.join(stop_grace_period_secs=self._stop_grace_period_secs, ignore_live_threads=True)
        finally:
            # A session that cannot be closed must not hide what the threads have raised.
            with contextlib.suppress(Exception):
                super().close()

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """A run. When it fails because a thread has, the thread's exception is the one that is raised."""
        try:
            return self._sess.run(*args, **kwargs)
        except PREEMPTION_ERRORS:
            raise
        except Exception as error:
            original = error
        try:
            self._coord.raise_requested_exception()
        except Exception as error:
            if error is not original:
                raise error from original
        raise original


class RecoverableSession(WrappedSession):
    """Makes a new session, and runs again, when the one at hand is lost."""

    def __init__(self, creator: Any) -> None:
        self._creator = creator
        super().__init__(self._create_session())

    def _create_session(self) -> Any:
        while True:
            try:
                return self._creator.create_session()
            except PREEMPTION_ERRORS as error:
                logging.info("The session was lost while it was being made, and is made again. Error: %s", error)

    def _check_stop(self) -> bool:
        try:
            return self._sess._check_stop() if self._sess is not None else True
        except PREEMPTION_ERRORS as error:
            logging.info("The session was lost and is made again. Error: %s", error)
            self.close()
            self._sess = self._create_session()
            return False
        except Exception:  # the next run raises it, from where the program expects errors
            return False

    def run(self, *args: Any, **kwargs: Any) -> Any:
        return self._retrying(lambda: self._sess.run(*args, **kwargs))

    def run_step_fn(self, step_fn: Callable[[StepContext], Any], raw_session: Any) -> Any:
        return self._retrying(lambda: self._sess.run_step_fn(step_fn, self._creator.tf_sess))

    def _retrying(self, call: Callable[[], Any]) -> Any:
        while True:
            try:
                if self._sess is None:
                    self._sess = self._create_session()
                return call()
            except PREEMPTION_ERRORS as error:
                logging.info(
                    "An error was raised that says the session is lost. It is closed, and a new one is made from the "
                    "newest checkpoint. Error: %s",
                    error,
                )
                self.close()


__all__ = [
    "PREEMPTION_ERRORS",
    "CoordinatedSession",
    "HookedSession",
    "RecoverableSession",
    "StepContext",
    "WrappedSession",
]
