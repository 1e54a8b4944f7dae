"""`CudnnLSTM`, `CudnnGRU`, `CudnnRNNTanh`, `CudnnRNNRelu`: cuDNN's networks as layers, on any device.

They are those of Appleyard et al., https://arxiv.org/abs/1604.01946.
"""

from __future__ import annotations

import inspect
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.dtypes import as_dtype
from recell.graph.keys import GraphKeys
from recell.graph.shapes import as_shape
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.ops.array_make import zeros
from recell.ops.initializers import Constant, GlorotUniform
from recell.ops.layer import InputSpec
from recell.rnn import cudnn_models
from recell.rnn.arguments import Arguments, keeps_arguments
from recell.rnn.cudnn_opaque import KINDS, cudnn_rnn_canonical_to_opaque_params, get_num_params
from recell.rnn.cudnn_ops import run_network
from recell.rnn.cudnn_params import (
    CUDNN_GRU,
    CUDNN_INPUT_LINEAR_MODE,
    CUDNN_LSTM,
    CUDNN_RNN_RELU,
    CUDNN_RNN_TANH,
    CUDNN_RNN_UNIDIRECTION,
    Network,
    check_direction,
    check_input_mode,
    direction_count,
)
from recell.rnn.cudnn_saveable import (
    CudnnGRUSaveable,
    CudnnLSTMSaveable,
    CudnnOpaqueParamsSaveable,
    CudnnRNNReluSaveable,
    CudnnRNNTanhSaveable,
)
from recell.rnn.drivers import axes_of, axis_size


