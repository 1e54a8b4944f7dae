"""The plan of a recurrence's step taken apart into layers: each runs over all of time before the next one does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from recell._torch import to_torch
from recell.graph.body import Body
from recell.graph.repeatable import draws, seeded_operations
from recell.graph.tensor import Operation, Tensor
from recell.plan.binding import bind, bind_as
from recell.plan.layers import Entry, Layers, Role, layers_of
from recell.plan.lifting import lifted
from recell.plan.plan import BodyPlan, Plan, Step, make_step
from recell.plan.resources import Resources
from recell.plan.stepped_draws import SteppedContext, has_stepped_draws, same_every_step, with_time_in_front

Call = Callable[..., Any]


def why_step_by_step(outputs: Tensor | Operation) -> str | None:
    """Why a recurrence runs its step once for every point in time, as a sentence; None when it runs layer by layer.

    `outputs` is what a driver such as `tf.nn.dynamic_rnn` gives (of a list one element), or the recurrence itself.
    """
    op = outputs.op if isinstance(outputs, Tensor) else outputs
    while op.type in _HANDS_ON:
        op = op.inputs[0].op
    if op.type != "Recurrence":
        return f"'{op.name}' is no recurrence, but a {op.type}."
    found = _layers_of(op)
    return found if isinstance(found, str) else None


_HANDS_ON = frozenset({"Identity", "Transpose", "Unpack"})
"""What drivers make of a recurrence's outputs."""


def _layers_of(op: Operation) -> Layers | str:
    if op.attrs["checkpoint"]:
        return "swap_memory=True computes stretches of the loop twice, instead of keeping them."
    return layers_of(op.attrs["step"], op.attrs["input_count"], op.attrs["has_lengths"])


@dataclass(frozen=True)
class OverTime:
    """A step compiled to run over all of time: its plan, which takes so many inputs and gives so many outputs.

    `along`: which outputs have a time axis; the others are the same at every step. `clean`: which of them are zero past
    a row's length.
    """

    plan: Plan
    along: tuple[bool, ...]
    clean: tuple[bool, ...]


