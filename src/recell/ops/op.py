"""The decorator that makes a plain function of torch tensors an operation of the graph."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.body import Body
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.dtypes import DType, as_dtype
from recell.graph.registry import InputParam, OpDef, OverTime, register
from recell.graph.tensor import Operation, Tensor

ANY = object()
"""The input has a dtype of its own, whatever it is."""

FLOATS = frozenset({dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64})
INTS = frozenset({dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8, dtypes.uint16})
NUMBERS = FLOATS | INTS | frozenset({dtypes.complex64, dtypes.complex128})
INDEX = frozenset({dtypes.int32, dtypes.int64})
BOOL = dtypes.bool
STRING = dtypes.string

_REQUIRED = inspect.Parameter.empty
_UNSET = object()


class OpBuilder:
    """Makes nodes of one operation type; `kernel` is the plain torch function behind it."""

    def __init__(
        self,
        definition: OpDef,
        attr_defaults: dict[str, Any],
        order: tuple[str, ...],
        constraint: Any,
        aliases: Mapping[str, str],
        function: Callable[..., Any],
    ) -> None:
        functools.update_wrapper(self, function)
        self._name = function.__name__
        self.definition = definition
        self.kernel = definition.kernel
        self._params = {param.name: param for param in definition.params}
        self._attr_defaults = attr_defaults
        self._order = order
        self._group_constraint = constraint
        self._aliases = aliases

    @property
    def op_type(self) -> str:
        return self.definition.name

    def __call__(self, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Adds a node to the default graph and returns its tensor, a list of them, or the operation if it has none."""
        values = self._bind(args, kwargs)
        if values is None:
            return self(*args[:-1], name=args[-1], **kwargs)
        attrs = {key: values[key] for key in self._attr_defaults}
        graph = get_default_graph()
        if self._all_tensors(values):
            tensors, layout, groups = self._convert(values, name)
            op = make_node(self.op_type, tensors, attrs, name, groups=groups, layout=layout)
        else:
            # Constants made on the way are named under the operation (`Add/y`), as in TF1: at the level of the
            # program they would take names such as `y` away from its variables.
            with graph.name_scope(name or self.op_type) as scope:
                tensors, layout, groups = self._convert(values, name)
                op = make_node(self.op_type, tensors, attrs, scope, groups=groups, layout=layout)
        if len(op.outputs) == 1:
            return op.outputs[0]
        return op.outputs or op

    def _all_tensors(self, values: Mapping[str, Any]) -> bool:
        for key in self._params:
            value = values[key]
            if isinstance(value, (list, tuple)):
                if not all(isinstance(item, Tensor) for item in value):
                    return False
            elif not isinstance(value, Tensor) and value is not None:
                return False
        return True

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
        """Every parameter's value; None when the last positional argument is the node's name."""
        if len(args) > len(self._order):
            if len(args) == len(self._order) + 1 and (args[-1] is None or isinstance(args[-1], str)):
                return None
            raise TypeError(f"{self._name}() takes at most {len(self._order) + 1} arguments, got {len(args)}.")
        values: dict[str, Any] = dict(zip(self._order, args, strict=False))
        for key, value in kwargs.items():
            target = self._aliases.get(key, key)
            if target not in self._params and target not in self._attr_defaults:
                raise TypeError(f"{self._name}() got an unexpected keyword argument '{key}'")
            if target in values:
                if target != key and value is None:
                    continue
                raise TypeError(f"{self._name}() got multiple values for argument '{target}'")
            if target != key and value is None:
                continue
            values[target] = value
        for key in self._order[len(args) :]:
            if key in values:
                continue
            param = self._params.get(key)
            default = self._attr_defaults[key] if param is None else param.default if param.has_default else _REQUIRED
            if default is _REQUIRED:
                raise TypeError(f"{self._name}() missing required argument: '{key}'")
            values[key] = default
        return values

    def _convert(
        self, values: dict[str, Any], name: str | None
    ) -> tuple[list[Tensor], tuple[int | None, ...] | None, dict[str, Any]]:
        group_dtype = _group_dtype(self.definition.params, values)
        preferred = None if group_dtype is None else group_dtype
        tensors: list[Tensor] = []
        layout: list[int | None] = []
        groups: dict[str, Any] = {}
        plain = True
        for param in self.definition.params:
            value = values[param.name]
            if value is None and param.optional:
                layout.append(None)
                groups[param.name] = None
                plain = False
                continue
            want = group_dtype if param.group else _exact(param.constraint)
            if param.is_list:
                plain = False
                items = [self._tensor(item, want, param, f"{param.name}_{k}") for k, item in enumerate(_listed(value))]
                group_dtype = group_dtype or (items[0].dtype.base_dtype if items and param.group else None)
                layout.append(len(items))
                groups[param.name] = items
                tensors.extend(items)
            else:
                tensor = self._tensor(value, want, param, param.name)
                if param.group and group_dtype is None:
                    group_dtype = tensor.dtype.base_dtype
                layout.append(-1)
                groups[param.name] = tensor
                tensors.append(tensor)
        if preferred is None or self._group_constraint is not None:
            self._check_group(group_dtype)
        return tensors, None if plain else tuple(layout), groups

    def _tensor(self, value: Any, want: DType | None, param: InputParam, label: str) -> Tensor:
        """One input as a tensor of the dtype its place asks for. TypeError in TF1's words when it cannot be."""
        found = _dtype_of(value)
        if found is not None and want is not None and found is not want:
            given = value.dtype.name if isinstance(value, Tensor) else found.name
            if param.is_list:
                raise TypeError(
                    f"Tensors in list passed to '{param.name}' of '{self.op_type}' Op have types that don't all match: "
                    f"{value!s} has type {given}, the others {want.name}. Use tf.cast to bring them to one type."
                )
            raise TypeError(
                f"Input '{label}' of '{self.op_type}' Op has type {given} that does not match type {want.name} of "
                f"argument '{self._first_group_param()}': {value!s}. Use tf.cast to bring them to one type."
            )
        if found is None and want is None and isinstance(param.constraint, frozenset):
            tensor = convert_to_tensor(value, name=label, preferred_dtype=_preferred(param.constraint))
        else:
            tensor = convert_to_tensor(value, want, name=label)
        allowed = param.constraint
        if isinstance(allowed, frozenset) and tensor.dtype.base_dtype not in allowed:
            names = ", ".join(sorted(d.name for d in allowed))
            raise TypeError(
                f"Value passed to parameter '{label}' of '{self.op_type}' has DataType {tensor.dtype.name} not in list "
                f"of allowed values: {names}"
            )
        return tensor

    def _first_group_param(self) -> str:
        return next((param.name for param in self.definition.params if param.group), "?")

    def _check_group(self, dtype: DType | None) -> None:
        allowed = self._group_constraint
        if dtype is None or allowed is None or dtype in allowed:
            return
        names = ", ".join(sorted(d.name for d in allowed))
        raise TypeError(
            f"Value passed to parameter '{self._first_group_param()}' of '{self.op_type}' has DataType {dtype.name} "
            f"not in list of allowed values: {names}"
        )