class CudnnLayer(Arguments):
    """What the four layers share.

    Args:
      num_layers, num_units: of the network.
      input_mode: "linear_input", or "skip_input" to add an input of size `num_units` to the gates as it is;
        "auto_select" skips wherever the sizes allow it.
      direction: "unidirectional" or "bidirectional".
      dropout: the probability of dropping an output between two layers while training.
      seed: of the dropout and of the default kernel initializer.
      dtype: float16, float32 or float64.
      kernel_initializer: of each gate's matrix on its own, glorot_uniform by default; bias_initializer: of each bias,
        zeros by default.
      name: of the scope.

    Raises ValueError for another mode, direction or dtype.
    """

    _rnn_mode: str
    _saveable_cls: type[CudnnOpaqueParamsSaveable]
    _older_cls: type[cudnn_models.CudnnNetwork]
    _kernel_initializer: Any
    _bias_initializer: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A layer, or the class of that name of releases before 1.4, which takes an `input_size`, third."""
        if "input_size" in kwargs or (len(args) > 2 and not isinstance(args[2], str)):
            return cls._older_cls(*args, **kwargs)
        return super().__new__(cls)

    @keeps_arguments
    def __init__(
        self,
        num_layers: Any,
        num_units: Any,
        input_mode: str = CUDNN_INPUT_LINEAR_MODE,
        direction: str = CUDNN_RNN_UNIDIRECTION,
        dropout: float = 0.0,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        check_direction(direction)
        check_input_mode(input_mode)
        if as_dtype(dtype) not in KINDS:
            raise ValueError(f"Only support float16, float32, float64, provided {as_dtype(dtype)!r}")
        self._input_size: int | None = None
        self._saveable: CudnnOpaqueParamsSaveable | None = None
        self.kernel: Any = None

    # -- what it is -----------------------------------------------------------------------------------------------

    @property
    def num_layers(self) -> Any:
        return self._num_layers

    @property
    def num_units(self) -> Any:
        return self._num_units

    @property
    def input_mode(self) -> str:
        return self._input_mode

    @property
    def input_size(self) -> int:
        """The depth of the inputs. ValueError before the first call."""
        if not self._input_size:
            raise ValueError("'input_size' is unknown since layer has not been built.")
        return self._input_size

    @property
    def rnn_mode(self) -> str:
        return self._rnn_mode

    @property
    def direction(self) -> str:
        return self._direction

    @property
    def num_dirs(self) -> int:
        return direction_count(self._direction)

    @property
    def saveable(self) -> CudnnOpaqueParamsSaveable | None:
        """How a checkpoint keeps the weights; None before the first call, and where the layer reuses another's."""
        return self._saveable

    @property
    def canonical_weight_shapes(self) -> list[tuple[int, int]]:
        """The matrices in the weights: see `recell.rnn.cudnn_params`. RuntimeError before the first call."""
        if not self._input_size:
            raise RuntimeError(f"{type(self).__name__}.canonical_weight_shapes invoked before input shape is known")
        return self._network.weight_shapes

    @property
    def canonical_bias_shapes(self) -> list[list[int]]:
        """The biases in the weights."""
        return [[self._num_units] for _ in range(get_num_params(self._rnn_mode, self._num_layers, self._direction))]

    @property
    def _network(self) -> Network:
        sizes = int(self._num_layers), int(self._num_units), self.input_size
        return Network(self._rnn_mode, *sizes, self._input_mode, self._direction)

    def state_shape(self, batch_size: Any) -> tuple[list[Any], ...]:
        """The shape of each state, `[layers * directions, batch, units]`."""
        return ([self._num_layers * self.num_dirs, batch_size, self._num_units],)

    # -- variables ------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the one variable, `opaque_kernel`. ValueError unless the inputs have three axes, the last one known."""
        if self.built:
            return
        dims = as_shape(input_shape).tuple
        if dims is None or len(dims) != 3:
            raise ValueError(f"Expecting input_shape with 3 dims, got {dims and len(dims)}")
        if dims[2] is None:
            raise ValueError("The last dimension of the inputs to `CudnnRNN` should be defined. Found `None`.")
        self._input_size = dims[2]
        self.input_spec = InputSpec(ndim=3, axes={-1: dims[2]})
        self._set_scope()
        reused = get_variable_scope().reuse is True
        with variable_scope(self._scope, reuse=self.built):
            self.kernel = get_variable("opaque_kernel", dtype=self._dtype, initializer=self._first_weights())
        self._trainable_weights.append(self.kernel)
        if not reused:
            self._saveable = self._make_saveable()
            get_default_graph().add_to_collection(GraphKeys.SAVEABLE_OBJECTS, self._saveable)
        self.built = True

    def _first_weights(self) -> Any:
        if self._kernel_initializer is None:
            self._kernel_initializer = GlorotUniform(seed=self._seed, dtype=as_dtype(self._dtype))
        if self._bias_initializer is None:
            self._bias_initializer = Constant(0.0, dtype=as_dtype(self._dtype))
        dtype, network = as_dtype(self._dtype), self._network
        weights = [self._kernel_initializer(shape, dtype=dtype) for shape in network.weight_shapes]
        biases = [self._bias_initializer(shape, dtype=dtype) for shape in network.bias_shapes]
        sizes = network.num_layers, network.num_units, network.input_size
        form = network.input_mode, network.direction
        return cudnn_rnn_canonical_to_opaque_params(self._rnn_mode, *sizes, weights, biases, *form)

    def _make_saveable(self) -> CudnnOpaqueParamsSaveable:
        return self._saveable_cls(
            self.kernel,
            self._network.num_layers,
            self._network.num_units,
            self.input_size,
            self._input_mode,
            self._direction,
            scope=get_variable_scope(),
            name=f"{self.kernel.name.split(':')[0]}_saveable",
        )

    # -- calling --------------------------------------------------------------------------------------------------

    def call(
        self,
        inputs: Any,
        initial_state: Any = None,
        sequence_lengths: Any = None,
        time_major: bool = True,
        training: bool = True,
    ) -> tuple[Any, Any]:
        """Outputs and final states: see the classes."""
        if initial_state is not None and not isinstance(initial_state, tuple):
            raise TypeError(f"Invalid initial_state type: {initial_state}, expecting tuple.")
        inputs = convert_to_tensor(inputs, dtype=self._dtype)
        if initial_state is None:
            initial_state = self._zero_state(axis_size(inputs, axes_of(time_major)[1]), time_major)
        h, c = self._parted(initial_state)
        options = sequence_lengths, time_major, self._input_mode, self._direction, self._dropout, self._seed
        outputs, *states = run_network(self._rnn_mode, inputs, h, c, self.kernel, training, *options)
        return outputs, tuple(states)

    def _parted(self, state: tuple[Any, ...]) -> tuple[Any, Any]:
        """h and c of a state, None for a c that there is not. ValueError for another number of them."""
        names = ("h", "c") if self._rnn_mode == CUDNN_LSTM else ("h",)
        if len(state) != len(names):
            fault = "not enough" if len(state) < len(names) else "too many"
            raise ValueError(
                f"{fault} values to unpack: the state of {type(self).__name__} is a tuple of {' and '.join(names)}, "
                f"but has {len(state)}: {state}"
            )
        h, *c = (convert_to_tensor(leaf, dtype=self._dtype) for leaf in state)
        return h, c[0] if c else None

    def _zero_state(self, batch_size: Any, time_major: bool = True) -> tuple[Any, ...]:
        shapes = self.state_shape(batch_size)
        if not time_major:
            shapes = tuple([batch, cells, units] for cells, batch, units in shapes)
        return tuple(zeros(shape, dtype=as_dtype(self._dtype)) for shape in shapes)


# Else it would be that of `__new__`.
CudnnLayer.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    list(inspect.signature(CudnnLayer.__init__).parameters.values())[1:]
)


