"""Checkpoint files by operations that a Saver of today does not make, for savers made by hand.

TF modules: `tensorflow.python.ops.io_ops` and `gen_io_ops`; `tf.raw_ops` has them by the types' names.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from recell import checkpoint
from recell._torch import to_torch
from recell.graph.dtypes import DType, as_dtype, runtime_name
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import as_strings, invalid
from recell.ops.op import ANY, INDEX, STRING, op
from recell.train.saver_ops import restored_shape, save_slices, saved_shapes, text, texts, told_as_tensorflow, write

if TYPE_CHECKING:
    from torch import Tensor


# -- the first format -----------------------------------------------------------------------------------------------


@op(
    "Save",
    shape=saved_shapes("Save", "T", "data", "filename", "tensor_names"),
    dtype=[],
    types={"filename": STRING, "tensor_names": STRING, "data": ANY},
    differentiable=False,
)
def save(filename: Tensor, tensor_names: Tensor, data: list[Tensor]) -> None:
    """Writes whole tensors to a file of TF's first format. TF symbol: `tf.raw_ops.Save`.

    Arguments and errors as `save_slices`, which writes parts of tensors too.
    """
    write(text(filename), texts(tensor_names), [""] * len(data), data, "v1")


def _restored(filename: Tensor, name: Tensor, spec: str, wanted: Any) -> Any:
    """A tensor of a file of the first format. Raises the tf.errors exceptions of TensorFlow's readers."""
    path, key = text(filename), text(name)
    with told_as_tensorflow(path), checkpoint.Reader(path) as reader:
        if reader.format != "v1":
            raise checkpoint.MissingCheckpoint(path)
        held = reader.tensors().get(key)
        if held is None:
            raise checkpoint.MissingTensor(f'Tensor name "{key}" not found in checkpoint files {path}')
        if held.dtype != wanted.name:
            raise invalid(
                f"Expected to restore a tensor of type {runtime_name(wanted)}, got a tensor of type "
                f"{runtime_name(held.dtype)} instead: tensor_name = {key}"
            )
        return to_torch(reader.read(key, spec))


def _restored_shape(i: Any) -> TensorShape:
    for key in ("file_pattern", "tensor_name"):
        rules.ranked(i, key, 0)
    return TensorShape(None)


def _restored_slice_shape(i: Any) -> TensorShape:
    spec = i.value("shape_and_slice")
    return _restored_shape(i) if spec is None else restored_shape(i, text(spec))


_READ = {"file_pattern": STRING, "tensor_name": STRING}


@op("Restore", shape=_restored_shape, dtype="dt", types=_READ, stateful=True, differentiable=False)
def _restore(ctx: Any, file_pattern: Tensor, tensor_name: Tensor, dt: Any, preferred_shard: int = -1) -> Any:
    return _restored(file_pattern, tensor_name, "", dt)


@op(
    "RestoreSlice",
    shape=_restored_slice_shape,
    dtype="dt",
    types={**_READ, "shape_and_slice": STRING},
    stateful=True,
    differentiable=False,
)
def _restore_part(
    ctx: Any, file_pattern: Tensor, tensor_name: Tensor, shape_and_slice: Tensor, dt: Any, preferred_shard: int = -1
) -> Any:
    return _restored(file_pattern, tensor_name, text(shape_and_slice), dt)


def restore(file_pattern: Any, tensor_name: Any, dt: Any, preferred_shard: int = -1, name: str | None = None) -> Any:
    """A tensor of a checkpoint of TF's first format. TF symbol: `tf.raw_ops.Restore`.

    Args:
      file_pattern: the file, or the pattern of a sharded one: `model.ckpt-?????-of-00002`.
      dt: its dtype.
      preferred_shard: accepted; all shards are looked through.

    When run: NotFoundError for a file or name that is not there, InvalidArgumentError for another dtype.
    """
    return _restore(file_pattern, tensor_name, _dtype(dt), preferred_shard, name=name)


def restore_slice(
    file_pattern: Any,
    tensor_name: Any,
    shape_and_slice: Any,
    dt: Any,
    preferred_shard: int = -1,
    name: str | None = None,
) -> Any:
    """A part of a tensor, `"5 2 0,3:-"`; all of it for "". TF symbol: `tf.raw_ops.RestoreSlice`.

    InvalidArgumentError, when run, also for a tensor of another shape; otherwise as `restore`.
    """
    return _restore_part(file_pattern, tensor_name, shape_and_slice, _dtype(dt), preferred_shard, name=name)


