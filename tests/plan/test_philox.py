"""Random streams: Philox against its published vectors, draws against TF 1.15's, and what every stream must keep."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recell.plan import philox_bits
from recell.plan.philox import PhiloxStream
from recell.plan.random_streams import FastStream, RandomStream, open_stream

GOLDENS = Path(__file__).parents[1] / "goldens"
RAW = np.load(GOLDENS / "rng_raw.npz")
RAW_SEEDS = json.loads((GOLDENS / "rng_raw.json").read_text())["seeds"]
MORE = np.load(GOLDENS / "rng_more.npz")
MORE_KEYS = sorted(key[: -len("/run0")] for key in MORE.files if key.endswith("/run0"))

Draw = Callable[[RandomStream], torch.Tensor]
RAW_DRAWS: dict[str, Draw] = {
    "uniform_f32_n3": lambda s: s.uniform((3,), torch.float32),
    "uniform_f32_n37": lambda s: s.uniform((37,), torch.float32),
    "uniform_f64_n3": lambda s: s.uniform((3,), torch.float64),
    "uniform_f64_n37": lambda s: s.uniform((37,), torch.float64),
    "uniform_f32_600": lambda s: s.uniform((20, 30), torch.float32),
    "normal_f32_n3": lambda s: s.normal((3,), torch.float32),
    "normal_f32_n37": lambda s: s.normal((37,), torch.float32),
    "truncnormal_f32_n3": lambda s: s.truncated_normal((3,), torch.float32),
    "truncnormal_f32_n37": lambda s: s.truncated_normal((37,), torch.float32),
    "uniform_int_0_10_n3": lambda s: s.random_uniform_int((3,), 0, 10, torch.int32),
    "uniform_int_0_10_n37": lambda s: s.random_uniform_int((37,), 0, 10, torch.int32),
    "multinomial_uniform_3x5": lambda s: s.multinomial(torch.zeros(3, 7), 5),
    "multinomial_uniform_4x1": lambda s: s.multinomial(torch.zeros(4, 7), 1),
    "shuffle": lambda s: s.shuffle(9),
}
SIZED_DRAWS: dict[str, Callable[[RandomStream, int], torch.Tensor]] = {
    "uniform": lambda s, n: s.uniform((n,), torch.float32),
    "uniform64": lambda s, n: s.uniform((n,), torch.float64),
    "uniform16": lambda s, n: s.uniform((n,), torch.bfloat16),
    "normal": lambda s, n: s.normal((n,), torch.float32),
    "normal64": lambda s, n: s.normal((n,), torch.float64),
    "truncated_normal": lambda s, n: s.truncated_normal((n,), torch.float32),
    "truncated_normal64": lambda s, n: s.truncated_normal((n,), torch.float64),
    "int": lambda s, n: s.random_uniform_int((n,), -3, 1000, torch.int32),
    "int64": lambda s, n: s.random_uniform_int((n,), -3, 2**40, torch.int64),
    "multinomial": lambda s, n: s.multinomial(torch.linspace(-1, 1, 5).repeat(n, 1), 3),
    "shuffle": lambda s, n: s.shuffle(n),
    "gamma": lambda s, n: s.random_gamma((n,), torch.tensor([0.5, 1.0, 3.0])),
    "poisson": lambda s, n: s.random_poisson((n,), torch.tensor([0.5, 30.0])),
}
STREAMS: dict[str, Callable[[], RandomStream]] = {"philox": lambda: PhiloxStream(5, 6), "fast": FastStream}


def same(actual: torch.Tensor, expected: np.ndarray, kind: str) -> None:
    """Bit for bit, but for the kinds that go through the C library's logarithm, sine and cosine."""
    values = actual.double().numpy() if expected.dtype.kind == "f" else actual.numpy()
    if kind in ("normal", "truncnormal", "gamma"):
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-6)
    else:
        np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers_of_the_published_generator(counter: tuple[int, ...], key: tuple[int, int], words: str) -> None:
    start = sum(word << 32 * i for i, word in enumerate(counter))
    block = philox_bits.blocks(philox_bits.round_keys(key[0] | key[1] << 32), start, 1)[0]
    assert " ".join(f"{word:08x}" for word in block) == words


@pytest.mark.parametrize("start", [0, (1 << 32) - 3, (1 << 64) - 3, (7 << 64) + (1 << 64) - 8200, (1 << 128) - 3])
def test_blocks_do_not_depend_on_how_they_are_asked_for(start: int) -> None:
    """Across the borders of chunks and of the counter's words, where a carry is due."""
    keys = philox_bits.round_keys(99)
    together = philox_bits.blocks(keys, start, 8300)
    picks = np.array([0, 1, 2, 3, 4, 8191, 8192, 8199, 8200, 8299], np.uint64)
    one_by_one = [philox_bits.blocks(keys, (start + int(i)) % philox_bits.COUNTER_PERIOD, 1)[0] for i in picks]
    np.testing.assert_array_equal(together[picks.astype(int)], one_by_one)
    np.testing.assert_array_equal(philox_bits.scattered_blocks(keys, start, picks), one_by_one)


