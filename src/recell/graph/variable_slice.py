"""Which part of a larger variable a part is: what a checkpoint is told about it."""

from __future__ import annotations

from collections.abc import Sequence


class SaveSliceInfo:
    """The place of one part within the whole variable, in dimensions of the whole.

    `full_shape`, `var_offset` and `var_shape` are lists of one length. TF symbol: `tf.Variable.SaveSliceInfo`.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Sequence[int] | None = None,
        var_offset: Sequence[int] | None = None,
        var_shape: Sequence[int] | None = None,
    ) -> None:
        self.full_name = full_name
        self.full_shape = full_shape
        self.var_offset = var_offset
        self.var_shape = var_shape

    @property
    def spec(self) -> str:
        """`"5 2 3,2:0,2"`: the whole's sizes, then offset and size of the part along each dimension.

        A part has no size of 0 in this notation: `-`, all of the dimension, stands for it.
        """
        sizes = " ".join(str(size) for size in self.full_shape or ())
        pairs = zip(self.var_offset or (), self.var_shape or (), strict=True)
        return sizes + " " + ":".join(f"{offset},{size}" if size else "-" for offset, size in pairs)
