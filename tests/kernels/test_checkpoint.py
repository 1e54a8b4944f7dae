"""Checkpointed runs: the same numbers, the same random draws, less memory."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from recell.kernels import Leaves, lstm_step, unroll

TIME, BATCH, DEPTH, UNITS = 17, 3, 2, 4
SEGMENTS = [1, 2, 4, 16, 17, 100, "auto"]


class Stream:
    """A stream of random numbers that says how often it was set back."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(5)
        self.draws = self.restored = 0

    def keep(self, like: torch.Tensor) -> torch.Tensor:
        self.draws += 1
        return torch.rand(like.shape, generator=self.generator, dtype=like.dtype) > 0.3

    def snapshot(self) -> torch.Tensor:
        return self.generator.get_state()

    def restore(self, token: torch.Tensor) -> None:
        self.restored += 1
        self.generator.set_state(token)


def draw() -> list[torch.Tensor]:
    torch.manual_seed(1)
    shapes = [(TIME, BATCH, DEPTH), (BATCH, UNITS), (BATCH, UNITS), (DEPTH + UNITS, 4 * UNITS), (4 * UNITS,)]
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def run(tensors: list[torch.Tensor], stream: Stream | None = None, **how: Any) -> tuple[torch.Tensor, ...]:
    x, c, h, kernel, bias = tensors

    def step(x: Leaves, state: Leaves) -> tuple[Leaves, Leaves]:
        c, m = lstm_step(x[0], *state, kernel, bias)
        if stream is not None:
            m = m * stream.keep(m)
        return (m,), (c, m)

    (outputs,), final = unroll(step, (x,), (c, h), **how)
    return outputs, *final


def gradients(results: tuple[torch.Tensor, ...], tensors: list[torch.Tensor], **how: Any) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(sum((leaf**2).sum() for leaf in results), tensors, **how)


def assert_equal(a: tuple[torch.Tensor, ...], b: tuple[torch.Tensor, ...]) -> None:
    for mine, theirs in zip(a, b, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("segments", SEGMENTS)
@pytest.mark.parametrize("lengths", [None, [17, 3, 0], [6, 6, 1]])
def test_same_values_and_gradients(segments: Any, lengths: list[int] | None) -> None:
    tensors = draw()
    given = None if lengths is None else torch.tensor(lengths)
    plain, saved = run(tensors, lengths=given), run(tensors, lengths=given, checkpoint_segments=segments)
    assert_equal(saved, plain)
    assert_equal(gradients(saved, tensors), gradients(plain, tensors))


@pytest.mark.parametrize("segments", SEGMENTS)
def test_random_draws_repeat(segments: Any) -> None:
    tensors, plain_stream, stream = draw(), Stream(), Stream()
    plain = run(tensors, plain_stream)
    saved = run(tensors, stream, checkpoint_segments=segments, replay=stream)
    assert_equal(saved, plain)
    # what was drawn between the forward and the backward pass is neither repeated nor lost
    stream.keep(saved[1])
    after = stream.snapshot()
    assert_equal(gradients(saved, tensors, retain_graph=True), gradients(plain, tensors))
    assert stream.restored > 0
    assert torch.equal(stream.snapshot(), after)
    assert_equal(gradients(saved, tensors), gradients(run(tensors, Stream()), tensors))
    assert torch.equal(stream.snapshot(), after)


def test_without_replay_the_draws_would_differ() -> None:
    """The canary of the test above."""
    tensors, stream = draw(), Stream()
    saved = run(tensors, stream, checkpoint_segments=4)
    with pytest.raises(AssertionError):
        assert_equal(gradients(saved, tensors), gradients(run(tensors, Stream()), tensors))


def test_torchs_own_generator_repeats_by_itself() -> None:
    tensors = draw()

    def step(x: Leaves, state: Leaves) -> tuple[Leaves, Leaves]:
        h = torch.nn.functional.dropout(torch.tanh(x[0] @ tensors[3][:DEPTH, :UNITS] + state[0]), 0.5)
        return (h,), (h,)

    results = []
    for segments in (None, 4):
        torch.manual_seed(3)
        (out,), final = unroll(step, (tensors[0],), (tensors[1],), checkpoint_segments=segments)
        results.append((out, *final, *gradients((out, *final), [tensors[k] for k in (0, 1, 3)])))
    assert_equal(*results)


def test_nothing_is_snapshot_or_computed_twice_without_a_gradient() -> None:
    stream = Stream()
    with torch.no_grad():
        run(draw(), stream, checkpoint_segments=4, replay=stream)
    assert (stream.draws, stream.restored) == (TIME, 0)


def test_second_order() -> None:
    tensors = draw()
    tensors[0] = tensors[0][:4].detach().requires_grad_()
    stream = Stream()
    start = stream.snapshot()

    def function(*given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        stream.restore(start)
        return run(list(given), stream, lengths=torch.tensor([4, 2, 0]), checkpoint_segments=2, replay=stream)

    assert torch.autograd.gradcheck(function, tensors, fast_mode=True)
    assert torch.autograd.gradgradcheck(function, tensors, fast_mode=True)


class Peak(TorchDispatchMode):
    """The most bytes that results of operations hold at one time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.known: set[int] = set()

    def _free(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.now -= size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                key, size = storage._cdata, storage.nbytes()
                if key not in self.known:
                    self.known.add(key)
                    self.now += size
                    self.most = max(self.most, self.now)
                    weakref.finalize(storage, self._free, key, size)
        return out


def long_draw() -> list[torch.Tensor]:
    tensors = draw()
    tensors[0] = torch.randn(100, BATCH, DEPTH, dtype=torch.float64, requires_grad=True)
    return tensors


def bytes_held_and_peak(**how: Any) -> tuple[int, int]:
    """What is held between the forward and the backward pass, and the most that both together hold."""
    tensors = long_draw()
    with Peak() as peak:
        results = run(tensors, **how)
        held = peak.now
        gradients(results, tensors)
    return held, peak.most


def test_peak_counts_what_is_alive() -> None:
    with Peak() as peak:
        a = torch.ones(10, dtype=torch.float64)
        part = torch.zeros(5, dtype=torch.float64)[1:]
        assert peak.now == 120
        del a
        assert (peak.now, peak.most) == (40, 120)  # a view keeps the whole
        del part
        assert (peak.now, peak.most) == (0, 120)


def test_training_takes_less_memory() -> None:
    plain, auto, one = (bytes_held_and_peak(checkpoint_segments=segments) for segments in (None, "auto", 1))
    assert 4 * auto[0] < plain[0]
    assert 2 * auto[1] < plain[1]
    # one segment forgets everything and computes everything again at once: no peak is spared
    assert one[0] <= auto[0]
    assert 2 * auto[1] < one[1]
