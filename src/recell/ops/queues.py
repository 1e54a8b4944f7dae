"""Queues between threads: `tf.FIFOQueue`, `tf.RandomShuffleQueue`, `tf.PaddingFIFOQueue`, `tf.PriorityQueue`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.tensor import Operation, Tensor
from recell.ops import queue_ops
from recell.ops._attributes import as_list
from recell.ops.random import get_seed


class QueueBase:
    """What all queues can do. TF symbol: `tf.QueueBase`.

    An element is a tuple of components, one for each of `dtypes`; `shapes` are those of the components, or None.
    """

    def __init__(
        self, dtypes: Sequence[DType], shapes: Sequence[TensorShape] | None, names: Sequence[str] | None, queue_ref: Any
    ) -> None:
        self._dtypes = list(dtypes)
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError("Queue shapes must have the same length as dtypes")
        self._shapes = [TensorShape(None)] * len(dtypes) if shapes is None else list(shapes)
        if names is not None and len(names) != len(dtypes):
            raise ValueError("List of names must have the same length as the list of dtypes")
        self._names = None if names is None else list(names)
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @staticmethod
    def from_list(index: Any, queues: Sequence[QueueBase]) -> QueueBase:
        """The queue among `queues` whose place is `index`, a scalar tensor, when run.

        TypeError for an empty list, for what is no queue, and for queues of different dtypes or names.
        """
        if not isinstance(queues, (list, tuple)) or not queues:
            raise TypeError("A list of queues expected")
        if not all(isinstance(queue, QueueBase) for queue in queues):
            raise TypeError("A list of queues expected")
        first = queues[0]
        if any(queue.dtypes != first.dtypes for queue in queues):
            raise TypeError("Queues do not have matching component dtypes.")
        if any(queue.names != first.names for queue in queues):
            raise TypeError("Queues do not have matching component names.")
        known = [[queue.shapes[k] for queue in queues] for k in range(len(first.dtypes))]
        shapes = [alike[0] if all(s == alike[0] for s in alike) else TensorShape(None) for alike in known]
        chosen = queue_ops.select_queue(index, [queue.queue_ref for queue in queues], name="GatherV2")
        return QueueBase(first.dtypes, shapes, first.names, chosen)

    @property
    def queue_ref(self) -> Any:
        """The handle: a tensor that stands for the queue."""
        return self._queue_ref

    @property
    def name(self) -> str:
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[DType]:
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        return self._shapes

    @property
    def names(self) -> list[str] | None:
        return self._names

    # -- in -----------------------------------------------------------------------------------------------------

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """An operation that puts one element in, waiting while the queue is full.

        `vals`: a component, a list of them, or a dictionary of them by the queue's `names`. ValueError for shapes that
        cannot be; when run, CancelledError if the queue is closed before there is room.
        """
        with self._scope(name, "enqueue", vals) as scope:
            values = self._as_tensors(self._in_order(vals), "component")
            for value, shape in zip(values, self._shapes, strict=False):
                value.shape.assert_is_compatible_with(shape)
            return queue_ops.enqueue(self._queue_ref, values, tuple(self._shapes), name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """An operation that puts in an element for every row of the components, waiting while the queue is full."""
        with self._scope(name, "EnqueueMany", vals) as scope:
            values = self._as_tensors(self._in_order(vals), "component")
            rows = values[0].shape.with_rank_at_least(1)[0]
            for value, shape in zip(values, self._shapes, strict=False):
                rows = rows.merge_with(value.shape.with_rank_at_least(1)[0])
                value.shape[1:].assert_is_compatible_with(shape)
            return queue_ops.enqueue_many(self._queue_ref, values, tuple(self._shapes), name=scope)

    def _scope(self, name: str | None, what: str, vals: Any) -> Any:
        given = vals.values() if isinstance(vals, dict) else as_list(vals)
        return name_scope(name, f"{self._name}_{what}", [v for v in given if isinstance(v, Tensor)])

    def _in_order(self, vals: Any) -> list[Any]:
        """The components in the queue's order. ValueError for a dictionary where there are no names, or the reverse."""
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"({sorted(vals)}), Queue: ({sorted(self._names)})"
                )
            return [vals[key] for key in self._names]
        if self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        return as_list(vals)

    def _as_tensors(self, values: Sequence[Any], label: str) -> list[Tensor]:
        return [
            convert_to_tensor(value, dtype, name=f"{label}_{k}")
            for k, (value, dtype) in enumerate(zip(values, self._dtypes, strict=False))
        ]

    # -- out ----------------------------------------------------------------------------------------------------

    def dequeue(self, name: str | None = None) -> Any:
        """The next element, when run: its components (one tensor where there is one), a dictionary if they have names.

        OutOfRangeError when the queue is closed and empty, CancelledError when the session closes meanwhile.
        """
        made = queue_ops.dequeue(
            self._queue_ref, tuple(self._dtypes), tuple(self._shapes), name=name or f"{self._name}_Dequeue"
        )
        return self._result(made)

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """`n` elements as rows; waits until there are as many. Components of unknown shape must turn out alike.

        OutOfRangeError when the queue is closed and holds fewer.
        """
        made = queue_ops.dequeue_many(
            self._queue_ref, n, tuple(self._dtypes), tuple(self._shapes), name=name or f"{self._name}_DequeueMany"
        )
        return self._result(made)

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """As `dequeue_many`, but at the end of a closed queue the elements that are left, if there are any."""
        made = queue_ops.dequeue_up_to(
            self._queue_ref, n, tuple(self._dtypes), tuple(self._shapes), name=name or f"{self._name}_DequeueUpTo"
        )
        return self._result(made)

    def _result(self, made: Any) -> Any:
        if self._names:
            return dict(zip(self._names, as_list(made), strict=True))
        return made

    # -- the queue itself ---------------------------------------------------------------------------------------

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """An operation that closes the queue: no element comes in any more, those in it can still be taken.

        It waits for enqueues that wait already; `cancel_pending_enqueues` ends them with CancelledError instead.
        """
        return queue_ops.close(self._queue_ref, cancel_pending_enqueues, name=name or f"{self._name}_Close")

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements, an int32 scalar."""
        return queue_ops.size(self._queue_ref, name=name or f"{self._name}_Size")

    def is_closed(self, name: str | None = None) -> Tensor:
        """Whether it is closed, a bool scalar."""
        return queue_ops.is_closed(self._queue_ref, name=name or f"{self._name}_Is_Closed")


def _checked(capacity: Any) -> int:
    if isinstance(capacity, bool) or not hasattr(capacity, "__index__"):
        raise TypeError(f"Expected int for argument 'capacity' not {capacity!r}.")
    return int(capacity)


def _listed_dtypes(given: Any) -> list[DType]:
    return [as_dtype(dtype) for dtype in as_list(given)]


def listed_shapes(given: Any) -> list[TensorShape]:
    """The components' shapes; a single shape, or a list of its sizes, is that of the only component."""
    if isinstance(given, (list, tuple)) and given and isinstance(given[0], int):
        given = [given]
    return [as_shape(shape) for shape in as_list(given)]


