"""Variables and what changes them; placeholders; identity; operations that only order others.

The kernels of operations with `mutates` receive the variables' own tensors and change them in place: the plan sees to
it that nobody else still looks at the old values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes, errors, nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, get_default_graph, name_scope
from recell.graph.dtypes import as_dtype, runtime_name
from recell.graph.registry import Inference, OpDef, brackets, register
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.tensor import Operation, Tensor
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import INDEX, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


def _ref_dtype(i: Inference) -> Any:
    return i.tensor(0).dtype


def _difference(ref: TensorShape, value: TensorShape) -> str:
    """Why two shapes cannot be one, in TF1's words."""
    a, b = ref.as_list(), value.as_list()
    if len(a) != len(b):
        return f"Shapes must be equal rank, but are {len(a)} and {len(b)}"
    k = next(k for k, (m, n) in enumerate(zip(a, b, strict=True)) if None not in (m, n) and m != n)
    shapes = f"Shapes are {brackets(ref)} and {brackets(value)}."
    return f"Dimension {k} in both shapes must be equal, but are {a[k]} and {b[k]}. {shapes}"


def _assigned_shape(i: Inference) -> TensorShape:
    ref, value = i.shape(0), i.shape(1)
    if not i["validate_shape"]:
        return value
    try:
        return ref.merge_with(value)
    except ValueError:
        raise i.mismatch(_difference(ref, value)) from None


def _read_only(ctx: Any) -> Any:
    raise AssertionError(f"variable '{ctx.op.name}' is read by the plan itself")


register(OpDef("VariableV2", _read_only, differentiable=False, stateful=True))
register(OpDef("BodyArg", None, differentiable=False))
register(OpDef("NoOp", None, differentiable=False))


@op("Assign", shape=_assigned_shape, dtype=_ref_dtype, mutates=(0,), differentiable=False)
def _assign(ref: Tensor, value: Tensor, validate_shape: bool = True, use_locking: bool = True) -> Any:
    raise AssertionError("assigned by the plan itself")


def _assigned_shape_of(i: Inference) -> TensorShape:
    try:
        return i.shape(0).merge_with(i.shape(1))
    except ValueError:
        raise i.mismatch(_difference(i.shape(0), i.shape(1))) from None


@op("AssignAdd", shape=_assigned_shape_of, dtype=_ref_dtype, mutates=(0,), differentiable=False)
def _assign_add(ref: torch.Tensor, value: torch.Tensor, use_locking: bool = False) -> None:
    _check_same_shape(ref, value)
    ref.add_(value)


@op("AssignSub", shape=_assigned_shape_of, dtype=_ref_dtype, mutates=(0,), differentiable=False)
def _assign_sub(ref: torch.Tensor, value: torch.Tensor, use_locking: bool = False) -> None:
    _check_same_shape(ref, value)
    ref.sub_(value)


def _check_same_shape(ref: torch.Tensor, value: torch.Tensor) -> None:
    if ref.shape != value.shape:
        told = f"Parameters and update must be the same size: {list(ref.shape)} and {list(value.shape)}"
        raise invalid(told)


def _of_ref(ref: Any) -> Any:
    """The reference tensor to change. TypeError for what is no variable."""
    inner = getattr(ref, "_ref", None)
    ref = inner() if inner is not None else ref
    if not (isinstance(ref, Tensor) and ref.dtype._is_ref_dtype):
        raise TypeError(f"Expected a variable to assign to, got {ref!r}.")
    return ref


def assign(ref: Any, value: Any, validate_shape: Any = None, use_locking: Any = None, name: str | None = None) -> Any:
    """Makes `ref`'s value that of `value`; yields the new value. TF symbol: `tf.assign`."""
    validate = True if validate_shape is None else validate_shape
    return _assign(_of_ref(ref), value, validate, use_locking is not False, name=name)


