"""Which operations a run needs, and the order in which it calls them.

Creation order, except that an operation that changes a variable waits for the reads of that variable that nothing puts
behind it: what a run reads is the value from before the run's assignments unless control dependencies say otherwise.
An operation that waits for other threads comes last of what is ready: what it waits for may be in the same run.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from recell.graph.tensor import Operation, Tensor
from recell.plan.bodies import bodies_of, operations_in


def predecessors(op: Operation, given: set[Tensor], inputs: Iterable[Tensor] | None = None) -> Iterable[Operation]:
    """What must run before `op`; `given` tensors are there from the start. `inputs`: in place of its own."""
    for tensor in op.inputs if inputs is None else inputs:
        if tensor not in given:
            yield tensor.op
    for other in awaited_by(op):
        if other.type != "Placeholder" or other.outputs[0] not in given:
            yield other


def awaited_by(op: Operation) -> Iterable[Operation]:
    """What must run before `op` whether or not it takes a value of it."""
    return (*op.control_inputs, *op.attrs.get("_extra_needs", ()))


def needed_operations(roots: Iterable[Operation], given: set[Tensor]) -> set[Operation]:
    """Everything that must run for `roots` to run."""
    found: set[Operation] = set()
    stack = list(roots)
    while stack:
        op = stack.pop()
        if op in found:
            continue
        found.add(op)
        stack.extend(before for before in predecessors(op, given) if before not in found)
    return found


def variable_of(tensor: Tensor) -> Operation | None:
    """The variable that a reference tensor stands for, through the assignments that hand it on."""
    while tensor.dtype._is_ref_dtype:
        op = tensor.op
        if op.type == "VariableV2":
            return op
        if not op.definition.mutates:
            return None
        tensor = op.inputs[op.definition.mutates[tensor.value_index]]
    return None


def read_variable(tensor: Tensor) -> Operation | None:
    """The variable that `tensor` is a plain read of: its reference, or the `v/read` made beside it.

    Such a read shows the value at the moment of its use, as TF1's does, whose read shares the variable's memory.
    """
    op = tensor.op
    if op.type == "Identity" and op.inputs[0].op.type == "VariableV2" and not op.control_inputs:
        return op.inputs[0].op
    return variable_of(tensor)


def shown_variable(tensor: Tensor, given: set[Tensor]) -> Operation | None:
    """The variable whose memory TF1 hands out for a fetch of `tensor`: the variable, a reading, an assignment's result.

    Such a fetch shows the value that the run leaves behind, whatever comes first: `sess.run([train_op, global_step])`
    counts from 1. A ResourceVariable's reading is a value of its own instead.
    """
    while tensor not in given:
        variable = variable_of(tensor)
        if variable is not None:
            return None if variable.outputs[0] in given or variable.attrs.get("_resource") else variable
        if tensor.op.type not in ("Identity", "StopGradient", "PlaceholderWithDefault"):
            return None
        tensor = tensor.op.inputs[0]
    return None


def mutated_variables(op: Operation) -> list[Operation]:
    """The variables that `op` changes."""
    found = [variable_of(op.inputs[position]) for position in op.definition.mutates]
    return [variable for variable in found if variable is not None]


def changed_by(op: Operation) -> set[Operation]:
    """The variables that `op` changes, itself or in a body that it owns."""
    changed = set(mutated_variables(op))
    for body in bodies_of(op):
        for inner in operations_in(body):
            changed |= changed_by(inner)
    return changed


def schedule(ops: set[Operation], given: set[Tensor]) -> list[Operation]:
    """`ops` in the order of execution. ValueError when they wait for each other in a circle."""
    waiting: dict[Operation, int] = {}
    followers: dict[Operation, list[Operation]] = {op: [] for op in ops}
    ready: list[tuple[bool, int, Operation]] = []
    changing: dict[int, Operation] = {}
    for op in ops:
        before = set(predecessors(op, given))
        waiting[op] = len(before)
        for other in before:
            followers[other].append(op)
    order: list[Operation] = []
    done: set[Operation] = set()

    changes = {op: changed_by(op) for op in ops}
    pending_readers = _readers(changes)

    def release(op: Operation) -> None:
        if changes[op]:
            changing[op.index] = op
        else:
            heapq.heappush(ready, (op.definition.waits, op.index, op))

    for op in ops:
        if not waiting[op]:
            release(op)
    while ready or changing:
        op = (
            heapq.heappop(ready)[2]
            if ready
            else changing.pop(_next_change(changing, changes, pending_readers, done, followers))
        )
        order.append(op)
        done.add(op)
        for follower in followers[op]:
            waiting[follower] -= 1
            if not waiting[follower]:
                release(follower)
    if len(order) != len(ops):
        stuck = min(ops - done, key=lambda op: op.index)
        raise ValueError(f"Operation '{stuck.name}' waits for itself through its inputs or control inputs.")
    return order


def _readers(changes: dict[Operation, set[Operation]]) -> dict[Operation, list[Operation]]:
    """For each variable that is changed, the operations that read it."""
    changed = set().union(*changes.values())
    readers: dict[Operation, list[Operation]] = {variable: [] for variable in changed}
    if changed:
        for op, own in changes.items():
            for tensor in op.inputs:
                variable = read_variable(tensor)
                if variable in changed and variable not in own:
                    readers[variable].append(op)
    return readers


def _next_change(
    changing: dict[int, Operation],
    changes: dict[Operation, set[Operation]],
    readers: dict[Operation, list[Operation]],
    done: set[Operation],
    followers: dict[Operation, list[Operation]],
) -> int:
    """The first assignment for which no independent read is outstanding; the first of all when each has one."""
    indices = sorted(changing)
    for index in indices:
        op = changing[index]
        outstanding = [r for variable in changes[op] for r in readers[variable] if r not in done]
        if not outstanding or set(outstanding) <= _all_followers(op, followers):
            return index
    return indices[0]


def _all_followers(op: Operation, followers: dict[Operation, list[Operation]]) -> set[Operation]:
    found: set[Operation] = set()
    stack = [op]
    while stack:
        for follower in followers[stack.pop()]:
            if follower not in found:
                found.add(follower)
                stack.append(follower)
    return found
