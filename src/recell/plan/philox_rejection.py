"""Gamma and Poisson numbers as TensorFlow's CPU kernels draw them: each element by rejection, on a stretch of its own.

Marsaglia, Tsang: A Simple Method for Generating Gamma Variables (TOMS 2000).
Hörmann: The Transformed Rejection Method for Generating Poisson Random Variables (1993).
Knuth: The Art of Computer Programming 2, 3.4.1 (Poisson numbers of small rates).
"""

from __future__ import annotations

import numpy as np
import torch

from recell.plan.philox_numbers import BlockSource, Shaper, normal64, uniform64

# Below this rate multiplying uniforms is cheaper than the rejection method, and TF changes over here.
_SMALL_RATE = 10.0


class _Draws:
    """Uniform and normal float64 numbers for many elements at once, each with a cursor into its own stretch.

    A block gives two numbers of one kind, and the second is handed out first. What is left of a block
    is kept until that element asks for the same kind again.
    """

    def __init__(self, source: BlockSource, starts: np.ndarray) -> None:
        """`starts`: uint64 `[n]`, offset of each element's first block."""
        self._source = source
        self._cursor = starts.copy()
        self._kept: dict[Shaper, np.ndarray] = {shape: np.empty(len(starts)) for shape in (uniform64, normal64)}
        self._has_kept: dict[Shaper, np.ndarray] = {
            shape: np.zeros(len(starts), bool) for shape in (uniform64, normal64)
        }

    def take(self, shape: Shaper, who: np.ndarray) -> np.ndarray:
        """The next `shape` number (`uniform64` or `normal64`) of the elements `who`, float64 `[len(who)]`."""
        kept, has_kept = self._kept[shape], self._has_kept[shape]
        out = kept[who]
        fresh = ~has_kept[who]
        pairs = shape(self._source(self._cursor[who[fresh]]))
        out[fresh] = pairs[:, 1]
        kept[who[fresh]] = pairs[:, 0]
        self._cursor[who[fresh]] += np.uint64(1)
        has_kept[who] = fresh
        return out

    def uniform(self, who: np.ndarray) -> np.ndarray:
        return self.take(uniform64, who)

    def normal(self, who: np.ndarray) -> np.ndarray:
        return self.take(normal64, who)


def gammas(source: BlockSource, alphas: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Gamma numbers of shape `alphas` (float64 `[n]`) and scale 1, float64 `[n]`.

    A shape that is negative or not finite gives NaN (TF's own loop would not end).
    """
    draws = _Draws(source, starts)
    out = np.full(len(alphas), np.nan)
    valid = np.isfinite(alphas) & (alphas >= 0.0)
    alphas = np.where(valid, alphas, 2.0)
    exponential = np.flatnonzero(alphas == 1.0)
    out[exponential] = -np.log1p(-draws.uniform(exponential))
    small = alphas < 1.0
    d = alphas + np.where(small, 2.0 / 3.0, -1.0 / 3.0)
    c = 1.0 / 3.0 / np.sqrt(d)
    active = np.flatnonzero(valid & (alphas != 1.0))
    while len(active):
        x = draws.normal(active)
        v = 1.0 + c[active] * x
        positive = v > 0.0
        tried, x, v = active[positive], x[positive], v[positive] ** 3
        u = draws.uniform(tried)
        scale = d[tried]
        with np.errstate(divide="ignore"):
            accepted = (u < 1.0 - 0.0331 * x**4) | (np.log(u) < 0.5 * x * x + scale * (1.0 - v + np.log(v)))
        taken = tried[accepted]
        out[taken] = (scale * v)[accepted]
        active = np.setdiff1d(active, taken, assume_unique=True)
    boosted = np.flatnonzero(small)
    # A shape below 1 is drawn one higher and brought down by a power of a uniform number.
    with np.errstate(divide="ignore"):
        out[boosted] *= draws.uniform(boosted) ** (1.0 / alphas[boosted])
    return out


def poissons(source: BlockSource, rates: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Poisson numbers of the rates (float64 `[n]`), float64 `[n]`; NaN for a rate that is negative or not finite."""
    draws = _Draws(source, starts)
    out = np.full(len(rates), np.nan)
    valid = np.isfinite(rates) & (rates >= 0.0)
    _small_poissons(draws, rates, np.flatnonzero(valid & (rates < _SMALL_RATE)), out)
    _large_poissons(draws, rates, np.flatnonzero(valid & (rates >= _SMALL_RATE)), out)
    return out


def _small_poissons(draws: _Draws, rates: np.ndarray, active: np.ndarray, out: np.ndarray) -> None:
    """How many uniforms multiply together before the product falls to exp(-rate)."""
    product = np.ones(len(rates))
    limit = np.exp(-rates)
    count = 0
    while len(active):
        product[active] *= draws.uniform(active)
        done = product[active] <= limit[active]
        out[active[done]] = count
        active = active[~done]
        count += 1


def _large_poissons(draws: _Draws, rates: np.ndarray, active: np.ndarray, out: np.ndarray) -> None:
    """Transformed rejection; the names and the constants are those of the paper."""
    while len(active):
        rate = rates[active]
        b = 0.931 + 2.53 * np.sqrt(rate)
        a = -0.059 + 0.02483 * b
        u = draws.uniform(active) - 0.5
        v = draws.uniform(active)
        us = 0.5 - np.abs(u)
        with np.errstate(divide="ignore", invalid="ignore"):
            k = np.floor((2.0 * a / us + b) * u + rate + 0.43)
            hat = np.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (us * us) + b))
            log_mass = k * np.log(rate) - rate - torch.lgamma(torch.from_numpy(k + 1.0)).numpy()
            inside = (us >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2.0))
            outside = (k < 0.0) | ((us < 0.013) & (v > us))
            accepted = inside | (~outside & (hat <= log_mass))
        out[active[accepted]] = k[accepted]
        active = active[~accepted]
