"""Hooks: objects that a monitored session calls before and after each run. TF symbol: `tf.train.SessionRunHook`."""

from __future__ import annotations

from typing import Any, NamedTuple


class SessionRunArgs(NamedTuple):
    """What to add to a run: fetches in any nesting, feeds, options. TF symbol: `tf.train.SessionRunArgs`."""

    fetches: Any
    feed_dict: Any = None
    options: Any = None


class SessionRunValues(NamedTuple):
    """What a run gave a hook: `results` of its fetches, in their nesting. TF symbol: `tf.train.SessionRunValues`."""

    results: Any
    options: Any
    run_metadata: Any


class SessionRunContext:
    """What a hook may ask of the run under way. TF symbol: `tf.train.SessionRunContext`."""

    def __init__(self, original_args: SessionRunArgs, session: Any) -> None:
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> SessionRunArgs:
        """What the program itself asked of the run."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The session, without hooks around it."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether a hook has asked to stop after this run."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Makes `should_stop()` of the monitored session true after this run."""
        self._stop_requested = True


class SessionRunHook:
    """Follows the runs of a monitored session. Subclasses write what they need. TF: `tf.train.SessionRunHook`.

    Example:
      >>> import recell.v1 as tf
      >>> class Watch(tf.train.SessionRunHook):
      ...     def before_run(self, run_context):
      ...         return tf.train.SessionRunArgs({"loss": "loss:0"})
      ...     def after_run(self, run_context, run_values):
      ...         print("the loss is", run_values.results["loss"])
      ...         if run_values.results["loss"] < 2:
      ...             run_context.request_stop()
      >>> with tf.Graph().as_default():
      ...     w = tf.get_variable("w", [], initializer=tf.constant_initializer(4.0))
      ...     loss = tf.square(w, name="loss")
      ...     train_op = tf.train.GradientDescentOptimizer(0.25).minimize(loss)
      ...     with tf.train.MonitoredSession(hooks=[Watch()]) as sess:
      ...         while not sess.should_stop():
      ...             sess.run(train_op)
      the loss is 16.0
      the loss is 4.0
      the loss is 1.0
    """

    def begin(self) -> None:
        """Called once, before the session is made: the graph may still be added to."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called with each new session, when its variables have their values; the graph is final by then."""

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Called before each run; may give fetches and feeds to add to it."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Called after each run that raised nothing, with the values of what `before_run` added."""

    def end(self, session: Any) -> None:
        """Called at the end, unless it came by an exception other than OutOfRangeError or StopIteration."""


__all__ = ["SessionRunArgs", "SessionRunContext", "SessionRunHook", "SessionRunValues"]
