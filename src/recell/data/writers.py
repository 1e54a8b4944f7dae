"""Datasets written to files. TF symbol: `tf.data.experimental.TFRecordWriter`."""

from __future__ import annotations

import os
from typing import Any

from recell.data import spec
from recell.data.dataset_base import BaseDataset
from recell.data.pipeline import Opening
from recell.data.values import Tensor
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.ops import rules
from recell.ops.op import ANY, op
from recell.platform.records import RecordWriter


@op(
    "DatasetToTFRecord",
    shape=rules.none,
    types={"input_dataset": ANY, "filename": dtypes.string, "compression_type": dtypes.string},
    stateful=True,
    differentiable=False,
)
def _write(ctx: Any, input_dataset: Tensor, filename: Tensor, compression_type: Tensor) -> None:
    cursor = input_dataset.open(Opening(optimized=False))
    try:
        with RecordWriter(os.fsdecode(filename[()]), compression_type[()].decode()) as writer:
            for (record,) in cursor:
                writer.write(record[()])
    finally:
        cursor.close()


class TFRecordWriter:
    """Writes a dataset of strings to a TFRecord file. TF symbol: `tf.data.experimental.TFRecordWriter`.

    Args:
      filename: the file, a string scalar.
      compression_type: "", "ZLIB" or "GZIP".
    """

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        self._filename = convert_to_tensor(filename, dtypes.string, name="filename")
        kind = "" if compression_type is None else compression_type
        self._compression_type = convert_to_tensor(kind, dtypes.string, name="compression_type")

    def write(self, dataset: Any) -> Any:
        """An operation that writes the file. TypeError for what is no dataset of string scalars."""
        if not isinstance(dataset, BaseDataset):
            raise TypeError("`dataset` must be a `tf.data.Dataset` object.")
        leaf = dataset.element_spec
        if not isinstance(leaf, spec.TypeSpec) or not spec.TensorSpec([], dtypes.string).is_compatible_with(leaf):
            raise TypeError(f"`dataset` must produce scalar `DT_STRING` tensors whereas it produces {leaf}.")
        return _write(dataset._variant_tensor, self._filename, self._compression_type)
