"""One step of a cell as a body: traced once, before it is known how often it will run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recell.graph import nest
from recell.graph.body import Body, trace
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.structures import flatten_values, pack_values


@dataclass(frozen=True)
class Layout:
    """How the driver was called.

    `time` and `batch` are the inputs' sizes as far as they are known. `time_major`: time is their first axis.
    `unrolled`: TF1 has every step in the graph, under a condition, so that where all rows are empty none runs.
    `swap_memory`: keep less for the gradient and compute it again.
    """

    time: int | None
    batch: int | None
    time_major: bool
    unrolled: bool = False
    swap_memory: bool = False


@dataclass(frozen=True)
class TracedStep:
    """One step of a cell, traced: its body, what it starts from, and how its results are nested."""

    body: Body
    inputs: list[Tensor]
    lengths: Tensor | None
    states: list[Tensor]
    output_structure: Any
    state_structure: Any
    layout: Layout

    @property
    def outputs(self) -> Sequence[Tensor]:
        return self.body.outputs[: len(self.body.outputs) - len(self.states)]

    @property
    def new_states(self) -> Sequence[Tensor]:
        return self.body.outputs[len(self.body.outputs) - len(self.states) :]

    @property
    def keeps_its_state(self) -> bool:
        """Whether new states have the shapes and dtypes of the old ones, as far as is known."""
        return all(
            a.dtype.base_dtype is b.dtype.base_dtype and a.shape.is_compatible_with(b.shape)
            for a, b in zip(self.states, self.new_states, strict=True)
        )


def trace_step(
    cell: Callable[[Any, Any], Any], inputs: Any, lengths: Tensor | None, state: Any, layout: Layout
) -> TracedStep:
    """Calls `cell` once, on formal arguments: see `recur`."""
    leaves = nest.flatten(inputs)
    flat_state = [convert_to_tensor(leaf) for leaf in flatten_values(state)]
    specs = [(leaf.dtype.base_dtype, _without_time(leaf, layout), "TensorArrayReadV3") for leaf in leaves]
    specs += [(leaf.dtype.base_dtype, leaf.shape, f"Identity_{3 + k}") for k, leaf in enumerate(flat_state)]
    kept: list[Any] = []

    def run(*args: Tensor) -> list[Tensor]:
        xs = nest.pack_sequence_as(inputs, list(args[: len(leaves)]))
        old = pack_values(state, args[len(leaves) :])
        output, new = cell(xs, old)
        kept.extend((output, new))
        results = [convert_to_tensor(leaf) for leaf in flatten_values(new)]
        if len(results) != len(flat_state):
            nest.assert_same_structure(state, new)
        return [*(convert_to_tensor(leaf) for leaf in nest.flatten(output)), *results]

    graph = get_default_graph()
    body = trace(graph, graph.get_name_scope() or "recurrence", specs, run, layout.unrolled)
    output, new_state = kept
    return TracedStep(body, leaves, lengths, flat_state, output, new_state, layout)


def _without_time(leaf: Tensor, layout: Layout) -> TensorShape:
    dims = leaf.shape.tuple
    return TensorShape(None) if dims is None else TensorShape.of((layout.batch, *dims[2:]))


__all__ = ["Layout", "TracedStep", "trace_step"]
