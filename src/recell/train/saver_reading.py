"""Reading the tensors that a graph asks a checkpoint for: by their names, or by those of another release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from recell import checkpoint
from recell.checkpoint import renames
from recell.checkpoint.opaque import Tensors
from recell.checkpoint.slices import parse
from recell.graph.dtypes import DType, runtime_name
from recell.graph.shapes import TensorShape
from recell.ops._kernels import invalid
from recell.platform import logging
from recell.train import object_messages

_SHOWN = 20


def asked_for(
    names: Iterable[str], slices: Iterable[str], dtypes: Iterable[DType], shapes: Iterable[TensorShape]
) -> Tensors:
    """dtypes and shapes by name; of parts, those of the tensor that they are parts of."""
    wanted: dict[str, tuple[str, tuple[int | None, ...] | None]] = {}
    for name, spec, dtype, shape in zip(names, slices, dtypes, shapes, strict=True):
        size = parse(spec)[0] if spec else None if shape.rank is None else tuple(shape.as_list())
        wanted[name] = dtype.base_dtype.name, size
    return wanted


def read_tensors(
    reader: checkpoint.Reader,
    names: Sequence[str],
    slices: Sequence[str],
    dtypes: Sequence[DType],
    shapes: Sequence[TensorShape] | None,
) -> list[np.ndarray]:
    """The values of tensors, or of parts of them.

    Args:
      slices: which part of each; "" for all.
      shapes: of the variables that the values are for; then what the checkpoint lacks may be read under the name that
        the same variable had in another release, which is logged. None to read by name alone.

    Raises MissingTensor with all that the checkpoint lacks, tf.errors.InvalidArgumentError for another dtype, and what
    `Reader.read` raises.
    """
    held = reader.tensors()
    sources: dict[str, renames.Source] = {}
    if shapes is not None and object_messages.GRAPH_KEY in held and any(name not in held for name in names):
        keys = _keys_of_objects(reader)
        held |= {name: held[key] for name, key in keys.items() if key in held and name not in held}
        sources = {name: renames.Source((keys[name],)) for name in names if name in keys and name not in reader}
    if shapes is not None and any(name not in held for name in names):
        found = renames.plan(asked_for(names, slices, dtypes, shapes), held)
        sources |= found.sources
        if missing := [name for name in names if name not in held and name not in sources]:
            raise _lacking(missing)
        _log(reader.prefix, found.lines())
    elif missing := [name for name in names if name not in held]:
        raise _lacking(missing)
    for name, dtype in zip(names, dtypes, strict=True):
        if name in held and held[name].dtype != dtype.name:
            told = (
                f"expected dtype {runtime_name(dtype)} does not equal original dtype {runtime_name(held[name].dtype)}"
            )
            raise invalid(f"tensor_name = {name}; {told}")
    return [
        sources[name].read(reader, spec) if name in sources else reader.read(name, spec)
        for name, spec in zip(names, slices, strict=True)
    ]


def _keys_of_objects(reader: checkpoint.Reader) -> dict[str, str]:
    """Where a checkpoint of objects, which `tf.train.Checkpoint` writes, has the variables of these names."""
    logging.warning(
        "%s is a checkpoint of objects, which a Saver reads by the names that the variables had: tf.train.Checkpoint "
        "reads it by what holds them.",
        reader.prefix,
    )
    return object_messages.keys_by_name(object_messages.read(reader))


def _lacking(names: Iterable[str]) -> checkpoint.MissingTensor:
    lines = [f"Key {name} not found in checkpoint" for name in dict.fromkeys(names)]
    more = [f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return checkpoint.MissingTensor("\n".join(lines[:_SHOWN] + more))


def _log(prefix: str, lines: Sequence[str]) -> None:
    more = f"; ... ({len(lines)} in all)" if len(lines) > _SHOWN else ""
    text = "; ".join(lines[:_SHOWN]) + more
    logging.warning("%s holds variables of this graph under the names of another release: %s", prefix, text)
