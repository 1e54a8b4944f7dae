"""`LSTMCell`: long short-term memory with peepholes, clipping and projection, as in Sak et al. (2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.partition import fixed_size_partitioner
from recell.graph.registry import Inference, OverTime
from recell.graph.shapes import TensorShape
from recell.ops.initializers import Zeros
from recell.ops.layer import InputSpec
from recell.ops.op import op
from recell.rnn.activation import applied, as_attribute, get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.lstm_state import SizedLSTMState
from recell.rnn.step import KINDS, check_step_inputs, lstm_step_sizes

if TYPE_CHECKING:
    from torch import Tensor

    from recell import kernels
else:
    kernels = lazy_module("recell.kernels")


def _shapes(i: Inference) -> list[TensorShape]:
    batch, units = lstm_step_sizes(i)
    projection = i.tensor("projection")
    out = units if projection is None else i.shape("projection").as_list()[1]
    return [TensorShape.of((batch, units)), TensorShape.of((batch, out))]


def _over_time(
    lengths: Tensor | None,
    x: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    peephole_f: Tensor | None,
    peephole_i: Tensor | None,
    peephole_o: Tensor | None,
    projection: Tensor | None,
    activation: Any,
    **options: Any,
) -> tuple[Tensor, Tensor, Tensor]:
    if projection is None:  # the bound of what it gives, without meaning then, is an error in `kernels.lstm`
        options["proj_clip"] = None
    return kernels.lstm(
        x,
        c,
        h,
        kernel,
        bias,
        activation=applied(activation),
        peephole_i=peephole_i,
        peephole_f=peephole_f,
        peephole_o=peephole_o,
        projection=projection,
        lengths=lengths,
        **options,
    )


@op("LSTMStep", shape=_shapes, T=KINDS, over_time=OverTime(_over_time, carried=(1, 2), sequence=1))
def lstm_step(
    x: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    peephole_f: Tensor | None,
    peephole_i: Tensor | None,
    peephole_o: Tensor | None,
    projection: Tensor | None,
    activation: Any,
    forget_bias: float,
    cell_clip: float | None,
    proj_clip: float | None,
    straight_through_clip: bool = False,
) -> tuple[Tensor, Tensor]:
    """`recell.kernels.lstm_step` as an operation: `(c', m')`."""
    return kernels.lstm_step(
        x,
        c,
        h,
        kernel,
        bias,
        forget_bias=forget_bias,
        activation=applied(activation),
        peephole_i=peephole_i,
        peephole_f=peephole_f,
        peephole_o=peephole_o,
        cell_clip=cell_clip,
        straight_through_clip=straight_through_clip,
        projection=projection,
        proj_clip=proj_clip,
    )


class LSTMCell(SizedLSTMState, LayerRNNCell):
    """Long short-term memory with peepholes, clipping and projection.

    TF symbol: `tf.nn.rnn_cell.LSTMCell`; the maths: `recell.kernels.lstm_step`.

        i, j, f, o = [x, m] W + b
        c' = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * activation(j)
        c' = clip(c', -cell_clip, cell_clip)
        m' = sigmoid(o + w_o * c') * activation(c')
        m' = clip(m' P, -proj_clip, proj_clip)

    Variables: `lstm_cell/kernel` W `[depth + out, 4 * units]`, columns i, j, f, o, where out is `num_proj` or
    `num_units`; `lstm_cell/bias` b `[4 * units]`, zeros at first; with peepholes `lstm_cell/w_f_diag`, `w_i_diag`,
    `w_o_diag` `[units]`; with a projection `lstm_cell/projection/kernel` P `[units, num_proj]`. `torch.nn.LSTM`
    (`proj_size`) and cuDNN have no peepholes or clipping, and order the columns i, f, j, o as Keras does.

    Args:
      num_units: units of the memory.
      use_peepholes: lets the gates see the memory: the old one for i and f, the new, clipped one for o.
      cell_clip: bound of c'; None is none, and 0.0 really clips to zero.
      initializer: of the kernels and peepholes.
      num_proj: size of the output, by a projection; None is no projection. proj_clip: bound of what it gives.
      num_unit_shards, num_proj_shards: keep W and P in that many variables, `kernel/part_0`, ...
      forget_bias: added to the forget gate while running, never stored.
      state_is_tuple: False makes the state one tensor `[batch, units + out]`, c then m.
      activation: a function or its name, for j and for c'; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, `[batch, units]` and `[batch, out]` -> output m'
    `[batch, out]` and `LSTMStateTuple(c', m')`.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True, num_proj=3)
      >>> cell.state_size
      LSTMStateTuple(c=4, h=3)
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.nn.rnn_cell.LSTMCell(1, cell_clip=0.25, initializer=tf.ones_initializer())
      ...     outputs, state = tf.nn.dynamic_rnn(cell, tf.constant([[[0.5], [0.5]]]), dtype=tf.float32)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state.c))
      [[0.25]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: Any = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._activation = get_activation(activation)

    def build(self, input_shape: Any) -> None:
        units, out = int(self._num_units), int(self._out_units)
        depth = self._depth(input_shape)
        start = self._initializer
        self._kernel = self.add_weight(
            "kernel", [depth + out, 4 * units], initializer=start, partitioner=_shards(self._num_unit_shards)
        )
        self._bias = self.add_weight("bias", [4 * units], initializer=Zeros())
        self._w_f_diag = self._w_i_diag = self._w_o_diag = self._proj_kernel = None
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_weight(name, [units], initializer=start) for name in ("w_f_diag", "w_i_diag", "w_o_diag")
            )
        if self._num_proj:
            self._proj_kernel = self.add_weight(
                "projection/kernel", [units, out], initializer=start, partitioner=_shards(self._num_proj_shards)
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        inputs = convert_to_tensor(inputs)
        self._build_for(inputs)
        c, h = self._parted(state)
        check_step_inputs(inputs, h, self._kernel)
        activation = as_attribute(self._activation, inputs.dtype.base_dtype, int(self._num_units))
        peepholes = self._w_f_diag, self._w_i_diag, self._w_o_diag
        weights = self._kernel, self._bias, *peepholes, self._proj_kernel
        clips = _number(self._cell_clip), _number(self._proj_clip)
        c, h = lstm_step(inputs, c, h, *weights, activation, float(self._forget_bias), *clips)
        return h, self._joined(c, h)


def _shards(count: int | None) -> Any:
    return None if count is None else fixed_size_partitioner(count)


def _number(clip: Any) -> float | None:
    return None if clip is None else float(clip)


__all__ = ["LSTMCell", "lstm_step"]
