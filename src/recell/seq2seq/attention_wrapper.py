"""`AttentionWrapper`: a cell that attends to a memory, and its state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.dtypes import int32
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.layers.core import Dense
from recell.ops.array_join import concat
from recell.ops.array_make import zeros
from recell.ops.array_shape import expand_dims, squeeze
from recell.ops.array_shape import shape as shape_of
from recell.ops.check_ops import assert_equal
from recell.ops.linalg import matmul
from recell.ops.state import identity
from recell.ops.tensor_array import TensorArray
from recell.ops.with_shape import with_same_shape
from recell.rnn.cell import RNNCell
from recell.rnn.state import zero_state_scope
from recell.rnn.wrappers import AroundCell
from recell.seq2seq.attention import AttentionMechanism, zeros_of

_NO_MATCH = "Non-matching batch sizes between the memory (encoder output) and "
_TILED = "Are you using the BeamSearchDecoder?  "
_TILE_INITIAL_STATE = (
    f"initial_cell_state.  {_TILED}You may need to tile your initial state via the tf.contrib.seq2seq.tile_batch "
    "function with argument multiple=beam_width."
)
_TILE_OUTPUT = (
    f"the requested batch size.  {_TILED}If so, make sure your encoder output has been tiled to beam_width via "
    "tf.contrib.seq2seq.tile_batch, and the batch_size= argument passed to zero_state is batch_size * beam_width."
)
_TILE_MEMORY = (
    f"the query (decoder output).  {_TILED}You may need to tile your memory input via the "
    "tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width."
)


class _Fields(NamedTuple):
    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any


class AttentionWrapperState(_Fields):
    """The state of an `AttentionWrapper`. TF symbol: `tf.contrib.seq2seq.AttentionWrapperState`.

    Fields: `cell_state`, the wrapped cell's; `attention` `[batch, attention size]`, the last one; `time`, an int32
    scalar; `alignments` `[batch, memory time]`; `alignment_history`, a TensorArray of the alignments of all steps, or
    `()`; `attention_state`, the mechanism's, mostly its alignments. With several mechanisms the last three are tuples.
    """

    __slots__ = ()

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """This state with other values for some fields, which must have the shapes of the old ones.

        So `wrapper.zero_state(batch, dtype).clone(cell_state=encoder_state)` starts from an encoder's state.

        Raises:
          ValueError: a shape that is known to differ, a field that is not there.
          TypeError: a field nested unlike the old one.
          tf.errors.InvalidArgumentError, in the session: a shape that differs.
        """

        def checked(old: Any, new: Any) -> Any:
            return with_same_shape(old, new) if isinstance(old, Tensor) and isinstance(new, Tensor) else new

        return nest.map_structure(checked, self, self._replace(**kwargs))


def compute_attention(
    attention_mechanism: Any, cell_output: Any, attention_state: Any, attention_layer: Any
) -> tuple[Any, Any, Any]:
    """The attention `[batch, size]`, the alignments and the next state of one mechanism. TF's `_compute_attention`."""
    # By position: the second parameter was called previous_alignments in mechanisms for releases before 1.6, and those
    # for releases before 1.5 return alignments alone.
    found = attention_mechanism(cell_output, attention_state)
    alignments, next_state = found if isinstance(found, tuple) else (found, found)
    context = squeeze(matmul(expand_dims(alignments, 1), attention_mechanism.values), [1])
    if attention_layer is None:
        return context, alignments, next_state
    return attention_layer(concat([cell_output, context], 1)), alignments, next_state


