"""How a monitored session gets its session, at the start and after every failure."""

from __future__ import annotations

from typing import Any

from recell.graph.core import get_default_graph
from recell.monitoring.scaffold import Scaffold
from recell.monitoring.session_manager import SessionManager


class SessionCreator:
    """Makes sessions. Subclasses write `create_session`. TF symbol: `tf.train.SessionCreator`."""

    def create_session(self) -> Any:
        """A session in which the model is ready."""
        raise NotImplementedError(f"{type(self).__name__} has no create_session.")


class ChiefSessionCreator(SessionCreator):
    """Restores the newest checkpoint, or initializes. TF symbol: `tf.train.ChiefSessionCreator`.

    Args:
      scaffold: the pieces to start with; defaults if None.
      master: "".
      config: of the session.
      checkpoint_dir: folder whose newest checkpoint is restored.
      checkpoint_filename_with_path: or the checkpoint itself.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename_with_path = checkpoint_filename_with_path
        self._scaffold = scaffold or Scaffold()
        self._session_manager: SessionManager | None = None
        self._master = master
        self._config = config

    def create_session(self) -> Any:
        scaffold = self._scaffold.finalize()
        return _manager(self, scaffold).prepare_session(
            self._master,
            saver=scaffold.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path,
            config=self._config,
            init_op=scaffold.init_op,
            init_feed_dict=scaffold.init_feed_dict,
            init_fn=scaffold.init_fn,
        )


class WorkerSessionCreator(SessionCreator):
    """Waits until the model is ready. TF symbol: `tf.train.WorkerSessionCreator`.

    Args:
      scaffold, master, config: as of ChiefSessionCreator.
      max_wait_secs: after how many seconds to give up, with DeadlineExceededError.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        max_wait_secs: float = 30 * 60,
    ) -> None:
        self._scaffold = scaffold or Scaffold()
        self._session_manager: SessionManager | None = None
        self._master = master
        self._config = config
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Any:
        manager = _manager(self, self._scaffold.finalize())
        return manager.wait_for_session(self._master, config=self._config, max_wait_secs=self._max_wait_secs)


def _manager(creator: Any, scaffold: Scaffold) -> SessionManager:
    """The creator's session manager, made at the first call, when the scaffold is final."""
    if creator._session_manager is None:
        creator._session_manager = SessionManager(
            local_init_op=scaffold.local_init_op,
            ready_op=scaffold.ready_op,
            ready_for_local_init_op=scaffold.ready_for_local_init_op,
            graph=get_default_graph(),
        )
    return creator._session_manager


__all__ = ["ChiefSessionCreator", "SessionCreator", "WorkerSessionCreator"]
