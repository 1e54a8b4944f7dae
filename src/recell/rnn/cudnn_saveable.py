"""How a checkpoint keeps the weights of a cuDNN network: as the variables of the cells that compute the same.

So a network trained here or on a GPU can be read into `CudnnCompatibleLSTMCell`, ... and the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph.saveable import SaveableObject, SaveSpec
from recell.graph.variable_scope import VariableScope
from recell.ops.state import assign, identity
from recell.rnn.cudnn_format import (
    CONVERTERS,
    CudnnParamsFormatConverter,
    CudnnParamsFormatConverterGRU,
    CudnnParamsFormatConverterLSTM,
    CudnnParamsFormatConverterRelu,
    CudnnParamsFormatConverterTanh,
)
from recell.rnn.cudnn_params import (
    CUDNN_GRU,
    CUDNN_INPUT_LINEAR_MODE,
    CUDNN_LSTM,
    CUDNN_RNN_UNIDIRECTION,
    direction_count,
)

_GRU_PARTS = ("gates", "candidate/input_projection", "candidate/hidden_projection")


def _cell_prefixes(num_layers: int, num_dirs: int, scope: str) -> list[str]:
    """The scopes of the cells of `MultiRNNCell` (or `stack_bidirectional_dynamic_rnn`) under `scope`."""
    if num_dirs == 1:
        return [f"{scope}/multi_rnn_cell/cell_{layer}" for layer in range(num_layers)]
    return [f"{scope}/cell_{layer}/bidirectional_rnn/{way}" for layer in range(num_layers) for way in ("fw", "bw")]


def _driver(num_dirs: int) -> str:
    """The default scope of the driver of such cells."""
    return "rnn" if num_dirs == 1 else "stack_bidirectional_rnn"


class CudnnOpaqueParamsSaveable(SaveableObject):
    """What the saveables share. TF symbol: `tf.contrib.cudnn_rnn.Cudnn*Saveable`.

    Args:
      opaque_params: the variable of the opaque weights.
      num_layers, num_units, input_size, input_mode, direction: of the network.
      scope: a VariableScope, or its name, that the names begin with.
      name: of the object.
    """

    _format_converter_cls: type[CudnnParamsFormatConverter]
    _rnn_cell_name: str
    _parts: tuple[str, ...] = ("",)
    """The layers inside of a cell that have a kernel and a bias each."""

    def __init__(
        self,
        opaque_params: Any,
        num_layers: int,
        num_units: int,
        input_size: int,
        input_mode: str = CUDNN_INPUT_LINEAR_MODE,
        direction: str = CUDNN_RNN_UNIDIRECTION,
        scope: Any = None,
        name: str = "cudnn_rnn_saveable",
    ) -> None:
        self._num_layers = num_layers
        self._num_units = num_units
        self._input_size = input_size
        self._input_mode = input_mode
        self._direction = direction
        self._num_dirs = direction_count(direction)
        self._scope = (scope.name if isinstance(scope, VariableScope) else scope) or None
        self._variables = opaque_params
        self._format_converter = self._format_converter_cls(
            num_layers, num_units, input_size, input_mode=input_mode, direction=direction
        )
        weights, biases = self._format_converter.opaque_to_tf_canonical(opaque_params)
        self._weight_names, self._bias_names = self._tf_canonical_names()
        self._param_names = self._weight_names + self._bias_names
        tensors = [*weights, *biases]
        specs = [
            SaveSpec(tensor, "", name, tensor.dtype) for tensor, name in zip(tensors, self._param_names, strict=True)
        ]
        super().__init__(identity(opaque_params), specs, name)

    @property
    def format_converter(self) -> CudnnParamsFormatConverter:
        return self._format_converter

    def restore(self, restored_tensors: Sequence[Any], restored_shapes: Any) -> Any:
        """Gives the variable the weights that were read, kernels first and then biases; yields the new vector."""
        opaque = self._format_converter.tf_canonical_to_opaque(list(restored_tensors))
        return assign(self._variables, opaque, validate_shape=False)

    def _tf_canonical_names(self) -> tuple[list[str], list[str]]:
        driver = _driver(self._num_dirs)
        prefixes = _cell_prefixes(
            self._num_layers, self._num_dirs, f"{self._scope}/{driver}" if self._scope else driver
        )
        return _names(prefixes, self._rnn_cell_name, self._parts)


def _names(prefixes: Sequence[str], cell: str, parts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names of all kernels and of all biases."""
    layers = ["/".join(filter(None, (prefix, cell, part))) for prefix in prefixes for part in parts]
    return [f"{layer}/kernel" for layer in layers], [f"{layer}/bias" for layer in layers]


