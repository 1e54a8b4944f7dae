"""Seeds of random operations: which pair of numbers a graph seed and an operation seed make together.

TF symbol: `tf.get_seed` (`tensorflow.python.framework.random_seed.get_seed`), with the graph passed as numbers.
"""

from __future__ import annotations

DEFAULT_GRAPH_SEED = 87654321
"""The graph seed used when only the operation has one, so that the operation's own seed repeats from graph to graph."""

_PERIOD = 2**31 - 1


class OperationCount(int):
    """A second seed that stands in for an operation's own: each operation has another one."""


def get_seed(graph_seed: int | None, op_seed: int | None, last_id: int) -> tuple[int, int] | tuple[None, None]:
    """The `(seed, seed2)` attributes of a random operation, or `(None, None)` for one that is seeded randomly.

    Args:
        graph_seed: what `tf.set_random_seed` set on the graph, or None.
        op_seed: the `seed=` argument of the operation, or None.
        last_id: how many operations the graph holds; it stands in for an absent `op_seed`, which is why
            numbers under a graph seed alone depend on the order in which the graph was built.

    Returns:
        Two numbers in `[0, 2**31 - 1]` (the given ones modulo 2**31 - 1, `last_id` as it is). `(0, 0)` means
        "seed randomly" to the kernels, so seeds that come out as two zeros become `(0, 2**31 - 1)`.
    """
    if graph_seed is None and op_seed is None:
        return None, None
    seed = DEFAULT_GRAPH_SEED if graph_seed is None else int(graph_seed) % _PERIOD
    seed2 = OperationCount(last_id) if op_seed is None else int(op_seed) % _PERIOD
    return (0, _PERIOD) if (seed, seed2) == (0, 0) else (seed, seed2)
