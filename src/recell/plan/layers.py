"""Whether a step of a recurrence is a stack of layers, each of which can run over all of time before the next one.

It is one when every state is that of a known step (an operation that says how it runs over time), and everything else
sees the states through the outputs of these steps only.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from recell.graph.body import Body
from recell.graph.registry import OverTime
from recell.graph.repeatable import draws, may_repeat, random_operations
from recell.graph.tensor import Operation, Tensor
from recell.plan.bodies import bodies_of
from recell.plan.columns import Columns, Parts, parted, whole
from recell.plan.lifting import Kind, is_finite_at_zero, kind_of
from recell.plan.order import needed_operations, schedule
from recell.plan.stepped_draws import has_stepped_draws


class Role(enum.Enum):
    """What an operation of the step becomes."""

    ONCE = "computed once: the same at every step"
    OVER_TIME = "computed for all steps"
    LAYER = "a known step, run over time by its kernel"
    AFTER = "joins final states"


@dataclass(frozen=True)
class Entry:
    """An operation and its role. `along`: which of its inputs have a time axis in front."""

    op: Operation
    role: Role
    along: tuple[bool, ...]
    kind: Kind = Kind.STEPS


@dataclass
class Layers:
    """A step taken apart, in the order in which it runs.

    `along`: the tensors that have a time axis in front; `apart`: those of them that are lists, since their shape may
    change from step to step. `clean`: those that are zero past a row's length.
    """

    body: Body
    input_count: int
    output_count: int
    entries: list[Entry] = field(default_factory=list)
    along: set[Tensor] = field(default_factory=set)
    apart: set[Tensor] = field(default_factory=set)
    clean: set[Tensor] = field(default_factory=set)

    @property
    def states(self) -> Sequence[Tensor]:
        """What stands for the states before a step."""
        return self.body.args[self.input_count :]

    @property
    def outputs(self) -> Sequence[Tensor]:
        return self.body.outputs[: self.output_count]

    @property
    def new_states(self) -> Sequence[Tensor]:
        return self.body.outputs[self.output_count :]


def layers_of(body: Body, input_count: int, ragged: bool) -> Layers | str:
    """The layers of a step, or a sentence that says why it runs step by step.

    Args:
      body: the step: inputs and states to outputs and new states.
      input_count: how many of its arguments are inputs.
      ragged: whether rows have lengths. Past a row's length a layer's outputs are zero, where the loop goes on
        computing: so nothing that mixes rows, or has a pole at zero, may see them.
    """
    if not may_repeat(body):
        return "The step prints, assigns or calls Python, and the order of that would change."
    search = _Search(body, input_count, ragged)
    given = {*body.args, *body.captures}
    roots = [tensor.op for tensor in body.outputs if tensor not in given]
    for op in schedule(needed_operations(roots, given), given):
        reason = search.take(op)
        if reason is not None:
            return reason
    return search.reason_at_the_end() or search.found


class _Search:
    def __init__(self, body: Body, input_count: int, ragged: bool) -> None:
        self.found = Layers(body, input_count, len(body.outputs) - (len(body.args) - input_count))
        self.found.along.update(body.args[:input_count])
        self.ragged = ragged
        # What each state, each part of one, and each new state consists of.
        self.parts: dict[Tensor, Parts] = {}
        self.old: set[Tensor] = set()
        self.new: set[Tensor] = set()
        # What is computed from outputs of layers.
        self.above: set[Tensor] = set()
        self.layers: list[tuple[Operation, OverTime]] = []
        for state, result in zip(self.found.states, self.found.new_states, strict=True):
            if result is not state:  # one that stays as it was is a constant
                self._note([state], [whole(state)], self.old)

    def _note(self, tensors: Iterable[Tensor], parts: Iterable[Parts], kind: set[Tensor]) -> None:
        for tensor, part in zip(tensors, parts, strict=True):
            self.parts[tensor] = part
            kind.add(tensor)

    def take(self, op: Operation) -> str | None:
        """Gives `op` its role, or says why it can have none."""
        if not op.outputs:
            return None
        if "_custom_gradient" in op.attrs:
            return f"'{op.name}' has a gradient of the program's own."
        for dtype in {t.dtype.base_dtype for t in (*op.inputs, *op.outputs)}:
            if not (dtype.is_floating or dtype.is_integer or dtype.is_bool):
                return f"'{op.name}' computes with values of dtype {dtype.name}."
        over_time: OverTime | None = op.definition.extra.get("over_time")
        if over_time is not None and any(op.inputs[k] in self.old for k in over_time.carried):
            return self._take_layer(op, over_time)
        if not self.old.isdisjoint(op.inputs):
            return self._take_old_states(op)
        joins = not self.new.isdisjoint(op.inputs) and self._joins_new_states(op)
        if joins and not all(t in self.found.along for t in op.inputs):
            return None
        memory = next((t for t in op.inputs if t in self.new and t not in self.found.along), None)
        if memory is not None:
            return f"'{op.name}' sees the state '{memory.name}' within a step."
        return self._take_other(op)

    def _add(self, op: Operation, role: Role, kind: Kind = Kind.STEPS) -> None:
        self.found.entries.append(Entry(op, role, tuple(t in self.found.along for t in op.inputs), kind))

    def _take_layer(self, op: Operation, over_time: OverTime) -> str | None:
        carried = {op.inputs[k] for k in over_time.carried}
        read = (self.old | self.new) - self.found.along
        if not carried <= self.old or any(t in read for t in op.inputs if t not in carried):
            return f"'{op.name}' takes a state where its input or a weight should be."
        if any(t in self.found.along for t in op.inputs[1:]):
            return f"'{op.name}' has other weights or states at every step."
        if any(random_operations(body) for body in bodies_of(op)):
            return f"The activation of '{op.name}' draws random numbers."
        self._add(op, Role.LAYER)
        self.layers.append((op, over_time))
        self._note(op.outputs, map(whole, op.outputs), self.new)
        sequence = op.outputs[over_time.sequence]
        self.found.along.add(sequence)
        self.found.clean.add(sequence)
        self.above.add(sequence)
        return None

    def _take_old_states(self, op: Operation) -> str | None:
        """An operation on states before the step: it may take them apart."""
        parts = parted(op, self.parts)
        if parts is None:
            state = next(t for t in op.inputs if t in self.old)
            return f"'{op.name}' sees the state '{state.name}', and not through the output of a known step."
        self._add(op, Role.ONCE)
        self._note(op.outputs, parts, self.old)
        return None

    def _joins_new_states(self, op: Operation) -> bool:
        """Notes an operation that does nothing but put new states together."""
        parts = parted(op, self.parts)
        if parts is not None:
            self._add(op, Role.AFTER)
            self._note(op.outputs, parts, self.new)
        return parts is not None

    def _take_other(self, op: Operation) -> str | None:
        if bodies_of(op):
            return f"'{op.name}' has a body of its own."
        if op.type == "Gradients":
            return f"'{op.name}' is a gradient within the step."
        along = tuple(t in self.found.along for t in op.inputs)
        if not any(along) and not draws(op):
            self._add(op, Role.ONCE)
            return None
        kind = kind_of(op, along) if self.found.apart.isdisjoint(op.inputs) else Kind.STEPS
        from_above = [t in self.above for t in op.inputs]
        by_rows = kind is not Kind.STEPS or op.type == "Dropout"
        if self.ragged and any(from_above) and not (by_rows and is_finite_at_zero(op, from_above)):
            return f"Rows have lengths, and '{op.name}' ({op.type}) may look at what stands behind them."
        self._add(op, Role.OVER_TIME, kind)
        if kind is Kind.SHAPE:
            return None
        self.found.along.update(op.outputs)
        if kind is Kind.STEPS and not (draws(op) and has_stepped_draws(op, along)):
            self.found.apart.update(op.outputs)
        if any(from_above):
            self.above.update(op.outputs)
        if op.type == "Identity" and op.inputs[0] in self.found.clean:
            self.found.clean.add(op.outputs[0])
        return None

    def reason_at_the_end(self) -> str | None:
        """Why outputs and new states are not what layers can give; None where they are."""
        if not self.layers:
            return "None of its operations is a known step."
        for output in self.found.outputs:
            if output not in self.found.along and (output in self.old or output in self.new):
                return f"'{output.name}' is a state, and an output of every step."
            if self.ragged and output.shape.ndims in (None, 0):
                return f"It is not known that '{output.name}' has rows, and rows have lengths."
        seen: set[Tensor] = set()
        for state, result in zip(self.found.states, self.found.new_states, strict=True):
            if result is not state and not self._is_carried(state, result, seen):
                return f"The state '{state.name}' is not the one that a known step hands on."
        if len(seen) < sum(len(op.outputs) for op, _ in self.layers):
            return "Two known steps start from one state."
        return None

    def _is_carried(self, state: Tensor, result: Tensor, seen: set[Tensor]) -> bool:
        """Whether `result` is what the known steps that start from the parts of `state` make of them.

        Adds the outputs of these steps to `seen`.
        """
        sources = {op.outputs[j]: op.inputs[k] for op, step in self.layers for j, k in enumerate(step.carried)}
        parts = self.parts[result] if result in self.new else ()
        start = 0
        for column in parts:
            if column.tensor not in sources or (column,) != whole(column.tensor):
                return False
            stop = None if column.stop is None else start + column.stop
            wanted = whole(state) if len(parts) == 1 else (Columns(state, start, stop),)
            if self.parts[sources[column.tensor]] != wanted:
                return False
            seen.add(column.tensor)
            start = stop or 0
        return bool(parts)
