"""`NTMCell`: the neural Turing machine of Graves et al., https://arxiv.org/abs/1410.5401, as Collier and Beel made it.

Theirs, https://arxiv.org/abs/1807.08518, is about where a memory starts.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import float32
from recell.graph.shapes import TensorShape
from recell.ops.array_index import gather
from recell.ops.array_join import concat, split
from recell.ops.array_make import ones, zeros
from recell.ops.array_pad import pad
from recell.ops.array_shape import expand_dims, squeeze
from recell.ops.branches import cond
from recell.ops.clip import clip_by_value
from recell.ops.comparison import equal
from recell.ops.initializers import Constant, TruncatedNormal, Zeros
from recell.ops.linalg import matmul
from recell.ops.math_binary import pow as power
from recell.ops.math_unary import exp, sigmoid, sqrt, square, tanh
from recell.ops.nn_activations import softmax, softplus
from recell.ops.nn_dense import bias_add
from recell.ops.reductions import reduce_sum
from recell.ops.state import identity
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell, assert_like_rnncell
from recell.rnn.input_sizes import known_last, row_count


class NTMControllerState(NamedTuple):
    """The state of an `NTMCell`. TF symbol: `tensorflow.contrib.rnn.python.ops.rnn_cell.NTMControllerState`."""

    controller_state: Any
    """The controller's own."""
    read_vector_list: list[Any]
    """What each read head read, `[batch, memory_vector_dim]`."""
    w_list: list[Any]
    """Where each head looks, read heads first: weights `[batch, memory_size]` that add up to 1."""
    M: Any
    """The memory, `[batch, memory_size, memory_vector_dim]`."""
    time: Any
    """Steps done, an int or an int32 scalar."""


