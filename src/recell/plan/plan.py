"""Plans: made once per signature, executed by walking a flat list of calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import torch

from recell.graph.tensor import Operation
from recell.plan.failures import translate


class Step(NamedTuple):
    """One call: `arity` is 0, 1 or 2 for more; `out` a slot, several, or None; `drops` what is not needed after it."""

    call: Callable[..., Any]
    arity: int
    get: Any
    out: Any
    drops: tuple[int, ...]
    op: Operation | None


def make_step(
    call: Callable[..., Any], ins: Sequence[int], out: Any, drops: tuple[int, ...], op: Operation | None
) -> Step:
    get = ins[0] if len(ins) == 1 else itemgetter(*ins) if ins else None
    return Step(call, min(len(ins), 2), get, out, drops, op)


class Plan:
    """A list of steps over numbered slots. Immutable, so that several threads may execute it at once."""

    def __init__(
        self,
        steps: list[Step],
        template: list[Any],
        results: list[int],
        variables: frozenset[Operation] = frozenset(),
        unfinished: Sequence[int] = (),
    ) -> None:
        """`variables`: those whose values a run may hold on to while it lasts.

        `unfinished`: slots of what is begun and finished later, and given up when the run fails.
        """
        self.unfinished = tuple(unfinished)
        self.variables = variables
        self.steps = steps
        self.template = template
        self.results = results

    def execute(self, given: Sequence[Any]) -> list[Any]:
        """The results for the given values, which go into the first slots.

        An exception of a kernel leaves as a tf.errors one that names the operation.
        """
        slots = self.template.copy()
        slots[: len(given)] = given
        op: Operation | None = None
        try:
            for call, arity, get, out, drops, op in self.steps:  # noqa: B007 - `op` is for the handler
                if arity == 2:
                    value = call(*get(slots))
                elif arity == 1:
                    value = call(slots[get])
                else:
                    value = call()
                if out.__class__ is int:
                    slots[out] = value
                elif out is not None:
                    for slot, part in zip(out, value, strict=True):
                        slots[slot] = part
                for slot in drops:
                    slots[slot] = None
        except BaseException as error:
            for begun in filter(None, (slots[slot] for slot in self.unfinished)):
                begun.give_up()
            if op is None or not isinstance(error, Exception):
                raise
            told = translate(error, op)
            if told is error:
                raise
            raise told from (error if error.__cause__ is None else error.__cause__)
        return [slots[slot] for slot in self.results]


class BodyPlan:
    """The plan of a body: arguments first, captures behind them."""

    def __init__(self, plan: Plan, capture_count: int, takes_gradients: bool) -> None:
        self._plan = plan
        self.capture_count = capture_count
        self._takes_gradients = takes_gradients

    def bound(self, captures: Sequence[Any]) -> Callable[..., list[Any]]:
        """A function of the body's arguments, with the captures' values of this run."""
        execute = self._plan.execute
        captures = tuple(captures)
        if not self._takes_gradients:
            return lambda *args: execute(args + captures)

        def call(*args: Any) -> list[Any]:
            if torch.is_grad_enabled():
                return execute(args + captures)
            with torch.enable_grad():
                results = execute(args + captures)
            # Nobody outside differentiates through this: a loop would grow a history with every iteration.
            return [r.detach() if isinstance(r, torch.Tensor) else r for r in results]

        return call
