"""Iterators as resources of a session, and the operations on them."""

from __future__ import annotations

import threading
import time
from typing import Any

from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.threads import cancelled, limited, too_late
from recell.data.values import Element, Tensor, clone, strings
from recell.graph import dtypes, errors
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op

KEY_PREFIX = "iterator/"


class IteratorResource:
    """A place in a dataset that the runs of one session share."""

    def __init__(self, key: str, types: tuple[Any, ...], shapes: tuple[Any, ...]) -> None:
        self.key, self.types, self.shapes = key, types, shapes
        self._lock = threading.Lock()
        self._cursor: Cursor | None = None
        self._fresh = True
        self._closed = False
        self._failure: BaseException | None = None
        self._started = False

    def initialize(self, pipeline: Pipeline, optimized: bool) -> None:
        """Goes to the beginning of a dataset; what ran ahead for the one before is ended."""
        cursor = pipeline.open(Opening(optimized))
        before, self._cursor = self._cursor, cursor
        self._fresh = pipeline.fresh
        if before is not None:
            before.close()
        if self._closed:
            cursor.close()

    def initialize_once(self, make: Any, optimized: bool) -> None:
        """The same with the dataset that `make` computes, the first time; a failure is told each time again."""
        if self._started:  # without the lock, which somebody may hold who waits for an element
            return
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if not self._started:
                try:
                    self.initialize(make(), optimized)
                except Exception as error:  # whatever it is, the next call must hear of it too
                    self._failure = error
                    raise
                self._started = True

    def get_next(self, deadline: float | None = None) -> Element:
        """The next element, waited for until `deadline`.

        OutOfRangeError at the end, FailedPreconditionError before the initialization, DeadlineExceededError when the
        time is over.
        """
        if deadline is None:
            with self._lock:
                element = self._next()
        else:
            element = self._next_until(deadline)
        return element if self._fresh else tuple([clone(value) for value in element])

    def _next_until(self, deadline: float) -> Element:
        if not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise too_late()
        try:
            with limited(deadline):
                return self._next()
        finally:
            self._lock.release()

    def _next(self) -> Element:
        cursor = self._cursor
        if self._closed:
            raise cancelled()
        if cursor is None:
            raise errors.FailedPreconditionError(
                None,
                None,
                "GetNext() failed because the iterator has not been initialized. Run its initializer in this session "
                "before you ask for an element.",
            )
        try:
            return next(cursor)
        except StopIteration:
            raise errors.OutOfRangeError(None, None, "End of sequence") from None

    def close(self) -> None:
        """Ends what runs ahead, and wakes who waits for an element."""
        self._closed = True
        cursor = self._cursor
        if cursor is not None:
            cursor.close()


def _resource(ctx: Any, key: str, types: Any, shapes: Any) -> IteratorResource:
    with ctx.resources.lock:
        found = ctx.resources.shared.get(key)
        if found is None:
            found = ctx.resources.shared[key] = IteratorResource(key, types, shapes)
        return found


@op("IteratorV2", shape=rules.scalar, dtype=dtypes.resource, stateful=True, differentiable=False)
def iterator_v2(ctx: Any, key: str, types: Any, shapes: Any) -> Any:
    return _resource(ctx, key, types, shapes)


@op("OneShotIterator", shape=rules.scalar, dtype=dtypes.resource, stateful=True, differentiable=False)
def one_shot_iterator(ctx: Any, key: str, types: Any, shapes: Any, dataset: Any, optimized: bool) -> Any:
    found = _resource(ctx, key, types, shapes)
    found.initialize_once(dataset, optimized)
    return found


@op(
    "MakeIterator",
    shape=rules.none,
    types={"dataset": ANY, "iterator": ANY},
    stateful=True,
    differentiable=False,
)
def make_iterator(ctx: Any, dataset: Tensor, iterator: Tensor, seeded: Any, optimized: bool) -> None:
    """`seeded`: the random operations in the dataset's functions, which start anew with the iteration."""
    for operation in seeded:
        ctx.resources.context(operation).restart_stream()
    iterator.initialize(dataset, optimized)


@op(
    "IteratorGetNext",
    shape=lambda i: list(i["shapes"]),
    types={"iterator": ANY},
    dtype=lambda i: list(i["types"]),
    stateful=True,
    waits=True,
    differentiable=False,
)
def iterator_get_next(ctx: Any, iterator: Tensor, types: Any, shapes: Any) -> Any:
    element = iterator.get_next(ctx.resources.deadline)
    return element[0] if len(element) == 1 else element


@op(
    "IteratorToStringHandle",
    shape=rules.scalar,
    types={"resource_handle": ANY},
    dtype=dtypes.string,
    stateful=True,
    differentiable=False,
)
def iterator_to_string_handle(ctx: Any, resource_handle: Tensor) -> Any:
    return strings(resource_handle.key.encode())


@op(
    "IteratorFromStringHandleV2",
    shape=rules.scalar,
    types={"string_handle": dtypes.string},
    dtype=dtypes.resource,
    stateful=True,
    differentiable=False,
)
def iterator_from_string_handle(ctx: Any, string_handle: Tensor, types: Any, shapes: Any) -> Any:
    handle = bytes(string_handle[()])
    if not handle.startswith(KEY_PREFIX.encode()):
        raise invalid(f"Could not parse string_handle as a valid ResourceHandle: {handle!r}")
    found = ctx.resources.shared.get(handle.decode("utf-8", "replace"))
    if found is None:
        raise errors.NotFoundError(
            None, None, f"Container localhost does not exist. (Could not find resource: {handle!r} in this session)"
        )
    for position, (wanted, given) in enumerate(zip(types, found.types, strict=False)):
        if wanted is not given:
            raise invalid(f"Data type mismatch at component {position}: expected {wanted.name} but got {given.name}.")
    if len(types) != len(found.types):
        raise invalid(f"Number of components does not match: expected {len(types)} types but got {len(found.types)}.")
    for position, (shape, has) in enumerate(zip(shapes, found.shapes, strict=True)):
        if not shape.is_compatible_with(has):
            raise invalid(f"Incompatible shapes at component {position}: expected {shape} but got {has}.")
    return found
