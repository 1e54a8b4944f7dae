"""Operations that write and read checkpoint files, by the names of their types. TF module: `tf.raw_ops`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from recell.ops.op import OpBuilder
from recell.train import io_ops, saver_ops


def _by_keyword(op_type: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which then takes keywords only, as everything in `tf.raw_ops` does. TypeError for others."""
    given = function._order if isinstance(function, OpBuilder) else inspect.signature(function).parameters
    keys = [*(key for key in given if key != "name"), "name"]

    @functools.wraps(function, updated=())
    def called(*args: Any, **kwargs: Any) -> Any:
        if args:
            raise TypeError(
                f"{op_type} only takes keyword args (possible keys: {keys}). Please pass these args as kwargs instead."
            )
        return function(**kwargs)

    called.__name__ = called.__qualname__ = op_type
    return called


MergeV2Checkpoints = _by_keyword("MergeV2Checkpoints", io_ops.merge_v2_checkpoints)
Restore = _by_keyword("Restore", io_ops.restore)
RestoreSlice = _by_keyword("RestoreSlice", io_ops.restore_slice)
RestoreV2 = _by_keyword("RestoreV2", saver_ops.restore_v2)
Save = _by_keyword("Save", io_ops.save)
SaveSlices = _by_keyword("SaveSlices", saver_ops.save_slices)
SaveV2 = _by_keyword("SaveV2", saver_ops.save_v2)
ShardedFilename = _by_keyword("ShardedFilename", io_ops.sharded_filename)
ShardedFilespec = _by_keyword("ShardedFilespec", io_ops.sharded_filespec)

__all__ = [
    "MergeV2Checkpoints",
    "Restore",
    "RestoreSlice",
    "RestoreV2",
    "Save",
    "SaveSlices",
    "SaveV2",
    "ShardedFilename",
    "ShardedFilespec",
]
