"""What outlives a run: variables' values, random streams, the private state of operations. One set a session."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from recell.graph import errors
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Operation
from recell.plan.at_work import pausing
from recell.plan.gradients import as_source
from recell.plan.philox import PhiloxStream, philox_words, stateless_stream
from recell.plan.random_streams import RandomStream, open_stream


class VariableCell:
    """The value of one variable in one session; None until it is initialized."""

    __slots__ = ("_source", "op", "value")

    def __init__(self, op: Operation) -> None:
        self.op = op
        self.value: Any = None
        self._source: tuple[Any, Any] = None, None

    def read(self) -> Any:
        """The value itself, not a copy. FailedPreconditionError before initialization."""
        value = self.value
        if value is None:
            local = any(
                getattr(held, "op", None) is self.op for held in self.op.graph.get_collection(GraphKeys.LOCAL_VARIABLES)
            )
            hint = (
                "tf.local_variables_initializer()"
                if local  # an epoch counter, say, that the program has never heard of
                else "tf.global_variables_initializer() (or restore a checkpoint)"
            )
            raise errors.FailedPreconditionError(
                None,
                self.op,
                f"Attempting to use uninitialized value {self.op.name}. Run {hint} in this session first.",
            )
        return value

    def source(self) -> Any:
        """The value as something to differentiate by, which shares its memory: one object as long as the value is one.

        FailedPreconditionError before initialization.
        """
        held, source = self._source
        if held is None or held is not self.value:
            held = self.read()
            source = as_source(held)
            self._source = held, source  # in one assignment: another thread may be reading them
        return source


class OpContext:
    """What a stateful kernel may use: its operation, the session's resources, and state of its own."""

    __slots__ = ("_stream", "op", "resources", "state")

    def __init__(self, op: Operation, resources: Resources) -> None:
        self.op = op
        self.resources = resources
        self.state: dict[str, Any] = {}
        self._stream: RandomStream | None = None

    @property
    def stream(self) -> RandomStream:
        """The random stream of this operation: its place in it goes on from run to run."""
        if self._stream is None:
            with self.resources.lock:
                if self._stream is None:
                    self._stream = open_stream(self.op.attrs.get("seed"), self.op.attrs.get("seed2"))
        return self._stream

    def words(self, seed: int, seed2: int) -> Iterator[int]:
        """The 32-bit numbers, one by one, of a generator of its own; two zeros mean seeds nobody knows."""
        return philox_words(seed, seed2)

    def stateless_stream(self, first: int, second: int) -> PhiloxStream:
        """The stream that two numbers determine, as of TF's stateless random operations."""
        return stateless_stream(first, second)

    def restart_stream(self) -> None:
        """Lets the next draw be the first again, where the operation has seeds."""
        if self.op.attrs.get("seed") or self.op.attrs.get("seed2"):
            self._stream = None


class Resources:
    """The state of one session, shared by its threads. `lock` guards every change of a variable."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.closed = False
        # The variables that each run under way may look at: a run that only waits for a queue looks at none.
        self._under_way: list[frozenset[Operation]] = []
        self._limits = threading.local()
        self._cells: dict[Operation, VariableCell] = {}
        self._contexts: dict[Operation, OpContext] = {}
        self.shared: dict[str, Any] = {}
        self.body_plans: dict[Any, Any] = {}

    def cell(self, op: Operation) -> VariableCell:
        with self.lock:
            found = self._cells.get(op)
            if found is None:
                found = self._cells[op] = VariableCell(op)
            return found

    def context(self, op: Operation) -> OpContext:
        with self.lock:
            found = self._contexts.get(op)
            if found is None:
                found = self._contexts[op] = OpContext(op, self)
            return found

    def replay(self, ops: Sequence[Operation]) -> StreamReplay:
        """What sets the streams of these operations back, for kernels that compute a stretch of a loop twice."""
        return StreamReplay([self.context(op) for op in ops])

    def begin_run(self, variables: frozenset[Operation]) -> None:
        """Notes a run that may look at these variables. RuntimeError when the session is closed."""
        with self.lock:
            if self.closed:
                raise RuntimeError("Attempted to use a closed Session.")
            self._under_way.append(variables)

    def end_run(self, variables: frozenset[Operation]) -> None:
        with self.lock:
            self._under_way.remove(variables)

    def seen_by_others(self, variables: Iterable[Operation]) -> bool:
        """Whether another run than the one that asks may be looking at one of these."""
        runs = self._under_way
        return len(runs) > 1 and sum(not held.isdisjoint(variables) for held in runs) > 1

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Inside, kernels of this thread may wait so long in all; no longer than an outer limit says, either."""
        outer = getattr(self._limits, "deadline", None)
        own = time.monotonic() + seconds
        self._limits.deadline = own if outer is None else min(own, outer)
        try:
            yield
        finally:
            self._limits.deadline = outer

    @property
    def deadline(self) -> float | None:
        """When this thread's time limit passes, by `time.monotonic`; None where it has none."""
        return getattr(self._limits, "deadline", None)

    def wait(self, event: threading.Event) -> None:
        """Waits for what another thread will do. DeadlineExceededError when this thread's time limit passes."""
        deadline = self.deadline
        seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not pausing(lambda: event.wait(seconds)):
            raise errors.DeadlineExceededError(None, None, "Timed out waiting for notification")

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self._cells.clear()
            self._contexts.clear()
            self.body_plans.clear()
            shared, self.shared = self.shared, {}
        for resource in shared.values():
            closer = getattr(resource, "close", None)
            if closer is not None:
                closer()


class StreamReplay:
    """Puts random streams back to where they were, so that a recomputed step draws what it drew before."""

    def __init__(self, contexts: list[OpContext]) -> None:
        self._contexts = contexts

    def snapshot(self) -> list[Any]:
        return [(context.stream, context.stream.state()) for context in self._contexts]

    def restore(self, token: list[Any]) -> None:
        for stream, state in token:
            stream.restore(state)


def writable(cell: VariableCell, clone: bool) -> torch.Tensor:
    """The value, to be changed in place; a copy of it when somebody may still be looking at the old one."""
    value = cell.read()
    return value.clone() if clone else value
