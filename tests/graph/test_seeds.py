"""`get_seed` against what `tf.get_seed` of TF 1.15 answered."""

from __future__ import annotations

import pytest

from recell.graph.seeds import get_seed


@pytest.mark.parametrize(
    ("graph_seed", "op_seed", "last_id", "expected"),
    [
        (None, None, 3, (None, None)),
        (None, 0, 3, (87654321, 0)),
        (None, 7, 0, (87654321, 7)),
        (None, -1, 0, (87654321, 2147483646)),
        (None, 2**31 - 1, 3, (87654321, 0)),
        (None, 2**31, 3, (87654321, 1)),
        (None, 2**40 + 3, 0, (87654321, 515)),
        (0, None, 0, (0, 2147483647)),
        (0, None, 3, (0, 3)),
        (0, 0, 3, (0, 2147483647)),
        (0, 7, 3, (0, 7)),
        (1, None, 0, (1, 0)),
        (-1, None, 3, (2147483646, 3)),
        (-1, -1, 0, (2147483646, 2147483646)),
        (42, None, 3, (42, 3)),
        (42, 7, 0, (42, 7)),
        (2**31 - 1, None, 0, (0, 2147483647)),
        (2**31 - 1, 2**31 - 1, 3, (0, 2147483647)),
        (2**31 - 1, 2**31, 3, (0, 1)),
        (2**31, 1, 0, (1, 1)),
        (2**40 + 3, None, 3, (515, 3)),
        (-(2**33), 7, 0, (2147483643, 7)),
    ],
)
def test_pairs_are_those_of_tf(
    graph_seed: int | None, op_seed: int | None, last_id: int, expected: tuple[int | None, int | None]
) -> None:
    assert get_seed(graph_seed, op_seed, last_id) == expected
