"""One formula, several engines: a table for each function, and the reason why an engine is passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from torch import Tensor

Call = TypeVar("Call")


class Engine(NamedTuple, Generic[Call]):
    """One way to compute a function.

    `why_not` gives the reason why a call cannot run here, empty where it can; it looks at shapes, dtypes, devices and
    options, never at values, and raises nothing. `run` computes the call.
    """

    name: str
    why_not: Callable[[Call], str]
    run: Callable[[Call], tuple[Tensor, ...]]


class Choice(NamedTuple):
    """What a table says of one of its engines for one call."""

    engine: str
    runs: bool
    reason: str
    """Why it does not run; empty for the one that does."""

    def __str__(self) -> str:
        return f"{self.engine}: {'runs' if self.runs else self.reason}"


class Engines(Generic[Call]):
    """The engines of a function, best first; the last one takes every call."""

    def __init__(self, *engines: Engine[Call]) -> None:
        self._engines = engines

    def run(self, call: Call) -> tuple[Tensor, ...]:
        """Computes the call on the first engine that can."""
        for engine in self._engines[:-1]:
            if not engine.why_not(call):
                return engine.run(call)
        return self._engines[-1].run(call)

    def choices(self, call: Call) -> list[Choice]:
        """Every engine in the table's order, up to the one that runs."""
        found: list[Choice] = []
        for engine in self._engines:
            reason = engine.why_not(call)
            found.append(Choice(engine.name, not reason, reason))
            if not reason:
                break
        return found


def takes_all(_: object) -> str:
    """The `why_not` of the plain engine."""
    return ""


def absent(name: str, reason: str) -> Engine[Any]:
    """An engine that has no such function, in the table for its reason."""

    def run(_: object) -> tuple[Tensor, ...]:
        raise AssertionError(f"{name} was asked for what it does not have: {reason}.")

    return Engine(name, lambda _: reason, run)


class Explained(Protocol):
    """A call that knows its function's table."""

    def choices(self) -> list[Choice]: ...


_CALLS: dict[Callable[..., object], Callable[..., Explained]] = {}


def register(function: Callable[..., object], call: Callable[..., Explained]) -> None:
    """`call` takes what the function takes, checks it as the function does, and gives what its engines are given."""
    _CALLS[function] = call


def explain(function: Callable[..., object], *arguments: object, **options: object) -> list[Choice]:
    """Which engine would compute `function(*arguments, **options)`, and why those before it in its table would not.

    Args:
      function: a recurrence over whole sequences of this package: `lstm`, `gru`, `gru_reset_after`, `rnn`, `cudnn_rnn`.
      arguments, options: what the function would be called with.

    Returns:
      Engines in order of preference, the last of them the one that runs; each prints as one line.

    Raises:
      TypeError: another function; and whatever `function` raises for arguments that do not fit.

    Example:
      >>> import torch
      >>> from recell import kernels
      >>> x, state = torch.zeros(2, 1, 3, dtype=torch.float64), torch.zeros(1, 4, dtype=torch.float64)
      >>> weights = [torch.zeros(n, dtype=torch.float64) for n in [(7, 8), 8, (7, 4), 4]]
      >>> print(kernels.explain(kernels.gru, x, state, *weights)[-1])
      plain: runs
    """
    if function not in _CALLS:
        known = ", ".join(sorted(getattr(each, "__name__", "") for each in _CALLS))
        raise TypeError(f"explain: knows {known} of recell.kernels, received {function!r}.")
    return _CALLS[function](*arguments, **options).choices()
