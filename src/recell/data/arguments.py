"""What the operations of datasets share: scalar arguments, seeds, and the rule of their shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.registry import Inference
from recell.graph.seeds import get_seed
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops import rules
from recell.ops.comparison import equal, logical_and, where
from recell.ops.math_cast import cast

_LAST_SEED = 2**31 - 1


def scalars(*names: str) -> Callable[[Inference], TensorShape]:
    """The shape of a dataset's tensor; ValueError for an argument of these that is no scalar."""

    def rule(i: Inference) -> TensorShape:
        for name in names:
            rules.ranked(i, name, 0)
        return TensorShape.of(())

    return rule


def int_argument(value: Any, name: str) -> Any:
    """An int64 scalar. TypeError for a float, ValueError for a tensor of another dtype."""
    return convert_to_tensor(value, dtypes.int64, name=name)


def seed_arguments(seed: Any) -> tuple[Any, Any]:
    """The two seeds of an operation, int64 scalars: of the given one (a number or tensor) and the graph's.

    Two zeros mean seeds that nobody knows.
    """
    graph = get_default_graph()
    if isinstance(seed, Tensor):
        first, _ = get_seed(graph.seed, 0, graph._last_id)
        seed1 = int_argument(first, "seed")
        second = cast(seed, dtypes.int64)
        # Zeros would mean no seeds at all.
        both_zero = logical_and(equal(seed1, int_argument(0, "zero")), equal(second, int_argument(0, "zero")))
        return seed1, where(both_zero, int_argument(_LAST_SEED, "last"), second, name="seed2")
    pair = get_seed(graph.seed, seed, graph._last_id)
    found = (0, 0) if pair[0] is None else pair
    return int_argument(found[0], "seed"), int_argument(found[1], "seed2")
