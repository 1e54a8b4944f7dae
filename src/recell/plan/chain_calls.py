"""The calls that a plan makes for joined operations: a whole recurrence, one operation at all steps at once."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Sequence
from typing import Any

import torch

from recell.graph.body import Body
from recell.graph.registry import OverTime
from recell.graph.repeatable import draws
from recell.graph.tensor import Operation
from recell.plan.binding import bind, bind_as
from recell.plan.chain_types import Argument, Call, Joined, Piece, Repeated, Spread
from recell.plan.failures import translate
from recell.plan.lifting import kind_of, lifted
from recell.plan.plan import BodyPlan
from recell.plan.resources import OpContext, Resources
from recell.plan.stepped_draws import with_time_in_front


def _no_bodies(body: Body) -> BodyPlan:
    raise AssertionError(f"an operation that is joined with others owns no body, but has '{body.name}'")


def alone(op: Operation, resources: Resources) -> Call:
    """The function that computes `op` by itself."""
    return bind(op, resources, _no_bodies)


# -- from slots to arguments ----------------------------------------------------------------------------------------


def call_of(joined: Joined, resources: Resources) -> Call:
    """What computes `joined`, as a function of the values of its arguments' tensors, a sequence's value being one."""
    call = joined.bind(resources)
    readers = [_reader(argument) for argument in joined.arguments]
    if not any(readers):
        return call
    counts = [len(a.tensors) if isinstance(a, Spread) else 1 for a in joined.arguments]

    def read(*values: Any) -> Any:
        rest = iter(values)
        arguments = []
        for reader, count in zip(readers, counts, strict=True):
            arguments.append(next(rest) if reader is None else reader(*itertools.islice(rest, count)))
        return call(*arguments)

    return read


def _reader(argument: Argument) -> Call | None:
    """What makes an argument's value of those of its tensors; None where it is the value of the only one."""
    if isinstance(argument, Spread):
        return lambda *values: list(values)
    if isinstance(argument, Repeated):
        times = argument.times
        return lambda value: value.expand(times, *value.shape)
    if not isinstance(argument, Piece):
        return None
    start, count = argument.start, argument.count
    if argument.backwards:
        return lambda xs: xs[start + 1 - count : start + 1].flip(0)
    return None if count == len(argument.series.tensors) else lambda xs: xs[start : start + count]


def singles_of(joined: Joined) -> Call:
    """From the value of a sequence to those of its steps that are needed one by one."""
    wanted = joined.singles
    if len(wanted) == 1:
        return operator.itemgetter(wanted[0])
    pick = operator.itemgetter(*wanted)
    return lambda xs: pick(xs.unbind(0))


# -- a whole recurrence ---------------------------------------------------------------------------------------------


def recurrence(ops: Sequence[Operation], rule: OverTime, resources: Resources) -> Call:
    """A function of the inputs at every step (a tensor `[time, batch, depth]`, or a list of one a step), and of the
    first step's states and weights, that gives one output at every step and then all outputs of the last step.
    """
    steps = [alone(op, resources) for op in ops]
    whole = bind_as(rule.kernel, ops[0], _no_bodies, leading=1)
    sizes = [tensor.shape.as_list()[1] for tensor in ops[0].outputs]
    depth = ops[0].inputs[0].shape.as_list()[1]

    def call(xs: Any, *others: Any) -> Any:
        states = [others[k - 1] for k in rule.carried]
        if why_not_whole(xs, states, depth, sizes) is not None:
            return _step_by_step(ops, rule, steps, xs, others)
        return whole(None, torch.stack(xs) if isinstance(xs, list) else xs, *others)

    return call


def why_not_whole(xs: Any, states: Sequence[Any], depth: int | None, sizes: Sequence[int | None]) -> str | None:
    """Why inputs and states have to go through the steps one by one, one of which may refuse them; None if they fit."""
    batch = xs[0].shape[0] if xs[0].ndim else None
    for k, x in enumerate(xs if isinstance(xs, list) else xs[:1]):
        if x.shape != (batch, depth):
            return f"the input of step {k} has the shape {list(x.shape)}, not {[batch, depth]}"
    for state, size in zip(states, sizes, strict=True):
        if state.shape != (batch, size):
            return f"a state has the shape {list(state.shape)}, not {[batch, size]}"
    return None