class NTMCell(LayerRNNCell):
    """A controller with a memory that it reads and writes through heads.

    TF symbol: `tensorflow.contrib.rnn.python.ops.rnn_cell.NTMCell`.

    The controller, any cell, sees x and what the heads read the step before. A linear map of its output, clipped, says
    for each head a key k, its strength beta, a gate g, a distribution s over shifts, and a sharpness gamma:

        k = tanh(k)    beta = softplus(beta)    g = sigmoid(g)    s = softmax(s)    gamma = 1 + softplus(gamma)
        wc = softmax over the memory's rows of (beta * cosine of k and the row)
        wg = g * wc + (1 - g) * w                    where the head looked the step before
        w'[i] ~ (sum over shifts d of s[d] * wg[i - d]) ** gamma

    and for each write head what it erases, e = sigmoid(e), and adds, a = tanh(a). All heads look at the memory of the
    step before. Then, head by head,

        read = sum of w' * M      M = M * (1 - outer(w', e)) + outer(w', a)

    and the output is a linear map of the controller's output and what was read, clipped.

    Variables: `ntm_cell/parameters_kernel` `[controller's output, (memory_vector_dim + 2 * shift_range + 4) * heads +
    2 * memory_vector_dim * write_head_num]` and `parameters_bias`; `output_kernel` `[controller's output +
    read_head_num * memory_vector_dim, output_dim]` and `output_bias`; for the first step `initial_read_vector_0` `[1,
    memory_vector_dim]`, ... (before tanh), `initial_address_weights_0` `[1, memory_size]`, ... (before softmax) and
    `memory` `[memory_size, memory_vector_dim]`, 1e-6 at first; and the controller's own. Neither torch, cuDNN nor
    Keras has it.

    Args:
      controller: a cell whose output is `[batch, units]`.
      memory_size: rows of the memory; memory_vector_dim: their width.
      read_head_num, write_head_num: heads of either kind; TF needs one at least.
      shift_range: rows that a head may move by in a step, both ways. (For 0 TF lets it stray by one or two: the same
        here.)
      output_dim: size of the output, that of the input unless given; TF's `dynamic_rnn` needs it given.
      clip_value: bound of the heads' parameters and of the output.
      dtype: of the variables; name: of the scope.

    Call: inputs `[batch, depth]`, an `NTMControllerState` -> output `[batch, output_dim]` and the new state. Where the
    state's `time` is 0 the variables above stand in for its reads, weights and memory. Raises TypeError for a
    controller that is no cell and for a state of another dtype than the variables', ValueError for a memory smaller
    than the shifts.

    Example:
      >>> import recell.v1 as tf
      >>> from recell.rnn.ntm_cell import NTMCell
      >>> with tf.Graph().as_default():
      ...     cell = NTMCell(tf.nn.rnn_cell.LSTMCell(8), memory_size=16, memory_vector_dim=4, read_head_num=1,
      ...                    write_head_num=1, output_dim=2)
      ...     outputs, state = tf.nn.dynamic_rnn(cell, tf.zeros([3, 5, 6]), dtype=tf.float32)
      ...     outputs.shape.as_list(), state.M.shape.as_list()
      ([3, 5, 2], [3, 16, 4])
    """

    _argument_prefix = ""
    output_dim: int | None

    @keeps_arguments
    def __init__(
        self,
        controller: Any,
        memory_size: int,
        memory_vector_dim: int,
        read_head_num: int,
        write_head_num: int,
        shift_range: int = 1,
        output_dim: int | None = None,
        clip_value: float = 20,
        dtype: Any = float32,
        name: str | None = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        assert_like_rnncell("NTM RNN controller cell", controller)
        self.num_heads = read_head_num + write_head_num
        self.num_parameters_per_head = memory_vector_dim + 2 * shift_range + 4
        self.total_parameter_num = (
            self.num_parameters_per_head * self.num_heads + 2 * memory_vector_dim * write_head_num
        )

    @property
    def state_size(self) -> NTMControllerState:
        return NTMControllerState(
            controller_state=self.controller.state_size,
            read_vector_list=[self.memory_vector_dim] * self.read_head_num,
            w_list=[self.memory_size] * self.num_heads,
            M=TensorShape([self.memory_size * self.memory_vector_dim]),
            time=TensorShape([]),
        )

    @property
    def output_size(self) -> int | None:
        """None until the first call, unless the constructor was told."""
        return self.output_dim

    def zero_state(self, batch_size: Any, dtype: Any) -> NTMControllerState:
        """The state before the first step, whose time is 0."""
        return NTMControllerState(
            read_vector_list=[zeros([batch_size, self.memory_vector_dim], dtype) for _ in range(self.read_head_num)],
            w_list=[zeros([batch_size, self.memory_size], dtype) for _ in range(self.num_heads)],
            controller_state=self.controller.zero_state(batch_size, dtype),
            M=zeros([batch_size, self.memory_size, self.memory_vector_dim], dtype),
            time=0,
        )

    def build(self, inputs_shape: Any) -> None:
        size, width = self.memory_size, self.memory_vector_dim
        if self.output_dim is None:
            self.output_dim = known_last(inputs_shape)
        controlled = int(self.controller.output_size)
        read = self.read_head_num * width
        self._params_kernel, self._params_bias = self._linear_map("parameters", controlled, self.total_parameter_num)
        self._output_kernel, self._output_bias = self._linear_map("output", controlled + read, self.output_dim)
        self._init_read_vectors = [
            self.add_weight(f"initial_read_vector_{n}", [1, width]) for n in range(self.read_head_num)
        ]
        self._init_address_weights = [
            self.add_weight(f"initial_address_weights_{n}", [1, size]) for n in range(self.num_heads)
        ]
        self._M = self.add_weight("memory", [size, width], initializer=Constant(1e-6))
        self.built = True

    def _linear_map(self, name: str, rows: int, columns: int) -> tuple[Any, Any]:
        start = TruncatedNormal(stddev=math.sqrt(1.0 / rows))
        kernel = self.add_weight(f"{name}_kernel", [rows, columns], initializer=start)
        return kernel, self.add_weight(f"{name}_bias", [columns], initializer=Zeros())

    def call(self, inputs: Any, state: NTMControllerState) -> Any:
        x = convert_to_tensor(inputs)
        reads, weights, memory = self._before(x, state)
        controlled, controller_state = self.controller(concat([x, *reads], 1), state.controller_state)
        heads, writes = self._parameters(controlled)
        weights = [self._addressed(head, w, memory) for head, w in zip(heads, weights, strict=True)]
        reading, writing = weights[: self.read_head_num], weights[self.read_head_num :]
        reads = [reduce_sum(expand_dims(w, 2) * memory, axis=1) for w in reading]
        for w, erase, add in zip(writing, writes[::2], writes[1::2], strict=True):
            where = expand_dims(w, 2)
            memory = memory * (1.0 - where * expand_dims(sigmoid(erase), 1)) + where * expand_dims(tanh(add), 1)
        output = matmul(concat([controlled, *reads], 1), self._output_kernel)
        output = self._clipped(bias_add(output, self._output_bias))
        return output, NTMControllerState(controller_state, reads, weights, memory, state.time + 1)

    def _before(self, x: Any, state: NTMControllerState) -> tuple[list[Any], list[Any], Any]:
        """What the heads read and where they looked, and the memory: of the state, or the variables at time 0."""
        dtype = self._M.dtype.base_dtype
        given = [convert_to_tensor(v) for v in (*state.read_vector_list, *state.w_list, state.M)]
        if any(v.dtype.base_dtype is not dtype for v in given):
            kinds = ", ".join(f"{v.name}: {v.dtype.base_dtype.name}" for v in given)
            raise TypeError(
                f"The cell's variables are {dtype.name}, its state is not ({kinds}): give either its dtype."
            )
        rows = ones([row_count(x), 1], dtype)

        def first() -> list[Any]:
            reads = [matmul(rows, tanh(v)) for v in self._init_read_vectors]
            weights = [matmul(rows, softmax(v)) for v in self._init_address_weights]
            return [*reads, *weights, expand_dims(rows, 2) * self._M]

        values = cond(equal(state.time, 0), first, lambda: [identity(v) for v in given])
        return values[: self.read_head_num], values[self.read_head_num : -1], values[-1]

    def _parameters(self, controlled: Any) -> tuple[list[Any], list[Any]]:
        """What the controller says to each head, and an erase and an add vector for each that writes."""
        parameters = bias_add(matmul(controlled, self._params_kernel), self._params_bias)
        sizes = [self.num_parameters_per_head] * self.num_heads + [self.memory_vector_dim] * (2 * self.write_head_num)
        parts = split(self._clipped(parameters), sizes, axis=1)
        return parts[: self.num_heads], parts[self.num_heads :]

    def _addressed(self, head: Any, w: Any, memory: Any) -> Any:
        """Where a head looks next, `[batch, memory_size]`."""
        sizes = [self.memory_vector_dim, 1, 1, 2 * self.shift_range + 1, 1]
        key, beta, g, s, gamma = split(head, sizes, axis=1)
        g = sigmoid(g)
        similar = exp(softplus(beta) * _cosines(memory, tanh(key)))
        focus = g * (similar / reduce_sum(similar, axis=1, keepdims=True)) + (1.0 - g) * w
        moved = reduce_sum(expand_dims(focus, 1) * self._moves(softmax(s)), axis=2)
        sharp = power(moved, softplus(gamma) + 1.0)
        return sharp / reduce_sum(sharp, axis=1, keepdims=True)

    def _moves(self, s: Any) -> Any:
        """`[batch, memory_size, memory_size]`: how much of one row's weight (last axis) goes to another row."""
        size, shift = self.memory_size, self.shift_range
        unreached = size - 2 * shift - 1
        if unreached < 0:
            raise ValueError(
                f"The memory of {size} rows is smaller than the {2 * shift + 1} shifts of shift_range={shift}: make "
                "memory_size larger or shift_range smaller."
            )
        # Shifts 0, 1, ..., none, ..., -1: as TF takes the last `shift` of s, which are all of them for shift_range=0.
        shifts = np.arange(2 * shift + 1)
        around = np.concatenate([shifts[: shift + 1], np.full(unreached, len(shifts)), shifts[-shift:]])
        turned = np.tile(around[::-1], 2)
        rows = np.stack([turned[size - 1 - i : 2 * size - 1 - i] for i in range(size)])
        return gather(pad(s, [[0, 0], [0, 1]]), rows, axis=1)

    def _clipped(self, value: Any) -> Any:
        return clip_by_value(value, -self.clip_value, self.clip_value)


def _cosines(memory: Any, key: Any) -> Any:
    """Of the memory's rows with `key` `[batch, memory_vector_dim]`: `[batch, memory_size]`."""
    key = expand_dims(key, 2)
    lengths = sqrt(reduce_sum(square(memory), axis=2, keepdims=True)) * sqrt(
        reduce_sum(square(key), axis=1, keepdims=True)
    )
    return squeeze(matmul(memory, key) / (lengths + 1e-8), [2])


__all__ = ["NTMCell", "NTMControllerState"]