@pytest.mark.parametrize("name", RAW_DRAWS)
@pytest.mark.parametrize("which", range(len(RAW_SEEDS)))
def test_two_runs_of_an_operation_as_in_tf(name: str, which: int) -> None:
    stream = PhiloxStream(*RAW_SEEDS[which])
    for run in range(2):
        same(RAW_DRAWS[name](stream), RAW[f"{name}/{which}/run{run}"], name.split("_")[0])


def draw_by_key(stream: RandomStream, kind: str, parts: list[str]) -> torch.Tensor:
    """The draw that a key of `rng_more` describes."""
    if kind == "shuffle":
        return stream.shuffle(int(parts[0]))
    if kind == "multinomial":
        return stream.multinomial(torch.from_numpy(MORE[parts[0]]), int(parts[2]))
    dtype, n = getattr(torch, parts[0]), int(parts[1])
    if kind == "int":
        return stream.random_uniform_int((n,), int(parts[2]), int(parts[3]), dtype)
    if kind == "gamma":
        return stream.random_gamma((n,), torch.from_numpy(MORE["alpha"]).to(dtype))
    if kind == "poisson":
        return stream.random_poisson((n,), torch.from_numpy(MORE["rate"]).to(dtype), dtype)
    method = {"uniform": stream.uniform, "normal": stream.normal, "truncnormal": stream.truncated_normal}[kind]
    return method((n,), dtype)


@pytest.mark.parametrize("key", MORE_KEYS)
def test_all_dtypes_sizes_and_kinds_as_in_tf(key: str) -> None:
    kind, *parts = key.split("/")
    stream = PhiloxStream(123, 45)
    for run in range(2):
        expected = MORE[f"{key}/run{run}"]
        same(draw_by_key(stream, kind, parts)[: len(expected)], expected, kind)


def test_dropout_masks_as_in_tf() -> None:
    golden = np.load(GOLDENS / "rng_dropout_op.npz")
    for rate in (0.25, 0.5, 0.9):
        kept = PhiloxStream(1234, 11).uniform((4, 6)) >= rate
        expected = golden["in/x"] * np.float32(1.0 / (1.0 - rate)) * kept.numpy()
        np.testing.assert_allclose(golden[f"out/rate{rate}/0"], expected, rtol=1e-6)


def test_initial_weights_of_a_model_with_a_graph_seed_as_in_tf() -> None:
    golden = np.load(GOLDENS / "rng_initializers.npz")
    prefix = "model_graphseed42/rnn/multi_rnn_cell"
    for name, seed2 in (
        ("cell_0/basic_lstm_cell", 98),
        ("cell_1/gru_cell/gates", 132),
        ("cell_1/gru_cell/candidate", 146),
    ):
        kernel = golden[f"{prefix}/{name}/kernel"]
        limit = math.sqrt(6.0 / sum(kernel.shape))
        drawn = PhiloxStream(42, seed2).uniform(kernel.shape) * (2 * limit) - limit
        np.testing.assert_allclose(drawn.numpy(), kernel, rtol=0, atol=1e-7)


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("draw", SIZED_DRAWS.values(), ids=SIZED_DRAWS)
@given(before=st.integers(0, 20), size=st.integers(0, 40))
@settings(max_examples=15, deadline=None)
def test_restore_replays_and_the_stream_goes_on(
    make: Callable[[], RandomStream], draw: Callable[[RandomStream, int], torch.Tensor], before: int, size: int
) -> None:
    stream = make()
    draw(stream, before)
    state = stream.state()
    first, second = draw(stream, size), draw(stream, size)
    third = draw(stream, size)
    stream.restore(state)
    assert torch.equal(draw(stream, size), first)
    assert torch.equal(draw(stream, size), second)
    assert torch.equal(draw(stream, size), third)


