"""`MonitoredSession` and `SingularMonitoredSession`: sessions that start, watch and close themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import errors
from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.monitoring.session_creator import ChiefSessionCreator, SessionCreator
from recell.monitoring.session_run_hook import SessionRunHook
from recell.monitoring.wrapped_sessions import CoordinatedSession, HookedSession, RecoverableSession
from recell.monitoring.wrapped_sessions import StepContext as _StepContext
from recell.train.coordinator import Coordinator
from recell.train.queue_runner import start_queue_runners

_GRACE = 120


class _CoordinatedSessionCreator(SessionCreator):
    """A session with its queue runners started and its hooks told."""

    def __init__(self, session_creator: SessionCreator, hooks: Sequence[SessionRunHook], grace: float) -> None:
        self._session_creator = session_creator
        self._hooks = hooks
        self._stop_grace_period_secs = grace
        self.coord: Coordinator | None = None
        self.tf_sess: Any = None

    def create_session(self) -> CoordinatedSession:
        self.tf_sess = self._session_creator.create_session()
        # Any exception that a thread reports is to be raised, that of an ended input too.
        self.coord = Coordinator(clean_stop_exception_types=[])
        try:
            if get_default_graph().get_collection(GraphKeys.QUEUE_RUNNERS):
                start_queue_runners(sess=self.tf_sess, coord=self.coord)
            for hook in self._hooks:
                hook.after_create_session(self.tf_sess, self.coord)
        except BaseException:
            # Nobody gets this session, so nobody else can end its threads.
            self.coord.request_stop()
            self.tf_sess.close()
            raise
        hooked = HookedSession(self.tf_sess, self._hooks)
        return CoordinatedSession(hooked, self.tf_sess, self.coord, self._stop_grace_period_secs)


class _MonitoredSession:
    """What both monitored sessions share."""

    StepContext = _StepContext

    def __init__(
        self,
        session_creator: SessionCreator | None,
        hooks: Sequence[SessionRunHook] | None,
        should_recover: bool,
        stop_grace_period_secs: float = _GRACE,
    ) -> None:
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = list(hooks or [])
        for hook in self._hooks:
            hook.begin()
        creator = session_creator or ChiefSessionCreator()
        self._coordinated_creator = _CoordinatedSessionCreator(creator, self._hooks, stop_grace_period_secs)
        self._sess: Any = (
            RecoverableSession(self._coordinated_creator)
            if should_recover
            else self._coordinated_creator.create_session()
        )

    @property
    def graph(self) -> Any:
        """The graph that it runs; None once it is closed."""
        found = self._coordinated_creator.tf_sess
        return None if found is None else found.graph

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """As `Session.run`, with the hooks' additions. RuntimeError once it is closed or asked to stop."""
        return self._open().run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata)

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Calls `step_fn(step_context)` and gives its result; again from its start when the session was lost.

        Through the context it can run with hooks, run the plain session, and stop. ValueError unless the function's
        one argument (besides `self`) is called `step_context`.
        """
        arguments = tuple(inspect.signature(step_fn).parameters)
        if arguments not in (("step_context",), ("self", "step_context")):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and `step_context` arguments if it's "
                f"an instance method. Got {arguments} instead."
            )
        return self._open().run_step_fn(step_fn, self._coordinated_creator.tf_sess)

    def _open(self) -> Any:
        if self._sess is None:
            raise RuntimeError("Session is already closed.")
        return self._sess

    def should_stop(self) -> bool:
        """Whether a hook, a thread or a step function has asked to stop, or it is closed."""
        return self._sess is None or self._sess.should_stop()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: Any) -> bool:
        if kind in (errors.OutOfRangeError, StopIteration):
            kind = None  # the end of the input is how training ends, not a failure
        self._close_internal(kind)
        return kind is None

    def close(self) -> None:
        """Tells the hooks, stops the threads and closes the session. RuntimeError when it is closed already.

        What a thread has raised is raised from here.
        """
        self._close_internal()

    def _close_internal(self, exception_type: type[BaseException] | None = None) -> None:
        try:
            if not exception_type:
                for hook in self._hooks:
                    hook.end(self._coordinated_creator.tf_sess)
        finally:
            try:
                if self._sess is None:
                    raise RuntimeError("Session is already closed.")
                self._sess.close()
            finally:
                self._sess = None
                self._coordinated_creator.tf_sess = None
                self._coordinated_creator.coord = None
                if not self._graph_was_finalized:
                    get_default_graph()._unsafe_unfinalize()


class MonitoredSession(_MonitoredSession):
    """A session that initializes or restores the model, calls hooks, and runs again when the session is lost.

    TF symbol: `tf.train.MonitoredSession`.

    As a `with` block it closes at the end; OutOfRangeError (the input has ended) and StopIteration leave the block
    quietly. The graph is finalized meanwhile.

    Args:
      session_creator: makes the session; a ChiefSessionCreator by default.
      hooks: SessionRunHooks, called in this order.
      stop_grace_period_secs: how long closing waits for threads.
    """

    def __init__(
        self,
        session_creator: SessionCreator | None = None,
        hooks: Sequence[SessionRunHook] | None = None,
        stop_grace_period_secs: float = _GRACE,
    ) -> None:
        super().__init__(session_creator, hooks, should_recover=True, stop_grace_period_secs=stop_grace_period_secs)


class SingularMonitoredSession(_MonitoredSession):
    """A session with hooks that does not recover. TF symbol: `tf.train.SingularMonitoredSession`.

    Args:
      hooks: SessionRunHooks.
      scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path: as of ChiefSessionCreator.
      stop_grace_period_secs: how long closing waits for threads.
    """

    def __init__(
        self,
        hooks: Sequence[SessionRunHook] | None = None,
        scaffold: Any = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        stop_grace_period_secs: float = _GRACE,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        creator = ChiefSessionCreator(
            scaffold=scaffold,
            master=master,
            config=config,
            checkpoint_dir=checkpoint_dir,
            checkpoint_filename_with_path=checkpoint_filename_with_path,
        )
        super().__init__(creator, hooks, should_recover=False, stop_grace_period_secs=stop_grace_period_secs)

    def raw_session(self) -> Any:
        """The session, without hooks around it; None once it is closed."""
        return self._coordinated_creator.tf_sess


__all__ = ["MonitoredSession", "SingularMonitoredSession"]
