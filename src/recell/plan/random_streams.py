"""Streams of random numbers behind random operations: one protocol, two kinds.

`open_stream` gives a seeded operation the numbers of TF 1 (`PhiloxStream`) and an unseeded one, which TF also
starts differently in every session, the fastest numbers torch has (`FastStream`).
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, Protocol

import torch

from recell import kernels
from recell.plan.philox import PhiloxStream

_TRUNCATION = 2.0

_MANY = 4096
"""Numbers from which a seed for the compiled generator pays."""


class RandomStream(Protocol):
    """What a random operation draws from; every draw moves the stream on.

    Draws may come from several threads. `state()` and `restore(state)` bracket a recomputation that must
    see the numbers of the first time: take the state before drawing, later go back to it, draw, and return.
    """

    def state(self) -> Any:
        """The position, opaque, for `restore`."""

    def restore(self, state: Any) -> None:
        """Goes to a position that `state()` of this stream gave."""

    def uniform(self, shape: Sequence[int], dtype: torch.dtype = ...) -> torch.Tensor:
        """Floating numbers in [0, 1), of shape `shape`."""

    def random_uniform_int(
        self, shape: Sequence[int], minval: int, maxval: int, dtype: torch.dtype = ...
    ) -> torch.Tensor:
        """Integers in [minval, maxval); ValueError if that is empty and something is to be drawn."""

    def normal(self, shape: Sequence[int], dtype: torch.dtype = ...) -> torch.Tensor:
        """Standard normal numbers, of shape `shape`."""

    def truncated_normal(self, shape: Sequence[int], dtype: torch.dtype = ...) -> torch.Tensor:
        """Standard normal numbers under the condition that they lie within two standard deviations."""

    def multinomial(self, logits: torch.Tensor, num_samples: int, output_dtype: torch.dtype = ...) -> torch.Tensor:
        """Classes with probabilities softmax(logits): `[batch, classes]` -> `[batch, num_samples]`.

        A logit that is not finite has no probability; a row of only such logits gives `classes`.
        """

    def shuffle(self, n: int) -> torch.Tensor:
        """A permutation of `range(n)`, int64 `[n]`."""

    def random_gamma(self, shape: Sequence[int], alpha: torch.Tensor) -> torch.Tensor:
        """Gamma numbers of scale 1, shape `shape + alpha.shape`; NaN where alpha is negative or not finite."""

    def random_poisson(self, shape: Sequence[int], rate: torch.Tensor, dtype: torch.dtype = ...) -> torch.Tensor:
        """Poisson numbers, shape `shape + rate.shape`; NaN where the rate is negative or not finite."""


def open_stream(seed: int | None, seed2: int | None, device: torch.device | str = "cpu") -> RandomStream:
    """The stream of an operation with these seed attributes, putting its numbers on `device`.

    No seeds (None, as `get_seed` says it, or two zeros, as TF's kernels do) mean a `FastStream`; with one of the two
    given the other counts as 0.
    """
    if not seed and not seed2:
        return FastStream(device)
    return PhiloxStream(seed or 0, seed2 or 0, device)


class FastStream:
    """An unrepeatable `RandomStream` at torch's own speed, seeded by the operating system."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        """`device`: where the numbers are drawn and stay."""
        self._device = torch.device(device)
        self._generator = torch.Generator(self._device)
        self._generator.manual_seed(int.from_bytes(os.urandom(8), "little", signed=True))

    def state(self) -> torch.Tensor:
        """The generator's state, uint8, for `restore`."""
        return self._generator.get_state()

    def restore(self, state: torch.Tensor) -> None:
        """Goes to a position that `state()` gave, so that the draws after it repeat."""
        self._generator.set_state(state)

    def uniform(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Numbers in [0, 1), of shape `shape`."""
        count = math.prod(shape)
        if count >= _MANY and dtype == torch.float32 and self._device.type == "cpu" and kernels.native().active:
            # torch's own generator makes one number after the other, on one thread.
            seed = int(torch.randint(2**63 - 1, (), generator=self._generator))
            return kernels.philox_uniform(count, seed, 0).reshape(tuple(shape))
        return torch.rand(tuple(shape), generator=self._generator, dtype=dtype, device=self._device)

    def random_uniform_int(
        self, shape: Sequence[int], minval: int, maxval: int, dtype: torch.dtype = torch.int32
    ) -> torch.Tensor:
        """Integers in [minval, maxval), of shape `shape`; ValueError if that is empty and something is drawn."""
        if math.prod(shape) == 0:
            return torch.empty(tuple(shape), dtype=dtype, device=self._device)
        if minval >= maxval:
            raise ValueError(f"Need minval < maxval, got {minval} >= {maxval}")
        return torch.randint(minval, maxval, tuple(shape), generator=self._generator, dtype=dtype, device=self._device)

    def normal(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Standard normal numbers, of shape `shape`."""
        return torch.randn(tuple(shape), generator=self._generator, dtype=dtype, device=self._device)

    def truncated_normal(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Standard normal numbers within two standard deviations, by inverting the distribution function."""
        exact = dtype if dtype == torch.float64 else torch.float32
        # erf(2 / sqrt 2) is the probability of the interval: uniform in +- it, inverted, is the truncated normal.
        reach = math.erf(_TRUNCATION / math.sqrt(2.0))
        numbers = self.uniform(shape, exact).mul_(2.0 * reach).sub_(reach).erfinv_().mul_(math.sqrt(2.0))
        return numbers.clamp_(-_TRUNCATION, _TRUNCATION).to(dtype)

    def multinomial(
        self, logits: torch.Tensor, num_samples: int, output_dtype: torch.dtype = torch.int64
    ) -> torch.Tensor:
        """Classes with probabilities softmax(logits): `[batch, classes]` -> `[batch, num_samples]`.

        Inverts the cumulative distribution, summed in float64, so that a class keeps its share among any number of them
        (`torch.multinomial` stops at 2**24).

        Raises:
            ValueError: there are rows to draw for but no classes.
        """
        batch, classes = logits.shape
        if batch * num_samples == 0:
            return torch.empty((batch, num_samples), dtype=output_dtype, device=self._device)
        if classes == 0:
            raise ValueError(f"num_classes should be positive, got {classes}")
        values = logits.detach().to(self._device, logits.dtype if logits.dtype == torch.float64 else torch.float32)
        values = values.masked_fill(~values.isfinite(), -math.inf)
        top = values.amax(1, keepdim=True)
        cumulative = values.sub_(top.masked_fill_(top == -math.inf, 0.0)).exp_().cumsum(1, dtype=torch.float64)
        targets = self.uniform((batch, num_samples), torch.float64) * cumulative[:, -1:]
        return torch.searchsorted(cumulative, targets, right=True).to(output_dtype)

    def shuffle(self, n: int) -> torch.Tensor:
        """A permutation of `range(n)`, int64 `[n]`."""
        return torch.randperm(n, generator=self._generator, device=self._device)

    def random_gamma(self, shape: Sequence[int], alpha: torch.Tensor) -> torch.Tensor:
        """Gamma numbers of scale 1, shape `shape + alpha.shape`; NaN where alpha is negative or not finite."""
        # torch draws gamma numbers from a generator of the caller's by no public function.
        seed = int(torch.randint(2**63 - 1, (), generator=self._generator, device=self._device))
        return PhiloxStream(seed, 0, self._device).random_gamma(shape, alpha)

    def random_poisson(
        self, shape: Sequence[int], rate: torch.Tensor, dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Poisson numbers, shape `shape + rate.shape`; NaN where the rate is negative or not finite."""
        rates = rate.detach().to(self._device, torch.float64).expand(*shape, *rate.shape)
        valid = rates.isfinite() & (rates >= 0.0)
        drawn = torch.poisson(rates.masked_fill(~valid, 0.0), generator=self._generator)
        return drawn.masked_fill(~valid, math.nan).to(dtype)
