"""What a plan computes without memory of its own: sums written over a product, gradients scaled by who applies them.

A pass over the steps in the making, when it is known who looks at each value and for how long.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from recell.graph.tensor import Operation, Tensor
from recell.kernels import Scaled
from recell.plan.item import Item

_FRESH = frozenset({"MatMul", "BatchMatMulV2"})
"""Operations whose result is memory of its own, which their gradient does not look at."""

_SUMS = frozenset({"Add", "BiasAdd"})


def written_over(item: Item, maker: Item | None, last: bool, alone: bool, operand: int) -> Callable[..., Any] | None:
    """The call of a sum that is written over one of its operands, None where it must have memory of its own.

    Args:
        item: the sum.
        maker: what made the operand.
        last: whether nobody looks at the operand later.
        alone: whether its memory is nobody else's.
        operand: 0 or 1.
    """
    op = item.op
    if op is None or op.type not in _SUMS or item.call is not None or len(set(item.ins)) != 2 or not (last and alone):
        return None
    if maker is None or maker.op is None or maker.op.type not in _FRESH or maker.call is not None:
        return None
    if "_custom_gradient" in op.attrs or "_custom_gradient" in maker.op.attrs or op.attrs.get("data_format") == "NCHW":
        return None
    if not _fits(op.inputs[1 - operand], into=op.inputs[operand]):
        return None
    return _add_to_first if operand == 0 else _add_to_second


def _fits(tensor: Tensor, into: Tensor) -> bool:
    """Whether the sum of the two is sure to have the shape of `into`."""
    added, kept = tensor.shape.tuple, into.shape.tuple
    if added is None or kept is None or None in added or len(added) > len(kept):
        return False
    return added == kept[len(kept) - len(added) :]


def _add_to_first(x: Any, y: Any) -> Any:
    return x.add_(y)


def _add_to_second(x: Any, y: Any) -> Any:
    return y.add_(x)


def scaled_by_user(items: Sequence[Item], kept: Collection[int], recorded: Collection[Operation]) -> list[Item]:
    """The items without products of a gradient and a number that only an optimizer's update looks at.

    The update gets both and multiplies on its way: clipping by a norm then takes no second set of gradients.
    `kept` are slots that somebody looks at after the run.
    """
    makers = {slot: item for item in items for slot in item.outs}
    uses: dict[int, int] = dict.fromkeys(kept, 2)
    for item in items:
        for slot in item.ins:
            uses[slot] = uses.get(slot, 0) + 1
    gone: set[int] = set()
    for item in items:
        at = None if item.op is None else item.op.definition.extra.get("scaled")
        if item.op is None or at is None or item.call is not None:
            continue
        position = at - len(item.op.definition.mutates)
        chain = _product_before(item.ins[position], makers, uses, recorded)
        if chain:
            item.ins = [*item.ins[:position], chain[-1].ins[0], *item.ins[position + 1 :], chain[-1].ins[1]]
            item.scaled = position
            gone.update(map(id, chain))
    return [item for item in items if id(item) not in gone]


def _product_before(
    slot: int, makers: Mapping[int, Item], uses: Mapping[int, int], recorded: Collection[Operation]
) -> list[Item]:
    """The items from the maker of `slot` back to a product with a number, identities in between; empty if none."""
    chain: list[Item] = []
    while slot in makers and uses[slot] == 1:
        item = makers[slot]
        op = item.op
        if op is None or item.call is not None or op in recorded or "_custom_gradient" in op.attrs:
            return []
        chain.append(item)
        if op.type == "Mul":
            return chain if op.inputs[1].shape.ndims == 0 and op.inputs[0].shape.ndims else []
        if op.type != "Identity":
            return []
        slot = item.ins[0]
    return []


def with_scale(change: Callable[..., Any], position: int) -> Callable[..., Any]:
    """`change`, whose input at `position` comes as values there and a factor behind all inputs."""

    def call(*values: Any) -> Any:
        return change(*values[:position], Scaled(values[position], values[-1]), *values[position + 1 : -1])

    return call
