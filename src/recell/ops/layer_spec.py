"""What a layer asks of its inputs, checked when it is called. TF symbol: `tf.layers.InputSpec`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recell.graph import nest
from recell.graph.dtypes import as_dtype
from recell.graph.shapes import as_shape


class InputSpec:
    """Dtype, rank, bounds of the rank and sizes of single axes that an input must have; None asks for nothing."""

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, Any] | None = None,
    ) -> None:
        self.dtype = None if dtype is None else as_dtype(dtype).name
        self.shape = shape
        self.ndim = len(shape) if shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): getattr(size, "value", size) for axis, size in (axes or {}).items()}

    def __repr__(self) -> str:
        asked = {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes or None,
        }
        return f"InputSpec({', '.join(f'{key}={value}' for key, value in asked.items() if value is not None)})"

    def refusal(self, value: Any) -> str | None:
        """Why `value` does not fit, None if it does."""
        shape = value.shape
        rank = shape.ndims
        if rank is None:
            asks = (self.ndim, self.max_ndim, self.min_ndim)
            if any(bound is not None for bound in asks) or self.axes or self.shape is not None:
                return "its rank is undefined, but the layer requires a defined rank."
            return None
        full = f"Full shape received: {shape.as_list()}"
        if self.ndim is not None and rank != self.ndim:
            return f"expected ndim={self.ndim}, found ndim={rank}. {full}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected max_ndim={self.max_ndim}, found ndim={rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f": expected min_ndim={self.min_ndim}, found ndim={rank}. {full}"
        if self.dtype is not None and value.dtype.base_dtype.name != self.dtype:
            return f"expected dtype={self.dtype}, found dtype={value.dtype}"
        dims = shape.as_list()
        for axis, size in self.axes.items():
            if size is not None and dims[axis] not in (size, None):
                return f"expected axis {axis} of input shape to have value {size} but received input with shape {dims}"
        if self.shape is not None:
            for wanted, found in zip(as_shape(self.shape).as_list(), dims, strict=True):
                if wanted is not None and found is not None and wanted != found:
                    return f"expected shape={self.shape}, found shape={dims}"
        return None


def check_inputs(spec: InputSpec | Sequence[InputSpec] | None, inputs: Any, layer_name: str) -> None:
    """Raises ValueError, in TF1's words, when inputs do not fit what the layer asks for."""
    if not spec:
        return
    specs = [spec] if isinstance(spec, InputSpec) else list(spec)
    values = nest.flatten(inputs)
    if len(values) != len(specs):
        raise ValueError(
            f"Layer {layer_name} expects {len(specs)} inputs, but it received {len(values)} input tensors. "
            f"Inputs received: {inputs}"
        )
    for position, (value, wanted) in enumerate(zip(values, specs, strict=True)):
        why = None if wanted is None else wanted.refusal(value)
        if why is not None:
            raise ValueError(f"Input {position} of layer {layer_name} is incompatible with the layer: {why}")


__all__ = ["InputSpec", "check_inputs"]
