"""`Supervisor`, of before there were hooks: it starts a session, saves and summarises beside it, and stops all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.monitoring import writers
from recell.monitoring.session_manager import SessionManager
from recell.monitoring.supervisor_parts import USE_DEFAULT, Parts, complete
from recell.monitoring.supervisor_threads import CheckpointThread, StepCounterThread, SummaryThread
from recell.monitoring.waking import waking_threads
from recell.platform import logging
from recell.summary.writer import FileWriter
from recell.train.coordinator import Coordinator, LooperThread


class Supervisor:
    """Starts, watches and stops the session of a training program. TF symbol: `tf.train.Supervisor`.

    In `with sv.managed_session() as sess:` the session is restored from the newest checkpoint of `logdir` or
    initialized, queue runners run, and threads save, summarise and log the speed. The graph is final from the
    constructor's end on.

    Args (day to day):
      logdir: folder of checkpoints and summaries; None for none.
      init_op: sets initial values; that of all global variables by default.
      init_fn: called with the session after `init_op`.
      saver: of all variables by default; None for no checkpoints.
      summary_op: all summaries merged by default; None for none but the program's own.
      save_summaries_secs, save_model_secs: how often; 0 for never.
      checkpoint_basename: how the files' names begin.
    Args (rarely):
      graph: the default graph if None.
      ready_op, ready_for_local_init_op: string tensors of what is not ready.
      is_chief: False only waits until the model is ready.
      init_feed_dict: feeds for `init_op`.
      local_init_op: run in every session; local variables and tables by default.
      global_step: an integer scalar; the graph's by default.
      recovery_wait_secs: how long to wait before looking again.
      stop_grace_secs: how long stopping waits for threads.
      session_manager: makes the sessions.
      summary_writer: writes to `logdir` by default; None for none.
      local_init_run_options: options of the run of `local_init_op`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     step = tf.train.get_or_create_global_step()
      ...     train_op = tf.assign_add(step, 1)
      ...     sv = tf.train.Supervisor(logdir=None)
      ...     with sv.managed_session() as sess:
      ...         while not sv.should_stop():
      ...             if sess.run(train_op) == 3:
      ...                 sv.request_stop()
      ...         print(sess.run(step))
      3
    """

    USE_DEFAULT = USE_DEFAULT

    def __init__(
        self,
        graph: Any = None,
        ready_op: Any = USE_DEFAULT,
        ready_for_local_init_op: Any = USE_DEFAULT,
        is_chief: bool = True,
        init_op: Any = USE_DEFAULT,
        init_feed_dict: Any = None,
        local_init_op: Any = USE_DEFAULT,
        logdir: str | None = None,
        summary_op: Any = USE_DEFAULT,
        saver: Any = USE_DEFAULT,
        global_step: Any = USE_DEFAULT,
        save_summaries_secs: float = 120,
        save_model_secs: float = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: SessionManager | None = None,
        summary_writer: Any = USE_DEFAULT,
        init_fn: Callable[[Any], Any] | None = None,
        local_init_run_options: Any = None,
    ) -> None:
        self._graph = get_default_graph() if graph is None else graph
        self._is_chief = is_chief
        self._coord = Coordinator()
        self._init_feed_dict = init_feed_dict
        self._init_fn = init_fn
        self._recovery_wait_secs = recovery_wait_secs
        self._stop_grace_secs = stop_grace_secs
        self._local_init_run_options = local_init_run_options
        self._started_threads: list[Any] = []
        given = Parts(ready_op, ready_for_local_init_op, init_op, local_init_op, saver, summary_op, global_step)
        with self._graph.as_default():
            parts = complete(given, is_chief)
        self._ready_op, self._ready_for_local_init_op, self._init_op, self._local_init_op = parts[:4]
        self._saver, self._summary_op, self._global_step = parts[4:]
        self._logdir = logdir if is_chief else None
        self._save_model_secs = save_model_secs if is_chief else None
        self._save_summaries_secs = save_summaries_secs if is_chief else None
        self._save_path = os.path.join(logdir, checkpoint_basename) if is_chief and logdir else None
        self._summary_writer = self._pick_writer(summary_writer)
        self._session_manager = session_manager or SessionManager(
            local_init_op=self._local_init_op,
            ready_op=self._ready_op,
            ready_for_local_init_op=self._ready_for_local_init_op,
            graph=self._graph,
            recovery_wait_secs=recovery_wait_secs,
            local_init_run_options=local_init_run_options,
        )
        self._graph.finalize()

    # -- what it is made of -----------------------------------------------------------------------------------------

    def _pick_writer(self, given: Any) -> Any:
        if given is not USE_DEFAULT:
            return given
        return FileWriter(self._logdir) if self._logdir else None

    @property
    def is_chief(self) -> bool:
        return self._is_chief

    @property
    def session_manager(self) -> SessionManager:
        return self._session_manager

    @property
    def coord(self) -> Coordinator:
        return self._coord

    @property
    def init_op(self) -> Any:
        return self._init_op

    @property
    def init_feed_dict(self) -> Any:
        return self._init_feed_dict

    @property
    def ready_op(self) -> Any:
        return self._ready_op

    @property
    def ready_for_local_init_op(self) -> Any:
        return self._ready_for_local_init_op

    @property
    def summary_writer(self) -> Any:
        return self._summary_writer

    @property
    def summary_op(self) -> Any:
        return self._summary_op

    @property
    def save_summaries_secs(self) -> Any:
        return self._save_summaries_secs

    @property
    def global_step(self) -> Any:
        return self._global_step

    @property
    def saver(self) -> Any:
        return self._saver

    @property
    def save_model_secs(self) -> Any:
        return self._save_model_secs

    @property
    def save_path(self) -> Any:
        """Folder and beginning of the checkpoints' names; None without a folder."""
        return self._save_path

    # -- sessions ---------------------------------------------------------------------------------------------------

    def prepare_or_wait_for_session(
        self,
        master: str = "",
        config: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Any:
        """A session in which the model is ready, with queue runners started. RuntimeError when it is not.

        `start_standard_services` starts the threads that save and summarise.
        """
        self._coord.clear_stop()
        if self._summary_writer is not None:
            self._summary_writer.reopen()
        if self._is_chief:
            if self._logdir:
                writers.describe_graph(self._graph, self._logdir, self._summary_writer)
            sess = self._session_manager.prepare_session(
                master,
                init_op=self._init_op,
                saver=self._saver,
                checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs,
                config=config,
                init_feed_dict=self._init_feed_dict,
                init_fn=self._init_fn,
            )
            if start_standard_services:
                logging.info("Starting standard services.")
                self.start_standard_services(sess)
        else:
            sess = self._session_manager.wait_for_session(master, config=config, max_wait_secs=max_wait_secs)
        if start_standard_services:
            logging.info("Starting queue runners.")
            self.start_queue_runners(sess)
        return sess

    @contextlib.contextmanager
    def managed_session(
        self,
        master: str = "",
        config: Any = None,
        start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Any]:
        """A session for the block, at whose end all threads are stopped and the session is closed.

        What the block or a thread raises is raised again; OutOfRangeError ends the block quietly.
        """
        sess = None
        try:
            sess = self.prepare_or_wait_for_session(
                master=master, config=config, start_standard_services=start_standard_services
            )
            yield sess
        except Exception as error:
            self.request_stop(error)
            if sess is None:
                raise
        finally:
            try:
                with waking_threads(sess):
                    self.stop(close_summary_writer=close_summary_writer, ignore_live_threads=True)
            finally:
                if sess is not None:
                    with contextlib.suppress(Exception):
                        sess.close()

    def start_standard_services(self, sess: Any) -> list[LooperThread] | None:
        """Starts the threads that save, summarise and log the speed, and gives them.

        RuntimeError unless it is chief; None, with a warning, without a folder.
        """
        if not self._is_chief:
            raise RuntimeError(
                "Only the chief supervisor starts standard services: no other writes checkpoints and events."
            )
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        if self._global_step is not None and self._summary_writer is not None:
            writers.add_start_log(self._summary_writer, int(sess.run(self._global_step)))
        threads: list[LooperThread] = []
        if self._save_summaries_secs and self._summary_writer is not None:
            if self._summary_op is not None:
                threads.append(SummaryThread(self, sess))
            if self._global_step is not None:
                threads.append(StepCounterThread(self, sess))
        if self._saver and self._save_model_secs:
            threads.append(CheckpointThread(self, sess))
        for thread in threads:
            thread.start()
        self._started_threads.extend(threads)
        return threads

    def start_queue_runners(self, sess: Any, queue_runners: Sequence[Any] | None = None) -> list[Any]:
        """Starts queue runners, the graph's by default, and gives their threads."""
        if queue_runners is None:
            queue_runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS)
        threads: list[Any] = []
        for runner in queue_runners:
            threads.extend(runner.create_threads(sess, coord=self._coord, daemon=True, start=True))
        self._started_threads.extend(threads)
        return threads

    def loop(
        self,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> LooperThread:
        """Calls `target(*args, **kwargs)` in a thread, every so many seconds, or without a pause for None."""
        looper = LooperThread(self._coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        looper.start()
        self._started_threads.append(looper)
        return looper

    # -- stopping ---------------------------------------------------------------------------------------------------

    def stop(self, threads: Any = None, close_summary_writer: bool = True, ignore_live_threads: bool = False) -> None:
        """Stops all threads and waits for them; raises what one of them has raised."""
        self._coord.request_stop()
        try:
            self._coord.join(
                threads, stop_grace_period_secs=self._stop_grace_secs, ignore_live_threads=ignore_live_threads
            )
        finally:
            if close_summary_writer and self._summary_writer is not None:
                writers.add_stop_log(self._summary_writer)
                self._summary_writer.close()

    def request_stop(self, ex: Any = None) -> None:
        """Asks all threads to stop, with the exception that is the reason."""
        self._coord.request_stop(ex=ex)

    def should_stop(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._coord.should_stop()

    def stop_on_exception(self) -> Any:
        """A `with` block whose exception stops all threads."""
        return self._coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Waits until somebody asks to stop."""
        self._coord.wait_for_stop()

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Writes a summary, at the current global step by default. RuntimeError without a writer."""
        if not self._summary_writer:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self._global_step is not None:
            global_step = int(sess.run(self._global_step))
        self._summary_writer.add_summary(summary, global_step)

    PrepareSession = prepare_or_wait_for_session
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    RequestStop = request_stop
    Loop = loop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed


__all__ = ["Supervisor"]