def make_node(
    op_type: str, tensors: Sequence[Tensor], attrs: dict[str, Any], name: str | None, **given: Any
) -> Operation:
    """Adds a node; attributes that are bodies bring what they capture as further inputs, in the attributes' order."""
    graph = get_default_graph()
    bodies = [value for value in attrs.values() if isinstance(value, Body)]
    if not bodies:
        return graph.create_op(op_type, tensors, attrs, name, **given)
    captures = [tensor for body in bodies for tensor in body.captures]
    controls = [op for body in bodies for op in body.outer_controls]
    attrs = {**attrs, "_explicit": len(tensors)}
    with graph.control_dependencies(controls):
        made = graph.create_op(op_type, [*tensors, *captures], attrs, name, **given)
    for body in bodies:
        body.owner = made
    return made


def adopt_captures(body: Body | None) -> None:
    """Makes what a body, or one around it, has come to use since its owner was made an input of that owner."""
    while body is not None:
        owner = body.owner
        if owner is not None and "_explicit" in owner.attrs:
            bodies = [v for k, v in owner.attrs.items() if isinstance(v, Body) and not k.startswith("_")]
            captures = [t for held in bodies for t in held.captures]
            owner.inputs = (*owner.inputs[: owner.attrs["_explicit"]], *captures)
        body = body.outer


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, np.ndarray):
        return list(value)
    raise TypeError(f"Expected a list of tensors, got {value!r}.")


