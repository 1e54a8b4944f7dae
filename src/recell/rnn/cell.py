"""`RNNCell`, the base of all cells: one step of a recurrence, and the states it starts from."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import as_dtype
from recell.graph.static import constant_value
from recell.graph.variable_scope import get_variable_scope, variable_scope
from recell.ops.layer import Layer
from recell.rnn.arguments import Arguments
from recell.rnn.input_sizes import known_last, row_count
from recell.rnn.state import zero_state_of, zero_state_scope
from recell.rnn.step import check_dtype
from recell.rnn.warn import warn_input_size


def assert_like_rnncell(cell_name: str, cell: Any) -> None:
    """TypeError, saying what is missing, unless `cell` has what the drivers ask of a cell."""
    missing = [
        text
        for text, present in (
            ("'output_size' property is missing", _has(cell, "output_size")),
            ("'state_size' property is missing", _has(cell, "state_size")),
            (
                "either 'zero_state' or 'get_initial_state' method is required",
                _has(cell, "zero_state") or _has(cell, "get_initial_state"),
            ),
            ("is not callable", callable(cell)),
        )
        if not present
    ]
    if missing:
        raise TypeError(f"The argument {cell_name!r} ({cell}) is not an RNNCell: {', '.join(missing)}.")


def _has(cell: Any, name: str) -> bool:
    try:
        return hasattr(cell, name)
    except NotImplementedError:  # an abstract property is there all the same
        return True


class RNNCell(Arguments):
    """One step of a recurrence, to be subclassed. TF symbol: `tf.nn.rnn_cell.RNNCell`.

    A subclass says `state_size` and `output_size` (an int, a TensorShape, or a nesting of them, each without the batch)
    and overrides `call(inputs, state)`, or `__call__(inputs, state, scope=None)`, to return `(output, new_state)`.
    Variables are made in there with `tf.get_variable`: the first call makes them, later ones find them again.

    Example, a leaky sum:
      >>> import recell.v1 as tf
      >>> class Leaky(tf.nn.rnn_cell.RNNCell):
      ...     state_size = output_size = property(lambda self: 2)
      ...     def call(self, inputs, state):
      ...         leak = tf.get_variable("leak", [], initializer=tf.constant_initializer(0.5))
      ...         total = inputs + leak * state
      ...         return total, total
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     outputs, _ = tf.nn.dynamic_rnn(Leaky(), tf.ones([1, 3, 2]), dtype=tf.float32)
      ...     session.run(tf.global_variables_initializer())
      ...     print(tf.global_variables()[0].name, session.run(outputs).tolist())
      rnn/leaky/leak:0 [[[1.0, 1.0], [1.5, 1.5], [1.75, 1.75]]]
    """

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._rnncell_scope: Any = None

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One step: `(output, new_state)`, nested as `output_size` and `state_size`.

        Args:
          inputs: `[batch, depth]`, or what the subclass takes.
          state: nested as `state_size`, each leaf `[batch] + size`.
          scope: a name or VariableScope for the variables, instead of one named after the class.
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._rnn_get_variable) as entered:
                return super().__call__(inputs, state, scope=entered)
        if getattr(self, "_rnncell_scope", None) is None:
            self._rnncell_scope = get_variable_scope()
        with variable_scope(self._rnncell_scope, custom_getter=self._rnn_get_variable):
            return super().__call__(inputs, state)

    def _rnn_get_variable(self, getter: Any, *args: Any, **kwargs: Any) -> Any:
        """Notes the variables that `call` makes with `get_variable` as this cell's weights, a partitioned one whole.

        What a custom getter made of one, a tensor say, is not trained itself.
        """
        variable = getter(*args, **kwargs)
        parts = list(variable) if hasattr(variable, "_get_variable_list") else [variable]
        trained = all(getattr(part, "trainable", False) for part in parts)
        own = self._trainable_weights if trained else self._non_trainable_weights
        if not any(known is variable for known in own):
            own.append(variable)
        return variable

    @property
    def state_size(self) -> Any:
        """The sizes of the state: an int, a TensorShape, or a nesting of them."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of the output: an int, a TensorShape, or a nesting of them."""
        raise NotImplementedError("Abstract method")

    def call(self, inputs: Any, state: Any) -> Any:
        """One step, without scopes. NotImplementedError unless a subclass has it."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, inputs, state).")

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros for `batch_size` rows, an int or an integer tensor."""
        with zero_state_scope(self, batch_size):
            return zero_state_of(self.state_size, batch_size, dtype)

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """`zero_state` for the batch and dtype of `inputs` `[batch, ...]`, or those given. ValueError for neither."""
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            batch_size, dtype = _batch_and_dtype(inputs, batch_size, dtype)
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def _check_supported_dtype(self) -> None:
        check_dtype(None if self._dtype is None else as_dtype(self._dtype))


def _batch_and_dtype(inputs: Any, batch_size: Any, dtype: Any) -> tuple[Any, Any]:
    dims = inputs.shape.tuple
    known = None if dims is None else dims[0]
    if batch_size is not None:
        given = constant_value(batch_size) if hasattr(batch_size, "op") else batch_size
        if given is not None and known is not None and int(given) != known:
            raise ValueError(
                "batch size from input tensor is different from the input param. "
                f"Input tensor batch: {known}, batch_size: {batch_size}"
            )
    if dtype is not None and inputs.dtype.base_dtype is not as_dtype(dtype).base_dtype:
        raise ValueError(
            "dtype from input tensor is different from the input param. "
            f"Input tensor dtype: {inputs.dtype}, dtype: {dtype}"
        )
    return row_count(inputs), inputs.dtype.base_dtype


class LayerRNNCell(RNNCell):
    """A cell that makes its variables in `build`, with `add_weight`: all the known ones.

    `call` on a cell that was never called builds it first, as releases up to 1.2 allowed.
    """

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        if kwargs.pop("input_size", None) is not None:
            warn_input_size(self)
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """One step: `(output, new_state)` for inputs `[batch, depth]`."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)

    def _build_for(self, inputs: Any) -> None:
        """Makes the variables when `call` is used by itself on a new cell."""
        if not self.built:
            self._set_scope(None)
            self._maybe_build(inputs)

    def _depth(self, input_shape: Any) -> int:
        """The size of the last axis. ValueError when it is not known, or a cell cannot compute in its dtype."""
        depth = known_last(input_shape)
        self._check_supported_dtype()
        return depth


__all__ = ["LayerRNNCell", "RNNCell", "assert_like_rnncell"]
