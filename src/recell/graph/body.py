"""Sub-graphs that one operation runs: a branch, the body of a loop, one step of a cell.

A body's operations live in the same graph, with names in the same scopes as TF1 gives them, but belong to the body.
What they use from outside becomes a *capture*: an input of the operation that owns the body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape

if TYPE_CHECKING:
    from recell.graph.graph import Graph
    from recell.graph.tensor import Operation, Tensor


class Body:
    """A traced sub-graph: its formal arguments, its results, and what it takes from outside.

    `unrolled`: TF1 has no sub-graph here, but the same operations once for every step.
    """

    def __init__(self, graph: Graph, name: str, unrolled: bool = False) -> None:
        self.graph = graph
        self.name = name
        self.unrolled = unrolled
        self.outer: Body | None = graph.body
        self.owner: Operation | None = None
        self.args: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.captures: dict[Tensor, None] = {}
        self.outer_controls: dict[Operation, None] = {}
        self._saved_controls: Any = None

    def encloses(self, inner: Body | None) -> bool:
        while inner is not None:
            if inner is self:
                return True
            inner = inner.outer
        return False

    def capture(self, tensor: Tensor) -> None:
        """Notes a use of `tensor` from this body. ValueError when it belongs to a body that is not around this one."""
        home = tensor.op.body
        if home is not None and not home.encloses(self):
            raise ValueError(
                f"Cannot use '{tensor.name}' here: it is made inside '{home.name}' (a loop or a branch) and has no "
                "value outside of it. Return it from the loop or the branch instead."
            )
        body: Body | None = self
        while body is not None and body is not home:
            body.captures[tensor] = None
            body = body.outer

    def capture_control(self, op: Operation) -> None:
        """Notes that something in this body must wait for an operation outside of it."""
        body: Body | None = self
        while body is not None and body is not op.body:
            body.outer_controls[op] = None
            body = body.outer

    def add_arg(self, dtype: DType, shape: TensorShape, name: str) -> Tensor:
        """A formal argument: a tensor whose value the owner supplies at each call."""
        arg = self.graph.create_op("BodyArg", [], {}, name, dtypes=[dtype], shapes=[shape]).outputs[0]
        self.args.append(arg)
        return arg

    def set_outputs(self, tensors: Sequence[Tensor]) -> None:
        for tensor in tensors:
            if tensor.op.body is not self:
                self.capture(tensor)
        self.outputs = list(tensors)

    def __enter__(self) -> Body:
        self._saved_controls = self.graph.enter_body(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.graph.leave_body(self.outer, self._saved_controls)


def trace(
    graph: Graph,
    name: str,
    specs: Sequence[tuple[DType, TensorShape, str]],
    function: Callable[..., Sequence[Tensor]],
    unrolled: bool = False,
) -> Body:
    """Runs `function` once on formal arguments described by `specs`; its tensors become the body's outputs."""
    body = Body(graph, name, unrolled)
    with body:
        args = [body.add_arg(dtype, shape, arg_name) for dtype, shape, arg_name in specs]
        body.set_outputs(function(*args))
    return body