class CudnnLSTM(CudnnLayer):
    """Layers of LSTM cells, as cuDNN computes them, on any device. TF symbol: `tf.contrib.cudnn_rnn.CudnnLSTM`.

        i, f, j, o = x W + bW + h R + bR
        c' = sigmoid(f) * c + sigmoid(i) * tanh(j)
        h' = sigmoid(o) * tanh(c')

    Each layer reads the outputs of the one below, of both directions where there are two. There is no forget bias but
    the one in the weights, which start at zero.

    Variable: `cudnn_lstm/opaque_kernel`, one vector, in cuDNN's order (`recell.rnn.cudnn_params`); a checkpoint has the
    weights as those of `CudnnCompatibleLSTMCell` too. `torch.nn.LSTM` is the same network with the same weights apart,
    but starts them otherwise.

    Args: see `CudnnLayer`. With an `input_size` it is the class of releases before 1.4, `recell.rnn.cudnn_models`.

    Call: inputs `[time, batch, depth]`; `initial_state`, a tuple of h and c, `[layers * directions, batch, units]`,
    zeros unless given; `sequence_lengths`, int32 `[batch]`; `time_major=False` for batches first in inputs, states and
    outputs; `training=False` turns the dropout off -> outputs `[time, batch, directions * units]`, zero past a row's
    length, and the tuple of h and c after each row's last step.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     lstm = tf.contrib.cudnn_rnn.CudnnLSTM(2, 3, direction="bidirectional")
      ...     outputs, (h, c) = lstm(tf.ones([5, 4, 7]), sequence_lengths=[5, 2, 1, 0])
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(outputs).shape, session.run(h).shape, lstm.kernel.shape)
      (5, 4, 6) (4, 4, 3) (552,)
    """

    _rnn_mode = CUDNN_LSTM
    _saveable_cls = CudnnLSTMSaveable
    _older_cls = cudnn_models.CudnnLSTM

    def state_shape(self, batch_size: Any) -> tuple[list[Any], ...]:
        """The shapes of h and c, `[layers * directions, batch, units]`."""
        return super().state_shape(batch_size) * 2


class CudnnGRU(CudnnLayer):
    """Layers of gated recurrent units, as cuDNN computes them. TF symbol: `tf.contrib.cudnn_rnn.CudnnGRU`.

        r, u = sigmoid(x W + bW + h R + bR)
        c    = tanh(x Wc + bWc + r * (h Rc + bRc))
        h'   = u * h + (1 - u) * c

    `tf.nn.rnn_cell.GRUCell` computes `(r * h) Rc` instead, and starts the biases of r and u at 1, where these are zero.

    Variable: `cudnn_gru/opaque_kernel`, one vector, in cuDNN's order (`recell.rnn.cudnn_params`); a checkpoint has the
    weights as those of `CudnnCompatibleGRUCell` too. `torch.nn.GRU` is the same network.

    Args: see `CudnnLayer`. Call: as `CudnnLSTM`, with `(h,)` for the states.
    """

    _rnn_mode = CUDNN_GRU
    _saveable_cls = CudnnGRUSaveable
    _older_cls = cudnn_models.CudnnGRU


class CudnnRNNTanh(CudnnLayer):
    """Layers of Elman's cells, as cuDNN computes them. TF symbol: `tf.contrib.cudnn_rnn.CudnnRNNTanh`.

        h' = tanh(x W + bW + h R + bR)

    Variable: `cudnn_rnn_tanh/opaque_kernel`; a checkpoint has the weights as those of `BasicRNNCell` too.
    Args: see `CudnnLayer`. Call: as `CudnnLSTM`, with `(h,)` for the states.
    """

    _rnn_mode = CUDNN_RNN_TANH
    _saveable_cls = CudnnRNNTanhSaveable
    _older_cls = cudnn_models.CudnnRNNTanh


class CudnnRNNRelu(CudnnLayer):
    """Layers of Elman's cells, as cuDNN computes them. TF symbol: `tf.contrib.cudnn_rnn.CudnnRNNRelu`.

        h' = relu(x W + bW + h R + bR)

    Variable: `cudnn_rnn_relu/opaque_kernel`; a checkpoint has the weights as those of `BasicRNNCell` too.
    Args: see `CudnnLayer`. Call: as `CudnnLSTM`, with `(h,)` for the states.
    """

    _rnn_mode = CUDNN_RNN_RELU
    _saveable_cls = CudnnRNNReluSaveable
    _older_cls = cudnn_models.CudnnRNNRelu


__all__ = ["CudnnGRU", "CudnnLSTM", "CudnnLayer", "CudnnRNNRelu", "CudnnRNNTanh"]
