"""Saving and restoring as operations: their kernels write and read checkpoint files.

What a Saver makes; what it makes no more, for programs that name the operations, is in `io_ops.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

from recell import checkpoint
from recell._torch import to_numpy, to_torch
from recell.checkpoint.slices import parse as parse_slice
from recell.graph import errors
from recell.graph.dtypes import as_dtype
from recell.graph.saveable import SaveSpec
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import as_list
from recell.ops._kernels import invalid
from recell.ops.op import ANY, STRING, op
from recell.platform.file_errors import kind_of
from recell.train.saver_reading import read_tensors

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def told_as_tensorflow(prefix: str) -> Iterator[None]:
    """Raises what goes wrong with a checkpoint as the tf.errors exception that TF1 raises for it."""
    try:
        yield
    except checkpoint.MissingCheckpoint:
        raise _told_of_nothing(prefix) from None
    except (checkpoint.MissingTensor, checkpoint.MissingShard) as error:
        raise errors.NotFoundError(None, None, str(error)) from None
    except checkpoint.UnsupportedCheckpoint as error:
        raise errors.UnimplementedError(None, None, str(error)) from None
    except checkpoint.UnreadableCheckpoint as error:
        told = str(error) if error.tensor is not None else f"Unable to open table file {error}"
        raise errors.DataLossError(None, None, told) from None
    except checkpoint.CheckpointError as error:
        raise invalid(str(error)) from None
    except OSError as error:
        raise _told_of_files(prefix, error) from None


def _told_of_nothing(prefix: str) -> errors.OpError:
    """There is no checkpoint. TensorFlow has another class for it where there is no folder."""
    reader, folder = "Unsuccessful TensorSliceReader constructor:", os.path.dirname(prefix)
    if folder and not os.path.isdir(folder):
        missing = f"Failed to get matching files on {prefix}: Not found: {folder}; No such file or directory"
        return invalid(f"{reader} {missing}")
    return errors.NotFoundError(None, None, f"{reader} Failed to find any matching files for {prefix}")


def _told_of_files(prefix: str, error: OSError) -> errors.OpError:
    path = os.fspath(error.filename or prefix)
    if os.path.basename(path).startswith("."):  # a temporary name, which says nothing to the reader
        path = error.filename2 or prefix
    return kind_of(error)(None, None, f"{path}; {error.strerror or error}")


def texts(value: Any) -> list[str]:
    """The strings of a kernel's input."""
    return [item.decode("utf-8", "surrogateescape") for item in value.ravel().tolist()]


def text(value: Any) -> str:
    """The string of a kernel's scalar input."""
    return texts(value)[0]


Version = Literal["v1", "v2"]


def write(
    prefix: str, keys: list[str], specs: list[str], tensors: list[Any], version: Version, shards: Any = None
) -> None:
    """Writes a checkpoint, tensor by tensor into the shards of these numbers; makes its folder, but not that one's.

    Raises as `told_as_tensorflow`.
    """
    entries = (
        checkpoint.Entry(key, to_numpy(value, False), spec, shard)
        for key, spec, value, shard in zip(keys, specs, tensors, shards or [0] * len(keys), strict=True)
    )
    folder = os.path.dirname(prefix)
    with told_as_tensorflow(prefix):
        if folder and not os.path.exists(folder):
            with suppress(FileExistsError):  # another one makes it too
                os.mkdir(folder)
        checkpoint.write(prefix, entries, format=version)


def saved_shapes(op_type: str, attribute: str, tensors: str, filename: str, *others: str) -> Callable[[Any], list[Any]]:
    """The rule of operations that write: a name of a file, and as many of the other strings as there are tensors.

    `attribute` is what TensorFlow calls the list of their dtypes. ValueError while building for anything else.
    """

    def rule(i: Any) -> list[Any]:
        count = len(i.shapes(tensors))
        if not count:
            raise ValueError(f"Attr '{attribute}' of '{op_type}' Op passed list of length 0 less than minimum 1.")
        rules.ranked(i, filename, 0)
        for key in others:
            given = rules.ranked(i, key, 1).as_list()[0]
            if given not in (count, None):
                raise i.mismatch(f"Dimension must be {count} but is {given}")
        return []

    return rule


_STRINGS = {"prefix": STRING, "tensor_names": STRING, "shape_and_slices": STRING}
_SAVED = saved_shapes("SaveV2", "dtypes", "tensors", *_STRINGS)