def _dtype_of(value: Any) -> DType | None:
    """The dtype of something that already has one; Python values and numpy arrays can still become another."""
    if isinstance(value, Tensor) or hasattr(value, "_as_tensor"):
        dtype = getattr(value, "dtype", None)
        return None if dtype is None else as_dtype(dtype).base_dtype
    return None


def _exact(constraint: Any) -> DType | None:
    return constraint if isinstance(constraint, DType) else None


def _preferred(allowed: frozenset[DType]) -> DType:
    return dtypes.int32 if dtypes.int32 in allowed else dtypes.float32


def _group_dtype(params: Sequence[InputParam], values: Mapping[str, Any]) -> DType | None:
    """The dtype the inputs share: that of the first tensor or variable among them, else of a numpy array."""
    from_array = None
    for param in params:
        if not param.group:
            continue
        value = values[param.name]
        for item in value if isinstance(value, (list, tuple)) else (value,):
            found = _dtype_of(item)
            if found is not None:
                return found
            if isinstance(item, (list, tuple)):
                found = _nested_dtype(item)
                if found is not None:
                    return found
            if from_array is None and isinstance(item, (np.ndarray, np.generic)):
                from_array = as_dtype(item.dtype) if item.dtype.kind not in "USO" else dtypes.string
    return from_array


def _nested_dtype(values: Sequence[Any]) -> DType | None:
    for value in values:
        found = _nested_dtype(value) if isinstance(value, (list, tuple)) else _dtype_of(value)
        if found is not None:
            return found
    return None


def op(
    name: str,
    *,
    shape: Any,
    types: Mapping[str, Any] | None = None,
    T: Any = None,
    dtype: Any = None,
    differentiable: bool = True,
    view: bool = False,
    stateful: bool = False,
    waits: bool = False,
    defers: bool = False,
    mutates: Sequence[int] = (),
    aliases: Mapping[str, str] | None = None,
    over_time: OverTime | None = None,
    scaled: int | None = None,
    biased: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], OpBuilder]:
    """Defines operation type `name` by its kernel. See docs/architecture.md for every argument.

    Parameters of the kernel annotated `Tensor`, `Tensor | None` or `list[Tensor]` are the operation's inputs and come
    first; the others are its attributes. TypeError for a kernel that mixes them.
    """

    def decorate(function: Callable[..., Any]) -> OpBuilder:
        params, attrs, order = _read_signature(function, stateful, types or {})
        extra = {"over_time": over_time, "scaled": scaled, "biased": biased}
        definition = OpDef(
            name,
            function,
            params,
            shape,
            dtype,
            differentiable=differentiable,
            view=view,
            stateful=stateful,
            waits=waits,
            defers=defers,
            mutates=tuple(mutates),
            extra={key: value for key, value in extra.items() if value is not None},
        )
        register(definition)
        return OpBuilder(definition, attrs, order, T, aliases or {}, function)

    return decorate


def _read_signature(
    function: Callable[..., Any], stateful: bool, types: Mapping[str, Any]
) -> tuple[tuple[InputParam, ...], dict[str, Any], tuple[str, ...]]:
    params: list[InputParam] = []
    attrs: dict[str, Any] = {}
    order: list[str] = []
    listed = list(inspect.signature(function).parameters.values())
    for parameter in listed[1:] if stateful else listed:
        annotation = str(parameter.annotation)
        order.append(parameter.name)
        annotation = annotation.replace("torch.", "")
        if annotation in ("Tensor", "Tensor | None", "list[Tensor]"):
            if attrs:
                raise TypeError(f"{function.__name__}: input '{parameter.name}' must come before the attributes.")
            constraint = types.get(parameter.name, _UNSET)
            params.append(
                InputParam(
                    parameter.name,
                    is_list=annotation.startswith("list"),
                    optional=annotation.endswith("None"),
                    group="T" if constraint is _UNSET else None,
                    constraint=None if constraint in (_UNSET, ANY) else constraint,
                    has_default=parameter.default is not _REQUIRED,
                    default=None if parameter.default is _REQUIRED else parameter.default,
                )
            )
        else:
            attrs[parameter.name] = parameter.default
    return tuple(params), attrs, tuple(order)
