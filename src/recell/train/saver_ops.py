"""Saving and restoring as operations: their kernels write and read checkpoint files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from recell import checkpoint
from recell._torch import to_numpy, to_torch
from recell.graph import errors
from recell.graph.dtypes import as_dtype, runtime_name
from recell.graph.shapes import TensorShape
from recell.ops._attributes import as_list
from recell.ops._kernels import invalid
from recell.ops.op import ANY, STRING, op

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def told_as_tensorflow(prefix: str) -> Iterator[None]:
    """Raises what goes wrong with a checkpoint as the tf.errors exception that TF1 raises for it."""
    try:
        yield
    except checkpoint.MissingCheckpoint:
        told = f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {prefix}"
        raise errors.NotFoundError(None, None, told) from None
    except checkpoint.MissingTensor as error:
        raise errors.NotFoundError(None, None, str(error)) from None
    except checkpoint.UnreadableCheckpoint as error:
        raise errors.DataLossError(None, None, f"Unable to open table file {prefix}: {error}") from None
    except checkpoint.CheckpointError as error:
        raise invalid(str(error)) from None
    except FileNotFoundError as error:
        raise errors.NotFoundError(None, None, f"{error.filename or prefix}; {error.strerror}") from None
    except PermissionError as error:
        raise errors.PermissionDeniedError(None, None, f"{error.filename or prefix}; {error.strerror}") from None
    except OSError as error:
        kind = errors.ResourceExhaustedError if error.errno == 28 else errors.UnknownError
        raise kind(None, None, f"{error.filename or prefix}; {error.strerror or error}") from None


def _texts(value: Any) -> list[str]:
    return [item.decode("utf-8") for item in value.ravel().tolist()]


def _write(prefix: Any, names: Any, slices: Any, tensors: list[Any], single_file: bool) -> None:
    (path,), keys, specs = _texts(prefix), _texts(names), _texts(slices)
    entries = [
        checkpoint.Entry(key, to_numpy(value, False), spec)
        for key, spec, value in zip(keys, specs, tensors, strict=True)
    ]
    folder = os.path.dirname(path)
    with told_as_tensorflow(path):
        if folder and not os.path.exists(folder):
            os.mkdir(folder)
        checkpoint.write(path, entries, format="v1" if single_file else "v2")


_STRINGS = {"prefix": STRING, "tensor_names": STRING, "shape_and_slices": STRING}


@op("SaveV2", shape=lambda i: [], dtype=[], types={**_STRINGS, "tensors": ANY}, differentiable=False)
def save_v2(prefix: Tensor, tensor_names: Tensor, shape_and_slices: Tensor, tensors: list[Tensor]) -> None:
    """Writes tensors to the checkpoint `prefix`."""
    _write(prefix, tensor_names, shape_and_slices, tensors, single_file=False)


@op(
    "SaveSlices",
    shape=lambda i: [],
    dtype=[],
    types={"filename": STRING, "tensor_names": STRING, "shapes_and_slices": STRING, "data": ANY},
    differentiable=False,
)
def save_slices(filename: Tensor, tensor_names: Tensor, shapes_and_slices: Tensor, data: list[Tensor]) -> None:
    """Writes tensors to the checkpoint in file `filename`, where TF's first format has it."""
    _write(filename, tensor_names, shapes_and_slices, data, single_file=True)


def _unknown_shapes(i: Any) -> list[TensorShape]:
    return [TensorShape(None) for _ in i["dtypes"]]


@op("RestoreV2", shape=_unknown_shapes, dtype="dtypes", types=_STRINGS, stateful=True, differentiable=False)
def _restore_v2(ctx: Any, prefix: Tensor, tensor_names: Tensor, shape_and_slices: Tensor, dtypes: Any) -> Any:
    (path,), names, specs = _texts(prefix), _texts(tensor_names), _texts(shape_and_slices)
    with told_as_tensorflow(path), checkpoint.Reader(path) as reader:
        found = reader.tensors()
        missing = [name for name in names if name not in found]
        if missing:
            raise checkpoint.MissingTensor("\n".join(f"Key {name} not found in checkpoint" for name in missing))
        for name, dtype in zip(names, dtypes, strict=True):
            if found[name].dtype != dtype.name:
                wanted, held = runtime_name(dtype), runtime_name(found[name].dtype)
                told = f"tensor_name = {name}; expected dtype {wanted} does not equal original dtype {held}"
                raise invalid(told)
        values = [to_torch(reader.read(name, spec)) for name, spec in zip(names, specs, strict=True)]
    return values[0] if len(values) == 1 else values


def restore_v2(
    prefix: Any, tensor_names: Any, shape_and_slices: Any, dtypes: Any, name: str | None = None
) -> list[Any]:
    """The tensors of a checkpoint, a list also when it is only one."""
    kinds = [as_dtype(dtype).base_dtype for dtype in dtypes]
    return as_list(_restore_v2(prefix, tensor_names, shape_and_slices, kinds, name=name))
