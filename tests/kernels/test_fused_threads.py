"""The fused kernels by several threads, several callers, in a forked child, and one shape after another."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from tests.kernels.fused import CELLS, Case, assert_near, leaves, team_of
from tests.kernels.test_native import run
from torch import Tensor

from recell.kernels import native

pytestmark = pytest.mark.skipif(not native().active, reason=native().reason)

# Few rows and many units, which threads share out by units; and many rows, which they share out by rows.
SHAPES = [(9, 3, 20, 100), (7, 61, 5, 33), (1, 1, 1, 1), (12, 26, 40, 17), (3, 50, 130, 64)]


def case_of(cell: str, shape: tuple[int, int, int, int], threads: int = 1) -> Case:
    time, batch, *_ = shape
    lengths = [(3 * row + time) % (time + 1) for row in range(batch)]
    return Case(cell, *shape, lengths=lengths, reverse=batch % 2 == 0, threads=threads)


def results(case: Case) -> list[Tensor]:
    """Outputs, states and all gradients."""
    given, seeds = case.given()
    tensors = leaves(given, list(given))
    outputs = case.fused(tensors)
    return [*outputs, *case.gradients(outputs, tensors, seeds)]


@pytest.mark.parametrize("threads", [2, 4])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_several_threads_compute_what_one_does(cell: str, shape: tuple[int, int, int, int], threads: int) -> None:
    one, several = results(case_of(cell, shape)), results(case_of(cell, shape, threads))
    for n, (expected, found) in enumerate(zip(one, several, strict=True)):
        assert_near(found, expected.double(), f"result {n}", terms=shape[0] * shape[1])


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_no_shape_leaves_anything_to_the_next(cell: str) -> None:
    expected = {shape: results(case_of(cell, shape, 2)) for shape in SHAPES}
    order = random.Random(1).choices(SHAPES, k=24)
    for shape in order:
        for first, again in zip(expected[shape], results(case_of(cell, shape, 2)), strict=True):
            assert torch.equal(first, again)


def test_two_callers_at_once_compute_what_one_does() -> None:
    """Each of them with a team of its own, cells and shapes by turns."""
    work = [(cell, shape) for cell in sorted(CELLS) for shape in SHAPES] * 2
    random.Random(2).shuffle(work)
    expected = {each: results(case_of(*each, 2)) for each in set(work)}
    with team_of(2), ThreadPoolExecutor(2) as callers:
        found = list(callers.map(lambda each: results(case_of(*each, 2)), work))
    for each, tensors in zip(work, found, strict=True):
        for first, again in zip(expected[each], tensors, strict=True):
            assert torch.equal(first, again), each


FORKED = """
import os, torch
from recell import kernels
from recell.kernels import _fused
torch.set_num_threads(2)
_fused.WORTH_A_THREAD = 1
generator = torch.Generator().manual_seed(1)
tensors = [torch.randn(shape, generator=generator) for shape in [(5, 30, 7), (30, 33), (30, 33), (40, 132), (132,)]]
seeds = [torch.randn(shape, generator=generator) for shape in [(5, 30, 33), (30, 33), (30, 33)]]
for tensor in tensors:
    tensor.requires_grad_()

def results():  # in NumPy, since torch's own operations may wait for threads that no fork takes along
    outputs = kernels.lstm(*tensors)
    return [result.detach().numpy() for result in (*outputs, *torch.autograd.grad(outputs, tensors, seeds))]

expected = results()
child = os.fork()
if child == 0:
    off = max(abs(a - b).max() / abs(b).max() for a, b in zip(results(), expected))
    os._exit(0 if off < 1e-5 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_after_a_fork_computes_what_its_parent_does() -> None:
    assert run(FORKED, OMP_NUM_THREADS="2") == "0"
