"""Operations that make summaries of numbers: serialized `Summary` messages, as string scalars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_numpy
from recell.graph import dtypes
from recell.ops import rules
from recell.ops._kernels import as_strings, bracketed, invalid
from recell.ops.op import ANY, FLOATS, INTS, STRING, op
from recell.platform.tensor_values import raw_tensor_proto
from recell.summary import protos
from recell.summary.histograms import histogram_fields

if TYPE_CHECKING:
    from torch import Tensor

REALS = FLOATS | INTS | frozenset({dtypes.uint32, dtypes.uint64})


def serialized(values: list[dict[str, Any]]) -> Any:
    """A summary of these values (fields of `Summary.Value`), as the value of a string scalar."""
    made = protos.Summary.Value
    return as_strings(protos.Summary(value=[made(**fields) for fields in values]).SerializeToString())


def as_tag(strings: Any) -> str:
    """A tag from the value of a string tensor. InvalidArgumentError when that is no scalar."""
    held = as_strings(strings)
    if held.ndim:
        raise invalid(f"tags must be scalar: the shape is {bracketed(held)}")
    return held[()].decode("utf-8", "replace")


@op("ScalarSummary", shape=rules.scalar, types={"tags": STRING, "values": REALS}, dtype=STRING, differentiable=False)
def scalar_summary(tags: Tensor, values: Tensor) -> Any:
    names = as_strings(tags)
    if names.ndim == values.ndim == 0:
        return serialized([{"tag": as_tag(names), "simple_value": values.item()}])
    if names.shape != tuple(values.shape):
        which = f" (tag '{as_tag(names)}')" if names.ndim == 0 else ""
        raise invalid(f"tags and values not the same shape: {bracketed(names)} != {bracketed(values)}{which}")
    pairs = zip(names.ravel().tolist(), values.ravel().tolist(), strict=True)
    return serialized([{"tag": name.decode("utf-8", "replace"), "simple_value": x} for name, x in pairs])


@op(
    "HistogramSummary",
    shape=rules.scalar,
    types={"tag": STRING, "values": REALS},
    dtype=STRING,
    stateful=True,
    differentiable=False,
)
def histogram_summary(ctx: Any, tag: Tensor, values: Tensor) -> Any:
    numbers = np.asarray((values.float() if values.dtype.itemsize == 2 else values).numpy()).ravel()
    if not np.isfinite(numbers).all():
        first = numbers[~np.isfinite(numbers)][0]
        raise invalid(f"{'Nan' if np.isnan(first) else 'Infinity'} in summary histogram for: {ctx.op.name}")
    return serialized([{"tag": as_tag(tag), "histo": protos.HistogramProto(**histogram_fields(numbers))}])


@op(
    "TensorSummaryV2",
    shape=rules.scalar,
    types={"tag": STRING, "tensor": ANY, "serialized_summary_metadata": STRING},
    dtype=STRING,
    differentiable=False,
)
def tensor_summary(tag: Tensor, tensor: Tensor, serialized_summary_metadata: Tensor) -> Any:
    metadata = protos.SummaryMetadata.FromString(as_strings(serialized_summary_metadata)[()])
    message = raw_tensor_proto(np.asarray(to_numpy(tensor, False)))
    return serialized([{"tag": as_tag(tag), "tensor": message, "metadata": metadata}])


@op("MergeSummary", shape=rules.scalar, types={"inputs": STRING}, dtype=STRING, differentiable=False)
def merge_summary(inputs: list[Tensor]) -> Any:
    parts = [part for strings in inputs for part in as_strings(strings).ravel().tolist()]
    seen: set[str] = set()
    for part in parts:
        for tag in _tags(part):
            if tag in seen:
                raise invalid(f"Duplicate tag {tag} found in summary inputs")
            seen.add(tag)
    # Messages whose fields repeat are merged by writing one after the other.
    return as_strings(b"".join(parts))


def _tags(part: bytes) -> list[str]:
    """The tags of a serialized summary; values without one do not count. InvalidArgumentError for other bytes."""
    from google.protobuf.message import DecodeError

    try:
        return [value.tag for value in protos.Summary.FromString(part).value if value.tag]
    except DecodeError:
        raise invalid("Could not parse one of the summary inputs") from None
