"""Finding checkpoints: the newest one, those of a folder, their times; and taking them away."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from recell import checkpoint
from recell.checkpoint import CheckpointState
from recell.checkpoint.files import is_there
from recell.checkpoint.state import climbs
from recell.platform import logging
from recell.platform.file_errors import translated_errors
from recell.platform.text import as_text
from recell.train.checkpoint_state import as_message

DEFAULT_STATE_FILE = "checkpoint"


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> Any:
    """What the folder's state file says, with paths that can be opened; None when there is no such file.

    A file that cannot be understood is reported on the log and answered with None.
    TF symbol: `tf.train.get_checkpoint_state`; what it gives is a message, `CheckpointState`.
    """
    state = _state_of(checkpoint_dir, latest_filename)
    return None if state is None else as_message(state)


def _state_of(checkpoint_dir: Any, latest_filename: str | None) -> CheckpointState | None:
    folder = as_text(os.fspath(checkpoint_dir))
    filename = latest_filename or DEFAULT_STATE_FILE
    try:
        state = checkpoint.read_state(folder, filename)
    except (checkpoint.UnreadableState, OSError) as error:
        logging.warning("%s: %s", type(error).__name__, error)
        logging.warning("%s: Checkpoint ignored", os.path.join(folder, filename))
        return None
    if state is not None and not state.model_checkpoint_path:
        path = os.path.join(folder, filename)
        raise ValueError(
            f"Invalid checkpoint state loaded from {path}: it does not say which checkpoint is the newest."
        )
    return state


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The prefix of the newest checkpoint of a folder, None when there is none. TF: `tf.train.latest_checkpoint`."""
    state = _state_of(checkpoint_dir, latest_filename)
    if state is None:
        return None
    if is_there(state.model_checkpoint_path):
        return state.model_checkpoint_path
    logging.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return None


def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Whether there is a checkpoint of this prefix, which may hold wild cards. TF: `tf.train.checkpoint_exists`."""
    return checkpoint.exists(os.fspath(checkpoint_prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: Sequence[Any]) -> list[float]:
    """When each checkpoint was written; those that are not there are left out. TF: `tf.train.get_checkpoint_mtimes`."""
    times = [checkpoint.modified(os.fspath(prefix)) for prefix in checkpoint_prefixes]
    return [moment for moment in times if moment is not None]


def remove_checkpoint(
    checkpoint_prefix: Any, checkpoint_format_version: int = 2, meta_graph_suffix: str = "meta"
) -> None:
    """Deletes the files of a checkpoint, of whichever format. TF symbol: `tf.train.remove_checkpoint`."""
    checkpoint.remove(os.fspath(checkpoint_prefix), meta_graph_suffix)


def generate_checkpoint_state_proto(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Sequence[Any] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """The state of a folder whose newest checkpoint is `model_checkpoint_path`, the last of all paths.

    Relative paths are taken from where the program runs and told relative to `save_dir`, unless that is absolute.
    Raises ValueError when there are times but not one for each path.
    TF symbol: `tf.train.generate_checkpoint_state_proto`.
    """
    return as_message(
        _state(
            save_dir,
            model_checkpoint_path,
            all_model_checkpoint_paths,
            all_model_checkpoint_timestamps,
            last_preserved_timestamp,
        )
    )


def _state(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Sequence[Any] | None,
    all_model_checkpoint_timestamps: Sequence[float] | None,
    last_preserved_timestamp: float | None,
) -> CheckpointState:
    newest = os.fspath(model_checkpoint_path)
    paths = [os.fspath(path) for path in all_model_checkpoint_paths or ()]
    if not paths or paths[-1] != newest:
        logging.info("%s is not in all_model_checkpoint_paths. Manually adding it.", newest)
        paths.append(newest)
    times = list(all_model_checkpoint_timestamps or ())
    if times and len(times) != len(paths):
        raise ValueError(
            f"Checkpoint timestamps, if provided, must match checkpoint paths (got paths {paths} and "
            f"timestamps {times})"
        )
    folder = os.fspath(save_dir)
    if not os.path.isabs(folder):
        paths = [path if os.path.isabs(path) else os.path.relpath(path, folder) for path in paths]
        newest = newest if os.path.isabs(newest) else os.path.relpath(newest, folder)
    preserved = None if last_preserved_timestamp is None else float(last_preserved_timestamp)
    return CheckpointState(newest, paths, [float(moment) for moment in times], preserved)


def _in_reach(folder: str, path: str) -> str:
    """A path of a state file; absolute where it would lead out of the folder, which no reader of the file follows."""
    return os.path.abspath(os.path.join(folder, path)) if climbs(path) else path


def update_checkpoint_state(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Sequence[Any] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Writes the folder's state file. TF symbol: `tf.train.update_checkpoint_state`.

    Arguments as `generate_checkpoint_state_proto`; `latest_filename` names the file. Paths that lead out of the folder
    are written as absolute ones. RuntimeError when a checkpoint would have the file's own path, NotFoundError and its
    kin when it cannot be written.
    """
    write_checkpoint_state(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        False,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )


