"""TensorFlow 1's seeded random streams: the same numbers, run after run, as its CPU kernels with one thread.

An operation owns one stream. Each draw reads from the stream's counter and then moves it far enough for whatever the
rejection methods might have read, so where a draw starts depends only on the sizes of the draws before it.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch

from recell import kernels
from recell.plan import philox_bits, philox_numbers, philox_rejection

# Blocks set aside for each number of the results, used or not.
_BLOCKS_PER_NUMBER = 256
_MANTISSA_BITS = {torch.float32: 23, torch.float16: 10, torch.bfloat16: 7}


_FEW_BLOCKS, _MANY_BLOCKS = 16, 1024


def philox_words(seed: int, seed2: int) -> Iterator[int]:
    """The generator's 32-bit words in order, from the start: what TF's datasets draw from.

    Two zeros mean seeds from the operating system.
    """
    if not seed and not seed2:
        seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
    keys = philox_bits.round_keys(seed)
    counter = (seed2 % (1 << 64)) << 64
    count = _FEW_BLOCKS
    while True:
        yield from philox_bits.blocks(keys, counter, count).ravel().tolist()
        counter = (counter + count) % philox_bits.COUNTER_PERIOD
        count = _MANY_BLOCKS


class PhiloxStream:
    """The stream of one seeded operation; a `RandomStream` (see `random_streams`) that reproduces TF 1's numbers.

    Uniform, integer, multinomial and shuffle results are those of TF 1.15 bit for bit, normal ones up to
    the last bit of the C library's logarithm and sine. Threads may share a stream: each draw reserves its part under a
    lock and computes outside it.
    """

    def __init__(self, seed: int, seed2: int, device: torch.device | str = "cpu") -> None:
        """Args:
        seed: the `seed` attribute of the operation; keys the generator.
        seed2: the `seed2` attribute; the upper half of the counter.
        device: where results are put. They are always computed on the CPU, so they do not depend on it.
        """
        self._seed = seed
        self._keys = philox_bits.round_keys(seed)
        self._counter = (seed2 % (1 << 64)) << 64
        self._device = torch.device(device)
        self._lock = threading.Lock()

    @classmethod
    def fresh(cls, device: torch.device | str = "cpu") -> PhiloxStream:
        """A stream with seeds from the operating system, as TF opens one when both seeds are 0."""
        return cls(int.from_bytes(os.urandom(8), "little"), int.from_bytes(os.urandom(8), "little"), device)

    def state(self) -> int:
        """The position, for `restore`: the counter of the next block."""
        with self._lock:
            return self._counter

    def restore(self, state: int) -> None:
        """Goes to a position that `state()` gave, so that the draws after it repeat."""
        with self._lock:
            self._counter = state

    def uniform(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Numbers in [0, 1) as of TF's `RandomUniform`: float16, bfloat16, float32 or float64, of shape `shape`."""
        size = math.prod(shape)
        if dtype == torch.float64:
            words = self._blocks(size * _BLOCKS_PER_NUMBER, -(-size // 2))
            return self._tensor(philox_numbers.uniform64(words), shape, dtype)
        if dtype == torch.float32 and kernels.native().active:
            numbers = kernels.philox_uniform(size, self._seed, self._reserve(size * _BLOCKS_PER_NUMBER))
            return numbers.reshape(tuple(shape)).to(self._device)
        words = self._blocks(size * _BLOCKS_PER_NUMBER, -(-size // 4))
        return self._tensor(philox_numbers.uniform32(words, _MANTISSA_BITS[dtype]), shape, dtype)

    def random_uniform_int(
        self, shape: Sequence[int], minval: int, maxval: int, dtype: torch.dtype = torch.int32
    ) -> torch.Tensor:
        """Integers in [minval, maxval) as of TF's `RandomUniformInt`: int32 or int64, of shape `shape`.

        Raises:
            ValueError: `minval >= maxval`, unless nothing is drawn.
        """
        size = math.prod(shape)
        if size and minval >= maxval:
            raise ValueError(f"Need minval < maxval, got {minval} >= {maxval}")
        if size == 0:
            return torch.empty(tuple(shape), dtype=dtype, device=self._device)
        wide = dtype == torch.int64
        words = self._blocks(size * _BLOCKS_PER_NUMBER, -(-size // (2 if wide else 4)))
        numbers = philox_numbers.integers(words, minval, maxval, np.dtype(np.int64 if wide else np.int32))
        return self._tensor(numbers, shape, dtype)

    def normal(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Standard normal numbers as of TF's `RandomStandardNormal`, of shape `shape`."""
        size = math.prod(shape)
        if dtype == torch.float64:
            words = self._blocks(size * _BLOCKS_PER_NUMBER, -(-size // 2))
            return self._tensor(philox_numbers.normal64(words), shape, dtype)
        words = self._blocks(size * _BLOCKS_PER_NUMBER, -(-size // 4))
        return self._tensor(philox_numbers.normal32(words), shape, dtype)

    def truncated_normal(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Standard normal numbers, redrawn beyond two standard deviations, as of TF's `TruncatedNormal`."""
        size = math.prod(shape)
        per_block = 2 if dtype == torch.float64 else 4
        stride = _BLOCKS_PER_NUMBER * per_block // 4
        normal = philox_numbers.normal64 if dtype == torch.float64 else philox_numbers.normal32
        numbers = philox_numbers.truncated_normals(
            self._source(size * _BLOCKS_PER_NUMBER), -(-size // per_block), stride, normal, per_block
        )
        return self._tensor(numbers, shape, dtype)

    def multinomial(
        self, logits: torch.Tensor, num_samples: int, output_dtype: torch.dtype = torch.int64
    ) -> torch.Tensor:
        """Classes with probabilities softmax(logits), TF's `Multinomial`: `[batch, classes]` -> `[batch, num_samples]`.

        Raises:
            ValueError: there are rows to draw for but no classes.
        """
        batch, classes = logits.shape
        if batch * num_samples == 0:
            return torch.empty((batch, num_samples), dtype=output_dtype, device=self._device)
        if classes == 0:
            raise ValueError(f"num_classes should be positive, got {classes}")
        # TF counts two words for each float64 and rounds the samples of a row up to whole blocks.
        reserved = batch * (-(-num_samples // 4) * 4) * 2 * _BLOCKS_PER_NUMBER
        words = self._blocks(reserved, -(-batch * num_samples // 2))
        uniforms = philox_numbers.uniform64(words).reshape(-1)[: batch * num_samples].reshape(batch, num_samples)
        values = logits.detach().to("cpu", torch.float64).numpy()
        return self._tensor(philox_numbers.categories(values, uniforms), (batch, num_samples), output_dtype)

    def shuffle(self, n: int) -> torch.Tensor:
        """A permutation of `range(n)`, int64 `[n]`: TF's `RandomShuffle` of `x` is `x[shuffle(len(x))]`."""
        count = -(-max(n - 1, 0) // 4)
        words = self._blocks(count, count).reshape(-1)
        return self._tensor(philox_numbers.permutation(words, n), (n,), torch.int64)

    def random_gamma(self, shape: Sequence[int], alpha: torch.Tensor) -> torch.Tensor:
        """Gamma numbers of scale 1 (TF's `RandomGamma`), shape `shape + alpha.shape`, of alpha's dtype."""
        return self._per_parameter(shape, alpha, alpha.dtype, philox_rejection.gammas)

    def random_poisson(
        self, shape: Sequence[int], rate: torch.Tensor, dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Poisson numbers (TF's `RandomPoissonV2`), shape `shape + rate.shape`."""
        return self._per_parameter(shape, rate, dtype, philox_rejection.poissons)

    def _per_parameter(
        self, shape: Sequence[int], parameter: torch.Tensor, dtype: torch.dtype, draw: Callable
    ) -> torch.Tensor:
        """`draw` for `shape` samples of every element of `parameter`, 256 blocks to a number.

        The stream is laid out with the samples of one element side by side, the results with the elements.
        """
        full_shape = (*shape, *parameter.shape)
        samples, size = math.prod(shape), math.prod(full_shape)
        source = self._source(size * _BLOCKS_PER_NUMBER)
        values = parameter.detach().to("cpu", torch.float64).numpy().reshape(-1)
        starts = np.arange(size, dtype=np.uint64) * np.uint64(_BLOCKS_PER_NUMBER)
        numbers = draw(source, np.repeat(values, samples), starts)
        return self._tensor(np.ascontiguousarray(numbers.reshape(len(values), samples).T), full_shape, dtype)

    def _reserve(self, count: int) -> int:
        """The counter to read from, after moving the stream past `count` blocks."""
        with self._lock:
            start = self._counter
            self._counter = (start + count) % philox_bits.COUNTER_PERIOD
        return start

    def _blocks(self, reserved: int, count: int) -> np.ndarray:
        """The first `count` blocks, uint32 `[count, 4]`, of `reserved` ones."""
        start = self._reserve(reserved)
        if kernels.native().active:
            return kernels.philox_words(count, self._seed, start).numpy().view(np.uint32)
        return philox_bits.blocks(self._keys, start, count)

    def _source(self, reserved: int) -> philox_numbers.BlockSource:
        """Random access to `reserved` blocks."""
        return partial(philox_bits.scattered_blocks, self._keys, self._reserve(reserved))

    def _tensor(self, numbers: np.ndarray, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        """The leading numbers of an array as a tensor of `shape` (a draw makes whole blocks)."""
        flat = torch.from_numpy(numbers.reshape(-1)[: math.prod(shape)])
        return flat.reshape(tuple(shape)).to(device=self._device, dtype=dtype)


_MIXING_SEED = 0x02461E293EC8F720


def stateless_stream(first: int, second: int) -> PhiloxStream:
    """The stream of TF's stateless random operations for a seed of two numbers.

    One block of the generator, keyed by a constant and counted by the two numbers, makes the key and the counter.
    """
    counter = (first % (1 << 64)) | (second % (1 << 64)) << 64
    mixed = philox_bits.blocks(philox_bits.round_keys(_MIXING_SEED), counter, 1).ravel().tolist()
    return PhiloxStream(mixed[0] | mixed[1] << 32, mixed[2] | mixed[3] << 32)
