"""`AttentionCellWrapper`: a cell that attends to its own last outputs."""

from __future__ import annotations

from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_join import concat
from recell.ops.array_shape import expand_dims, reshape
from recell.ops.linalg import matmul
from recell.ops.math_unary import tanh
from recell.ops.nn_activations import softmax
from recell.ops.reductions import reduce_sum
from recell.ops.slicing import slice_
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.linear import Linear
from recell.rnn.warn import warn_joined
from recell.rnn.wrappers import AroundCell


class AttentionCellWrapper(AroundCell, RNNCell):
    """Attends to the last `attn_length` outputs. TF symbol: `tf.contrib.rnn.AttentionCellWrapper`.

        y, s'    = cell([x, a] Wi + bi, s)
        score[t] = sum(attn_v * tanh(window[t] attn_w + s' Wa + ba))     for the `attn_length` rows of the window
        a'       = sum(softmax(score)[t] * window[t] over t)
        output   = [y, a'] Wo + bo
        window'  = window[1:] and output

    The additive attention of Bahdanau et al. (https://arxiv.org/abs/1409.0473) turned to a cell's own past, as Cheng
    et al. (https://arxiv.org/abs/1601.06733) have it. s' is the cell's new state, all parts side by side.

    Variables, under `attention_cell_wrapper`: `kernel` Wi `[depth + attn_size, input_size]`, `bias` bi; the cell's;
    `attention/attn_w` `[1, 1, attn_size, attn_vec_size]`, `attention/attn_v` `[attn_vec_size]`, `attention/kernel` Wa
    `[state, attn_vec_size]`, `attention/bias` ba; `attn_output_projection/kernel` Wo `[cell output + attn_size,
    attn_size]`, `attn_output_projection/bias` bo. Biases are zeros at first.

    Args:
      cell: an RNNCell whose output and state are matrices.
      attn_length: how many outputs are kept.
      attn_size: the size of an output and of what is attended to; the cell's output size by default.
      attn_vec_size: in which size scores are made; `attn_size` by default.
      input_size: what the cell's inputs are mapped to; their own depth by default.
      state_is_tuple: False makes the state one tensor, its parts joined along axis 1.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `(the cell's, [batch, attn_size], [batch, attn_length * attn_size])` ->
    output `[batch, attn_size]`, new state.

    Raises TypeError for what is no cell; ValueError for an `attn_length` that is not positive, or a cell whose state
    is a tuple where `state_is_tuple` is not set.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.rnn.AttentionCellWrapper(tf.nn.rnn_cell.LSTMCell(4), attn_length=3, attn_size=5)
      >>> cell.state_size, cell.output_size
      ((LSTMStateTuple(c=4, h=4), 5, 15), 5)
    """

    @keeps_arguments
    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if nest.is_sequence(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size is: "
                f"{cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        if not state_is_tuple:
            warn_joined(self)
        self._attn_size = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = self._attn_size if attn_vec_size is None else attn_vec_size
        self._linears: dict[str, Linear] = {}

    @property
    def state_size(self) -> Any:
        sizes = (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        return self._attn_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        return RNNCell.zero_state(self, batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:
        inputs = convert_to_tensor(inputs)
        if not self._state_is_tuple:
            state = self._parted(state)
        state, attended, window = state
        window = reshape(window, [-1, self._attn_length, self._attn_size])
        depth = inputs.shape.as_list()[1] if self._input_size is None else self._input_size
        inner, new_state = self._cell(self._linear("inputs", [inputs, attended], depth), state)
        with variable_scope("attention"):
            attended = self._attention(concat(nest.flatten(new_state), 1), window)
        with variable_scope("attn_output_projection"):
            output = self._linear("output", [inner, attended], self._attn_size)
        window = concat([window[:, 1:], expand_dims(output, 1)], 1)
        window = reshape(window, [-1, self._attn_length * self._attn_size])
        parts = (new_state, attended, window)
        return output, parts if self._state_is_tuple else concat(list(parts), 1)

    def _parted(self, state: Any) -> list[Any]:
        """The three parts of a joined state."""
        inner = self._cell.state_size
        begins = [0, inner, inner + self._attn_size]
        sizes = [inner, self._attn_size, self._attn_size * self._attn_length]
        return [slice_(state, [0, begin], [-1, size]) for begin, size in zip(begins, sizes, strict=True)]

    def _attention(self, query: Any, window: Any) -> Any:
        """The rows of `window` `[batch, attn_length, attn_size]`, weighed by how well they go with the query."""
        size, hidden = self._attn_size, self._attn_vec_size
        kernel = get_variable("attn_w", [1, 1, size, hidden], window.dtype)
        weights = get_variable("attn_v", [hidden], window.dtype)
        keys = matmul(reshape(window, [-1, size]), reshape(kernel, [size, hidden]))
        keys = reshape(keys, [-1, self._attn_length, hidden])
        query = expand_dims(self._linear("query", query, hidden), 1)
        scores = reduce_sum(weights * tanh(keys + query), axis=2)
        return reduce_sum(expand_dims(softmax(scores), 2) * window, axis=1)

    def _linear(self, key: str, args: Any, size: int) -> Any:
        """`args`, side by side, in another size: with the variables of the first call, made in its scope."""
        if key not in self._linears:
            self._linears[key] = Linear(args, size, True)
        return self._linears[key](args)


__all__ = ["AttentionCellWrapper"]
