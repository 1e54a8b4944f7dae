"""Which inputs of an operation an output depends on: `tf.gradients` gives None for the others."""

from __future__ import annotations

from collections.abc import Sequence

from recell.graph.body import Body
from recell.graph.tensor import Operation, Tensor


def has_gradient(operation: Operation) -> bool:
    """Whether a derivative goes through the operation, its type's own or one that the program brings."""
    return operation.definition.differentiable or "_gradient_op_type" in operation.attrs


def connected_inputs(operation: Operation, output: int) -> Sequence[Tensor]:
    """The inputs that an output has a derivative by, captures of the operation's bodies among them."""
    own = operation.attrs.get("_gradient_of_inputs")
    if own is not None:
        return [operation.inputs[k] for k in own]
    narrow = operation.definition.extra.get("connected_inputs")
    return operation.inputs if narrow is None else narrow(operation, output)


def reached(body: Body, output: Tensor) -> set[Tensor]:
    """The arguments and captures of a body that one of its outputs has a derivative by."""
    found: set[Tensor] = set()
    seen: set[Tensor] = set()
    stack = [output]
    while stack:
        tensor = stack.pop()
        if tensor in seen:
            continue
        seen.add(tensor)
        if tensor.op.body is not body or tensor.op.type == "BodyArg":
            found.add(tensor)
        elif has_gradient(tensor.op):
            stack.extend(connected_inputs(tensor.op, tensor.value_index))
    return found


def connected_through_branches(op: Operation, output: int) -> list[Tensor]:
    """For `If`: what either branch's result depends on. Captures are the tensors themselves."""
    found: dict[Tensor, None] = {}
    for key in ("true_body", "false_body"):
        body = op.attrs[key]
        found.update(dict.fromkeys(reached(body, body.outputs[output])))
    return list(found)


def connected_through_loop(op: Operation, output: int) -> list[Tensor]:
    """For `While`: what the variable depends on after any number of iterations."""
    if not op.attrs["back_prop"]:
        return []
    body: Body = op.attrs["loop_body"]
    position = {arg: k for k, arg in enumerate(body.args)}
    variables: set[int] = set()
    captures: dict[Tensor, None] = {}
    stack = [output]
    while stack:
        variable = stack.pop()
        if variable in variables:
            continue
        variables.add(variable)
        for tensor in reached(body, body.outputs[variable]):
            if tensor in position:
                stack.append(position[tensor])
            else:
                captures[tensor] = None
    return [*(op.inputs[k] for k in sorted(variables)), *captures]
