"""`tf.train.QueueRunner`: threads that keep a queue filled."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Sequence
from typing import Any

from recell.graph import default_session, errors
from recell.graph.core import add_to_collection, get_default_graph
from recell.graph.keys import GraphKeys
from recell.graph.proto_functions import prepend_name_scope, register_lazily, strip_name_scope
from recell.graph.tensor import Operation
from recell.platform import graph_protos, logging
from recell.train.coordinator import Coordinator


class QueueRunner:
    """What to run, each in a thread of its own, to keep a queue filled. TF symbol: `tf.train.QueueRunner`.

    A thread runs its operation until the coordinator stops, the queue is closed, or the input ends. The last one to end
    closes the queue, so that what is in it can still be taken.

    Args:
        queue: the queue.
        enqueue_ops: operations that put elements in.
        close_op, cancel_op: what closes the queue at the end of the input, and what closes it and ends waiting enqueues
            when the coordinator stops; made if not given.
        queue_closed_exception_types: exceptions that mean that the input has ended; default OutOfRangeError.
        queue_runner_def, import_scope: instead of all these, a `QueueRunnerDef` of operations that are in the default
            graph already, under a scope if need be. `queue` is then the queue's operation.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Sequence[Any] | None = None,
        close_op: Operation | None = None,
        cancel_op: Operation | None = None,
        queue_closed_exception_types: Sequence[type[errors.OpError]] | None = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if queue_runner_def is not None:
            if queue is not None or enqueue_ops is not None:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types = _named(
                queue_runner_def, import_scope
            )
        if queue is None or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        ended = (errors.OutOfRangeError,) if queue_closed_exception_types is None else queue_closed_exception_types
        if (
            not isinstance(ended, (list, tuple))
            or not ended
            or not all(isinstance(kind, type) and issubclass(kind, errors.OpError) for kind in ended)
        ):
            raise TypeError(
                "queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: "
                f"{queue_closed_exception_types}"
            )
        self._queue: Any = queue
        self._enqueue_ops = list(enqueue_ops)
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op
        self._ended = tuple(ended)
        self._lock = threading.Lock()
        self._running: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._raised: list[BaseException] = []

    @property
    def queue(self) -> Any:
        """The queue; the operation that makes it, where the graph was imported."""
        return self._queue

    @property
    def enqueue_ops(self) -> list[Any]:
        return self._enqueue_ops

    @property
    def close_op(self) -> Operation:
        return self._close_op

    @property
    def cancel_op(self) -> Operation:
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type[errors.OpError], ...]:
        return self._ended

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """What threads without a coordinator have failed with."""
        return self._raised

    @property
    def name(self) -> str:
        """The name of the queue's operation."""
        return str(self._queue.name)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The names of the operations, without the scope, as a `QueueRunnerDef`; None for a queue outside of it."""
        if export_scope and not self.name.startswith(export_scope):
            return None
        return graph_protos.QueueRunnerDef(
            queue_name=strip_name_scope(self.name, export_scope),
            enqueue_op_name=[strip_name_scope(op.name, export_scope) for op in self._enqueue_ops],
            close_op_name=strip_name_scope(self._close_op.name, export_scope),
            cancel_op_name=strip_name_scope(self._cancel_op.name, export_scope),
            queue_closed_exception_types=[errors.error_code_from_exception_type(kind) for kind in self._ended],
        )

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """What a `QueueRunnerDef` names. KeyError for operations that are not in the default graph."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)

    def create_threads(
        self, sess: Any, coord: Coordinator | None = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """Threads that fill the queue in session `sess`, started if `start`; none if they run already.

        With a coordinator they stop with it, and it hears of their failures; without one a failure is logged.
        """
        with self._lock:
            if self._running.get(sess, 0) > 0:
                return []  # who fills the queue twice would give everything twice
            self._running[sess] = len(self._enqueue_ops)
            self._raised = []
        threads = [
            threading.Thread(
                target=self._fill,
                args=(sess, op, coord),
                name=f"QueueRunnerThread-{self.name}-{op.name}",
                daemon=daemon,
            )
            for op in self._enqueue_ops
        ]
        if coord is not None:
            threads.append(
                threading.Thread(
                    target=self._cancel_on_stop,
                    args=(sess, coord),
                    name=f"QueueRunnerThread-{self.name}-close_on_stop",
                    daemon=daemon,
                )
            )
            for thread in threads:
                coord.register_thread(thread)
        if start:
            for thread in threads:
                thread.start()
        return threads

    def _fill(self, sess: Any, enqueue_op: Any, coord: Coordinator | None) -> None:
        ended = False
        try:
            enqueue = sess.make_callable(enqueue_op)
            while coord is None or not coord.should_stop():
                try:
                    enqueue()
                except self._ended:
                    ended = True
                    return
        except Exception as error:  # whatever it is: in a thread nobody else would hear of it
            if coord is not None:
                coord.request_stop(error)
                return
            logging.error("Exception in QueueRunner: %s", str(error))
            with self._lock:
                self._raised.append(error)
        finally:
            with self._lock:
                self._running[sess] -= 1
                last = self._running[sess] == 0
            if ended and last:
                with contextlib.suppress(errors.OpError, RuntimeError):  # it may be closed, or its session
                    sess.run(self._close_op)

    def _cancel_on_stop(self, sess: Any, coord: Coordinator) -> None:
        coord.wait_for_stop()
        with contextlib.suppress(errors.OpError, RuntimeError):
            sess.run(self._cancel_op)


def _named(message: Any, import_scope: str | None) -> tuple[Any, ...]:
    """The queue's operation, what fills, closes and cancels it, and the exceptions that end it."""
    if not isinstance(message, graph_protos.QueueRunnerDef):
        raise TypeError(f"queue_runner_def must be a QueueRunnerDef, but got {type(message).__name__}: {message!r}")
    graph = get_default_graph()

    def element(name: str) -> Any:
        return graph.as_graph_element(prepend_name_scope(name, import_scope))

    kinds = [errors.exception_type_from_error_code(code) for code in message.queue_closed_exception_types]
    return (
        element(message.queue_name),
        [element(name) for name in message.enqueue_op_name],
        element(message.close_op_name),
        element(message.cancel_op_name),
        tuple(kinds) or None,
    )


register_lazily(
    GraphKeys.QUEUE_RUNNERS, lambda: graph_protos.QueueRunnerDef, QueueRunner.to_proto, QueueRunner.from_proto
)


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Notes a queue runner for `start_queue_runners`. TF symbol: `tf.train.add_queue_runner`."""
    add_to_collection(collection, qr)


def start_queue_runners(
    sess: Any = None,
    coord: Coordinator | None = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Starts the threads of all queue runners of the session's graph. TF symbol: `tf.train.start_queue_runners`.

    Returns the threads. ValueError without a session, TypeError for what is no session.
    """
    if sess is None:
        sess = default_session.get_default_session()
        if sess is None:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with sess.as_default()` or pass an "
                "explicit session to tf.start_queue_runners(sess=sess)"
            )
    if not hasattr(sess, "make_callable") or not hasattr(sess, "graph"):
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    threads: list[threading.Thread] = []
    for runner in sess.graph.get_collection(collection):
        threads.extend(runner.create_threads(sess, coord=coord, daemon=daemon, start=start))
    return threads


__all__ = ["QueueRunner", "add_queue_runner", "start_queue_runners"]