class CudnnLSTMSaveable(CudnnOpaqueParamsSaveable):
    """Of an LSTM: `.../cudnn_compatible_lstm_cell/kernel` and `bias`.

    TF symbol: `tf.contrib.cudnn_rnn.CudnnLSTMSaveable`. Args: see `CudnnOpaqueParamsSaveable`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     weights = tf.get_variable("weights", [84])
      ...     saveable = tf.contrib.cudnn_rnn.CudnnLSTMSaveable(weights, num_layers=1, num_units=3, input_size=2)
      ...     for spec in saveable.specs:
      ...         print(spec.name, spec.tensor.shape)
      rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell/kernel (5, 12)
      rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell/bias (12,)
    """

    _format_converter_cls: type[CudnnParamsFormatConverter] = CudnnParamsFormatConverterLSTM
    _rnn_cell_name = "cudnn_compatible_lstm_cell"


class CudnnGRUSaveable(CudnnOpaqueParamsSaveable):
    """Of a GRU: `.../cudnn_compatible_gru_cell/gates/kernel`, `candidate/input_projection/kernel`, ...

    TF symbol: `tf.contrib.cudnn_rnn.CudnnGRUSaveable`. Args: see `CudnnOpaqueParamsSaveable`.
    """

    _format_converter_cls = CudnnParamsFormatConverterGRU
    _rnn_cell_name = "cudnn_compatible_gru_cell"
    _parts = _GRU_PARTS


class CudnnRNNTanhSaveable(CudnnLSTMSaveable):
    """Of a tanh network: `.../basic_rnn_cell/kernel` and `bias`.

    TF symbol: `tf.contrib.cudnn_rnn.CudnnRNNTanhSaveable`. Args: see `CudnnOpaqueParamsSaveable`.
    """

    _format_converter_cls = CudnnParamsFormatConverterTanh
    _rnn_cell_name = "basic_rnn_cell"


class CudnnRNNReluSaveable(CudnnLSTMSaveable):
    """Of a relu network: `.../basic_rnn_cell/kernel` and `bias`.

    TF symbol: `tf.contrib.cudnn_rnn.CudnnRNNReluSaveable`. Args: see `CudnnOpaqueParamsSaveable`.
    """

    _format_converter_cls = CudnnParamsFormatConverterRelu
    _rnn_cell_name = "basic_rnn_cell"


class RNNParamsSaveable(SaveableObject):
    """The saveable of releases before 1.4, for the classes of `recell.rnn.cudnn_models`.

    TF symbol: `tf.contrib.cudnn_rnn.RNNParamsSaveable`.

    Args:
      cell: the network.
      params_to_canonical, canonical_to_params: how its weights become lists and back: the network's methods.
      param_variables: a list of one variable, the opaque weights.
      base_variable_scope: what the names begin with: the scope of the `dynamic_rnn` or `static_rnn` that shall read
        them; "rnn" by default.
      name: of the object.
    """

    def __init__(
        self,
        cell: Any,
        params_to_canonical: Callable[[Any], tuple[list[Any], list[Any]]],
        canonical_to_params: Callable[[list[Any], list[Any]], Any],
        param_variables: Sequence[Any],
        base_variable_scope: str | None = None,
        name: str = "params_canonical",
    ) -> None:
        self._cell = cell
        self._canonical_to_params = canonical_to_params
        self._variables = list(param_variables)
        self._converter = CONVERTERS[cell.rnn_mode](
            cell.num_layers, cell.num_units, cell.input_size, input_mode=cell.input_mode, direction=cell.direction
        )
        dirs = direction_count(cell.direction)
        prefixes = _cell_prefixes(cell.num_layers, dirs, base_variable_scope or _driver(dirs))
        parts = _GRU_PARTS if cell.rnn_mode == CUDNN_GRU else ("",)
        kinds = {CUDNN_LSTM: "cudnn_compatible_lstm_cell", CUDNN_GRU: "cudnn_compatible_gru_cell"}
        names = _names(prefixes, kinds.get(cell.rnn_mode, "basic_rnn_cell"), parts)
        weights, biases = self._converter._cu_canonical_to_tf_canonical(*params_to_canonical(self._variables[0]))
        pairs = zip([*weights, *biases], [*names[0], *names[1]], strict=True)
        specs = [SaveSpec(tensor, "", key, tensor.dtype) for tensor, key in pairs]
        super().__init__(identity(self._variables[0]), specs, name)

    def restore(self, restored_tensors: Sequence[Any], restored_shapes: Any) -> Any:
        """Gives the variable the weights that were read; yields the new vector."""
        weights, biases = self._converter._tf_canonical_to_cu_canonical(list(restored_tensors), None)
        return assign(self._variables[0], self._canonical_to_params(weights, biases), validate_shape=False)


__all__ = [
    "CudnnGRUSaveable",
    "CudnnLSTMSaveable",
    "CudnnOpaqueParamsSaveable",
    "CudnnRNNReluSaveable",
    "CudnnRNNTanhSaveable",
    "RNNParamsSaveable",
]
