"""Functions that programs give to `map`, `filter` and their kin: traced once over the components of an element."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from recell.data import nest, spec
from recell.graph import dtypes
from recell.graph.body import Body
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor, SparseTensorValue
from recell.graph.tensor import Tensor

_numbers = itertools.count()
_KEPT = ("BodyArg", "Const", "VariableV2")


class Function:
    """A traced function: its body, and the specs of what it gives.

    Its operations have names under a scope of their own, as those of TF's functions are in a graph of their own.
    """

    def __init__(self, label: str, inputs: Sequence[Any], function: Callable[..., Sequence[Tensor]]) -> None:
        """`function` takes an element of each of the nestings of specs `inputs`, and gives tensors."""
        graph = get_default_graph()
        leaves = [leaf for specs in inputs for leaf in nest.flatten(specs)]
        self.body = Body(graph, label)
        with graph.name_scope(f"__inference_{label.replace('.', '_').replace('()', '')}_{next(_numbers)}/"), self.body:
            args = [self.body.add_arg(leaf.flat_dtype, leaf.flat_shape, f"args_{k}") for k, leaf in enumerate(leaves)]
            rest = iter(args)
            elements = [spec.from_flat(specs, [next(rest) for _ in nest.flatten(specs)]) for specs in inputs]
            self.body.set_outputs(function(*elements))

    @property
    def fresh(self) -> bool:
        """Whether the memory of what it gives is nobody else's."""
        outputs = self.body.outputs
        return len(set(outputs)) == len(outputs) and all(
            t.op.body is self.body and not t.op.definition.view and t.op.type not in _KEPT for t in outputs
        )


def called(function: Callable[..., Any], element: Any) -> Any:
    """`function` of an element: a tuple's components one by one, anything else as it is."""
    return function(*element) if type(element) is tuple else function(element)


def checked(function: Any) -> Callable[..., Any]:
    """ValueError for what cannot be called."""
    if not callable(function):
        raise ValueError(f"Argument must be callable, but got {function!r} of type {type(function)}.")
    return function


def as_element(result: Any, what: str) -> Any:
    """What a function gives, as a nesting of components. TypeError for what is none."""
    if isinstance(result, list) and not isinstance(result, SparseTensorValue):
        result = tuple(result)
    flat = nest.flatten(result)
    if not flat or any(value is None for value in flat):
        raise TypeError(f"Unsupported return value from function passed to {what}: {result}.")
    try:
        return _components(result, flat)
    except (ValueError, TypeError) as error:
        if hasattr(error, "op"):
            raise
        raise TypeError(f"Unsupported return value from function passed to {what}: {result}. {error}") from error


def _components(result: Any, flat: list[Any]) -> Any:
    converted = []
    for value in flat:
        if isinstance(value, SparseTensorValue):
            value = SparseTensor.from_value(value)
        converted.append(value if spec.is_component(value) else convert_to_tensor(value))
    return nest.pack_sequence_as(result, converted)


class ElementFunction(Function):
    """A function from an element (or several) to an element, whose specs are `output`."""

    def __init__(self, what: str, inputs: Sequence[Any], function: Callable[..., Any]) -> None:
        self.output: Any = None

        def run(*elements: Any) -> list[Tensor]:
            result = as_element(function(*elements), what)
            self.output = nest.map_structure(spec.spec_of, result)
            return spec.to_flat(self.output, result)

        super().__init__(what, inputs, run)


class PredicateFunction(Function):
    """A function from an element to a bool scalar. ValueError for anything else."""

    def __init__(self, what: str, specs: Any, function: Callable[..., Any]) -> None:
        def run(element: Any) -> list[Tensor]:
            result = called(function, element)
            tensor = None if nest.is_sequence(result) or result is None else convert_to_tensor(result)
            if tensor is None or tensor.dtype.base_dtype is not dtypes.bool or not _may_be_scalar(tensor):
                found = result if tensor is None else spec.spec_of(tensor)
                raise ValueError(
                    f"`predicate` return type must be convertible to a scalar boolean tensor. Was {found}."
                )
            return [tensor]

        super().__init__(what, [specs], run)


def _may_be_scalar(tensor: Tensor) -> bool:
    return tensor.shape.is_compatible_with(TensorShape.of(()))
