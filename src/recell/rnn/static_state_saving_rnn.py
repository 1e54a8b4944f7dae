"""`static_state_saving_rnn`: `static_rnn` that takes its state from somewhere and leaves it there again."""

from __future__ import annotations

from typing import Any

from recell.graph import nest
from recell.graph.core import control_dependencies
from recell.ops.state import identity
from recell.rnn.static_rnn import static_rnn


def static_state_saving_rnn(
    cell: Any,
    inputs: Any,
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`static_rnn` whose initial state is a saved one, and whose final state is saved: for sequences cut in pieces.

    TF symbols: `tf.nn.static_state_saving_rnn`, `tf.contrib.rnn.static_state_saving_rnn`.

        state = [state_saver.state(name) for name in state_name]
        outputs, state = static_rnn(cell, inputs, state, sequence_length=sequence_length, scope=scope)
        saved = [state_saver.save_state(name, leaf) for name, leaf in zip(state_name, state)]
        with control_dependencies(saved):
            outputs[-1], state = identity(outputs[-1]), identity(state)

    So a run that asks for the last output or the final state saves; one that asks for earlier outputs only does not.

    Args:
      cell: an RNNCell, or anything with its `state_size`, `output_size`, `zero_state` and call.
      inputs: a list of tensors `[batch, ...]`, or of equal nestings of them.
      state_saver: an object with `state(name)`, which gives a state `[batch] + size`, and `save_state(name, value)`,
        which gives the operation (or a tensor of it) that saves one.
      state_name: the name of the state, where `cell.state_size` is one size; else names in a nesting (or a tuple) of as
        many, in its order.
      sequence_length: integers `[batch]`; steps past a row's length give zeros and leave its state as it was.
      scope: of the variables; "rnn" by default.

    Returns:
      A list of outputs, one for each input; the state after each row's last step, nested as `cell.state_size`.

    Raises:
      TypeError: not a cell, inputs that are no list or tuple, or a `save_state` that gives no operation.
      ValueError: names not as many as states, one name for a nesting or the other way round, no inputs.

    Example, one sequence in two pieces:
      >>> import recell.v1 as tf
      >>> class Saver:
      ...     def __init__(self, value):
      ...         self.value = value
      ...     def state(self, name):
      ...         return self.value
      ...     def save_state(self, name, value):
      ...         return tf.assign(self.value, value)
      >>> class Sum(tf.nn.rnn_cell.RNNCell):
      ...     state_size = output_size = property(lambda self: 1)
      ...     def call(self, inputs, state):
      ...         return state + inputs, state + inputs
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     x = tf.placeholder(tf.float32, [2, 1, 1])
      ...     saver = Saver(tf.get_variable("sum", [1, 1], initializer=tf.zeros_initializer(), trainable=False))
      ...     outputs, _ = tf.nn.static_state_saving_rnn(Sum(), tf.unstack(x), saver, "sum")
      ...     session.run(tf.global_variables_initializer())
      ...     for piece in ([[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]):
      ...         print(session.run(outputs[-1], {x: piece}).tolist())
      [[3.0]]
      [[10.0]]
    """
    names = _names(state_name, cell.state_size)
    saved = [state_saver.state(name) for name in names]
    state = nest.pack_sequence_as(cell.state_size, saved)
    outputs, state = static_rnn(cell, inputs, state, sequence_length=sequence_length, scope=scope)
    saves = [state_saver.save_state(name, leaf) for name, leaf in zip(names, nest.flatten(state), strict=True)]
    with control_dependencies(saves):
        outputs[-1] = nest.map_structure(identity, outputs[-1])
        state = nest.map_structure(identity, state)
    return outputs, state


def _names(state_name: Any, state_size: Any) -> list[Any]:
    """The name of each leaf of the state. ValueError where names and states do not go together."""
    if nest.is_sequence(state_name) != nest.is_sequence(state_size):
        raise ValueError(
            "state_name should be the same type as cell.state_size.  "
            f"state_name: {state_name}, cell.state_size: {state_size}: a name for each of the cell's states"
        )
    names, sizes = nest.flatten(state_name), nest.flatten(state_size)
    if len(names) != len(sizes):
        raise ValueError(
            f"#elems(state_name) != #elems(state_size): {len(names)} vs. {len(sizes)} "
            f"(state_name: {state_name}, cell.state_size: {state_size})"
        )
    return names


__all__ = ["static_state_saving_rnn"]
