"""What is joined within a stretch of a plan's order, in which nothing changes a variable or does anything else that
others could see: recurrences, and what is computed at every step around them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from recell.graph.tensor import Operation, Tensor
from recell.plan.chain_calls import alone, at_every_step, elements, recurrence, unpacked
from recell.plan.chain_find import LEAST_STEPS, Steps, over_time
from recell.plan.chain_graph import Contracted
from recell.plan.chain_numbers import Numbers, signature
from recell.plan.chain_rules import JOINS, OWN_OF_EACH, Element, can_run_at_once, element_of
from recell.plan.chain_types import Argument, Joined, Piece, Repeated, Scene, Series, Shared, Spread, Unit, Users
from recell.plan.order import predecessors


class _Draft(NamedTuple):
    """A `Joined` whose arguments are still columns: for each, its tensor at every step, or its one tensor."""

    joined: Joined
    columns: tuple[tuple[Tensor, ...], ...]


class Stretch:
    """The operations of a stretch, and what has been joined of them so far."""

    def __init__(self, ops: Sequence[Operation], scene: Scene, users: Users) -> None:
        self._ops = ops
        self._scene = scene
        self._users = users
        self._here = set(ops)
        self._free = scene.given - scene.linked
        self._numbers = Numbers(ops, scene)
        self._steps = Steps(ops, scene, self._numbers, users)
        self._graph = Contracted(ops, map(self._needs, ops))
        self._drafts: dict[Operation, _Draft] = {}
        self._all_series: list[Series] = []
        self._places: dict[Tensor, tuple[Series, int]] = {}

    def units(self) -> Iterator[Unit]:
        """The operations in order, with joined ones in place of those that could be joined."""
        self._join_recurrences()
        self._join_elements()
        for series in self._all_series:  # which grows on the way
            self._lift_users(series)
        self._join_all_series()
        for ops in self._graph.order():
            draft = self._drafts.get(ops[0])
            if draft is None:
                yield from ops
            else:
                draft.joined.arguments = tuple(map(self._argument, draft.columns))
                yield draft.joined

    def _needs(self, op: Operation) -> Iterator[Operation]:
        yield from predecessors(op, self._free, self._steps.needs(op))
        first = self._numbers.first(op.outputs[0]).op if op.outputs else op
        if first is not op:
            yield first  # whose value may be taken for that of `op`

    def _add(self, joined: Joined, columns: Iterable[Sequence[Tensor]]) -> None:
        draft = _Draft(joined, tuple(map(tuple, columns)))
        self._drafts.update(dict.fromkeys(joined.ops, draft))
        self._graph.join(joined.ops)
        if joined.series is not None:
            self._all_series.append(joined.series)
            for k, tensor in enumerate(joined.series.tensors):
                self._places[tensor] = joined.series, k

    def _place(self, tensor: Tensor) -> tuple[Series, int] | None:
        """Where the value of a tensor lies in a series: its own, or that of the first one of the same value."""
        return self._places.get(tensor) or self._places.get(self._numbers.first(tensor))

    # -- what lies along time ---------------------------------------------------------------------------------------

    def _join_recurrences(self) -> None:
        for chain in self._steps.chains():
            for part in self._steps.parts(chain, self._graph):
                if len(part) >= LEAST_STEPS and self._graph.can_join(part):
                    self._add_recurrence(tuple(part))
                    continue
                for op in part:
                    if self._steps.takes_apart(op):
                        made = Joined((op,), (), None, tuple(op.outputs), functools.partial(alone, op))
                        self._add(made, [[tensor] for tensor in self._steps.needs(op)])

    def _add_recurrence(self, ops: tuple[Operation, ...]) -> None:
        rule = over_time(ops[0])
        series = Series(tuple(op.outputs[rule.sequence] for op in ops))
        bind = functools.partial(recurrence, ops, rule)
        others = [[tensor] for tensor in self._steps.needs(ops[0])[1:]]
        self._add(Joined(ops, (), series, tuple(ops[-1].outputs), bind), [[op.inputs[0] for op in ops], *others])

    def _join_elements(self) -> None:
        found: dict[Any, dict[int, tuple[Operation, Element]]] = {}
        for op in self._ops:
            element = element_of(op)
            if op.type == "Unpack" and len(op.outputs) >= LEAST_STEPS and self._is_joinable(op):
                bind = functools.partial(unpacked, op)
                self._add(Joined((op,), (), Series(tuple(op.outputs)), (), bind, view=True), [op.inputs])
            elif element is not None and self._is_joinable(op):
                key = self._numbers.of(element.tensor), element.axis, op in self._scene.recorded
                found.setdefault(key, {}).setdefault(element.index, (op, element))
        for by_index in found.values():
            for run in _runs(by_index):
                self._add_elements(tuple(by_index[k][0] for k in run), by_index[run[0]][1])

    def _add_elements(self, ops: tuple[Operation, ...], first: Element) -> None:
        if self._graph.can_join(ops):
            bind = functools.partial(elements, ops, first.axis, first.index, first.length)
            series = Series(tuple(op.outputs[0] for op in ops))
            self._add(Joined(ops, (), series, (), bind, view=True), [[first.tensor]])

    def _is_joinable(self, op: Operation) -> bool:
        if op not in self._here or op in self._drafts or op in self._steps.idle:
            return False
        return not (self._scene.is_special(op) or any(key.startswith("_") for key in op.attrs))

    # -- what is done at every step ---------------------------------------------------------------------------------

    def _lift_users(self, series: Series) -> None:
        """Joins the operations that do the same with every element of a series."""
        firsts: dict[Operation, int] = {}
        for step, tensor in enumerate(series.tensors):
            for op in self._users.get(tensor, ()):
                firsts.setdefault(op, step)
        by_kind: dict[Any, dict[int, list[Operation]]] = {}
        for op, step in firsts.items():
            if self._is_joinable(op) and can_run_at_once(op, self._along(op)):
                by_kind.setdefault(self._kind(op, step), {}).setdefault(step, []).append(op)
        for by_step in by_kind.values():
            for turn in range(max(map(len, by_step.values()))):
                ops = {step: found[turn] for step, found in by_step.items() if len(found) > turn}
                for run in _runs(ops):
                    self._add_lifted(tuple(ops[step] for step in run))

    def _along(self, op: Operation) -> list[bool]:
        """Which of the inputs lie in a series."""
        return [self._place(tensor) is not None for tensor in op.inputs]

    def _kind(self, op: Operation, step: int) -> Any:
        """What must be the same at every step."""
        inputs: list[tuple[Series | None, int]] = []
        for tensor in op.inputs:
            place = self._place(tensor)
            inputs.append((None, self._numbers.of(tensor)) if place is None else (place[0], place[1] - step))
        return signature(op, OWN_OF_EACH), op in self._scene.recorded, tuple(inputs)

    def _add_lifted(self, ops: tuple[Operation, ...]) -> None:
        if self._graph.can_join(ops):
            along = self._along(ops[0])
            columns = [[op.inputs[k] for op in (ops if along[k] else ops[:1])] for k in range(len(along))]
            bind = functools.partial(at_every_step, ops, along)
            series = Series(tuple(op.outputs[0] for op in ops))
            self._add(Joined(ops, (), series, (), bind, view=ops[0].definition.view), columns)

    def _join_all_series(self) -> None:
        for op in self._ops:
            bind = JOINS.get(op.type)
            if bind is None or not self._is_joinable(op) or op.outputs[0].shape.ndims is None:
                continue
            if isinstance(self._argument(op.inputs), Piece):
                made = Joined((op,), (), None, tuple(op.outputs), functools.partial(bind, op), view=True)
                self._add(made, [op.inputs])

    # -- arguments --------------------------------------------------------------------------------------------------

    def _argument(self, column: Sequence[Tensor]) -> Argument:
        """How a call is given the tensors of a column, one a step, or one for all steps where it is only one."""
        if len(column) == 1:
            return Shared(column[0])
        if len(set(self._numbers.of_all(column))) == 1:
            return Repeated(column[0], len(column))
        places = [self._place(tensor) for tensor in column]
        found = [place for place in places if place is not None]
        if len(found) < len(column) or any(series is not found[0][0] for series, _ in found):
            return Spread(tuple(column))
        indices = [index for _, index in found]
        if indices == list(range(indices[0], indices[0] + len(column))):
            return Piece(found[0][0], indices[0], len(column))
        if indices == list(range(indices[0], indices[0] - len(column), -1)):
            return Piece(found[0][0], indices[0], len(column), backwards=True)
        return Spread(tuple(column))


def _runs(steps: Mapping[int, object]) -> Iterator[list[int]]:
    """The stretches of numbers without a gap, two and more."""
    run: list[int] = []
    for step in [*sorted(steps), None]:
        if run and (step is None or step != run[-1] + 1):
            if len(run) >= LEAST_STEPS:
                yield run
            run = []
        if step is not None:
            run.append(step)
