"""`tf.keras.layers.SimpleRNNCell`, `GRUCell`, `LSTMCell`: Keras' own cells, which TF1's drivers run too.

They name variables by name scope (`rnn/while/gru_cell/kernel`), keep the weights of inputs and state apart, and take
their state as a list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, init_scope, name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.keys import GraphKeys
from recell.graph.variables import Variable
from recell.ops.array_join import concat, split
from recell.ops.array_make import ones_like
from recell.ops.initializers import Ones
from recell.ops.keras_activations import get as get_activation
from recell.ops.keras_initializers import get as get_initializer
from recell.ops.layer_names import to_snake_case, unique_object_name
from recell.ops.linalg import matmul
from recell.ops.math_binary import multiply
from recell.ops.nn_dropout import dropout
from recell.rnn.arguments import Arguments, keeps_arguments
from recell.rnn.cell import _batch_and_dtype
from recell.rnn.state import zero_state_of


class KerasCell(Arguments):
    """What the three share: their variables, and dropout on inputs and state while `training`.

    Arguments are kept in public, as Keras keeps them. Subclasses say `_gates`, the number of blocks of columns,
    `_states`, the number of their states, and `_step`.
    """

    _argument_prefix = ""
    _gates: int
    _states: int

    implementation = 1
    """Anything else draws one mask of dropout for all gates, instead of one for each."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("kernel_initializer", "recurrent_initializer", "bias_initializer"):
            setattr(self, name, get_initializer(getattr(self, name)))
        for name in ("activation", "recurrent_activation"):
            if name in self.__dict__:  # SimpleRNNCell has one only
                setattr(self, name, get_activation(getattr(self, name)))
        self._masks: dict[str, list[Any]] = {}

    def _make_unique_name(self) -> tuple[str, str]:
        base = to_snake_case(type(self).__name__)
        return unique_object_name(base, zero_based=True), base

    @property
    def state_size(self) -> Any:
        return self.units if self._states == 1 else [self.units] * self._states

    @property
    def output_size(self) -> int:
        return self.units

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros for the batch and dtype of `inputs` `[batch, ...]`, or those given."""
        if inputs is not None:
            batch_size, dtype = _batch_and_dtype(convert_to_tensor(inputs), batch_size, dtype)
        return zero_state_of(self.state_size, batch_size, dtype)

    def __call__(self, inputs: Any, states: Any, training: Any = None) -> tuple[Any, Any]:
        """One step: inputs `[batch, depth]` and a list of states `[batch, units]` -> output, new states.

        A state that is no list, as TF1's drivers give it, comes back as none.
        """
        inputs = convert_to_tensor(inputs)
        listed = [convert_to_tensor(state) for state in nest.flatten(states)]
        with name_scope(self._name):
            if not self.built:
                self._dtype = self._dtype or inputs.dtype.base_dtype.name
                self._graph = get_default_graph()
                self.build(inputs.shape)
                self.built = True
            output, new = self._step(inputs, listed, bool(training))
        return output, nest.pack_sequence_as(states, new)

    def _step(self, x: Any, states: list[Any], training: bool) -> tuple[Any, list[Any]]:
        raise NotImplementedError

    def build(self, input_shape: Any) -> None:
        columns = self._gates * self.units
        depth = input_shape.as_list()[-1]
        self.kernel = self._variable("kernel", [depth, columns], self.kernel_initializer)
        self.recurrent_kernel = self._variable("recurrent_kernel", [self.units, columns], self.recurrent_initializer)
        self.bias = self._variable("bias", self._bias_shape, self._bias_start()) if self.use_bias else None

    @property
    def _bias_shape(self) -> list[int]:
        return [self._gates * self.units]

    def _bias_start(self) -> Callable[..., Any]:
        return self.bias_initializer

    def _variable(self, name: str, shape: Sequence[int], initializer: Any) -> Variable:
        kind = "recurrent" if name == "recurrent_kernel" else name
        dtype = as_dtype(self._dtype)
        made = Variable(
            lambda: initializer(list(shape), dtype=dtype),
            trainable=self.trainable,
            name=name,
            dtype=dtype,
            constraint=getattr(self, f"{kind}_constraint"),
            use_resource=True,
        )
        (self._trainable_weights if self.trainable else self._non_trainable_weights).append(made)
        regularizer = getattr(self, f"{kind}_regularizer")
        if regularizer is not None:
            with init_scope():  # a driver may be tracing its step, which the loss is no part of
                loss = regularizer(made)
            self._losses.append(loss)
            get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        return made

    def _dropped(self, name: str, x: Any, rate: float, training: bool) -> list[Any]:
        """`x` for each gate, by its mask of dropout, which stays until `reset_dropout_mask`."""
        if not training or not rate:
            return [x] * self._gates
        if name not in self._masks:
            self._masks[name] = [dropout(ones_like(x), rate=rate) for _ in range(self._gates)]
        masks = self._masks[name]
        return [multiply(x, mask) for mask in (masks if self.implementation == 1 else masks[:1] * self._gates)]

    def reset_dropout_mask(self) -> None:
        """Draws other masks for inputs from the next call on."""
        self._masks.pop("inputs", None)

    def reset_recurrent_dropout_mask(self) -> None:
        """Draws other masks for the state from the next call on."""
        self._masks.pop("state", None)

    def _inputs_products(self, x: Any, training: bool) -> list[Any]:
        """`x W + b` of each gate."""
        bias = self.bias
        blocks = split(convert_to_tensor(self.kernel), self._gates, axis=1)
        biases = [None] * self._gates if bias is None else split(self._input_bias(bias), self._gates, axis=0)
        xs = self._dropped("inputs", x, self.dropout, training)
        products = [matmul(a, w) for a, w in zip(xs, blocks, strict=True)]
        return [p if b is None else p + b for p, b in zip(products, biases, strict=True)]

    def _input_bias(self, bias: Any) -> Any:
        return convert_to_tensor(bias)

    def _recurrent_blocks(self) -> list[Any]:
        return split(convert_to_tensor(self.recurrent_kernel), self._gates, axis=1)


class SimpleRNNCell(KerasCell):
    """Elman's network as Keras writes it. TF symbol: `tf.keras.layers.SimpleRNNCell`.

        h' = activation(x W + b + h U)

    Variables: `kernel` W `[depth, units]`, `recurrent_kernel` U `[units, units]` (orthogonal at first), `bias` b
    `[units]`, under the name scope of the first call. `tf.nn.rnn_cell.BasicRNNCell` keeps W over U in one kernel.

    Args:
      units: units of the state.
      activation: a function or its name; None is none.
      use_bias: whether there is b.
      kernel_..., recurrent_..., bias_...: initializers (or their names), regularizers and constraints of W, U and b.
      dropout, recurrent_dropout: the chance of each number of x, and of h, to be dropped while `training`.
      name, dtype, trainable: as for any layer.

    Call: inputs `[batch, depth]`, states `[h]`, h `[batch, units]` -> output h' `[batch, units]` and `[h']`.
    """

    _gates = 1
    _states = 1

    @keeps_arguments
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def _step(self, x: Any, states: list[Any], training: bool) -> tuple[Any, list[Any]]:
        (product,) = self._inputs_products(x, training)
        (h,) = self._dropped("state", states[0], self.recurrent_dropout, training)
        output = self.activation(product + matmul(h, convert_to_tensor(self.recurrent_kernel)))
        return output, [output]


class GRUCell(KerasCell):
    """The gated recurrent unit as Keras writes it. TF symbol: `tf.keras.layers.GRUCell`.

        z, r = recurrent_activation(x W + b + h U)
        c    = activation(x Wc + bc + (r * h) Uc)     # with reset_after: r * (h Uc + bh)
        h'   = z * h + (1 - z) * c

    Variables: `kernel` `[depth, 3 * units]`, `recurrent_kernel` `[units, 3 * units]`, columns z, r, c; `bias`
    `[3 * units]`, with `reset_after` `[2, 3 * units]`, of inputs and of state. Keras' z is the u of
    `tf.nn.rnn_cell.GRUCell`, which starts its biases at one and uses the exact sigmoid.

    Args:
      activation: for c; recurrent_activation: for z and r; functions or their names, None is none.
      implementation: 1 drops numbers for each gate by itself; 2 drops the same ones for all, and of h where it stays.
      reset_after: resets after the product with Uc, as cuDNN does.
      units, ..., trainable: those of `SimpleRNNCell`.

    Call: inputs `[batch, depth]`, states `[h]`, h `[batch, units]` -> output h' `[batch, units]` and `[h']`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     outputs, _ = tf.nn.dynamic_rnn(tf.keras.layers.GRUCell(3), tf.ones([2, 4, 1]), dtype=tf.float32)
      ...     print(outputs.shape, tf.global_variables()[0].name)
      (2, 4, 3) rnn/while/gru_cell/kernel:0
    """

    _gates = 3
    _states = 1

    @keeps_arguments
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "hard_sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        implementation: int = 1,
        reset_after: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    @property
    def _bias_shape(self) -> list[int]:
        columns = self._gates * self.units
        return [2, columns] if self.reset_after else [columns]

    def _input_bias(self, bias: Any) -> Any:
        return bias[0] if self.reset_after else convert_to_tensor(bias)

    def _step(self, x: Any, states: list[Any], training: bool) -> tuple[Any, list[Any]]:
        x_z, x_r, x_c = self._inputs_products(x, training)
        u_z, u_r, u_c = self._recurrent_blocks()
        h_z, h_r, h_c = self._dropped("state", states[0], self.recurrent_dropout, training)
        b_z, b_r, b_c = self._state_biases()
        z = self.recurrent_activation(x_z + matmul(h_z, u_z) + b_z)
        r = self.recurrent_activation(x_r + matmul(h_r, u_r) + b_r)
        reset = r * (matmul(h_c, u_c) + b_c) if self.reset_after else matmul(r * h_c, u_c)
        h = states[0] if self.implementation == 1 else h_z
        output = z * h + (1.0 - z) * self.activation(x_c + reset)
        return output, [output]

    def _state_biases(self) -> list[Any]:
        return split(self.bias[1], 3, axis=0) if self.reset_after and self.use_bias else [0.0] * 3  # type: ignore[index]


class LSTMCell(KerasCell):
    """Long short-term memory as Keras writes it. TF symbol: `tf.keras.layers.LSTMCell`.

        i, f, o = recurrent_activation(x W + b + h U)
        c' = f * c + i * activation(x Wc + bc + h Uc)
        h' = o * activation(c')

    Variables: `kernel` `[depth, 4 * units]`, `recurrent_kernel` `[units, 4 * units]`, columns i, f, c, o; `bias`
    `[4 * units]`, whose part for f starts at one with `unit_forget_bias`. The state is the list `[h, c]`.
    `tf.nn.rnn_cell.LSTMCell` orders the columns i, j, f, o and adds its forget bias while running.

    Args:
      activation: for the new part of c' and for c' in h'; recurrent_activation: for i, f and o; functions or their
        names, None is none.
      unit_forget_bias: starts the bias of f at one.
      implementation: 1 drops numbers for each gate by itself; 2 drops the same ones for all.
      units, ..., trainable: those of `SimpleRNNCell`.

    Call: inputs `[batch, depth]`, states `[h, c]`, both `[batch, units]` -> output h' `[batch, units]`, `[h', c']`.
    """

    _gates = 4
    _states = 2

    @keeps_arguments
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "hard_sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        implementation: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def _bias_start(self) -> Callable[..., Any]:
        if not self.unit_forget_bias:
            return self.bias_initializer

        def start(shape: Any, dtype: Any) -> Any:
            own, units = self.bias_initializer, self.units
            parts = own([units], dtype=dtype), Ones()([units], dtype=dtype), own([2 * units], dtype=dtype)
            return concat(list(parts), 0)

        return start

    def _step(self, x: Any, states: list[Any], training: bool) -> tuple[Any, list[Any]]:
        x_i, x_f, x_c, x_o = self._inputs_products(x, training)
        u_i, u_f, u_c, u_o = self._recurrent_blocks()
        h_i, h_f, h_c, h_o = self._dropped("state", states[0], self.recurrent_dropout, training)
        i = self.recurrent_activation(x_i + matmul(h_i, u_i))
        f = self.recurrent_activation(x_f + matmul(h_f, u_f))
        c = f * states[1] + i * self.activation(x_c + matmul(h_c, u_c))
        o = self.recurrent_activation(x_o + matmul(h_o, u_o))
        h = o * self.activation(c)
        return h, [h, c]


__all__ = ["GRUCell", "LSTMCell", "SimpleRNNCell"]