def write_checkpoint_state(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Sequence[Any] | None = None,
    latest_filename: str | None = None,
    save_relative_paths: bool = False,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """`update_checkpoint_state`, with paths relative to the folder if `save_relative_paths`."""
    folder, newest = os.fspath(save_dir), os.fspath(model_checkpoint_path)
    paths = [os.fspath(path) for path in all_model_checkpoint_paths or ()]
    if save_relative_paths:
        newest = os.path.relpath(newest, folder) if os.path.isabs(newest) == os.path.isabs(folder) else newest
        paths = [os.path.relpath(p, folder) if os.path.isabs(p) == os.path.isabs(folder) else p for p in paths]
        state = CheckpointState(newest, paths, all_model_checkpoint_timestamps or (), last_preserved_timestamp)
    else:
        state = _state(folder, newest, paths, all_model_checkpoint_timestamps, last_preserved_timestamp)
    filename = latest_filename or DEFAULT_STATE_FILE
    if os.path.join(folder, filename) == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{state.model_checkpoint_path}' conflicts with path used for checkpoint state.  Please use a "
            "different save path."
        )
    state.model_checkpoint_path = _in_reach(folder, state.model_checkpoint_path)
    state.all_model_checkpoint_paths = [_in_reach(folder, path) for path in state.all_model_checkpoint_paths]
    with translated_errors(os.path.join(folder, filename)):
        checkpoint.write_state(folder, state, filename)


def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Yields the newest checkpoint of a folder, and again whenever there is a newer one.

    Args:
      min_interval_secs: how long it is at least from one to the next.
      timeout: how many seconds to wait for the next; None for as long as it takes.
      timeout_fn: asked when they have passed: True ends the iteration, False goes on waiting. Without it, it ends.

    TF symbol: `tf.train.checkpoints_iterator`.
    """
    path: str | None = None
    while True:
        newer = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if newer is None:
            if timeout_fn is None:
                logging.info("Timed-out waiting for a checkpoint.")
            if timeout_fn is None or timeout_fn():
                return
            continue
        path, start = newer, time.time()
        yield newer
        time.sleep(max(0.0, start + min_interval_secs - time.time()))


def wait_for_new_checkpoint(
    checkpoint_dir: Any, last_checkpoint: str | None = None, seconds_to_sleep: float = 1, timeout: float | None = None
) -> str | None:
    """The newest checkpoint once it is another than `last_checkpoint`; None when `timeout` seconds have passed.

    TF symbol: `tf.contrib.training.wait_for_new_checkpoint`.
    """
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    stop = None if timeout is None else time.time() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            logging.info("Found new checkpoint at %s", found)
            return found
        if stop is not None and time.time() + seconds_to_sleep > stop:
            return None
        time.sleep(seconds_to_sleep)


__all__ = [
    "checkpoint_exists",
    "checkpoints_iterator",
    "generate_checkpoint_state_proto",
    "get_checkpoint_mtimes",
    "get_checkpoint_state",
    "latest_checkpoint",
    "remove_checkpoint",
    "update_checkpoint_state",
    "wait_for_new_checkpoint",
    "write_checkpoint_state",
]