def _dtype(dtype: Any) -> DType:
    return as_dtype(dtype).base_dtype


def saved_by_hand(
    filename: Any, tensor_names: Any, tensors: Sequence[Any], tensor_slices: Any = None, name: str = "save"
) -> Any:
    """Writes tensors, or parts of them, to a file of the first format. TF symbol: `_save` of `io_ops`."""
    if tensor_slices is None:
        return save(filename, tensor_names, tensors, name=name)
    return save_slices(filename, tensor_names, tensor_slices, tensors, name=name)


def restored_by_hand(
    file_pattern: Any,
    tensor_name: Any,
    shape_and_slice: Any,
    tensor_type: Any,
    name: str = "restore_slice",
    preferred_shard: int = -1,
) -> Any:
    """`restore_slice`, with the order of arguments of `_restore_slice`. TF symbol: `_restore_slice` of `io_ops`."""
    return restore_slice(file_pattern, tensor_name, shape_and_slice, tensor_type, preferred_shard, name=name)


# -- shards ---------------------------------------------------------------------------------------------------------


def _scalars(i: Any) -> TensorShape:
    for position in range(len(i.shapes())):
        rules.ranked(i, position, 0)
    return TensorShape([])


_COUNTS = {"shard": INDEX, "num_shards": INDEX}


@op(
    "ShardedFilename",
    shape=_scalars,
    types={"basename": STRING, **_COUNTS},
    dtype=STRING,
    differentiable=False,
)
def sharded_filename(basename: Tensor, shard: Tensor, num_shards: Tensor) -> Tensor:
    """The name of one of several files: `model-00001-of-00005`. TF symbol: `tf.raw_ops.ShardedFilename`."""
    return as_strings(os.fsencode(f"{text(basename)}-{int(shard):05d}-of-{int(num_shards):05d}"))


@op(
    "ShardedFilespec",
    shape=_scalars,
    types={"basename": STRING, "num_shards": INDEX},
    dtype=STRING,
    differentiable=False,
)
def sharded_filespec(basename: Tensor, num_shards: Tensor) -> Tensor:
    """The pattern of the names of several files: `model-?????-of-00005`. TF symbol: `tf.raw_ops.ShardedFilespec`."""
    return as_strings(os.fsencode(f"{text(basename)}-?????-of-{int(num_shards):05d}"))


def _merged_shape(i: Any) -> list[TensorShape]:
    rules.ranked(i, "checkpoint_prefixes", 1)
    rules.ranked(i, "destination_prefix", 0)
    return []


@op(
    "MergeV2Checkpoints",
    shape=_merged_shape,
    dtype=[],
    types={"checkpoint_prefixes": STRING, "destination_prefix": STRING},
    differentiable=False,
)
def merge_v2_checkpoints(checkpoint_prefixes: Tensor, destination_prefix: Tensor, delete_old_dirs: bool = True) -> None:
    """Joins checkpoints of the second format to one, whose shards they are. TF symbol: `tf.raw_ops.MergeV2Checkpoints`.

    The old ones are deleted, and their folders, if `delete_old_dirs` and nothing else is in them. When run:
    NotFoundError for one that is not there, InvalidArgumentError for tensors that several of them hold.
    """
    prefixes, destination = texts(checkpoint_prefixes), text(destination_prefix)
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(_opened(prefix)) for prefix in prefixes]
        with told_as_tensorflow(destination):
            checkpoint.write(destination, _entries(readers))
    for prefix in prefixes:
        if prefix == destination:
            continue
        with told_as_tensorflow(prefix):
            checkpoint.remove(prefix)
        if delete_old_dirs:
            with contextlib.suppress(OSError):  # something else is in it
                os.rmdir(os.path.dirname(prefix))


def _opened(prefix: str) -> checkpoint.Reader:
    with told_as_tensorflow(prefix):
        return checkpoint.Reader(prefix)


def _entries(readers: Sequence[checkpoint.Reader]) -> Iterator[checkpoint.Entry]:
    """Everything that several checkpoints hold, in the pieces that they hold it in."""
    for shard, reader in enumerate(readers):
        for name, info in reader.tensors().items():
            parts = reader.parts(name)
            for part in parts:
                whole = part.size == info.shape
                spec = "" if whole else checkpoint.spec_of(info.shape, part)
                yield checkpoint.Entry(name, reader.read(name, spec), spec, shard)


__all__ = [
    "merge_v2_checkpoints",
    "restore",
    "restore_slice",
    "restored_by_hand",
    "save",
    "saved_by_hand",
    "sharded_filename",
    "sharded_filespec",
]