class BoundStep:
    """A recurrence's step with the captures' values of this run: a function of its inputs and states.

    `layers`: how to run it over all of time, None where it runs step by step.
    """

    def __init__(self, step: Callable[..., list[Any]], layers: OverTime | None, captures: Sequence[Any]) -> None:
        self._step = step
        self.layers = layers
        self._captures = captures

    def __call__(self, *args: Any) -> list[Any]:
        return self._step(*args)

    def over_time(
        self, steps: int, lengths: Any, inputs: Sequence[Any], states: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """The outputs of all steps and the states after each row's last one, where there are `layers`.

        Inputs are `[time, batch, ...]` with so many steps; lengths int64 `[batch]` between 0 and these, or None.
        """
        assert self.layers is not None
        results = self.layers.plan.execute([steps, lengths, *inputs, *states, *self._captures])
        count = len(self.layers.along)
        return results[:count], results[count:]


class StepPlan(BodyPlan):
    """The plan of a recurrence's step: that of one, and that of all where there is one."""

    def __init__(self, plan: Plan, capture_count: int, takes_gradients: bool, layers: OverTime | None) -> None:
        super().__init__(plan, capture_count, takes_gradients)
        self._layers = layers

    def bound(self, captures: Sequence[Any]) -> BoundStep:
        return BoundStep(super().bound(captures), self._layers, captures)


def compile_over_time(
    op: Operation, resources: Resources, body_plan: Callable[[Body, Operation], BodyPlan]
) -> OverTime | None:
    """The plan of all steps of recurrence `op`; None where it runs step by step. See `why_step_by_step`."""
    layers = _layers_of(op)
    if isinstance(layers, str):
        return None
    again = seeded_operations(layers.body) if op.attrs["same_draws"] else ()
    plan = _Builder(layers, resources, body_plan, frozenset(again)).build()
    outputs = layers.outputs
    return OverTime(plan, tuple(t in layers.along for t in outputs), tuple(t in layers.clean for t in outputs))


_STEPS, _LENGTHS = 0, 1


class _Builder:
    def __init__(
        self,
        layers: Layers,
        resources: Resources,
        body_plan: Callable[[Body, Operation], BodyPlan],
        again: frozenset[Operation],
    ) -> None:
        self.layers = layers
        self.resources = resources
        self.body_plan = body_plan
        self.again = again
        self.template: list[Any] = [None, None]
        self.calls: list[tuple[Operation, Call, list[int], list[int]]] = []
        # A tensor's values at all steps (or the one value that it has at every step), and the one after the last step.
        self.slots: dict[Tensor, int] = {}
        self.last: dict[Tensor, int] = {}

    def build(self) -> Plan:
        layers = self.layers
        self._new(self.slots, [*layers.body.args, *layers.body.captures])
        self.last.update((state, self.slots[state]) for state in layers.states)
        for entry in self._needed():
            self._add(entry)
        results = [self._stacked(t) for t in layers.outputs] + [self.last[t] for t in layers.new_states]
        return Plan(self._steps(results), self.template, results)

    def _needed(self) -> list[Entry]:
        """The entries without those whose values nobody uses in that role."""
        values, last = set(self.layers.outputs), set(self.layers.new_states)
        kept: list[Entry] = []
        for entry in reversed(self.layers.entries):
            used = last if entry.role is Role.AFTER else values
            if entry.role is Role.LAYER or not used.isdisjoint(entry.op.outputs):
                used.update(entry.op.inputs)
                kept.append(entry)
        return kept[::-1]

    def _new(self, slots: dict[Tensor, int], tensors: Sequence[Tensor]) -> list[int]:
        made = list(range(len(self.template), len(self.template) + len(tensors)))
        self.template.extend([None] * len(tensors))
        slots.update(zip(tensors, made, strict=True))
        return made

    def _add(self, entry: Entry) -> None:
        op = entry.op
        if entry.role is Role.AFTER:
            ins = [self.last[t] for t in op.inputs]
            self.calls.append((op, self._bound(op), ins, self._new(self.last, op.outputs)))
            return
        if entry.role is Role.LAYER:
            ins = [self._stacked(t) for t in op.inputs]
            sequence = op.definition.extra["over_time"].sequence
            outs = self._new(self.slots, [op.outputs[sequence]]) + self._new(self.last, op.outputs)
            self.calls.append((op, self._layer(entry), [_STEPS, _LENGTHS, *ins], outs))
            return
        ins = [self.slots[t] for t in op.inputs]
        if op.type == "Const":
            self.template[self._new(self.slots, op.outputs)[0]] = to_torch(op.attrs["value"])
        elif entry.role is Role.ONCE:
            self.calls.append((op, self._bound(op), ins, self._new(self.slots, op.outputs)))
        else:
            self.calls.append((op, self._over_time(entry), [_STEPS, *ins], self._new(self.slots, op.outputs)))

    def _stacked(self, tensor: Tensor) -> int:
        """Where the value of a tensor is, as one: layers and outputs need the same shape at every step."""
        if tensor not in self.layers.apart:
            return self.slots[tensor]
        stacked = self._new({}, [tensor])
        self.calls.append((tensor.op, torch.stack, [self.slots[tensor]], stacked))
        return stacked[0]

    def _bound(self, op: Operation) -> Call:
        return bind(op, self.resources, lambda body: self.body_plan(body, op))

    def _layer(self, entry: Entry) -> Call:
        op = entry.op
        call = bind_as(op.definition.extra["over_time"].kernel, op, lambda body: self.body_plan(body, op), leading=1)
        if entry.along[0]:
            return lambda steps, *values: call(*values)
        return lambda steps, lengths, x, *rest: call(lengths, x.expand(steps, *x.shape), *rest)

    def _over_time(self, entry: Entry) -> Call:
        op, along, same = entry.op, entry.along, entry.op in self.again
        if draws(op) and has_stepped_draws(op, along):
            assert op.definition.kernel is not None
            context = SteppedContext(self.resources.context(op), same)
            kernel = op.definition.kernel

            def stepped(*values: Any, **attrs: Any) -> Any:
                return kernel(context, *values, **attrs)

            return with_time_in_front(op, bind_as(stepped, op, lambda body: self.body_plan(body, op)))
        call = self._bound(op)
        if not same:
            return lifted(entry.kind, call, along)
        replay = self.resources.replay([op])
        return lambda steps, *values: lifted(entry.kind, same_every_step(call, replay), along)(steps, *values)

    def _steps(self, results: Sequence[int]) -> list[Step]:
        last_use = {slot: position for position, (_, _, ins, _) in enumerate(self.calls) for slot in ins}
        last_use.update(dict.fromkeys(results, len(self.calls)))
        fixed = {slot for slot, value in enumerate(self.template) if value is not None}
        steps = []
        for position, (op, call, ins, outs) in enumerate(self.calls):
            drops = [s for s in {*ins, *outs} if last_use.get(s, -1) <= position and s not in fixed]
            out: Any = outs[0] if len(outs) == 1 else tuple(outs)
            steps.append(make_step(call, ins, out, tuple(drops), op))
        return steps


__all__ = ["BoundStep", "OverTime", "StepPlan", "compile_over_time", "why_step_by_step"]
