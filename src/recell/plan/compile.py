"""From a graph to a plan: the operations in order, each bound to a function, each value dropped when it is done."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import torch

from recell._torch import to_torch
from recell.graph.body import Body
from recell.graph.dtypes import variant
from recell.graph.tensor import Operation, Tensor
from recell.plan.binding import bind, bind_assign, bind_change
from recell.plan.chain import joined
from recell.plan.chain_calls import call_of, singles_of
from recell.plan.chain_types import Argument, Joined, Piece, Scene, Series, Unit
from recell.plan.deferring import due, finish, finishing
from recell.plan.demands import Demand, demands_of, fed_on_the_way, recorded_operations
from recell.plan.gradients import as_inner_source, as_source, gradient_step, linked, linked_to
from recell.plan.item import Item
from recell.plan.order import (
    awaited_by,
    changed_by,
    mutated_variables,
    needed_operations,
    read_variable,
    schedule,
    shown_variable,
)
from recell.plan.over_time import StepPlan, compile_over_time
from recell.plan.overwriting import left_to_user, with_scale, written_over
from recell.plan.plan import BodyPlan, Plan, Step, make_step
from recell.plan.recording import recording_modes
from recell.plan.resources import Resources
from recell.plan.row_fusion import fuse_rows
from recell.plan.shape_values import ShapeGroup, kept_by_shape, shape_groups

_SHARED = "shared"
"""The root of values that live longer than a run: constants, and what a body is given."""

_FED = "fed"
"""The root of what the caller fed, and may change when the run is over."""


def compile_plan(
    fetches: Sequence[Tensor],
    targets: Sequence[Operation],
    feeds: Sequence[Tensor],
    resources: Resources,
    keep: bool = True,
) -> tuple[Plan, list[bool]]:
    """A plan from the values of `feeds` to those of `fetches`, which also runs `targets`.

    The second result tells which fetched values must be copied because somebody else goes on holding their memory.
    With `keep`, what depends on nothing but shapes is kept from run to run.
    """
    builder = _Builder(feeds, resources, None, keep=keep)
    return builder.build(fetches, targets), builder.copies


def compile_body(body: Body, owner: Operation, resources: Resources) -> BodyPlan:
    """The plan of a body of `owner`, made once a session, and again after the graph has changed."""
    changes = body.graph.changes
    made = resources.body_plans.get(body)
    if made is None or made[0] != changes:
        captures = list(body.captures)
        # What one body of the owner changes, the others must not take as it was when the owner began.
        builder = _Builder([*body.args, *captures], resources, body, changed_by(owner) | _outlived(owner, captures))
        compiled = builder.build(body.outputs, []), len(captures), bool(builder.demands)
        if owner.type == "Recurrence":
            layers = compile_over_time(owner, resources, lambda inner, op: compile_body(inner, op, resources))
            made = resources.body_plans[body] = changes, StepPlan(*compiled, layers)
        else:
            made = resources.body_plans[body] = changes, BodyPlan(*compiled)
    return made[1]


def _outlived(owner: Operation, captures: Sequence[Tensor]) -> set[Operation]:
    """The variables that bodies of `owner` read whenever they run: those of a dataset run long after it was made."""
    if not any(tensor.dtype is variant for tensor in owner.outputs):
        return set()
    return {variable for variable in map(read_variable, captures) if variable is not None}


class _Builder:
    def __init__(
        self,
        given: Sequence[Tensor],
        resources: Resources,
        body: Body | None,
        afresh: Iterable[Operation] = (),
        keep: bool = False,
    ) -> None:
        self.given = list(given)
        self.fixed = set(given)
        self.resources = resources
        self.body = body
        self.items: list[Item] = []
        self.template: list[Any] = []
        self.slots: dict[Tensor, int] = {}
        self.series: dict[Series, int] = {}
        self.roots: list[frozenset[Any]] = []
        # For each variable, where it has been read since it last changed, by the capture it was read in place of.
        self.reads: dict[Operation, dict[Tensor | None, int]] = {}
        self.values_of_x: dict[Tensor, list[int]] = {}
        self.demands: list[Demand] = []
        self.recorded: set[Operation] = set()
        self.sources: set[Tensor] = set()
        self.linked: set[Tensor] = set()
        self.copies: list[bool] = []
        # What a body, or another of the same owner, changes it must read afresh, not as it was when it was entered.
        self.afresh = set(afresh)
        self.nothing: int | None = None
        # What is begun in one place and finished in another: its slot, by the operation that needs it done.
        self.due: dict[Operation, Operation | None] = {}
        self.unfinished: dict[Operation | None, list[int]] = {}
        self.keep = keep

    def build(self, fetches: Sequence[Tensor], targets: Sequence[Operation]) -> Plan:
        given = self.fixed
        roots = [t.op for t in fetches if t not in given] + list(targets)
        order = schedule(needed_operations(roots, given), given)
        if self.body is not None:
            self.afresh.update(*(changed_by(op) for op in order))
        self.demands = [demand for op in order for demand in demands_of(op)]
        if self.body is None:
            self.linked = fed_on_the_way(self.demands, {t for t in given if t.op.type != "Placeholder"})
        if self.linked:
            free = given - self.linked
            order = schedule(needed_operations(roots, free), free)
            self.demands = [demand for op in order for demand in demands_of(op)]
        self.recorded = recorded_operations(order, self.demands)
        self.sources = {x for demand in self.demands for x in demand.xs}
        for tensor in self.given:
            self._add_slot(tensor, frozenset([_FED if self.body is None else _SHARED]))
        for tensor in self.given:
            if tensor in self.linked:
                continue  # a source when the operation that it stands for has run
            self._add_source(tensor, as_inner_source if self.body is not None else as_source)
        # A fetched variable is read where nothing has changed it yet: assignments of a run come after its reads.
        early = {t: self._slot(t) if t in given else -1 for t in fetches if self._is_read(t)}
        self.due = due(order, given)
        units = joined(order, self._scene(fetches, targets, order))
        groups = self._shape_groups(units, fetches, targets) if self.keep else {}
        for unit in units:
            if isinstance(unit, Joined):
                self._add_joined(unit)
            elif unit in groups:
                self._finish_for(unit)
                self._add_group(groups[unit])
            else:
                self._finish_for(unit)
                self._add_operation(unit, early)
        self._finish_for(None)
        changed = set().union(*(changed_by(op) for op in order)) if self.body is None else set()
        shown = {t: shown_variable(t, given) for t in fetches} if changed else {}
        results = []
        for tensor in fetches:
            variable = shown.get(tensor)
            if variable in changed:
                results.append(self._slot(variable.outputs[0]))
            else:
                results.append(early[tensor] if tensor in early else self._slot(tensor))
        steps = self._steps(results)
        self.copies = self._copies(results)
        variables = frozenset(op for op in order if op.type == "VariableV2")
        unfinished = [slot for slots in self.unfinished.values() for slot in slots]
        return Plan(steps, self.template, results, variables, unfinished)

    # -- values -------------------------------------------------------------------------------------------------

    def _new_slot(self, roots: frozenset[Any] | None) -> int:
        slot = len(self.template)
        self.template.append(None)
        self.roots.append(frozenset([slot]) if roots is None else roots)
        return slot

    def _add_slot(self, tensor: Tensor, roots: frozenset[Any] | None) -> int:
        slot = self.slots[tensor] = self._new_slot(roots)
        return slot

    def _add_output(self, tensor: Tensor, roots: frozenset[Any] | None) -> int:
        """A slot for what an operation yields; what the caller fed in its place is what others see."""
        return self._new_slot(roots) if tensor in self.fixed else self._add_slot(tensor, roots)

    def _add_source(self, tensor: Tensor, make: Callable[[Any], Any] = as_source) -> None:
        """Makes a value of an x of some gradient one that autograd can be asked about."""
        if tensor in self.sources:
            before = self.slots[tensor]
            slot = self._add_slot(tensor, self.roots[before])
            self.items.append(Item(None, [before], [slot], make, is_source=True))
            self.values_of_x.setdefault(tensor, []).append(slot)

    def _add_sources(self, op: Operation, outs: list[int]) -> None:
        for tensor, made in zip(op.outputs, outs, strict=True):
            if tensor in self.linked:
                fed = self.slots[tensor]
                slot = self._add_slot(tensor, self.roots[fed])
                self.items.append(Item(None, [fed, made], [slot], linked_to, is_source=True))
            if tensor in self.linked or tensor not in self.fixed:
                self._add_source(tensor)

    def _is_read(self, tensor: Tensor) -> bool:
        """Whether `tensor` is a plain read of a variable, whose value is that of the moment it is used."""
        variable = read_variable(tensor)
        if variable is None or (tensor in self.sources and tensor.op is not variable):
            return False
        if tensor in self.fixed:
            return variable in self.afresh
        return tensor.op is variable or (tensor.op.type == "Identity" and variable.outputs[0] not in self.fixed)

    def _slot(self, tensor: Tensor) -> int:
        """Where the value of `tensor` is; a variable that has changed since it was last read is read again."""
        if not self._is_read(tensor):
            return self.slots[tensor]
        variable = read_variable(tensor)
        assert variable is not None
        reads = self.reads.setdefault(variable, {})
        captured = tensor if tensor in self.fixed else None
        if captured not in reads:
            reference = variable.outputs[0]
            cell = self.resources.cell(variable)
            read = cell.read
            slot = self._add_slot(reference, frozenset([variable]))
            if reference in self.sources and self.body is None and reference not in self.values_of_x:
                self.items.append(Item(variable, [], [slot], cell.source, is_source=True))
                self.values_of_x[reference] = [slot]
                reads[captured] = slot
                return slot
            if captured is None or reference in self.sources:
                self.items.append(Item(variable, [], [slot], read))
            else:
                # Who differentiates by the variable outside of the body means this read of it too.
                before = self.given.index(captured)
                self.items.append(Item(variable, [before], [slot], functools.partial(linked, read)))
            self._add_source(reference)
            reads[captured] = self.slots[reference]
        return reads[captured]

    # -- operations ---------------------------------------------------------------------------------------------

    def _add_operation(self, op: Operation, early: dict[Tensor, int]) -> None:
        if op.outputs and self._is_read(op.outputs[0]):
            if op.outputs[0] in early:
                early[op.outputs[0]] = self._slot(op.outputs[0])
        elif op.type in ("Const", "VariableV2") and op.outputs[0] in self.fixed:
            return
        elif op.type == "Const":
            slot = self._add_slot(op.outputs[0], frozenset([_SHARED]))
            self.template[slot] = to_torch(op.attrs["value"])
            self._add_source(op.outputs[0])
        elif op.type == "NoOp":
            return
        elif op.definition.mutates:
            self._add_change(op)
        else:
            self._add_call(op)

    def _shape_groups(
        self, units: Sequence[Unit], fetches: Sequence[Tensor], targets: Sequence[Operation]
    ) -> dict[Operation, ShapeGroup | None]:
        looked_at = [*fetches, *(t for op in targets for t in op.outputs)]
        looked_at += [t for unit in units if isinstance(unit, Joined) for op in unit.ops for t in op.inputs]
        alone = [unit for unit in units if not isinstance(unit, Joined)]
        return shape_groups(alone, looked_at, self.fixed | self.sources)

    def _add_group(self, group: ShapeGroup | None) -> None:
        """The values of a group of operations, made with the first of them and kept from run to run."""
        if group is None or group.results[0] in self.slots:
            return
        plan, _ = compile_plan(group.results, [], group.of, self.resources, keep=False)
        ins = [self._slot(t) for t in group.of]
        outs = [self._add_slot(t, frozenset([_SHARED])) for t in group.results]
        self.items.append(Item(None, ins, outs, kept_by_shape(plan)))

    def _add_call(self, op: Operation) -> None:
        x_slots: list[int] = []
        changed: set[Operation] = set()
        if op.type == "Gradients":
            ins, x_slots = self._gradient_inputs(op)
        else:
            changed = changed_by(op)
            ins = [
                self._for_change(t, op in self.recorded) if read_variable(t) in changed else self._slot(t)
                for t in (*op.inputs, *op.attrs.get("_extra_inputs", ()))
            ]
        if any(t.dtype is variant for t in op.outputs):
            ins = [self._snapshot(slot) for slot in ins]
        shared = frozenset(changed).union(*(self.roots[s] for s in ins)) if op.definition.view and ins else None
        outs = [self._add_output(t, shared) for t in op.outputs]
        self.items.append(Item(op, ins, outs, x_slots=x_slots))
        for variable in changed:
            self.reads.pop(variable, None)
        if op.type == "PyFunc":
            self.reads.clear()  # the program's function may have run the session and changed anything
        self._add_sources(op, outs)
        if op in self.due:
            slot = self._new_slot(None)
            self.items[-1].outs.append(slot)
            self.unfinished.setdefault(self.due[op], []).append(slot)

    def _snapshot(self, slot: int) -> int:
        """The slot, or a copy where it shares memory with what the caller fed, or with a ResourceVariable, which shows
        whoever keeps its value no later change. (Another variable does so in TensorFlow.)
        """
        if not any(
            root is _FED or (isinstance(root, Operation) and root.attrs.get("_resource")) for root in self.roots[slot]
        ):
            return slot
        copied = self._new_slot(None)
        self.items.append(Item(None, [slot], [copied], _own_copy))
        return copied

    def _finish_for(self, op: Operation | None) -> None:
        for slot in self.unfinished.get(op, ()):
            self.items.append(Item(op, [slot], [], finish))

    def _for_change(self, tensor: Tensor, recorded: bool) -> int:
        """A slot for a variable that a body changes: nothing, for the body reads it itself and it may not be
        initialized yet, unless somebody differentiates by it: then the value read for that.
        """
        if tensor in self.slots and (self.body is not None or tensor in self.sources):
            return self.slots[tensor]
        if recorded or tensor in self.sources:
            return self._slot(tensor)
        if self.nothing is None:
            self.nothing = self._new_slot(frozenset())
        return self.nothing

    def _gradient_inputs(self, op: Operation) -> tuple[list[int], list[int]]:
        y_count, x_count = op.attrs["y_count"], op.attrs["x_count"]
        xs = op.inputs[y_count : y_count + x_count]
        others = [self._slot(t) for t in (*op.inputs[:y_count], *op.inputs[y_count + x_count :])]
        x_slots = []
        for x in xs:
            self._slot(x)
            x_slots.append(self.values_of_x[x])
        return others + [slot for slots in x_slots for slot in slots], [len(slots) for slots in x_slots]

    def _add_change(self, op: Operation) -> None:
        changed = mutated_variables(op)
        ins = [self._slot(t) for k, t in enumerate(op.inputs) if k not in op.definition.mutates]
        outs = [self._add_output(t, frozenset([v])) for t, v in zip(op.outputs, changed, strict=False)]
        self.items.append(Item(op, ins, outs))
        for variable in changed:
            self.reads.pop(variable, None)
        self._add_sources(op, outs)

    # -- operations that are computed as one ------------------------------------------------------------------------

    def _scene(self, fetches: Sequence[Tensor], targets: Sequence[Operation], order: Sequence[Operation]) -> Scene:
        awaited = {*targets, *(other for op in order for other in awaited_by(op))}
        return Scene(self.fixed, self.linked, self.sources, self.recorded, set(fetches), awaited, self._is_read)

    def _add_joined(self, unit: Joined) -> None:
        for op in unit.ops:
            self._finish_for(op)
        ins = [slot for argument in unit.arguments for slot in self._argument_slots(argument)]
        shared = frozenset[Any]().union(*(self.roots[slot] for slot in ins)) if unit.view else None
        outs = []
        if unit.series is not None:
            outs.append(self._new_slot(shared))
            self.series[unit.series] = outs[0]
        outs += [self._add_slot(tensor, self.roots[outs[0]] if outs else shared) for tensor in unit.last]
        self.items.append(Item(unit.ops[0], ins, outs, call_of(unit, self.resources)))
        if unit.series is not None and unit.singles:
            tensors = [unit.series.tensors[step] for step in unit.singles]
            singles = [self._add_slot(tensor, self.roots[outs[0]]) for tensor in tensors]
            self.items.append(Item(unit.ops[0], [outs[0]], singles, singles_of(unit)))

    def _argument_slots(self, argument: Argument) -> list[int]:
        if isinstance(argument, Piece):
            return [self.series[argument.series]]
        return [self._slot(tensor) for tensor in argument.tensors]

    # -- steps --------------------------------------------------------------------------------------------------

    def _steps(self, results: list[int]) -> list[Step]:
        self.items = left_to_user(self.items, results, self.recorded)
        self.items = fuse_rows(self.items, results, self.recorded, self.template, self._bound_kernel)
        last_use = self._last_uses(results)
        held = self._held(last_use)
        fixed = {slot for slot, value in enumerate(self.template) if value is not None}
        for position, item in enumerate(self.items):
            for slot in {*item.ins, *item.outs}:
                if last_use.get(slot, -1) <= position and slot not in fixed:
                    item.drops.append(slot)
        self._write_over(last_use)
        steps: list[Step] = []
        recording = False
        last_gradient = max((k for k, i in enumerate(self.items) if i.op and i.op.type == "Gradients"), default=-1)
        nested = any(d.op.type != "Gradients" for d in self.demands)
        modes = recording_modes(self.items, self.recorded) if self.body is None else repeat(None)
        for position, (item, record) in enumerate(zip(self.items, modes, strict=False)):
            if record is not None and record != recording:
                recording = record
                steps.append(make_step(functools.partial(torch.set_grad_enabled, record), [], None, (), item.op))
            call = item.call or self._bound(item, position, held, retain=nested or position != last_gradient)
            out: Any = item.outs[0] if len(item.outs) == 1 else tuple(item.outs) if item.outs else None
            steps.append(make_step(call, item.ins, out, tuple(item.drops), item.op))
        return steps

    def _write_over(self, last_use: dict[int, int]) -> None:
        """Lets sums take the memory of an operand that nobody looks at any more."""
        makers = {slot: item for item in self.items for slot in item.outs}
        for position, item in enumerate(self.items):
            for operand, slot in enumerate(item.ins[:2]):
                last, alone = last_use[slot] == position, self.roots[slot] == {slot}
                item.call = item.call or written_over(item, makers.get(slot), last, alone, operand)

    def _bound(self, item: Item, position: int, held: dict[Operation, int], retain: bool) -> Callable[..., Any]:
        op = item.op
        assert op is not None
        if op.type == "Gradients":
            call = gradient_step(op, item.x_slots, retain, create=op in self.recorded or self.body is not None)
            return _only(call) if len(item.outs) == 1 else call
        if op.type == "Assign":
            return bind_assign(op, self.resources)
        if op.definition.mutates:
            inside = self.body is not None  # who holds the old value outside is not known here
            clone = tuple(inside or held.get(v, -1) > position for v in mutated_variables(op))
            change = bind_change(op, self.resources, clone)
            if item.scaled is not None:
                change = with_scale(change, item.scaled)
            return torch.no_grad()(change) if inside else change
        call = self._bound_kernel(item)
        return finishing(call) if op.definition.defers and op not in self.due else call

    def _bound_kernel(self, item: Item) -> Callable[..., Any]:
        op = item.op
        assert op is not None
        return bind(op, self.resources, lambda body: compile_body(body, op, self.resources), self._computed_later)

    def _computed_later(self, tensor: Tensor) -> Callable[[], Any]:
        resources = self.resources

        def compute() -> Any:
            plan, _ = compile_plan([tensor], [], [], resources)
            return plan.execute([])[0]

        return compute

    def _last_uses(self, results: list[int]) -> dict[int, int]:
        last = {slot: position for position, item in enumerate(self.items) for slot in item.ins}
        last.update(dict.fromkeys(results, len(self.items)))
        return last

    def _held(self, last_use: dict[int, int]) -> dict[Operation, int]:
        """For each variable, the last position at which a value that may share its memory is still looked at.

        A gradient looks at everything that was recorded for it.
        """
        gradient_at = {item.op: position for position, item in enumerate(self.items)}
        last_demand = max((gradient_at.get(d.op, -1) for d in self.demands), default=-1)
        held: dict[Operation, int] = {}
        for position, item in enumerate(self.items):
            in_recording = item.op in self.recorded
            for slot in {*item.ins, *item.outs}:
                until = max(last_use.get(slot, -1), last_demand if in_recording and last_demand > position else -1)
                if self.roots[slot] and until >= 0:
                    for root in self.roots[slot]:
                        if isinstance(root, Operation):
                            held[root] = max(held.get(root, -1), until)
        return held

    def _copies(self, results: list[int]) -> list[bool]:
        copies = []
        seen: set[Any] = set()
        for slot in results:
            roots = self.roots[slot]
            copies.append(any(not isinstance(root, int) or root in seen for root in roots))
            seen |= roots
        return copies


def _only(call: Callable[..., tuple[Any, ...]]) -> Callable[..., Any]:
    return lambda *values: call(*values)[0]


def _own_copy(value: Any) -> Any:
    """A copy of an array, a tensor's or numpy's; what is neither (a dataset) shares no memory that changes."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    return value.copy() if isinstance(value, np.ndarray) else value
