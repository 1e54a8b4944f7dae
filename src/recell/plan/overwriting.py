"""What a plan computes without memory of its own: sums written over a product, biases added and gradients scaled by
who uses them.

A pass over the steps in the making, when it is known who looks at each value and for how long.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from recell.graph.tensor import Operation, Tensor
from recell.kernels import Scaled
from recell.plan.item import Item

_PRODUCTS = frozenset({"MatMul", "BatchMatMulV2", "Tensordot"})
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
    if op is None or not _is_sum(item) or not (last and alone):
        return None
    if maker is None or maker.op is None or maker.op.type not in _PRODUCTS or not _is_own(maker):
        return None
    if not _fits(op.inputs[1 - operand], into=op.inputs[operand]):
        return None
    return _add_to_first if operand == 0 else _add_to_second


def _is_own(item: Item) -> bool:
    """Whether the item is what its operation is in every plan."""
    return item.op is not None and item.call is None and "_custom_gradient" not in item.op.attrs


def _is_sum(item: Item) -> bool:
    """Whether it adds two tensors, the second one along the last axis of the first where it is a vector."""
    op = item.op
    if op is None or op.type not in _SUMS or not _is_own(item):
        return False
    return len(set(item.ins)) == 2 and op.attrs.get("data_format") != "NCHW"


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


def left_to_user(items: Sequence[Item], kept: Collection[int], recorded: Collection[Operation]) -> list[Item]:
    """The items without those whose only user can do their work on its way.

    A product of a gradient and a number goes to the optimizer's update: clipping by a norm then takes no second set of
    gradients. A bias goes to the cross entropy of the logits, which sums up the bias's gradient while it makes theirs.
    `kept` are slots that somebody looks at after the run.
    """
    makers = {slot: item for item in items for slot in item.outs}
    uses: dict[int, int] = dict.fromkeys(kept, 2)
    for item in items:
        for slot in item.ins:
            uses[slot] = uses.get(slot, 0) + 1
    gone: set[int] = set()
    for item in items:
        if item.op is None or not _is_own(item):
            continue
        at = item.op.definition.extra.get("scaled")
        if at is not None:
            gone.update(map(id, _take_scale(item, at - len(item.op.definition.mutates), makers, uses, recorded)))
        elif "biased" in item.op.definition.extra and uses[item.ins[0]] == 1:
            gone.update(map(id, _take_bias(item, makers, uses)))
    return [item for item in items if id(item) not in gone]


def _take_bias(item: Item, makers: Mapping[int, Item], uses: Mapping[int, int]) -> list[Item]:
    """Lets the item, whose first input are logits, have them and a bias apart; the sum that is not needed then.

    The logits may be reshaped in between, as long as their last axis stays.
    """
    taker, maker = item, makers.get(item.ins[0])
    if maker is not None and maker.op is not None and _keeps_columns(maker) and uses[maker.ins[0]] == 1:
        taker, maker = maker, makers.get(maker.ins[0])
    op = item.op
    if op is None or maker is None or maker.op is None or not _is_sum(maker):
        return []
    first, second = maker.op.inputs
    for operand, bias in ((0, second), (1, first)):
        if bias.shape.ndims == 1 and _fits(bias, into=maker.op.inputs[operand]):
            taker.ins[0] = maker.ins[operand]
            item.ins = [item.ins[0], maker.ins[1 - operand], *item.ins[1:]]
            attrs = {key: value for key, value in op.attrs.items() if not key.startswith("_")}
            item.call = functools.partial(op.definition.extra["biased"], **attrs)
            return [maker]
    return []


def _keeps_columns(item: Item) -> bool:
    """Whether it is a reshaping to rows as long as they were."""
    op = item.op
    if op is None or op.type != "Reshape" or not _is_own(item):
        return False
    before, after = op.inputs[0].shape.tuple, op.outputs[0].shape.tuple
    return bool(before and after and before[-1] is not None and before[-1] == after[-1])


def _take_scale(
    item: Item, position: int, makers: Mapping[int, Item], uses: Mapping[int, int], recorded: Collection[Operation]
) -> list[Item]:
    """Lets an update have its gradient and a number apart; the items that are not needed then."""
    chain = _product_before(item.ins[position], makers, uses, recorded)
    if chain:
        item.ins = [*item.ins[:position], chain[-1].ins[0], *item.ins[position + 1 :], chain[-1].ins[1]]
        item.scaled = position
    return chain


def _product_before(
    slot: int, makers: Mapping[int, Item], uses: Mapping[int, int], recorded: Collection[Operation]
) -> list[Item]:
    """The items from the maker of `slot` back to a product with a number, identities in between; empty if none."""
    chain: list[Item] = []
    while slot in makers and uses[slot] == 1:
        item = makers[slot]
        op = item.op
        if op is None or op in recorded or not _is_own(item):
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
