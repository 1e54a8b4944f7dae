"""What the compiled kernels of a training step save, beside the same in torch's operations.

    python -m benchmarks.training_step [--repeat 30] [--threads 2]

The sizes are those of a language model on Penn Treebank: 20 texts of 35 steps, 10000 words, 200 units. Both ways take
turns in one process; the smallest time of each counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch

import torch

from recell import kernels
from recell.kernels import _native, _softmax, _updates
from recell.ops import training_rules as rules
from recell.plan.philox import PhiloxStream
from recell.plan.random_streams import FastStream

ROWS, WORDS, UNITS = 700, 10_000, 200

Work = Callable[[], object]
Pair = tuple[str, Work, Work]


def refuse(*_: object) -> str:
    return "the other way is measured"


def losses() -> Iterator[Pair]:
    logits = torch.randn(ROWS, WORDS, requires_grad=True)
    bias = torch.randn(WORDS, requires_grad=True)
    labels, shares = torch.randint(0, WORDS, (ROWS,)), torch.softmax(torch.randn(ROWS, WORDS), 1)

    def sparse(bias: torch.Tensor | None) -> Work:
        by = [logits] if bias is None else [logits, bias]
        return lambda: torch.autograd.grad(kernels.sparse_softmax_cross_entropy(logits, labels, bias).sum(), by)

    def dense() -> object:
        return torch.autograd.grad(kernels.softmax_cross_entropy(logits, shares).sum(), logits)

    for name, work in (
        ("cross entropy with labels, and its gradient", sparse(None)),
        ("the same with a bias to be added to the logits", sparse(bias)),
        ("cross entropy with shares, and its gradient", dense),
    ):
        yield name, patch.object(_softmax, "unfused", refuse)(work), work


def updates() -> Iterator[Pair]:
    state = [torch.rand(UNITS, WORDS) + 0.1 for _ in range(3)]
    gradient = torch.randn(UNITS, WORDS)
    rows = rules.Rows(torch.randn(ROWS, UNITS), torch.randperm(WORDS)[:ROWS])
    table = [tensor.view(WORDS, UNITS) for tensor in state]
    for name, rule, slots, numbers in (
        ("GradientDescentOptimizer", rules.gradient_descent, 0, (0.01,)),
        ("MomentumOptimizer", rules.momentum, 1, (0.01, 0.9, False)),
        ("AdagradOptimizer", rules.adagrad, 1, (0.01, True)),
        ("RMSPropOptimizer", rules.rms_prop, 2, (0.01, 0.9, 0.1, 1e-8)),
        ("AdamOptimizer", rules.adam, 2, (0.01, 0.9, 0.99, 1e-8, False)),
    ):

        def work(rule: Callable[..., None] = rule, slots: int = slots, numbers: tuple[float, ...] = numbers) -> None:
            rules.apply(rule, state[: 1 + slots], gradient, *numbers)

        yield f"{name}, 2 million elements", patch.object(_updates, "unfused", refuse)(work), work

    def sparse() -> None:
        rules.adam_from_rows(table[0], table[1], table[2], rows, 0.01, 0.9, 0.99, 1e-8, False)

    yield "AdamOptimizer, 700 rows of as many", patch.object(_updates, "unfused", refuse)(sparse), sparse


def draws() -> Iterator[Pair]:
    shape = (ROWS, UNITS)
    inactive = _native.Native(reason="the other way is measured")
    for name, stream in (("with a seed", PhiloxStream(1, 2)), ("without", FastStream())):

        def work(stream: PhiloxStream | FastStream = stream) -> object:
            return stream.uniform(shape)

        yield f"140000 uniform numbers {name}", patch.object(kernels, "native", lambda: inactive)(work), work


def seconds(works: tuple[Work, Work], repeat: int) -> tuple[float, float]:
    """The smallest time of each."""
    best = [float("inf")] * 2
    for _ in range(repeat):
        for k, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[k] = min(best[k], time.perf_counter() - start)
    return best[0], best[1]


def main() -> None:
    parser = argparse.ArgumentParser(description="The kernels of a training step beside torch's operations.")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    kernels.keep_freed_memory()  # as every session does
    print(f"{kernels.native()}; {arguments.threads} threads\n")
    print("| | torch's operations, ms | compiled, ms | times as fast |\n| --- | ---: | ---: | ---: |")
    for pairs in (losses(), updates(), draws()):
        for name, plain, compiled in pairs:
            slow, fast = seconds((plain, compiled), arguments.repeat)
            print(f"| {name} | {slow * 1e3:.2f} | {fast * 1e3:.2f} | {slow / fast:.1f} |", flush=True)


if __name__ == "__main__":
    main()