def _known_shapes(given: Any, dtypes: Sequence[DType]) -> list[TensorShape] | None:
    """A list of fully known shapes, or None. ValueError for another number of them or unknown dimensions."""
    if given is None:
        return None
    shapes = listed_shapes(given)
    if len(shapes) != len(dtypes):
        raise ValueError("Queue shapes must have the same length as dtypes")
    for shape in shapes:
        if not shape.is_fully_defined():
            raise ValueError(f"All shapes must be fully defined: {shapes}")
    return shapes


def _listed_names(names: Any) -> list[str] | None:
    return [names] if isinstance(names, str) else names


class FIFOQueue(QueueBase):
    """A queue that gives elements in the order of their coming. TF symbol: `tf.FIFOQueue`.

    Args:
        capacity: how many elements it holds at most; below zero: any number.
        dtypes: the components' dtypes; one dtype for one component.
        shapes: the components' shapes, fully known. Without them elements may differ, and `dequeue_many` and
            `dequeue_up_to` fail when run.
        names: names of the components: elements are then dictionaries.
        shared_name: queues of one shared name are one queue, in each session.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ) -> None:
        listed = _listed_dtypes(dtypes)
        known = _known_shapes(shapes, listed)
        handle = queue_ops.fifo_queue(_checked(capacity), shared_name, known is not None, name=name)
        super().__init__(listed, known, _listed_names(names), handle)


class RandomShuffleQueue(QueueBase):
    """A queue that gives elements in random order. TF symbol: `tf.RandomShuffleQueue`.

    Args:
        min_after_dequeue: how many elements stay in it, to be drawn among, until it is closed.
        seed: of the order; with one (or the graph's), TensorFlow's own order.
        capacity, dtypes, shapes, names, shared_name: as of `FIFOQueue`.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        listed = _listed_dtypes(dtypes)
        known = _known_shapes(shapes, listed)
        seed1, seed2 = get_seed(seed)
        handle = queue_ops.random_shuffle_queue(
            _checked(capacity), int(min_after_dequeue), seed1, seed2, shared_name, known is not None, name=name
        )
        super().__init__(listed, known, _listed_names(names), handle)


class PaddingFIFOQueue(QueueBase):
    """First in, first out, of elements that differ in size. TF symbol: `tf.PaddingFIFOQueue`.

    `dequeue_many` pads dimensions that `shapes` leaves unknown with zeros to the longest of the elements taken.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        listed = _listed_dtypes(dtypes)
        if shapes is None:
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
        known = [as_shape(shape) for shape in as_list(shapes)]
        if len(known) != len(listed):
            raise ValueError(
                f"Shapes must be provided for all components, but received {len(listed)} dtypes and {len(known)} "
                "shapes."
            )
        handle = queue_ops.padding_fifo_queue(_checked(capacity), shared_name, name=name)
        super().__init__(listed, known, _listed_names(names), handle)


class PriorityQueue(QueueBase):
    """A queue that gives the element of lowest priority number first. TF symbol: `tf.PriorityQueue`.

    Elements begin with their priority, an int64 scalar; `types` and `shapes` are those of the other components.
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        listed = _listed_dtypes(types)
        if shapes is None:
            raise TypeError("Expected list for 'shapes' argument to 'priority_queue_v2' Op, not None.")
        known = _known_shapes(shapes, listed)
        handle = queue_ops.priority_queue(_checked(capacity), shared_name, name=name)
        with_priority = [TensorShape([]), *(known or [])]
        super().__init__([dtypes.int64, *listed], with_priority, _listed_names(names), handle)


__all__ = ["FIFOQueue", "PaddingFIFOQueue", "PriorityQueue", "QueueBase", "RandomShuffleQueue", "listed_shapes"]
