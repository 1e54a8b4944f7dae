"""Functions that carry a state from element to element: `reduce`, `scan`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.data import nest, spec, transform
from recell.data.function import ElementFunction, as_element
from recell.data.pipeline import Opening
from recell.data.values import Tensor, clone
from recell.graph import dtypes
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


def traced(what: str, specs: Any, dataset: Any, step: Callable[..., Any]) -> tuple[ElementFunction, Any, Any]:
    """The function from (state, element) to (state, output), traced until the state's shapes are those that it keeps.

    `specs` are those of the first state. `step` gives a tuple of the next state and outputs, whose specs come with it.
    """
    while True:
        function = ElementFunction(what, [specs, dataset.element_spec], step)
        after, output = function.output[0], function.output[1:]
        _check_state(specs, after)
        wider = nest.map_structure(lambda a, b: a.most_general(b), specs, after)
        if all(a == b for a, b in zip(nest.flatten(wider), nest.flatten(specs), strict=True)):
            return function, specs, output
        specs = wider


def _check_state(before: Any, after: Any) -> None:
    for name, told in (("classes", spec.legacy_classes), ("types", spec.legacy_types)):
        if told(before) != told(after):
            raise TypeError(
                f"The element {name} for the new state must match the initial state. Expected {told(before)}; got "
                f"{told(after)}."
            )


def scan(dataset: Any, initial_state: Any, scan_func: Callable[..., Any]) -> Any:
    """The outputs of `state, output = scan_func(state, element)`."""
    state = spec.normalized(initial_state)

    def step(before: Any, element: Any) -> Any:
        result = scan_func(before, element)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError("The scan function must return a pair comprising the new state and the output value.")
        return as_element(result[0], "scan()"), as_element(result[1], "scan()")

    function, specs, (output,) = traced("scan()", nest.map_structure(spec.spec_of, state), dataset, step)
    tensor = transform.scan_dataset(dataset._variant_tensor, spec.to_flat(specs, state), function.body)
    return dataset._derived(tensor, output)


@op(
    "ReduceDataset",
    shape=lambda i: list(i["shapes"]),
    types={"input_dataset": ANY, "initial_state": ANY},
    dtype=lambda i: list(i["types"]),
    stateful=True,
    differentiable=False,
)
def _reduce(ctx: Any, input_dataset: Tensor, initial_state: list[Tensor], f: Any, types: Any, shapes: Any) -> Any:
    state = list(initial_state)
    cursor = input_dataset.open(Opening(optimized=False))
    try:
        for element in cursor:
            state = f(*state, *element)
    finally:
        cursor.close()
    copied = [clone(value) for value in state]
    return copied[0] if len(copied) == 1 else copied


def reduce(dataset: Any, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
    """The last state of `state = reduce_func(state, element)`."""
    state = spec.normalized(initial_state)

    def step(before: Any, element: Any) -> Any:
        return (as_element(reduce_func(before, element), "reduce()"),)

    function, specs, _ = traced("reduce()", nest.map_structure(spec.spec_of, state), dataset, step)
    leaves = nest.flatten(specs)
    found = _reduce(
        dataset._variant_tensor,
        spec.to_flat(specs, state),
        function.body,
        tuple(leaf.flat_dtype for leaf in leaves),
        tuple(leaf.flat_shape for leaf in leaves),
    )
    return spec.from_flat(specs, found)


@op("DatasetCardinality", shape=rules.scalar, types={"dataset": ANY}, dtype=dtypes.int64, differentiable=False)
def dataset_cardinality(dataset: Tensor) -> Any:
    return torch.tensor(dataset.cardinality())


@op(
    "DatasetToSingleElement",
    shape=lambda i: list(i["shapes"]),
    types={"dataset": ANY},
    dtype=lambda i: list(i["types"]),
    differentiable=False,
)
def single_element(dataset: Tensor, types: Any, shapes: Any) -> Any:
    """The only element. InvalidArgumentError for none or several."""
    cursor = dataset.open(Opening(optimized=False))
    try:
        found = [element for element, _ in zip(cursor, range(2), strict=False)]
    finally:
        cursor.close()
    if not found:
        raise invalid("Dataset was empty.")
    if len(found) > 1:
        raise invalid("Dataset had more than one element.")
    copied = [clone(value) for value in found[0]]
    return copied[0] if len(copied) == 1 else copied
