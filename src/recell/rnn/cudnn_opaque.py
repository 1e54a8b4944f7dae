"""The weights of a cuDNN network, from one vector to canonical lists and back: see `recell.rnn.cudnn_params`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import constant
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.ops._attributes import static_int
from recell.ops._kernels import invalid
from recell.ops.op import op
from recell.rnn.cudnn_params import (
    CUDNN_INPUT_LINEAR_MODE,
    CUDNN_RNN_UNIDIRECTION,
    PARAMS_PER_LAYER,
    Network,
    check_rnn_mode,
    direction_count,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

KINDS = frozenset({dtypes.float16, dtypes.float32, dtypes.float64})
"""The dtypes that cuDNN has."""


def get_num_params(rnn_mode: str, num_layers: int, direction: str) -> int:
    """How many matrices (and biases) the canonical form of a network without projection has."""
    check_rnn_mode(rnn_mode)
    return num_layers * PARAMS_PER_LAYER[rnn_mode] * direction_count(direction)


def _network_of(i: Any) -> Network:
    keys = "rnn_mode", "num_layers", "num_units", "input_size", "input_mode", "direction", "num_proj"
    return Network(*(i[key] for key in keys))


def _canonical_shapes(i: Inference) -> list[TensorShape]:
    network = _network_of(i)
    size = i.shape("params").num_elements()
    if size is not None and size != network.size:
        raise i.mismatch(_wrong_size(size, network))
    return [TensorShape.of(tuple(shape)) for shape in (*network.weight_shapes, *network.bias_shapes)]


def _wrong_size(size: int, network: Network) -> str:
    return f"The opaque weights of {network} are {network.size} numbers, but {size} were given"


@op(
    "CudnnRNNParamsToCanonical",
    shape=_canonical_shapes,
    dtype=lambda i: [i.dtype(0)] * (len(_network_of(i).weight_shapes) + len(_network_of(i).bias_shapes)),
    T=KINDS,
    view=True,
)
def _params_to_canonical(
    params: Tensor,
    num_layers: int,
    num_units: int,
    input_size: int,
    rnn_mode: str,
    input_mode: str,
    direction: str,
    num_proj: int | None,
) -> Any:
    network = Network(rnn_mode, num_layers, num_units, input_size, input_mode, direction, num_proj)
    weights, biases = unpacked(params, network)
    return (*weights, *biases)


def unpacked(params: Tensor, network: Network) -> tuple[list[Tensor], list[Tensor]]:
    """The canonical matrices and biases, as views of the vector. InvalidArgumentError for one of another size."""
    if params.numel() != network.size:
        raise invalid(_wrong_size(params.numel(), network))
    kept = [shape for shape, stored in zip(network.weight_shapes, network.stored, strict=True) if stored]
    shapes = [*kept, *(tuple(shape) for shape in network.bias_shapes)]
    parts = params.reshape(-1).split([prod(shape) for shape in shapes])
    tensors = iter([part.view(shape) for part, shape in zip(parts, shapes, strict=True)])
    one = torch.eye(network.num_units if network.skips_input else 0, dtype=params.dtype, device=params.device)
    weights = [next(tensors) if stored else one for stored in network.stored]
    return weights, list(tensors)


def _opaque_shape(i: Inference) -> TensorShape:
    network = _network_of(i)
    for key, wanted in (("weights", network.weight_shapes), ("biases", network.bias_shapes)):
        given = i.shapes(key)
        if len(given) != len(wanted):
            raise i.mismatch(f"{network} has {len(wanted)} {key}, but {len(given)} were given")
        for k, (shape, needed) in enumerate(zip(given, wanted, strict=True)):
            if shape.num_elements() not in (None, prod(needed)):
                raise i.mismatch(f"{key}[{k}] must have shape {list(needed)}, but has {brackets(shape)}")
    return TensorShape.of((network.size,))


@op("CudnnRNNCanonicalToParams", shape=_opaque_shape, T=KINDS)
def _canonical_to_params(
    weights: list[Tensor],
    biases: list[Tensor],
    num_layers: int,
    num_units: int,
    input_size: int,
    rnn_mode: str,
    input_mode: str,
    direction: str,
    num_proj: int | None,
) -> Tensor:
    network = Network(rnn_mode, num_layers, num_units, input_size, input_mode, direction, num_proj)
    stored = [tensor for tensor, kept in zip(weights, network.stored, strict=True) if kept]
    vector = torch.cat([tensor.reshape(-1) for tensor in (*stored, *biases)])
    if vector.numel() != network.size:
        raise invalid(_wrong_size(vector.numel(), network))
    return vector


def _sizes(num_layers: Any, num_units: Any, input_size: Any) -> tuple[int, int, int]:
    """The sizes as numbers, also when they are given as constants of the graph."""
    named = {"num_layers": num_layers, "num_units": num_units, "input_size": input_size}
    layers, units, depth = (static_int(getattr(size, "value", size), name) for name, size in named.items())
    return layers, units, depth


def cudnn_rnn_opaque_params_size(
    rnn_mode: str,
    num_layers: Any,
    num_units: Any,
    input_size: Any,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dtype: Any = dtypes.float32,
    dropout: float = 0,
    seed: int | None = 0,
    num_proj: int | None = None,
    name: str | None = None,
) -> Any:
    """The number of elements of a network's opaque weights, an int32 scalar.

    Raises ValueError for a mode or direction that cuDNN does not have, TypeError for a dtype that it does not.
    """
    kind = dtypes.as_dtype(dtype)
    if kind not in KINDS:
        names = ", ".join(sorted(d.name for d in KINDS))
        raise TypeError(
            f"Value passed to parameter 'T' has DataType {kind.name} not in list of allowed values: {names}"
        )
    sizes = _sizes(num_layers, num_units, input_size)
    network = Network(rnn_mode, *sizes, input_mode, direction, num_proj or None)
    return constant(network.size, dtypes.int32, name=name or "CudnnRNNParamsSize")


def cudnn_rnn_opaque_params_to_canonical(
    rnn_mode: str,
    num_layers: Any,
    num_units: Any,
    input_size: Any,
    params: Any,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0,
    seed: int | None = 0,
    num_proj: int | None = None,
    name: str | None = None,
) -> tuple[list[Any], list[Any]]:
    """The canonical matrices and biases in a network's opaque weights: see `recell.rnn.cudnn_params`."""
    sizes = _sizes(num_layers, num_units, input_size)
    count = len(Network(rnn_mode, *sizes, input_mode, direction, num_proj or None).weight_shapes)
    tensors = _params_to_canonical(params, *sizes, rnn_mode, input_mode, direction, num_proj or None, name=name)
    return tensors[:count], tensors[count:]


def cudnn_rnn_canonical_to_opaque_params(
    rnn_mode: str,
    num_layers: Any,
    num_units: Any,
    input_size: Any,
    weights: Sequence[Any],
    biases: Sequence[Any],
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0,
    seed: int | None = 0,
    num_proj: int | None = None,
    name: str | None = None,
) -> Any:
    """A network's opaque weights, one vector, from the canonical matrices and biases (of any shape of that size)."""
    if not num_proj and len(weights) != len(biases):
        raise ValueError(
            f"List argument 'biases' to 'cudnn_rnn_canonical_to_params' Op with length {len(biases)} must match length "
            f"{len(weights)} of argument 'weights'."
        )
    sizes = _sizes(num_layers, num_units, input_size)
    attributes = *sizes, rnn_mode, input_mode, direction, num_proj or None
    return _canonical_to_params(list(weights), list(biases), *attributes, name=name)


__all__ = [
    "KINDS",
    "cudnn_rnn_canonical_to_opaque_params",
    "cudnn_rnn_opaque_params_size",
    "cudnn_rnn_opaque_params_to_canonical",
    "get_num_params",
    "unpacked",
]
