"""The recurrence: one operation that runs a traced step along the time axis. Every driver makes this one node.

Its body `step` maps input leaves `[batch, ...]` and state leaves to output leaves and new state leaves; the kernel is
`recell.kernels.unroll`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import errors, nest
from recell.graph.body import Body, trace
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.registry import OpDef, brackets, register
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation, Tensor
from recell.ops.connections import reached
from recell.ops.op import make_node
from recell.ops.structures import flatten_values, pack_values
from recell.rnn.repeatable import may_repeat, random_operations, seeded_operations

if TYPE_CHECKING:
    from recell import kernels
else:
    kernels = lazy_module("recell.kernels")

Dims = tuple[int | None, ...]


def _recurrence(
    ctx: Any,
    *values: Any,
    step: Callable[..., list[Any]],
    input_count: int,
    has_lengths: bool,
    time_major: bool,
    unrolled: bool,
    checkpoint: bool,
    same_draws: bool,
    output_like: tuple[tuple[Dims, Any], ...],
) -> Any:
    inputs = values[:input_count]
    if not time_major:
        inputs = tuple(leaf.transpose(0, 1) for leaf in inputs)
    lengths = values[input_count] if has_lengths else None
    state = values[input_count + has_lengths :]
    _check_run_time(ctx, inputs, lengths)
    like: Any = tuple((tail, torch_dtype(dtype)) for tail, dtype in output_like)
    if lengths is not None and unrolled and lengths.numel() and int(lengths.max()) <= 0:
        time, batch = inputs[0].shape[:2]
        outputs = tuple(inputs[0].new_zeros((time, batch, *tail), dtype=dtype) for tail, dtype in like)
    else:
        run = _as_step(step, len(output_like))
        outputs, state = kernels.unroll(
            _with_same_draws(run, _seeded_replay(ctx)) if same_draws else run,
            inputs,
            state,
            lengths,
            checkpoint_segments="auto" if checkpoint else None,
            replay=_replay(ctx) if checkpoint else None,
            output_like=like,
        )
    if not time_major:
        outputs = tuple(leaf.transpose(0, 1) for leaf in outputs)
    results = (*outputs, *state)
    return results[0] if len(results) == 1 else results


def _replay(ctx: Any) -> Any:
    """What repeats the random draws of the step, the same object in every run."""
    if "replay" not in ctx.state:
        ctx.state["replay"] = ctx.resources.replay(random_operations(ctx.op.attrs["step"]))
    return ctx.state["replay"]


def _seeded_replay(ctx: Any) -> Any:
    """The same for the operations of the step that have a seed of their own."""
    if "seeded_replay" not in ctx.state:
        ctx.state["seeded_replay"] = ctx.resources.replay(seeded_operations(ctx.op.attrs["step"]))
    return ctx.state["seeded_replay"]


def _with_same_draws(run: Callable[..., Any], replay: Any) -> Callable[..., Any]:
    """`run`, whose every call draws what the first one drew: TF1 unrolls into as many operations of the same seed."""
    start = replay.snapshot()

    def again(*arguments: Any) -> Any:
        replay.restore(start)
        return run(*arguments)

    return again


def _as_step(step: Callable[..., list[Any]], output_count: int) -> Callable[..., tuple[Any, Any]]:
    def run(inputs: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        results = step(*inputs, *state)
        return tuple(results[:output_count]), tuple(results[output_count:])

    return run


def _check_run_time(ctx: Any, inputs: Sequence[Any], lengths: Any) -> None:
    """What only a run can tell. InvalidArgumentError where inputs or lengths do not go together."""
    time, batch = inputs[0].shape[:2]
    for tensor, leaf in zip(ctx.op.inputs, inputs, strict=False):
        if tuple(leaf.shape[:2]) != (time, batch):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"All inputs of a recurrence have the same time and batch: '{ctx.op.inputs[0].name}' has {time} steps "
                f"of {batch} rows, '{tensor.name}' has {leaf.shape[0]} of {leaf.shape[1]}.",
            )
    if lengths is not None and tuple(lengths.shape) != (batch,):
        name = ctx.op.inputs[len(inputs)].name
        raise errors.InvalidArgumentError(
            None,
            None,
            f"assertion failed: [Expected shape for Tensor {name} is ] [{batch}] [ but saw shape: ] "
            f"{list(lengths.shape)} (one length for each row of the batch)",
        )


def _connected(op: Operation, output: int) -> list[Tensor]:
    """For `tf.gradients`: what an output depends on after any number of steps. A final state may be the initial one."""
    body: Body = op.attrs["step"]
    count, outputs = op.attrs["input_count"], len(op.attrs["output_like"])
    first_state = count + op.attrs["has_lengths"]
    position = {arg: k for k, arg in enumerate(body.args)}
    found: dict[Tensor, None] = {}
    done: set[int] = set()
    stack = [output]
    while stack:
        result = stack.pop()
        if result in done:
            continue
        done.add(result)
        if result >= outputs:
            found[op.inputs[first_state + result - outputs]] = None
        for tensor in reached(body, body.outputs[result]):
            place = position.get(tensor)
            if place is None:
                found[tensor] = None
            elif place < count:
                found[op.inputs[place]] = None
            else:
                stack.append(outputs + place - count)
    return list(found)


register(OpDef("Recurrence", _recurrence, view=True, stateful=True, extra={"connected_inputs": _connected}))


@dataclass
class Result:
    """What a recurrence gives: output leaves (time and batch as in the inputs), final state leaves, their nestings."""

    outputs: list[Tensor]
    states: list[Tensor]
    output_structure: Any
    state_structure: Any


@dataclass(frozen=True)
class Layout:
    """How the driver was called: shapes known while building, and what it asks of the kernel."""

    time: int | None
    batch: int | None
    time_major: bool
    unrolled: bool = False
    swap_memory: bool = False


@dataclass(frozen=True)
class Step:
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
) -> Step:
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
    body = trace(graph, graph.get_name_scope() or "recurrence", specs, run)
    output, new_state = kept
    return Step(body, leaves, lengths, flat_state, output, new_state, layout)


def recur(
    cell: Callable[[Any, Any], Any],
    inputs: Any,
    lengths: Tensor | None,
    state: Any,
    layout: Layout,
    output_size: Any,
) -> Result:
    """Traces one step of `cell` and makes the node.

    Args:
      cell: `cell(inputs, state)` gives `(output, new_state)`.
      inputs: a nesting of tensors, time and batch first (in the order that `layout` says).
      lengths: int32 or int64 `[batch]`, or None.
      state: a nesting of tensors (or what can become one) and tensor arrays. An array belongs to no row of the batch:
        rows past their length write to it too.
      output_size: of each output leaf behind the batch, for a time axis that is empty.

    Raises ValueError when a new state has another shape than the state before, TypeError for another dtype.
    """
    return recur_traced(trace_step(cell, inputs, lengths, state, layout), output_size)


def recur_traced(step: Step, output_size: Any) -> Result:
    """The node of a step that is traced: see `recur`."""
    _check_states(step)
    layout, lengths = step.layout, step.lengths
    shapes, like = _output_shapes(step.outputs, output_size, layout)
    attrs = {
        "step": step.body,
        "input_count": len(step.inputs),
        "has_lengths": lengths is not None,
        "time_major": layout.time_major,
        "unrolled": layout.unrolled,
        "checkpoint": layout.swap_memory and may_repeat(step.body),
        # Without one, each of TF1's unrolled operations has another stream.
        "same_draws": layout.unrolled and bool(seeded_operations(step.body)),
        "output_like": like,
    }
    op = make_node(
        "Recurrence",
        [*step.inputs, *([] if lengths is None else [lengths]), *step.states],
        attrs,
        "Recurrence",
        dtypes=[leaf.dtype.base_dtype for leaf in step.body.outputs],
        shapes=[*shapes, *_final_shapes(step.states, step.new_states)],
    )
    count = len(step.outputs)
    return Result(op.outputs[:count], op.outputs[count:], step.output_structure, step.state_structure)


def _without_time(leaf: Tensor, layout: Layout) -> TensorShape:
    dims = leaf.shape.tuple
    return TensorShape(None) if dims is None else TensorShape.of((layout.batch, *dims[2:]))


def _check_states(step: Step) -> None:
    if step.keeps_its_state:
        return
    for tensor, result in zip(step.states, step.new_states, strict=True):
        if result.dtype.base_dtype is not tensor.dtype.base_dtype:
            raise TypeError(
                f"The state that starts as '{tensor.name}' has dtype {tensor.dtype.base_dtype.name}, but the step "
                f"returns '{result.name}' of dtype {result.dtype.base_dtype.name} for it. Use tf.cast in the cell."
            )
        if not tensor.shape.is_compatible_with(result.shape):
            raise ValueError(
                f"Input tensor '{tensor.name}' enters the loop with shape {tensor.shape}, but has shape {result.shape} "
                "after one iteration. A state must keep its shape from step to step"
                + ("." if step.lengths is None else ", and rows past their length keep the state they had.")
            )


def check_lengths(lengths: Tensor, batch: int | None, scope: str) -> None:
    """ValueError when the number of lengths is known not to be that of the rows."""
    dims = lengths.shape.tuple
    if dims is not None and batch is not None and dims[0] not in (None, batch):
        shape = brackets(TensorShape.of((batch,)))
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {dims[0]} and {batch}. Shapes are "
            f"{brackets(lengths.shape)} and {shape}. for '{scope}/Select' (op: 'Select'): sequence_length must have "
            "one entry for each row of the batch."
        )


def _output_shapes(
    leaves: Sequence[Tensor], output_size: Sequence[Sequence[int | None]], layout: Layout
) -> tuple[list[TensorShape], tuple[tuple[Dims, Any], ...]]:
    """The static shapes of the outputs, and what one step's output looks like behind the batch."""
    shapes, like = [], []
    for position, leaf in enumerate(leaves):
        dims = leaf.shape.tuple
        batch = layout.batch
        declared = tuple(output_size[position]) if position < len(output_size) else None
        if dims is None:
            tail = declared
        else:
            batch = dims[0] if dims and batch is None else batch
            tail = (
                tuple(dims[1:])
                if declared is None or len(declared) != len(dims) - 1
                else tuple(a if a is not None else b for a, b in zip(dims[1:], declared, strict=True))
            )
        front = (layout.time, batch) if layout.time_major else (batch, layout.time)
        shapes.append(TensorShape(None) if tail is None else TensorShape.of((*front, *tail)))
        like.append((() if tail is None else tail, leaf.dtype.base_dtype))
    return shapes, tuple(like)


def _final_shapes(before: Sequence[Tensor], after: Sequence[Tensor]) -> list[TensorShape]:
    return [a.shape.merge_with(b.shape) for a, b in zip(before, after, strict=True)]


__all__ = ["Layout", "Result", "Step", "check_lengths", "recur", "recur_traced", "trace_step"]
