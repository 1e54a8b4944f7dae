"""`Recurrent`: a recurrence given as a pure function of parameters, state and inputs, and its gradient if need be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_make import range_, zeros_like
from recell.ops.array_shape import expand_dims
from recell.ops.array_shape import shape as shape_of
from recell.ops.branches import cond
from recell.ops.comparison import greater_equal, less, less_equal, logical_and, where
from recell.ops.custom_gradient import custom_gradient
from recell.ops.functional import scan
from recell.ops.logging_ops import Assert
from recell.ops.state import identity

Step = Callable[[Any, Any, Any], Any]


def Recurrent(
    theta: Any,
    state0: Any,
    inputs: Any,
    cell_fn: Step,
    cell_grad: Callable[..., Any] | None = None,
    extras: Any = None,
    max_input_length: Any = None,
    use_tpu: bool = False,
    aligned_end: bool = False,
) -> tuple[Any, Any]:
    """Runs a step function along the first axis of `inputs`. TF symbol: `tf.contrib.recurrent.Recurrent`.

        state = state0
        for t in range(max_input_length):
            state, extras = cell_fn(theta, state, inputs[t])
            states[t] = state

    The gradient is that of `cell_fn`, or what `cell_grad` says:

        for t in reversed(range(max_input_length)):
            dtheta_t, dstate, dinputs[t] = cell_grad(theta, states[t - 1], inputs[t], extras[t], dstate + dstates[t])
            dtheta += dtheta_t

    Args:
      theta: a nesting of tensors, the parameters. `cell_fn` may use other tensors of the graph and variables too, but
        with `cell_grad` these have no gradient.
      state0: a nesting of tensors, the state before the first step.
      inputs: a nesting of tensors `[time, ...]`.
      cell_fn: `(theta, state, inputs) -> (state, extras)`, the state of `state0`'s nesting and shapes.
      cell_grad: `(theta, state, inputs, extras, dstate) -> (dtheta, dstate, dinputs)`: derivatives by the three from
        that by the new state. None in them is zero.
      extras: for their nesting: like what `cell_fn` gives for `cell_grad` besides the state. Known without.
      max_input_length: an int32 scalar, the number of steps; the length of `inputs` unless given.
      use_tpu: accepted, the same steps run.
      aligned_end: whether the steps are the last `max_input_length` ones, not the first.

    Returns:
      `(states, final_state)`: the state after each step, `[time, ...]` for each tensor in `state0`, zeros where no step
      has run; and the state after the last step.

    Raises:
      ValueError: a state or extras nested otherwise, or not two (with `cell_grad` three) results.
      TypeError: `cell_fn` that cannot be called.
      tf.errors.InvalidArgumentError, in the session: a `max_input_length` beyond the inputs.

    Example:
      >>> import recell.v1 as tf
      >>> def step(theta, state, inputs):
      ...     return state * theta + inputs, ()
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     states, final = tf.contrib.recurrent.Recurrent(tf.constant(0.5), tf.constant(0.0), tf.ones([3]), step)
      ...     print(session.run(states).tolist(), session.run(final))
      [1.0, 1.5, 1.75] 1.75
    """
    theta, state0, inputs = (nest.map_structure(convert_to_tensor, part) for part in (theta, state0, inputs))
    step = _step(cell_fn, cell_grad, theta, state0, extras)
    time = shape_of(nest.flatten(inputs)[0])[0]
    if max_input_length is None:
        states = scan(step, inputs, state0)
        return states, _last(state0, states)
    first, end = _running(time, max_input_length, aligned_end)

    def run(state: Any, row: tuple[Any, Tensor]) -> Any:
        x, t = row
        runs = logical_and(greater_equal(t, first), less(t, end))
        return _as(state0, cond(runs, lambda: nest.flatten(step(state, x)), lambda: nest.flatten(state), strict=True))

    numbers = range_(time)
    kept = scan(run, (inputs, numbers), state0)
    ran = logical_and(greater_equal(numbers, first), less(numbers, end))
    return nest.map_structure(lambda rows: where(ran, rows, zeros_like(rows)), kept), _last(state0, kept)


def _running(time: Tensor, count: Any, aligned_end: bool) -> tuple[Any, Any]:
    """The first step that runs, and the first after it that does not."""
    count = convert_to_tensor(count, time.dtype)
    fits = logical_and(greater_equal(count, 0), less_equal(count, time))
    checked = Assert(fits, ["max_input_length is not in [0, time], the length of the inputs:", count, time])
    with control_dependencies([checked]):
        count = identity(count)
    return (time - count, time) if aligned_end else (0, count)


def _step(cell_fn: Step, cell_grad: Any, theta: Any, state0: Any, extras: Any) -> Callable[[Any, Any], Any]:
    """One step as a function of state and inputs, with the gradient that `cell_grad` gives, if any."""

    def run(theta: Any, state: Any, x: Any) -> tuple[list[Tensor], Any]:
        new_state, more = cell_fn(theta, state, x)
        if extras is not None:
            nest.assert_same_structure(extras, more, check_types=False)
        return [convert_to_tensor(leaf) for leaf in nest.flatten(_as(state0, nest.flatten(new_state)))], more

    def step(state: Any, x: Any) -> Any:
        if cell_grad is None:
            return _as(state0, run(theta, state, x)[0])
        parts = (theta, state, x)

        @custom_gradient
        def differentiated(*leaves: Tensor) -> tuple[list[Tensor], Callable[..., list[Any]]]:
            arguments = nest.pack_sequence_as(parts, leaves)
            new_state, more = run(*arguments)

            def gradient(*grads: Tensor) -> list[Any]:
                dtheta, dstate, dx = cell_grad(*arguments, more, _as(state0, grads))
                return [*nest.flatten(dtheta), *nest.flatten(dstate), *nest.flatten(dx)]

            return new_state, gradient

        return _as(state0, differentiated(*nest.flatten(parts)))

    return step


def _as(structure: Any, leaves: Any) -> Any:
    return nest.pack_sequence_as(structure, list(leaves))


def _last(state0: Any, states: Any) -> Any:
    """The state after the last step, `state0` after none."""
    return nest.map_structure(lambda before, rows: concat([expand_dims(before, 0), rows], 0)[-1], state0, states)


__all__ = ["Recurrent"]