def assign_add(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Any:
    """Adds `value` to the variable. TF symbol: `tf.assign_add`."""
    return _assign_add(_of_ref(ref), value, bool(use_locking), name=name)


def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Any:
    """Subtracts `value` from the variable. TF symbol: `tf.assign_sub`."""
    return _assign_sub(_of_ref(ref), value, bool(use_locking), name=name)


# -- rows of variables ----------------------------------------------------------------------------------------------


def _check_rows(ref: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    flat = indices.reshape(-1).long()
    if flat.numel():
        low, high = int(flat.min()), int(flat.max())
        if low < 0 or high >= ref.shape[0]:
            bad = low if low < 0 else high
            raise invalid(f"indices = {bad} is not in [0, {ref.shape[0]})")
    return flat


def _rows(ref: torch.Tensor, indices: torch.Tensor, updates: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    if updates.ndim and updates.shape != (*indices.shape, *ref.shape[1:]):
        raise invalid(
            "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape "
            f"{list(updates.shape)}, indices.shape {list(indices.shape)}, params.shape {list(ref.shape)}",
        )
    flat = _check_rows(ref, indices)
    return flat, updates.expand((*indices.shape, *ref.shape[1:])).reshape((flat.numel(), *ref.shape[1:]))


def _scatter_update(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor) -> None:
    ref.index_copy_(0, rows, updates)


def _scatter_add(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor) -> None:
    ref.index_add_(0, rows, updates)


def _scatter_sub(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor) -> None:
    ref.index_add_(0, rows, updates, alpha=-1)


def _reduce_rows(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor, how: str) -> None:
    index = rows.reshape(-1, *[1] * (ref.ndim - 1)).expand_as(updates)
    ref.scatter_reduce_(0, index, updates, how)


def _scatter_mul(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor) -> None:
    _reduce_rows(ref, rows, updates, "prod")


def _scatter_div(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor) -> None:
    for row, update in zip(rows.tolist(), updates, strict=True):
        ref[row].div_(update)


def _scatter_min(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor) -> None:
    _reduce_rows(ref, rows, updates, "amin")


def _scatter_max(ref: torch.Tensor, rows: torch.Tensor, updates: torch.Tensor) -> None:
    _reduce_rows(ref, rows, updates, "amax")


def _scatter_builder(op_type: str, change: Callable[..., None]) -> Callable[..., Any]:
    @op(op_type, shape=rules.unchanged, dtype=_ref_dtype, types={"indices": INDEX}, mutates=(0,), differentiable=False)
    def scatter(ref: torch.Tensor, indices: torch.Tensor, updates: torch.Tensor, use_locking: bool = False) -> None:
        change(ref, *_rows(ref, indices, updates))

    def build(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Changes the rows of a variable that `indices` name by `updates`; yields the whole new value."""
        return scatter(_of_ref(ref), indices, updates, use_locking, name=name)

    return build


scatter_update = _scatter_builder("ScatterUpdate", _scatter_update)
scatter_add = _scatter_builder("ScatterAdd", _scatter_add)
scatter_sub = _scatter_builder("ScatterSub", _scatter_sub)
scatter_mul = _scatter_builder("ScatterMul", _scatter_mul)
scatter_div = _scatter_builder("ScatterDiv", _scatter_div)
scatter_min = _scatter_builder("ScatterMin", _scatter_min)
scatter_max = _scatter_builder("ScatterMax", _scatter_max)


def _nd_index(ref: torch.Tensor, indices: torch.Tensor, updates: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The index into each of the first axes. InvalidArgumentError for one outside of it, or for other updates."""
    depth = indices.shape[-1]
    expected = (*indices.shape[:-1], *ref.shape[depth:])
    if updates.shape != expected:
        raise invalid(
            "Must have updates.shape = indices.shape[:batch_dim] + params_shape[slice_dim:], got updates.shape: "
            f"{list(updates.shape)}, indices.shape: {list(indices.shape)}, params_shape: {list(ref.shape)}",
        )
    rows = indices.reshape(-1, depth).long()
    outside = ((rows < 0) | (rows >= torch.tensor(ref.shape[:depth], device=rows.device))).any(-1).nonzero()
    if outside.numel():
        first = int(outside[0])
        told = f"indices[{first}] = {rows[first].tolist()} does not index into shape {list(ref.shape)}"
        raise invalid(told)
    return tuple(indices.long().unbind(-1))


def _nd_builder(op_type: str, accumulate: int | None) -> Callable[..., Any]:
    @op(op_type, shape=rules.unchanged, dtype=_ref_dtype, types={"indices": INDEX}, mutates=(0,), differentiable=False)
    def scatter_nd(ref: torch.Tensor, indices: torch.Tensor, updates: torch.Tensor, use_locking: bool = False) -> None:
        index = _nd_index(ref, indices, updates)
        if accumulate is None:
            ref.index_put_(index, updates)
        else:
            ref.index_put_(index, updates * accumulate, accumulate=True)

    def build(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Changes the slices of a variable that the last axis of `indices` names; yields the whole new value."""
        return scatter_nd(_of_ref(ref), indices, updates, use_locking, name=name)

    return build


scatter_nd_update = _nd_builder("ScatterNdUpdate", None)
scatter_nd_add = _nd_builder("ScatterNdAdd", 1)
scatter_nd_sub = _nd_builder("ScatterNdSub", -1)


@op("CountUpTo", shape=rules.scalar, mutates=(0,), T=INDEX, differentiable=False)
def _count_up_to(ref: torch.Tensor, limit: int) -> None:
    if int(ref) >= limit:
        raise errors.OutOfRangeError(None, None, f"Reached limit of {limit}")
    ref.add_(1)


def count_up_to(ref: Any, limit: int, name: str | None = None) -> Any:
    """Adds one to a scalar variable; OutOfRangeError at `limit`. Yields the value before. TF: `tf.count_up_to`."""
    ref = _of_ref(ref)
    return _count_up_to(ref, limit, name=name) - 1


def _is_initialized(ctx: Any) -> torch.Tensor:
    return torch.tensor(ctx.resources.cell(ctx.op.attrs["_variable"]).value is not None)


register(OpDef("IsVariableInitialized", _is_initialized, differentiable=False, stateful=True))


def is_variable_initialized(ref: Any, name: str | None = None) -> Tensor:
    """Whether the variable has a value in this session, a bool scalar. TF symbol: `tf.is_variable_initialized`."""
    attrs = {"_variable": _of_ref(ref).op}
    graph = get_default_graph()
    made = graph.create_op("IsVariableInitialized", [], attrs, name, dtypes=[dtypes.bool], shapes=[TensorShape.of(())])
    return made.outputs[0]


# -- placeholders and pass-through ----------------------------------------------------------------------------------


def _not_fed(ctx: Any, dtype: Any, shape: Any) -> Any:
    known = "" if shape.tuple is None else f" and shape {brackets(shape)}"
    raise invalid(
        f"You must feed a value for placeholder tensor '{ctx.op.name}' with dtype {runtime_name(dtype)}{known}",
    )


register(OpDef("Placeholder", _not_fed, differentiable=False, stateful=True))


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value is fed. TF symbol: `tf.placeholder`.

    `shape` may be None (any), or have None for dimensions that any size fits.
    """
    dtype, shape = as_dtype(dtype).base_dtype, as_shape(shape)
    attrs = {"dtype": dtype, "shape": shape}
    return get_default_graph().create_op("Placeholder", [], attrs, name, dtypes=[dtype], shapes=[shape]).outputs[0]


@op("PlaceholderWithDefault", shape=lambda i: i["shape"], view=True)
def _placeholder_with_default(input: torch.Tensor, shape: Any) -> torch.Tensor:
    return input


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor that may be fed and is `input` otherwise. TF symbol: `tf.placeholder_with_default`."""
    return _placeholder_with_default(input, as_shape(shape), name=name)


@op("Identity", shape=rules.unchanged, view=True)
def identity(input: torch.Tensor) -> torch.Tensor:
    """The same value under a new name. TF symbol: `tf.identity`."""
    return input


@op("StopGradient", shape=rules.unchanged, view=True, differentiable=False)
def stop_gradient(input: torch.Tensor) -> torch.Tensor:
    """The same value, a constant for every gradient. TF symbol: `tf.stop_gradient`."""
    return input.detach()


@op("PreventGradient", shape=rules.unchanged, view=True)
def prevent_gradient(input: torch.Tensor, message: str = "") -> torch.Tensor:
    """The same value; asking for its gradient is an error. TF symbol: `tf.prevent_gradient`."""
    if torch.is_grad_enabled() and input.requires_grad:
        raise LookupError(f"Gradient explicitly disabled. Reason: {message}")
    return input


def identity_n(input: Sequence[Any], name: str | None = None) -> list[Tensor]:
    """`identity` of each of a list. TF symbol: `tf.identity_n`."""
    with name_scope(name, "IdentityN", list(input)):
        return [identity(convert_to_tensor(item)) for item in input]


# -- operations that order others -----------------------------------------------------------------------------------


def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing, for others to be put before. TF symbol: `tf.no_op`."""
    return get_default_graph().create_op("NoOp", [], {}, name, dtypes=[], shapes=[])


def group(*inputs: Any, name: str | None = None) -> Operation:
    """An operation that runs when all of `inputs` have run; nested lists are allowed. TF symbol: `tf.group`."""
    graph = get_default_graph()
    elements = [item for item in nest.flatten(list(inputs)) if item is not None]
    for item in elements:
        if not hasattr(item, "graph") and not hasattr(item, "_as_graph_element"):
            raise TypeError(f"Expected tf.Tensor or tf.Operation, got {type(item)}: {item!r}")
    with graph.control_dependencies(elements):
        return no_op(name=name or "group_deps")


def tuple_(tensors: Sequence[Any], name: str | None = None, control_inputs: Sequence[Any] | None = None) -> list[Any]:
    """The tensors again, each available only when all are. TF symbol: `tf.tuple`."""
    with name_scope(name, "tuple", [t for t in tensors if t is not None]):
        waits = [t for t in tensors if t is not None] + list(control_inputs or [])
        if not waits:
            raise ValueError("Must have at least one Tensor.")
        with control_dependencies(waits):
            gate = no_op()
        return [None if t is None else with_dependencies([gate], t) for t in tensors]


def with_dependencies(dependencies: Sequence[Any], output_tensor: Any, name: str | None = None) -> Any:
    """`output_tensor` again, available when `dependencies` have run. TF symbol: `with_dependencies`."""
    components = getattr(output_tensor, "_map_components", None)
    with control_dependencies(dependencies):
        if components is not None:
            return components(lambda t: identity(t, name=name))
        return identity(output_tensor, name=name or "control_dependency")


__all__ = [
    "assign",
    "assign_add",
    "assign_sub",
    "count_up_to",
    "group",
    "identity",
    "identity_n",
    "is_variable_initialized",
    "no_op",
    "placeholder",
    "placeholder_with_default",
    "prevent_gradient",
    "scatter_add",
    "scatter_div",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "scatter_nd_add",
    "scatter_nd_sub",
    "scatter_nd_update",
    "scatter_sub",
    "scatter_update",
    "stop_gradient",
    "tuple_",
    "with_dependencies",
]