class AttentionWrapper(AroundCell, RNNCell):
    """A cell that attends to one or several memories. TF symbol: `tf.contrib.seq2seq.AttentionWrapper`.

        output, cell_state'          = cell(cell_input_fn(inputs, attention), cell_state)
        alignments', mechanism state' = mechanism(output, mechanism state)
        context                      = sum(alignments'[t] * values[t] over t)
        attention'                   = [output, context] Wa

    The attention enters the next step beside the inputs. Without `attention_layer_size` and `attention_layer` it is the
    context itself. The attentions of several mechanisms stand side by side.

    Variables, under `attention_wrapper`: the cell's, the mechanism's (under its own name; its `memory_layer` is made
    where the mechanism is built), and `attention_layer/kernel` Wa `[cell output + depth, attention_layer_size]`; for
    more mechanisms `attention_layer_1` and so on. Keras and torch have no such cell.

    Args:
      cell: an RNNCell whose output is `[batch, size]`.
      attention_mechanism: an `AttentionMechanism`, or a list or tuple of them.
      attention_layer_size: the depth of the attention, an int or one for each mechanism.
      alignment_history: whether the state holds the alignments of all steps, `[time, batch, memory time]` when stacked.
      cell_input_fn: `cell_input_fn(inputs, attention)` gives the cell's inputs; side by side unless given.
      output_attention: False makes the cell's output the output, as Bahdanau's network has it; True the attention, as
        Luong's.
      initial_cell_state: what `zero_state` gives as the cell's state, nested as `cell.state_size`.
      name: of the scope.
      attention_layer: a layer for `[output, context]`, or one for each mechanism, instead of `attention_layer_size`.
      attention_fn: `attention_fn(mechanism, output, mechanism state, layer or None)` gives
        `(attention, alignments, next state)`, instead of the last three lines above.
      dtype: of the layer.

    Call: inputs `[batch, depth]`, an `AttentionWrapperState` -> output and new state. A program starts from
    `zero_state(batch, dtype)`, often with the encoder's state: `.clone(cell_state=encoder_state)`.

    Raises:
      TypeError: what is no cell, no mechanism or no function; another state than an `AttentionWrapperState`.
      ValueError: both `attention_layer_size` and `attention_layer`, or not one for each mechanism.
      tf.errors.InvalidArgumentError: a batch that is not the memory's, while building if the graph tells, else in the
        session.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     attention = tf.contrib.seq2seq.LuongAttention(4, tf.ones([2, 5, 3]), memory_sequence_length=[5, 2])
      ...     cell = tf.contrib.seq2seq.AttentionWrapper(
      ...         tf.nn.rnn_cell.GRUCell(4), attention, attention_layer_size=6, alignment_history=True)
      ...     outputs, state = tf.nn.dynamic_rnn(cell, tf.ones([2, 7, 3]), dtype=tf.float32)
      ...     history = state.alignment_history.stack()
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(outputs).shape, session.run(history).shape)
      ...     print(session.run(state.alignments))
      (2, 7, 6) (7, 2, 5)
      [[0.2 0.2 0.2 0.2 0.2]
       [0.5 0.5 0.  0.  0. ]]

    Bahdanau et al., https://arxiv.org/abs/1409.0473; Luong et al., https://arxiv.org/abs/1508.04025.
    """

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
        attention_fn: Callable[..., tuple[Any, Any, Any]] | None = None,
        dtype: Any = None,
    ) -> None:
        self._cell = cell
        super().__init__(name=name, dtype=dtype)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        self._attention_mechanisms = _mechanisms(attention_mechanism)
        if cell_input_fn is not None and not callable(cell_input_fn):
            raise TypeError(f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}")
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        self._attention_layers = self._layers_of(attention_layer_size, attention_layer)
        self._attention_layer_size = self._size(attention_layer_size)
        self._attention_fn = attention_fn or compute_attention
        self._cell_input_fn = cell_input_fn or _side_by_side
        self._output_attention = output_attention
        self._alignment_history = alignment_history
        with name_scope(name, "AttentionWrapperInit"):
            self._initial_cell_state = self._checked_initial_state(initial_cell_state)

    def _layers_of(self, sizes: Any, layers: Any) -> tuple[Any, ...] | None:
        """The attention layer of each mechanism. ValueError unless there are as many."""
        count = len(self._attention_mechanisms)
        given, what = (layers, "layer") if sizes is None else (sizes, "integer")
        if given is None:
            return None
        found = tuple(given) if isinstance(given, (list, tuple)) else (given,)
        if len(found) != count:
            argument = "attention_layer" if sizes is None else "attention_layer_size"
            raise ValueError(
                f"If provided, {argument} must contain exactly one {what} per attention_mechanism, saw: "
                f"{len(found)} vs {count}"
            )
        if sizes is None:
            return found
        return tuple(
            Dense(size, name="attention_layer", use_bias=False, dtype=getattr(mechanism, "dtype", None))
            for size, mechanism in zip(found, self._attention_mechanisms, strict=True)
        )

    def _size(self, sizes: Any) -> int:
        """The depth of the attentions of all mechanisms."""
        depths = [mechanism.values.shape[-1].value for mechanism in self._attention_mechanisms]
        if self._attention_layers is None:
            return sum(depths)
        if sizes is not None:
            return sum(sizes) if isinstance(sizes, (list, tuple)) else sizes
        shapes = [
            layer.compute_output_shape([None, self._cell.output_size + depth])
            for layer, depth in zip(self._attention_layers, depths, strict=True)
        ]
        return sum(shape[-1].value for shape in shapes)

    def _checked_initial_state(self, state: Any) -> Any:
        if state is None:
            return None
        batch = _batch_of(convert_to_tensor(nest.flatten(state)[-1]))
        message = f"When constructing AttentionWrapper {self._base_name}: {_NO_MATCH}{_TILE_INITIAL_STATE}"
        with control_dependencies(self._batch_size_checks(batch, message)):
            return nest.map_structure(lambda leaf: identity(leaf, name="check_initial_cell_state"), state)

    def _batch_size_checks(self, batch_size: Any, error_message: str) -> list[Any]:
        """Assertions that the memories have that batch size, where the graph does not tell that they have."""
        return [
            assert_equal(batch_size, mechanism.batch_size, message=error_message)
            for mechanism in self._attention_mechanisms
            if not (isinstance(batch_size, int) and batch_size == mechanism.batch_size)
        ]

    def _item_or_tuple(self, parts: Sequence[Any]) -> Any:
        """The part of the one mechanism, or a tuple of the parts of several."""
        return tuple(parts) if self._is_multi else parts[0]

    def _parts(self, item_or_tuple: Any) -> Sequence[Any]:
        return item_or_tuple if self._is_multi else [item_or_tuple]

    @property
    def output_size(self) -> Any:
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> AttentionWrapperState:
        """An `AttentionWrapperState` of sizes; `alignment_history`, a TensorArray in states, has that of an element."""
        mechanisms = self._attention_mechanisms
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=TensorShape([]),
            attention=self._attention_layer_size,
            alignments=self._item_or_tuple([mechanism.alignments_size for mechanism in mechanisms]),
            attention_state=self._item_or_tuple([mechanism.state_size for mechanism in mechanisms]),
            alignment_history=self._item_or_tuple(
                [mechanism.alignments_size if self._alignment_history else () for mechanism in mechanisms]
            ),
        )

    def zero_state(self, batch_size: Any, dtype: Any) -> AttentionWrapperState:
        """The state before the first step: zeros, the mechanisms' initial states, the `initial_cell_state` if given.

        Raises tf.errors.InvalidArgumentError for a batch that is not the memory's: with a `BeamSearchDecoder` the
        memory has to be tiled.
        """
        with zero_state_scope(self, batch_size):
            state = self._initial_cell_state
            if state is None:
                make = getattr(self._cell, "get_initial_state", None) or self._cell.zero_state
                state = make(batch_size=batch_size, dtype=dtype)
            message = f"When calling zero_state of AttentionWrapper {self._base_name}: {_NO_MATCH}{_TILE_OUTPUT}"
            with control_dependencies(self._batch_size_checks(batch_size, message)):
                state = nest.map_structure(lambda leaf: identity(leaf, name="checked_cell_state"), state)
            mechanisms = self._attention_mechanisms
            alignments = [mechanism.initial_alignments(batch_size, dtype) for mechanism in mechanisms]
            return AttentionWrapperState(
                cell_state=state,
                time=zeros([], int32),
                attention=zeros_of(self._attention_layer_size, batch_size, dtype),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple([each.initial_state(batch_size, dtype) for each in mechanisms]),
                alignment_history=self._item_or_tuple([self._history(first, dtype) for first in alignments]),
            )

    def _history(self, alignments: Any, dtype: Any) -> Any:
        if not self._alignment_history:
            return ()
        return TensorArray(dtype, size=0, dynamic_size=True, element_shape=alignments.shape)

    def call(self, inputs: Any, state: Any) -> Any:
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                f"Expected state to be instance of AttentionWrapperState. Received type {type(state)} instead."
            )
        output, cell_state = self._cell(self._cell_input_fn(inputs, state.attention), state.cell_state)
        message = f"When applying AttentionWrapper {self.name}: {_NO_MATCH}{_TILE_MEMORY}"
        with control_dependencies(self._batch_size_checks(_batch_of(output), message)):
            output = identity(output, name="checked_cell_output")
        attentions, alignments, states, histories = [], [], [], []
        olds = zip(self._parts(state.attention_state), self._parts(state.alignment_history), strict=True)
        layers = self._attention_layers or [None] * len(self._attention_mechanisms)
        for mechanism, layer, (old, history) in zip(self._attention_mechanisms, layers, olds, strict=True):
            attention, alignment, new = self._attention_fn(mechanism, output, old, layer)
            attentions.append(attention)
            alignments.append(alignment)
            states.append(new)
            histories.append(history.write(state.time, alignment) if self._alignment_history else ())
        attention = concat(attentions, 1)
        new_state = AttentionWrapperState(
            time=state.time + 1,
            cell_state=cell_state,
            attention=attention,
            attention_state=self._item_or_tuple(states),
            alignments=self._item_or_tuple(alignments),
            alignment_history=self._item_or_tuple(histories),
        )
        return (attention if self._output_attention else output), new_state


def _mechanisms(given: Any) -> tuple[Any, ...]:
    """TypeError for what is no mechanism."""
    if isinstance(given, (list, tuple)):
        for each in given:
            if not isinstance(each, AttentionMechanism):
                raise TypeError(
                    "attention_mechanism must contain only instances of AttentionMechanism, saw type: "
                    f"{type(each).__name__}"
                )
        return tuple(given)
    if not isinstance(given, AttentionMechanism):
        raise TypeError(
            "attention_mechanism must be an AttentionMechanism or list of multiple AttentionMechanism instances, saw "
            f"type: {type(given).__name__}"
        )
    return (given,)


def _side_by_side(inputs: Any, attention: Any) -> Any:
    return concat([inputs, attention], -1)


def _batch_of(tensor: Tensor) -> Any:
    """The size of the first axis, an int where the graph tells."""
    known = tensor.shape[0].value
    return shape_of(tensor)[0] if known is None else known


__all__ = ["AttentionWrapper", "AttentionWrapperState", "compute_attention"]