@op("SaveV2", shape=_SAVED, dtype=[], types={**_STRINGS, "tensors": ANY}, differentiable=False)
def save_v2(prefix: Tensor, tensor_names: Tensor, shape_and_slices: Tensor, tensors: list[Tensor]) -> None:
    """Writes tensors to the checkpoint `prefix`. TF symbol: `tf.raw_ops.SaveV2`.

    Args:
      prefix: folder and beginning of the name, a scalar.
      tensor_names: one for each tensor.
      shape_and_slices: for each tensor "", or of which tensor it is which part: `"5 2 0,3:-"`.

    When run: InvalidArgumentError for names that come twice and parts that do not fit, NotFoundError and its kin for
    files that cannot be written.
    """
    write(text(prefix), texts(tensor_names), texts(shape_and_slices), tensors, "v2")


@op(
    "SaveSlices",
    shape=saved_shapes("SaveSlices", "T", "data", "filename", "tensor_names", "shapes_and_slices"),
    dtype=[],
    types={"filename": STRING, "tensor_names": STRING, "shapes_and_slices": STRING, "data": ANY},
    differentiable=False,
)
def save_slices(filename: Tensor, tensor_names: Tensor, shapes_and_slices: Tensor, data: list[Tensor]) -> None:
    """Writes tensors to a file of TF's first format. TF symbol: `tf.raw_ops.SaveSlices`. Otherwise as `save_v2`."""
    write(text(filename), texts(tensor_names), texts(shapes_and_slices), data, "v1")


@op("SaveShards", shape=_SAVED, dtype=[], types={**_STRINGS, "tensors": ANY}, differentiable=False)
def save_shards(
    prefix: Tensor,
    tensor_names: Tensor,
    shape_and_slices: Tensor,
    tensors: list[Tensor],
    shards: Any = None,
    version: Version = "v2",
) -> None:
    """Writes tensors to a sharded checkpoint, each to the shard whose number `shards` has for it.

    TensorFlow writes each shard by itself, and joins them: for a moment the checkpoint is neither old nor new. Here
    one operation writes all.
    """
    path = text(prefix)
    if version == "v1" and not any(shards):
        path = f"{path}-00000-of-00001"
    write(path, texts(tensor_names), texts(shape_and_slices), tensors, version, shards)


def restored_shape(i: Any, spec: str) -> TensorShape:
    """The static shape of what a part of a tensor is; unknown for a whole one. ValueError for what is no such text."""
    if not spec:
        return TensorShape(None)
    try:
        return TensorShape(parse_slice(spec)[1].size)
    except checkpoint.WrongSlice as error:
        raise i.mismatch(str(error).rstrip(".")) from None


def _restored_shapes(i: Any) -> list[TensorShape]:
    rules.ranked(i, "prefix", 0)
    names, parts = (rules.ranked(i, key, 1).as_list()[0] for key in ("tensor_names", "shape_and_slices"))
    if None not in (names, parts) and names != parts:
        told = f"Dimension 0 in both shapes must be equal, but are {names} and {parts}"
        raise i.mismatch(f"{told}. Shapes are [{names}] and [{parts}].")
    specs = i.value("shape_and_slices")
    if specs is None:
        return [TensorShape(None) for _ in i["dtypes"]]
    return [restored_shape(i, spec) for spec, _ in zip(texts(specs), i["dtypes"], strict=False)]


@op("RestoreV2", shape=_restored_shapes, dtype="dtypes", types=_STRINGS, stateful=True, differentiable=False)
def _restore_v2(
    ctx: Any, prefix: Tensor, tensor_names: Tensor, shape_and_slices: Tensor, dtypes: Any, shapes: Any = None
) -> Any:
    (path,) = texts(prefix)
    with told_as_tensorflow(path), checkpoint.Reader(path) as reader:
        arrays = read_tensors(reader, texts(tensor_names), texts(shape_and_slices), dtypes, shapes)
        values = [to_torch(array) for array in arrays]
    return values[0] if len(values) == 1 else values


def restore_v2(
    prefix: Any, tensor_names: Any, shape_and_slices: Any, dtypes: Any, name: str | None = None
) -> list[Any]:
    """The tensors of a checkpoint, a list also when it is only one."""
    kinds = [as_dtype(dtype).base_dtype for dtype in dtypes]
    return as_list(_restore_v2(prefix, tensor_names, shape_and_slices, kinds, name=name))


def restore_variables(prefix: Any, specs: Sequence[SaveSpec], shapes: Sequence[TensorShape], name: str) -> list[Any]:
    """The values of variables of these shapes, under the names that they have in whichever release: `read_tensors`."""
    names, slices = [spec.name for spec in specs], [spec.slice_spec for spec in specs]
    kinds = [spec.dtype.base_dtype for spec in specs]
    return as_list(_restore_v2(prefix, names, slices, kinds, list(shapes), name=name))