def _step_by_step(
    ops: Sequence[Operation], rule: OverTime, steps: Sequence[Call], xs: Any, others: Sequence[Any]
) -> Any:
    values = list(others)
    sequence = []
    outputs: Sequence[Any] = ()
    for op, step, x in zip(ops, steps, xs, strict=True):
        made = told(op, step, x, *values)
        outputs = made if isinstance(made, (tuple, list)) else (made,)
        for position, state in zip(rule.carried, outputs, strict=True):
            values[position - 1] = state
        sequence.append(outputs[rule.sequence])
    return (told(ops[-1], torch.stack, sequence), *outputs)


def told(op: Operation, call: Call, *values: Any) -> Any:
    """What `call` gives; what it raises is told of `op`, which is not the operation that the plan names."""
    try:
        return call(*values)
    except Exception as error:
        raise translate(error, op) from error


# -- one operation at every step ------------------------------------------------------------------------------------


def elements(ops: Sequence[Operation], axis: int, start: int, length: int, resources: Resources) -> Call:
    """A function of a tensor that gives its elements `start`, `start + 1`, ... along `axis`, that axis in front."""
    steps = [alone(op, resources) for op in ops]

    def call(x: Any) -> Any:
        if x.ndim > axis and x.shape[axis] == length:
            return x.movedim(axis, 0)[start : start + len(ops)]
        return torch.stack([told(op, step, x) for op, step in zip(ops, steps, strict=True)])

    return call


def unpacked(op: Operation, resources: Resources) -> Call:
    """A function of a tensor that gives the parts along an axis, that axis in front."""
    itself, axis, num = alone(op, resources), op.attrs["axis"], op.attrs["num"]

    def call(x: Any) -> Any:
        # The operation itself is asked about a tensor that has not as many parts, for its error.
        return x.movedim(axis, 0) if x.shape[axis] == num else torch.stack(itself(x))

    return call


_LARGE = 2**18
"""Elements of a step from which on the memory for the random numbers of all steps costs more than a call a step."""


class _Draws:
    """A stream whose draws `[time, ...]` are draws of one operation a step; the context, too, that it is in."""

    def __init__(self, contexts: Sequence[OpContext]) -> None:
        self._contexts = contexts
        self._seeded = any(c.op.attrs.get("seed") or c.op.attrs.get("seed2") for c in contexts)

    @property
    def stream(self) -> _Draws:
        return self

    def uniform(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Numbers in [0, 1)."""
        if not self._seeded:  # nobody can tell the numbers of one operation from those of another
            return self._contexts[0].stream.uniform(shape, dtype)
        return torch.stack([context.stream.uniform(shape[1:], dtype) for context in self._contexts])


def at_every_step(ops: Sequence[Operation], along: Sequence[bool], resources: Resources) -> Call:
    """One function of the values of all steps for `ops`, one a step, which do the same.

    `along`: which of their inputs lie in a series. Those that draw random numbers draw each its own.
    """
    if draws(ops[0]):
        return _drawn_at_every_step(ops, resources)
    return functools.partial(lifted(kind_of(ops[0], along), alone(ops[0], resources), along), len(ops))


def _drawn_at_every_step(ops: Sequence[Operation], resources: Resources) -> Call:
    """The same for operations that draw, of which the first input alone lies in a series."""
    op, kernel = ops[0], ops[0].definition.kernel
    assert kernel is not None
    context = _Draws([resources.context(op) for op in ops])
    at_once = with_time_in_front(op, bind_as(functools.partial(kernel, context), op, _no_bodies))
    steps = [alone(op, resources) for op in ops]

    def call(xs: Any, *others: Any) -> Any:
        if torch.is_grad_enabled() or xs[0].numel() < _LARGE:
            return at_once(len(steps), xs, *others)
        result = torch.empty_like(xs)
        for step, x, place in zip(steps, xs, result, strict=True):
            place.copy_(step(x, *others))
        return result

    return call


# -- a sequence put together ----------------------------------------------------------------------------------------


def concatenated(op: Operation, resources: Resources) -> Call:
    axis = op.attrs["axis"]

    def call(xs: Any) -> Any:
        where = axis % (xs.ndim - 1)
        return xs.movedim(0, where).flatten(where, where + 1)

    return call


def stacked(op: Operation, resources: Resources) -> Call:
    axis = op.attrs["axis"]
    return lambda xs: xs.movedim(0, axis)
