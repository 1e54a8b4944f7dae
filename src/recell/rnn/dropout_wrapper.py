"""`DropoutWrapper`: dropout on what goes into a cell, on its state and on its output."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor
from recell.ops.math_unary import floor
from recell.ops.nn_dropout import dropout
from recell.ops.random import random_uniform
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import assert_like_rnncell
from recell.rnn.state import LSTMStateTuple, size_dims
from recell.rnn.wrappers import RNNCellWrapper


def keep_all_but_memory(substate: Any) -> Any:
    """Which parts of a state are dropped by default: all, but for the memory c of an LSTM and tensor arrays."""
    if isinstance(substate, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not hasattr(substate, "_loop_components")


class DropoutWrapper(RNNCellWrapper):
    """Dropout around a cell. TF symbol: `tf.nn.rnn_cell.DropoutWrapper`.

        inputs = dropout(inputs, input_keep_prob)
        output, state' = cell(inputs, state)
        state', output = dropout(state', state_keep_prob), dropout(output, output_keep_prob)

    An element is kept with the keep probability, and then divided by it. The memory c of an LSTM state is never dropped
    unless `dropout_state_filter_visitor` says so. With `variational_recurrent` one mask `[1, size]` is drawn in each
    session run and used for all rows and all steps (Gal and Ghahramani, https://arxiv.org/abs/1512.05287). No variables
    of its own.

    Args:
      cell: an RNNCell.
      input_keep_prob, output_keep_prob, state_keep_prob: numbers in [0, 1] or scalar tensors; 1 adds no operation.
      variational_recurrent: needs `dtype`, and `input_size` (as the inputs are nested, without the batch) if inputs are
        dropped.
      seed: for numbers that repeat; each place of dropout derives its own from it.
      dropout_state_filter_visitor: a function of a part of the state that gives False for what is never dropped, or a
        nesting of such answers.

    Raises:
      TypeError: not a cell, or a filter that is no function.
      ValueError: a probability out of range, `dtype` or `input_size` missing.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     inner = tf.nn.rnn_cell.GRUCell(4, kernel_initializer=tf.zeros_initializer())
      ...     cell = tf.nn.rnn_cell.DropoutWrapper(inner, output_keep_prob=0.5, seed=1)
      ...     output, state = cell(tf.ones([1, 2]), tf.ones([1, 4]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output / state))
      [[2. 2. 0. 2.]]
    """

    @keeps_arguments
    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: Any = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        assert_like_rnncell("cell", cell)
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._state_filter = dropout_state_filter_visitor or keep_all_but_memory
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _probability("input_keep_prob", input_keep_prob)
            self._state_keep_prob = _probability("state_keep_prob", state_keep_prob)
            self._output_keep_prob = _probability("output_keep_prob", output_keep_prob)
        self._noise: dict[str, Any] = {}
        if variational_recurrent:
            self._draw_masks(dtype)

    def _draw_masks(self, dtype: Any) -> None:
        """Uniform numbers `[1] + size` for every leaf: drawn once in a session run, whoever uses them."""
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        if _drops(self._input_keep_prob):
            if self._input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                    "input_size must be provided"
                )
            self._noise["input"] = self._masks("input", self._input_size, dtype)
        self._noise["state"] = self._masks("state", self._cell.state_size, dtype)
        self._noise["output"] = self._masks("output", self._cell.output_size, dtype)

    def _masks(self, salt: str, sizes: Any, dtype: Any) -> Any:
        """Uniform numbers nested as the sizes are."""
        masks = [
            random_uniform([1, *_dims(size)], seed=self._gen_seed(salt, k), dtype=dtype)
            for k, size in enumerate(nest.flatten(sizes))
        ]
        return nest.pack_sequence_as(sizes, masks)

    @property
    def wrapped_cell(self) -> Any:
        return self._cell

    def _gen_seed(self, salt_prefix: str, index: int) -> int | None:
        """The seed of one place of dropout, the same in every run of the program."""
        if self._seed is None:
            return None
        text = f"{self._seed}{salt_prefix}_{index}".encode()
        return int(hashlib.md5(text, usedforsecurity=False).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        if _drops(self._input_keep_prob):
            inputs = self._dropped(inputs, "input", self._input_keep_prob, None)
        output, new_state = step(inputs, state, **kwargs)
        if _drops(self._state_keep_prob):
            wanted = nest.get_traverse_shallow_structure(self._state_filter, new_state)
            new_state = self._dropped(new_state, "state", self._state_keep_prob, wanted)
        if _drops(self._output_keep_prob):
            output = self._dropped(output, "output", self._output_keep_prob, None)
        return output, new_state

    def _dropped(self, values: Any, salt: str, keep_prob: Any, wanted: Any) -> Any:
        """Dropout on the leaves, or on those that `wanted`, a nesting of bools that may be shallower, says.

        TypeError or ValueError where the sizes that masks were made for are nested otherwise.
        """
        wanted = nest.map_structure(lambda _: True, values) if wanted is None else wanted
        parts = nest.flatten_up_to(wanted, values)
        masks = nest.flatten_up_to(wanted, self._noise[salt]) if self._variational_recurrent else [None] * len(parts)
        results: list[Any] = []
        for k, (drops, part, mask) in enumerate(zip(nest.flatten(wanted), parts, masks, strict=True)):
            results.extend([self._drop(part, keep_prob, mask, salt, k)] if drops else nest.flatten(part))
        return nest.pack_sequence_as(values, results)

    def _drop(self, value: Any, keep_prob: Any, mask: Any, salt: str, index: int) -> Tensor:
        if not self._variational_recurrent:
            return dropout(value, rate=1 - keep_prob, seed=self._gen_seed(salt, index))
        value = convert_to_tensor(value)
        result = value / keep_prob * floor(mask + keep_prob)
        result.set_shape(value.get_shape())
        return result

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("dropout_state_filter_visitor")
        if self._dropout_state_filter_visitor is not None:
            config["dropout_state_filter_visitor"] = self._dropout_state_filter_visitor
        return config


def _dims(size: Any) -> list[int | None]:
    return size.as_list() if isinstance(size, TensorShape) else size_dims(size)  # ValueError for one of unknown rank


def _probability(name: str, value: Any) -> Any:
    """A keep probability as a float, or as the tensor that it is. ValueError when it is out of range.

    A Python number is rounded to float32, as in TensorFlow 1.15: a program in float64 can see it.
    """
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if known.size != 1:
        raise TypeError(f"Parameter {name} is one number, but has shape {list(known.shape)}.")
    number = known.item()
    if number < 0 or number > 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1: {int(number)} (received {number:g})")
    return float(number)


def _drops(probability: Any) -> bool:
    return not isinstance(probability, float) or probability < 1


__all__ = ["DropoutWrapper", "keep_all_but_memory"]
