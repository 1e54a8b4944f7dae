"""Sessions made ready: restored from a checkpoint or initialized, and checked. TF symbol: `tf.train.SessionManager`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from recell.graph import errors
from recell.graph.core import get_default_graph
from recell.platform import logging
from recell.platform.text import as_str_any
from recell.session.session import Session
from recell.train.checkpoint_management import get_checkpoint_state


def _name(obj: Any) -> str:
    """What to call an operation, tensor or list of them."""
    if obj is None:
        return "None"
    if isinstance(obj, (list, tuple)):
        return ", ".join(_name(item) for item in obj)
    return getattr(obj, "name", None) or f"<no name for {type(obj)}>"


class SessionManager:
    """Makes sessions in which a model can run. TF symbol: `tf.train.SessionManager`.

    Args:
      local_init_op: run in every session.
      ready_op: a string tensor of what is not ready, empty when all is.
      ready_for_local_init_op: the same, asked before `local_init_op`; not asked by default.
      graph: the default graph if None.
      recovery_wait_secs: how long to wait before looking again for a checkpoint, or for what others initialize.
      local_init_run_options: options of the run of `local_init_op`.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Any = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
    ) -> None:
        self._graph = get_default_graph() if graph is None else graph
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._recovery_wait_secs = recovery_wait_secs
        self._local_init_run_options = local_init_run_options

    def prepare_session(
        self,
        master: str,
        init_op: Any = None,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Any], Any] | None = None,
    ) -> Any:
        """A session restored from the newest checkpoint, or initialized where there is none.

        Args:
          master: "", as there are no other machines.
          init_op, init_feed_dict, init_fn: what is run, with which feeds, and called with the session, where nothing
            is restored.
          saver, checkpoint_dir, checkpoint_filename_with_path: what to restore with, and from where.
          wait_for_checkpoint, max_wait_secs: whether to wait for a checkpoint, and for how long.
          config: of the session.

        Raises RuntimeError when the model is not ready afterwards, or nothing is given to make it ready; ValueError
        when both places of checkpoints are given.
        """
        sess, restored = self._restore_checkpoint(
            master,
            saver,
            checkpoint_dir,
            checkpoint_filename_with_path,
            wait_for_checkpoint,
            max_wait_secs,
            config,
        )
        if not restored:
            if init_op is None and not init_fn and self._local_init_op is None:
                raise RuntimeError("Model is not initialized and no init_op or init_fn or local_init_op was given")
            if init_op is not None:
                sess.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(sess)
        told = f"Init op: {_name(init_op)}, init fn: {init_fn}"
        success, message = self._try_run_local_init_op(sess)
        if not success:
            raise RuntimeError(f"Init operations did not make model ready for local_init.  {told}, error: {message}")
        ready, message = self._model_ready(sess)
        if not ready:
            told = f"{told}, local_init_op: {_name(self._local_init_op)}"
            raise RuntimeError(f"Init operations did not make model ready.  {told}, error: {message}")
        return sess

    def recover_session(
        self,
        master: str,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Any, bool]:
        """A session, and whether the model could be restored in it. Arguments as of `prepare_session`."""
        sess, restored = self._restore_checkpoint(
            master,
            saver,
            checkpoint_dir,
            checkpoint_filename_with_path,
            wait_for_checkpoint,
            max_wait_secs,
            config,
        )
        success, message = self._try_run_local_init_op(sess)
        if not restored:
            return sess, False
        restoring = f"Restoring model from {checkpoint_dir or checkpoint_filename_with_path} did not make model ready"
        if not success:
            logging.info("%s for local init: %s", restoring, message)
            return sess, False
        ready, message = self._model_ready(sess)
        if not ready:
            logging.info("%s: %s", restoring, message)
            return sess, False
        logging.info("Restored model from %s", checkpoint_dir or checkpoint_filename_with_path)
        return sess, True

    def wait_for_session(self, master: str, config: Any = None, max_wait_secs: float = float("Inf")) -> Any:
        """A session, once the model is ready in it. DeadlineExceededError after `max_wait_secs` seconds.

        As values live in a session here, only `local_init_op` and what the graph does by itself can make it ready.
        """
        end = time.time() + (float("Inf") if max_wait_secs is None else max_wait_secs)
        while True:
            sess = Session(master, graph=self._graph, config=config)
            try:
                success, message = self._try_run_local_init_op(sess)
                ready, not_ready = self._model_ready(sess) if success else (False, message)
            except BaseException:
                sess.close()
                raise
            if ready:
                return sess
            sess.close()
            remaining = end - time.time()
            if remaining < self._recovery_wait_secs:
                raise errors.DeadlineExceededError(
                    None, None, f"Session was not ready after waiting {max_wait_secs} secs: {not_ready}."
                )
            logging.info("Waiting for model to be ready: %s", not_ready)
            time.sleep(self._recovery_wait_secs)

    def _restore_checkpoint(
        self,
        master: str,
        saver: Any,
        checkpoint_dir: str | None,
        filename: str | None,
        wait_for_checkpoint: bool,
        max_wait_secs: float,
        config: Any,
    ) -> tuple[Any, bool]:
        """A new session, and whether a checkpoint was restored in it."""
        sess = Session(master, graph=self._graph, config=config)
        if checkpoint_dir and filename:
            raise ValueError("Can not provide both checkpoint_dir and checkpoint_filename_with_path.")
        if not saver or not (checkpoint_dir or filename):
            return sess, False
        if filename:
            saver.restore(sess, filename)
            return sess, True
        assert checkpoint_dir is not None
        waited = 0.0
        state = get_checkpoint_state(checkpoint_dir)
        while not state or not state.model_checkpoint_path:
            if not wait_for_checkpoint or waited >= max_wait_secs:
                return sess, False
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)
            waited += self._recovery_wait_secs
            state = get_checkpoint_state(checkpoint_dir)
        saver.restore(sess, state.model_checkpoint_path)
        saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        return sess, True

    def _model_ready(self, sess: Any) -> tuple[bool, str | None]:
        return _ready(self._ready_op, sess, "Model not ready")

    def _try_run_local_init_op(self, sess: Any) -> tuple[bool, str | None]:
        if self._local_init_op is None:
            return True, None
        ready, message = _ready(self._ready_for_local_init_op, sess, "Model not ready for local init")
        if not ready:
            return False, message
        logging.info("Running local_init_op.")
        sess.run(self._local_init_op, options=self._local_init_run_options)
        logging.info("Done running local_init_op.")
        return True, None


def _ready(op: Any, sess: Any, told: str) -> tuple[bool, str | None]:
    """Whether the tensor `op` says that nothing is missing, and else what is."""
    if op is None:
        return True, None
    try:
        missing = sess.run(op)
    except errors.FailedPreconditionError as error:
        if "uninitialized" not in str(error):
            logging.warning("%s: %s", told, error)
            raise
        return False, str(error)
    if missing is None or np.size(missing) == 0:
        return True, None
    return False, "Variables not initialized: " + ", ".join(as_str_any(name) for name in np.ravel(missing))


__all__ = ["SessionManager"]
