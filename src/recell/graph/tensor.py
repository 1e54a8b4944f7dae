"""The nodes of a graph and the values that flow between them. Nothing here computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from recell.graph import default_session
from recell.graph.dtypes import DType
from recell.graph.errors import OperatorNotAllowedInGraphError
from recell.graph.shapes import TensorShape, as_shape

if TYPE_CHECKING:
    from recell.graph.body import Body
    from recell.graph.graph import Graph
    from recell.graph.registry import OpDef

Site = tuple[tuple[str, int, str], ...]
"""Where the user's program made an operation: (file, line, function), innermost first."""


class Operation:
    """One node: an operation type, its inputs and attributes, and the tensors it yields.

    `body` is the traced sub-graph (of a loop, a branch, a cell) that the node belongs to, None at the top.
    `layout` tells how the flat `inputs` are grouped into the kernel's parameters, None when one to one.
    """

    def __init__(
        self,
        graph: Graph,
        name: str,
        definition: OpDef,
        inputs: tuple[Tensor, ...],
        attrs: dict[str, Any],
        control_inputs: tuple[Operation, ...],
        device: str,
        body: Body | None,
        site: Site,
        layout: tuple[int | None, ...] | None,
    ) -> None:
        self.graph = graph
        self._name = name
        self.definition = definition
        self.inputs = inputs
        self.attrs = attrs
        self.control_inputs = list(control_inputs)
        self.device = device
        self.body = body
        self.site = site
        self.layout = layout
        self.outputs: list[Tensor] = []
        self.index = 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def type(self) -> str:
        return self.definition.name

    @property
    def traceback(self) -> list[tuple[str, int, str]]:
        """The user's frames that made this operation, outermost first."""
        return list(reversed(self.site))

    @property
    def op_def(self) -> OpDef:
        return self.definition

    @property
    def node_def(self) -> Operation:
        return self

    def get_attr(self, name: str) -> Any:
        """The attribute `name`. Raises ValueError when the operation has none of that name."""
        if name in self.attrs:
            return self.attrs[name]
        if name in ("T", "dtype"):
            source = self.inputs or self.outputs
            return source[0].dtype.base_dtype
        raise ValueError(f"No attr named '{name}' in name: {self._name!r} op: {self.type!r}")

    def values(self) -> tuple[Tensor, ...]:
        return tuple(self.outputs)

    def colocation_groups(self) -> list[bytes]:
        return [b"loc:@" + self._name.encode()]

    def _add_control_input(self, op: Operation) -> None:
        self._add_control_inputs([op])

    def _add_control_inputs(self, ops: Iterable[Operation]) -> None:
        self.control_inputs.extend(op for op in ops if op not in self.control_inputs)
        self.graph.note_change()

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Runs this operation in `session`, or in the default one. ValueError when there is none."""
        default_session.require(session, self.graph, "execute operation", "run").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self._name}' type={self.type}>"

    def __str__(self) -> str:
        lines = [f'name: "{self._name}"', f'op: "{self.type}"']
        lines += [f'input: "{t.op.name if t.value_index == 0 else t.name}"' for t in self.inputs]
        lines += [f'input: "^{op.name}"' for op in self.control_inputs]
        return "\n".join(lines) + "\n"


class Tensor:
    """A value that an operation will yield: a dtype, a shape as far as it is known, a name."""

    __array_priority__ = 100  # numpy arrays on the left leave operators to us

    def __init__(self, op: Operation, value_index: int, dtype: DType, shape: TensorShape) -> None:
        self._op = op
        self.value_index = value_index
        self._dtype = dtype
        self._shape = shape

    @property
    def op(self) -> Operation:
        return self._op

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def graph(self) -> Graph:
        return self._op.graph

    @property
    def name(self) -> str:
        return f"{self._op._name}:{self.value_index}"

    @property
    def device(self) -> str:
        return self._op.device

    @property
    def shape(self) -> TensorShape:
        return self._shape

    def get_shape(self) -> TensorShape:
        return self._shape

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        return self._shape.tuple

    def set_shape(self, shape: Any) -> None:
        """Adds what the caller knows of the shape. Raises ValueError when it contradicts what is known."""
        self._shape = self._shape.merge_with(as_shape(shape))

    def consumers(self) -> list[Operation]:
        """The operations that take this tensor as an input."""
        return [op for op in self.graph.get_operations() if any(t is self for t in op.inputs)]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """This tensor's value, as a numpy array or scalar, in `session` or the default one."""
        return default_session.require(session, self.graph, "evaluate tensor", "eval").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self._shape} dtype={self._dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self._shape.tuple is None else f", shape={self._shape}"
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self._dtype.name}{device})'

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: Any) -> Tensor:
        return self

    def __iter__(self) -> Iterator[Any]:
        raise OperatorNotAllowedInGraphError(
            f"iterating over `tf.Tensor` is not allowed in Graph execution. Use tf.map_fn, or tf.unstack when the "
            f"length is known. ({self})"
        )

    def __len__(self) -> int:
        raise TypeError(f"object of type 'Tensor' has no len(). Use tf.shape({self.name!r})[0] or .shape.")

    def __bool__(self) -> bool:
        raise OperatorNotAllowedInGraphError(
            "using a `tf.Tensor` as a Python `bool` is not allowed in Graph execution. Use `if t is not None:` to test "
            f"whether a tensor is defined, and tf.cond or tf.where to choose by its value. ({self})"
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array.")

    @staticmethod
    def _override_operator(operator: str, function: Callable[..., Any]) -> None:
        """Gives every tensor an operator: the operations' room calls this, as this one computes nothing."""
        setattr(Tensor, operator, function)
