"""What a plan computes row by row between its products becomes one call: `recell.kernels` compiles it.

A cell of the program's own is some fifty small operations a step (a layer normalisation alone is seven), each of which
costs more to call, to record and to differentiate than to compute.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from recell.graph.tensor import Operation, Tensor
from recell.kernels import Part, RowCode, RowProgram
from recell.plan.item import Item
from recell.plan.order import changed_by
from recell.plan.plan import Plan, make_step
from recell.plan.row_rules import RULES, shared_width, why_not_rowwise, width_of

FEWEST = 3
"""Operations that are worth a call of their own kind."""

WIDEST = 8192
"""Numbers of a row that still leave a whole program's memory in the processor's own cache."""


Bind = Callable[[Item], Callable[..., Any]]
"""Makes of an item the function that computes it by itself."""


def fuse_rows(
    items: Sequence[Item],
    results: Collection[int],
    recorded: Collection[Operation],
    constants: Sequence[Any],
    bind: Bind,
) -> list[Item]:
    """The items, with those that can be computed as one replaced by one, at the place of the last of them.

    Nothing else moves, and nothing is fused across what may change a variable.

    Args:
      items: what a plan will do, in order.
      results: slots whose values are wanted in the end.
      recorded: the operations that autograd is to see.
      constants: for each slot the value that it has in every run, or None.
      bind: see `Bind`.
    """
    groups = [group for group in _groups(items, recorded) if len(group) >= FEWEST]
    member = {position: number for number, group in enumerate(groups) for position in group}
    readers: dict[int, set[int | None]] = {slot: {None} for slot in results}
    for position, item in enumerate(items):
        for slot in item.ins:
            readers.setdefault(slot, set()).add(member.get(position))
    made: list[Item] = []
    for position, item in enumerate(items):
        number = member.get(position)
        if number is None:
            made.append(item)
        elif position == groups[number][-1]:
            own = [items[k] for k in groups[number]]
            seen = [slot for one in own for slot in one.outs if readers.get(slot, set()) - {number}]
            made.append(_fused(own, seen, constants, bind))
    return made


def _groups(items: Sequence[Item], recorded: Collection[Operation]) -> Iterator[list[int]]:
    """Positions of items that go together: connected, and before anything else that needs a result of one of them."""
    open_ones: dict[int, int] = {}  # slot -> the open item that writes it
    positions: list[int] = []
    kind = False
    for position, item in enumerate(items):
        fits = _fits(item)
        known = fits and (item.op in recorded) is kind
        if not known and (fits or _closes(item) or any(slot in open_ones for slot in item.ins)):
            yield from _connected(items, positions)
            positions, open_ones = [], {}
        if fits:
            kind = item.op in recorded
            positions.append(position)
            open_ones.update(dict.fromkeys(item.outs, position))
    yield from _connected(items, positions)


def _fits(item: Item) -> bool:
    op = item.op
    return (
        op is not None
        and item.call is None
        and len(item.outs) == len(op.outputs)
        and not why_not_rowwise(op)
        and all((width_of(tensor) or 0) <= WIDEST for tensor in (*op.inputs, *op.outputs))
    )


def _closes(item: Item) -> bool:
    """Whether a value that was there before may have another content after the item."""
    op = item.op
    return op is not None and (op.type == "PyFunc" or bool(changed_by(op)))


def _connected(items: Sequence[Item], positions: Sequence[int]) -> list[list[int]]:
    """The positions, by what hangs together through results and through matrices that are read."""
    groups: list[tuple[set[int], list[int]]] = []
    for position in positions:
        op = items[position].op
        assert op is not None
        slots = {*items[position].outs}
        slots.update(slot for slot, tensor in zip(items[position].ins, op.inputs, strict=True) if width_of(tensor))
        own = [position]
        apart = []
        for seen, others in groups:
            if seen.isdisjoint(slots):
                apart.append((seen, others))
            else:
                slots |= seen
                own = others + own
        groups = [*apart, (slots, own)]
    return [sorted(own) for _, own in groups]


def _fused(own: Sequence[Item], seen: Sequence[int], constants: Sequence[Any], bind: Bind) -> Item:
    """One call that gives the values at the slots `seen`."""
    made_here = {slot for item in own for slot in item.outs}
    inputs: dict[int, Tensor] = {}
    numbers: dict[int, float] = {}
    for item in own:
        assert item.op is not None
        for slot, tensor in zip(item.ins, item.op.inputs, strict=True):
            if constants[slot] is not None and not constants[slot].dim():
                numbers[slot] = float(constants[slot])
            elif slot not in made_here:
                inputs.setdefault(slot, tensor)
    code = RowCode()
    parts: dict[int, Part] = {}
    for slot, tensor in inputs.items():
        width = width_of(tensor)
        parts[slot] = code.input(width or shared_width(tensor) or 0, width is None)
    parts.update({slot: code.constant(number) for slot, number in numbers.items()})
    for item in own:
        assert item.op is not None
        written = RULES[item.op.type](code, item.op, _arranged(item.op, [parts[slot] for slot in item.ins]))
        parts.update(zip(item.outs, written, strict=True))
    code.outputs = [parts[slot] for slot in seen]
    program = RowProgram(code, _one_by_one(own, list(inputs), seen, constants, bind))
    last = own[-1].op
    assert last is not None
    return Item(last, list(inputs), list(seen), program if len(seen) > 1 else lambda *values: program(*values)[0])


def _arranged(op: Operation, parts: Sequence[Part]) -> Sequence[Part | None]:
    """The inputs in the places of the operation's parameters, None where one is not given."""
    if op.layout is None:
        return parts
    rest = iter(parts)
    return [next(rest) if count else None for count in op.layout]


def _one_by_one(
    own: Sequence[Item], inputs: Sequence[int], seen: Sequence[int], constants: Sequence[Any], bind: Bind
) -> Callable[..., list[Any]]:
    """The same by the operations themselves: an error then names its own."""
    used = dict.fromkeys([*inputs, *(slot for item in own for slot in (*item.ins, *item.outs))])
    places = {slot: place for place, slot in enumerate(used)}
    steps = []
    for item in own:
        outs = [places[slot] for slot in item.outs]
        out: Any = outs[0] if len(outs) == 1 else tuple(outs)
        steps.append(make_step(bind(item), [places[slot] for slot in item.ins], out, (), item.op))
    plan = Plan(steps, [constants[slot] for slot in places], [places[slot] for slot in seen])
    return lambda *values: plan.execute(values)


__all__ = ["fuse_rows"]
