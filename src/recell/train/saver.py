"""`tf.train.Saver`: variables into checkpoint files and back, and the files that are no longer wanted away."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from recell import checkpoint
from recell.graph import errors
from recell.graph.core import name_scope
from recell.graph.saveable import SaveableObject
from recell.graph.variable_collections import _all_saveable_objects
from recell.ops.state import placeholder_with_default
from recell.platform import graph_protos, logging
from recell.platform.text import as_text
from recell.train import saver_meta
from recell.train.checkpoint_management import DEFAULT_STATE_FILE, write_checkpoint_state
from recell.train.saveables import BaseSaverBuilder, BulkSaverBuilder, make_saveables, names_to_saveables
from recell.train.saver_def import V1, V2, checked, within
from recell.train.saver_failures import restoring_failed
from recell.train.saver_graph import add_restore, add_save, shards_of
from recell.train.saver_meta import SaverMessages
from recell.train.saver_retention import Retention
from recell.train.training_util import global_step as value_of_step

_OLD_FORMAT = (
    "*" * 55,
    "TensorFlow's V1 checkpoint format has been deprecated.",
    "Consider switching to the more efficient V2 format:",
    "   `tf.train.Saver(write_version=tf.train.SaverDef.V2)`",
    "now on by default.",
    "*" * 55,
)


class Saver(SaverMessages):
    """Saves variables to checkpoints, and restores them. TF symbol: `tf.train.Saver`.

    Args (day to day):
      var_list: a list of variables, or a dict of them by their names in the checkpoint; all global variables and
        saveable objects by default. Partitioned variables are saved as the one tensor that they are.
      max_to_keep: how many of the newest checkpoints to keep; 0 or None for all.
      keep_checkpoint_every_n_hours: besides these, one checkpoint of every so many hours stays.
      save_relative_paths: makes the state file's paths relative, so that the folder can be moved.
    Args (rarely):
      reshape: gives values read the variables' shapes, where their numbers of elements agree.
      sharded: writes a data file for each device that variables are on.
      restore_sequentially: accepted; a checkpoint is read before anything is assigned.
      name: of the operations, "save" by default.
      saver_def: a `SaverDef` of a Saver whose operations are in the graph; it replaces all other arguments but `name`,
        which is the scope that they are in.
      builder: None or a `BulkSaverBuilder`; there is one way to make the operations.
      defer_build: makes the operations when `build()` is called.
      allow_empty: no variables make a Saver that does nothing instead of a ValueError.
      write_version: `SaverDef.V1` writes TensorFlow's first format, one file.
      pad_step_number: writes the step in eight digits at least, so that names sort.
      filename: the file's name where the operations are run without one.

    Raises ValueError for no variables, two of one name, or one with two names; TypeError for what is no variable.

    Example:
      >>> import tempfile
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as sess, tempfile.TemporaryDirectory() as folder:
      ...     weights = tf.get_variable("weights", [2], initializer=tf.ones_initializer())
      ...     saver = tf.train.Saver(max_to_keep=3)
      ...     sess.run(tf.global_variables_initializer())
      ...     path = saver.save(sess, f"{folder}/model.ckpt", global_step=20)
      ...     sess.run(weights.assign([3.0, 4.0])).tolist()
      ...     saver.restore(sess, tf.train.latest_checkpoint(folder))
      ...     sess.run(weights).tolist()
      ...     path.removeprefix(folder)
      [3.0, 4.0]
      [1.0, 1.0]
      '/model.ckpt-20'
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float | None = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: None = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if builder is not None and type(builder) not in (BaseSaverBuilder, BulkSaverBuilder):
            raise ValueError(
                f"builder must be None or a BulkSaverBuilder: there is one way to make the operations. Got {builder!r}."
            )
        if saver_def is not None:
            saver_def = checked(saver_def)
            max_to_keep, sharded = saver_def.max_to_keep, saver_def.sharded
            keep_checkpoint_every_n_hours = saver_def.keep_checkpoint_every_n_hours
            write_version = saver_def.version
        if defer_build and var_list is not None:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred: set defer_build=False, or var_list=None."
            )
        if max_to_keep is not None and not isinstance(max_to_keep, int):
            raise TypeError(f"{max_to_keep!r} has type {type(max_to_keep).__name__}, but expected one of: int")
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        if saver_def is None and write_version not in (V1, V2):
            raise RuntimeError(f"Unexpected write_version: {write_version}. It is SaverDef.V2 or SaverDef.V1.")
        self._max_to_keep = int(max_to_keep or 0)
        self._keep_hours = keep_checkpoint_every_n_hours or 0.0
        self._name = name
        self._allow_empty = allow_empty
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        self._filename = filename
        self._is_built = False
        self._is_empty = False
        self._saveables: list[SaveableObject] = []
        self.saver_def: Any = None if saver_def is None else within(saver_def, name)
        self._retention = Retention(self._keep_hours)
        # Saving from two threads at once would leave the state file to name the older of two checkpoints.
        self._saving = threading.RLock()
        if not defer_build:
            self.build()

    # -- the operations ---------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Makes the operations, if that was deferred. A second call does nothing. ValueError for no variables."""
        if self._is_built:
            return
        self._is_built = True
        if self.saver_def is not None:
            return
        var_list = _all_saveable_objects() if self._var_list is None else self._var_list
        if var_list is None or (hasattr(var_list, "__len__") and not len(var_list)):
            if not self._allow_empty:
                raise ValueError("No variables to save")
            self._is_empty = True
            return
        self._saveables = make_saveables(names_to_saveables(var_list))
        with name_scope(self._name, "save", [saveable.op for saveable in self._saveables]):
            filename = placeholder_with_default(self._filename or "model", shape=(), name="filename")
            filename = placeholder_with_default(filename, shape=(), name="Const")
            shards = shards_of(self._saveables, self._sharded)
            saved = add_save(filename, shards, self._write_version, self._sharded)
            restored = add_restore(filename, shards, self._reshape, self._sharded)
        self.saver_def = graph_protos.SaverDef(
            filename_tensor_name=filename.name,
            save_tensor_name=saved.name,
            restore_op_name=restored.name,
            max_to_keep=self._max_to_keep,
            sharded=self._sharded,
            keep_checkpoint_every_n_hours=self._keep_hours,
            version=self._write_version,
        )

    def _check_built(self, action: str) -> None:
        if not self._is_built:
            raise RuntimeError(f"`build()` should be called before {action} if defer_build==True")

    # -- saving -----------------------------------------------------------------------------------------------------

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Writes a checkpoint and returns its prefix; None if there is nothing to save.

        Args:
          sess: the session whose values are saved.
          save_path: folder and beginning of the name. The folder is made if only it itself is missing.
          global_step: a number, tensor or variable to put behind the name: `model.ckpt-20`.
          latest_filename: name of the folder's state file, "checkpoint" by default.
          meta_graph_suffix, write_meta_graph: of the file beside it with the graph, for `tf.train.import_meta_graph`.
          write_state: whether to update the state file.
          strip_default_attrs: leaves attributes out of that file that are as they are by default.
          save_debug_info: accepted; TensorFlow's file of tracebacks is not written.

        Raises TypeError for what is no session, ValueError for a folder that is not there or names that clash,
        a tf.errors exception when it cannot be written or a variable has no value.
        """
        self._check_built("save")
        latest_filename = DEFAULT_STATE_FILE if latest_filename is None else latest_filename
        if self._write_version != V2:
            for line in _OLD_FORMAT:
                logging.warning(line)
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        with self._saving:
            return self._save(
                sess,
                as_text(os.fspath(save_path)),
                global_step,
                latest_filename,
                meta_graph_suffix,
                write_meta_graph,
                write_state,
                strip_default_attrs,
            )

    def _save(
        self,
        sess: Any,
        save_path: str,
        global_step: Any,
        latest_filename: str,
        meta_graph_suffix: str,
        write_meta_graph: bool,
        write_state: bool,
        strip_default_attrs: bool,
    ) -> str | None:
        prefix = self._with_step(sess, save_path, global_step)
        if global_step is None and os.path.basename(save_path) == latest_filename and not self._sharded:
            raise ValueError(f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{save_path}'")
        folder = os.path.dirname(save_path)
        if self._is_empty:
            return None
        assert self.saver_def is not None
        if not save_path:
            raise ValueError("no path specified")
        if not hasattr(sess, "resources"):
            raise TypeError(f"'sess' must be a Session; {sess}")
        try:
            written = as_text(sess.run(self.saver_def.save_tensor_name, {self.saver_def.filename_tensor_name: prefix}))
        except (errors.NotFoundError, errors.FailedPreconditionError) as error:
            if folder and not os.path.isdir(folder):
                raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.") from error
            raise
        # The state comes last: whoever reads there that this is the newest checkpoint finds all of its files.
        try:
            if write_meta_graph and checkpoint.exists(written):  # another saver of this folder may have deleted it
                saver_meta.write_meta_graph(sess.graph, self, f"{prefix}.{meta_graph_suffix}", strip_default_attrs)
        finally:
            if write_state:
                self._retention.record(written, self._max_to_keep)
                paths = self.last_checkpoints
                write_checkpoint_state(folder, written, paths, latest_filename, self._save_relative_paths)
                self._retention.delete_old(meta_graph_suffix)
        return written

    def _with_step(self, sess: Any, save_path: str, global_step: Any) -> str:
        if global_step is None:
            return save_path
        step = global_step if isinstance(global_step, (Integral, np.integer)) else value_of_step(sess, global_step)
        return f"{save_path}-{int(step):08d}" if self._pad_step_number else f"{save_path}-{int(step)}"

    # -- which checkpoints there are --------------------------------------------------------------------------------

    @property
    def last_checkpoints(self) -> list[str]:
        """Prefixes of the checkpoints that are kept, the oldest first."""
        return self._retention.prefixes

    def set_last_checkpoints(self, last_checkpoints: Sequence[str]) -> None:
        """Says which checkpoints there are, without their times. AssertionError for what is no list."""
        assert isinstance(last_checkpoints, list)
        self._retention.last = [(path, float("inf")) for path in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: Sequence[tuple[str, float]]) -> None:
        """Says which checkpoints there are: (prefix, seconds since 1970), the oldest first."""
        assert isinstance(last_checkpoints_with_time, list)
        self._retention.last = list(last_checkpoints_with_time)

    def recover_last_checkpoints(self, checkpoint_paths: Sequence[str]) -> None:
        """Takes over those of the given checkpoints that exist, to keep and delete them as its own."""
        self._retention.recover(checkpoint_paths)

    # -- restoring --------------------------------------------------------------------------------------------------

    def restore(self, sess: Any, save_path: Any) -> None:
        """Gives the variables in session `sess` the values of checkpoint `save_path`.

        What it holds under the names of another release is read, and logged: see `recell.checkpoint.renames`.

        Raises ValueError for None and for a prefix without a checkpoint, NotFoundError for keys that it lacks,
        InvalidArgumentError for values of another shape or dtype (each names all of them), DataLossError for a damaged
        file or one of another format.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        save_path = as_text(os.fspath(save_path))
        if not checkpoint.exists(save_path):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {save_path}")
        self._check_built("restore")
        assert self.saver_def is not None
        logging.info("Restoring parameters from %s", save_path)
        try:
            sess.run(self.saver_def.restore_op_name, {self.saver_def.filename_tensor_name: save_path})
        except (errors.NotFoundError, errors.InvalidArgumentError) as error:
            restored = self._saveables or saver_meta.saveables_of(sess.graph, self.saver_def)
            raise restoring_failed(error, save_path, restored, self._reshape) from error


saver_meta.register_savers(Saver)

__all__ = ["Saver"]