@given(size=st.integers(1, 64), seed=st.integers(0, 2**63 - 1), seed2=st.integers(0, 2**63 - 1))
@settings(max_examples=50, deadline=None)
def test_a_draw_moves_on_by_its_size_and_not_by_its_kind(size: int, seed: int, seed2: int) -> None:
    """Two halves come from 256 blocks a number apart: the second begins where a whole one would go on."""
    stream = PhiloxStream(seed, seed2)
    first, second = stream.uniform((size,)), stream.uniform((size,))
    other = PhiloxStream(seed, seed2)
    assert torch.equal(other.uniform((2 * size,))[:size], first)
    assert other.state() == stream.state()
    for moved in (other.normal, other.truncated_normal):
        other.restore(seed2 << 64)
        moved((size,))
        assert torch.equal(other.uniform((size,)), second)


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
@given(
    size=st.integers(0, 200),
    low=st.integers(-(2**31), 2**31 - 2),
    span=st.integers(1, 2**32 - 1),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
)
@settings(max_examples=50, deadline=None)
def test_ranges(make: Callable[[], RandomStream], size: int, low: int, span: int, dtype: torch.dtype) -> None:
    stream = make()
    high = min(low + span, 2**31 - 1)
    for kind in (torch.int32, torch.int64):
        integers = stream.random_uniform_int((size, 2), low, high, kind)
        assert integers.dtype == kind
        assert integers.shape == (size, 2)
        assert ((integers >= low) & (integers < high)).all()
    uniform = stream.uniform((size,), dtype)
    assert uniform.dtype == dtype
    assert ((uniform >= 0) & (uniform < 1)).all()
    truncated = stream.truncated_normal((2, size), dtype)
    assert truncated.dtype == dtype
    assert (truncated.abs() <= 2).all()
    assert sorted(stream.shuffle(size).tolist()) == list(range(size))


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
def test_moments(make: Callable[[], RandomStream]) -> None:
    """Means and variances within five standard errors or so; a wrong scale, offset or truncation is far outside."""
    stream, n = make(), 40_000
    uniform = stream.uniform((n,), torch.float64)
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.01)
    assert uniform.var().item() == pytest.approx(1 / 12, abs=0.003)
    normal = stream.normal((n,), torch.float64)
    assert normal.mean().item() == pytest.approx(0.0, abs=0.03)
    assert normal.var().item() == pytest.approx(1.0, abs=0.05)
    truncated = stream.truncated_normal((n,))
    assert truncated.mean().item() == pytest.approx(0.0, abs=0.03)
    assert truncated.var().item() == pytest.approx(0.7737, abs=0.03)
    gamma = stream.random_gamma((n,), torch.tensor([0.4, 1.0, 6.0], dtype=torch.float64))
    torch.testing.assert_close(gamma.mean(0), torch.tensor([0.4, 1.0, 6.0]).double(), rtol=0.05, atol=0)
    poisson = stream.random_poisson((n,), torch.tensor([0.4, 5.0, 60.0]), torch.float64)
    torch.testing.assert_close(poisson.mean(0), torch.tensor([0.4, 5.0, 60.0]).double(), rtol=0.05, atol=0)


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
def test_multinomial_frequencies_and_dead_classes(make: Callable[[], RandomStream]) -> None:
    logits = torch.tensor([[0.0, math.log(3.0), -math.inf, 0.0], [-math.inf, 1e30, math.nan, math.inf]])
    drawn = make().multinomial(logits, 20_000, torch.int32)
    assert drawn.dtype == torch.int32
    shares = torch.bincount(drawn[0], minlength=4) / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.2, 0.6, 0.0, 0.2]), rtol=0, atol=0.02)
    assert (drawn[1] == 1).all()
    assert (make().multinomial(torch.full((1, 3), -math.inf), 2) == 3).all()
    assert make().multinomial(torch.zeros(0, 3), 2).shape == (0, 2)


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
def test_parameters_without_a_distribution(make: Callable[[], RandomStream]) -> None:
    stream = make()
    wrong = torch.tensor([-1.0, math.nan, math.inf])
    assert stream.random_poisson((2,), wrong).isnan().all()
    assert stream.random_gamma((2,), wrong).isnan().all()
    assert (stream.random_gamma((2,), torch.tensor([0.0])) == 0).all()
    assert stream.random_gamma((0,), torch.ones(2)).shape == (0, 2)
    assert stream.random_uniform_int((0,), 5, 5).shape == (0,)
    with pytest.raises(ValueError, match="Need minval < maxval, got 5 >= 5"):
        stream.random_uniform_int((3,), 5, 5)
    with pytest.raises(ValueError, match="num_classes should be positive, got 0"):
        stream.multinomial(torch.zeros(2, 0), 1)


def test_streams_opened_without_seeds_differ() -> None:
    for seeds in ((None, None), (0, 0)):
        first, second = (open_stream(*seeds) for _ in range(2))
        assert isinstance(first, FastStream)
        assert not torch.equal(first.uniform((8,)), second.uniform((8,)))
    assert not torch.equal(PhiloxStream.fresh().uniform((8,)), PhiloxStream.fresh().uniform((8,)))


def test_streams_opened_with_one_seed_repeat() -> None:
    for seeds in ((7, None), (None, 7), (7, 7)):
        expected = PhiloxStream(seeds[0] or 0, seeds[1] or 0).uniform((8,))
        assert torch.equal(open_stream(*seeds).uniform((8,)), expected)


def test_threads_never_share_a_part_of_the_stream() -> None:
    stream = PhiloxStream(3, 4)
    drawn: list[tuple[float, ...]] = []

    def work() -> None:
        drawn.extend(tuple(stream.uniform((16,)).tolist()) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = PhiloxStream(3, 4)
    assert set(drawn) == {tuple(alone.uniform((16,)).tolist()) for _ in range(200)}
    assert len(drawn) == 200


def test_many_unrepeatable_numbers_fill_the_interval_and_repeat_when_restored():
    stream = FastStream()
    before = stream.state()
    first, second = stream.uniform((100, 70)), stream.uniform((100, 70))
    assert not torch.equal(first, second)
    assert 0 <= float(first.min()) < 0.01
    assert 0.99 < float(first.max()) < 1
    assert abs(float(first.mean()) - 0.5) < 0.03
    stream.restore(before)
    assert torch.equal(stream.uniform((100, 70)), first)
