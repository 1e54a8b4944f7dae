"""Static shapes of an imported graph some of whose inputs have been replaced by tensors of other shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recell.graph.body import Body
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape, as_shape, says_no_more
from recell.graph.tensor import Operation, Tensor


def infer_again(operations: Sequence[Operation], changed: Iterable[Tensor]) -> None:
    """Gives the results that depend on `changed` the shapes that follow from it, or none where nothing follows.

    What the program itself said of a shape (`set_shape`) is lost there, as it is in TensorFlow.
    """
    dirty = set(changed)
    while True:
        before = len(dirty)
        for op in operations:
            if any(tensor in dirty for tensor in op.inputs):
                for tensor, shape in zip(op.outputs, _shapes(op), strict=True):
                    _give(tensor, shape, dirty)
                for body in op.attrs.values():
                    for arg in body.args if isinstance(body, Body) else ():
                        _give(arg, TensorShape(None), dirty)
        if len(dirty) == before:
            return


def _give(tensor: Tensor, shape: TensorShape, dirty: set[Tensor]) -> None:
    if not says_no_more(tensor.shape, shape):
        dirty.add(tensor)
    if tensor in dirty:
        tensor._shape = shape


def _shapes(op: Operation) -> Sequence[TensorShape]:
    """The shapes of the results by the rule of the operation's type; unknown ones where there is none."""
    unknown = [TensorShape(None)] * len(op.outputs)
    if op.definition.infer_shapes is None:
        return unknown
    try:
        found = op.definition.infer_shapes(Inference(op.type, op.name, op.inputs, op.attrs, _groups(op)))
    except (TypeError, KeyError, IndexError):  # it asks for what only the function that makes the operation knows
        return unknown
    several = isinstance(found, list) and (not found or not isinstance(found[0], (int, type(None))))
    shapes = [as_shape(shape) for shape in (found if several else [found])]
    return shapes if len(shapes) == len(unknown) else unknown


def _groups(op: Operation) -> dict[str, Any]:
    """The operation's inputs by the parameters of its type."""
    groups: dict[str, Any] = {}
    params, rest = op.definition.params, list(op.inputs)
    layout = (-1,) * len(params) if op.layout is None else op.layout
    for param, count in zip(params, layout, strict=False):
        if count is None:
            groups[param.name] = None
        elif count == -1:
            groups[param.name] = rest.pop(0)
        else:
            groups[param.name], rest = rest[:count], rest[count:]
    return groups
