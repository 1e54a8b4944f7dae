"""The base of all optimizers: gradients of a loss, and their application to variables (`tf.train.Optimizer`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from recell.graph import dtypes, nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import colocate_with, control_dependencies, get_default_graph, init_scope, name_scope
from recell.graph.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Operation, Tensor
from recell.graph.variable_collections import trainable_variables
from recell.graph.variables import Variable, is_resource_variable
from recell.ops import state
from recell.ops.gradients import gradients
from recell.ops.training_op import deduplicate
from recell.train import slots

GradsAndVars = list[tuple[Any, Any]]


class Optimizer:
    """What optimizers share. A subclass says how one variable is updated.

    A subclass overrides `_create_slots` (variables beside each variable), `_prepare` (hyper-parameters as tensors),
    `_apply_dense(grad, var)`, `_apply_sparse(grad, var)` (`grad` an IndexedSlices that names no row twice; override
    `_apply_sparse_duplicate_indices` for one that may), and `_finish` (what happens after all updates). Variables made
    with `use_resource=True` go through `_resource_apply_dense` and `_resource_apply_sparse`, which call the former
    unless overridden.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Any]] = {}
        self._non_slot_dict: dict[Any, Any] = {}

    def get_name(self) -> str:
        return self._name

    # -- what programs call -----------------------------------------------------------------------------------------

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """`compute_gradients`, then `apply_gradients`: an operation that does one step of training.

        `global_step`, a variable, is then one higher. ValueError when no variable has a gradient.
        """
        grads_and_vars = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if not any(grad is not None for grad, _ in grads_and_vars):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not support gradients, "
                f"between variables {[str(var) for _, var in grads_and_vars]} and loss {loss}."
            )
        return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> GradsAndVars:
        """A list of (gradient, variable): a Tensor, an IndexedSlices, or None where the loss does not depend on it.

        Args:
            loss: a floating-point tensor, or a function of no arguments that makes one (then give `var_list`).
            var_list: variables, in any nesting; by default the trainable ones.
            gate_gradients: with `GATE_GRAPH` no gradient is available before all are.
            grad_loss: a tensor of the loss's shape that weighs its entries.

        ValueError for a bad `gate_gradients`, no variables, or a loss or variable that is not floating-point.
        """
        if callable(loss):
            # What a function's loss reads is only recorded in eager mode, so without `var_list` TF1 finds no variable.
            loss = loss()
            found = [] if var_list is None else nest.flatten(var_list)
            if not found:
                return []
            var_list = found
        if gate_gradients not in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  "
                f"Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        var_list = trainable_variables() if var_list is None else nest.flatten(var_list)
        if not var_list:
            raise ValueError("No variables to optimize.")
        for var in var_list:
            if not isinstance(var, (Variable, Tensor)):
                raise NotImplementedError("Trying to optimize unsupported type ", var)
        grads = gradients(
            loss,
            var_list,
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == Optimizer.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == Optimizer.GATE_GRAPH:
            grads = state.tuple_(grads)
        pairs = list(zip(grads, var_list, strict=True))
        self._assert_valid_dtypes([var for grad, var in pairs if grad is not None])
        return pairs

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None, name: str | None = None
    ) -> Operation:
        """An operation that updates every variable that has a gradient, then adds one to `global_step`.

        Raises ValueError when there is no variable or no gradient, TypeError for what is no gradient, and
        NotImplementedError for what is no variable. The operation joins the collection `train_op`.
        """
        pairs = [(_as_gradient(grad), var) for grad, var in grads_and_vars]
        if not pairs:
            raise ValueError("No variables provided.")
        var_list = [var for grad, var in pairs if grad is not None]
        if not var_list:
            raise ValueError(f"No gradients provided for any variable: {[str(var) for _, var in pairs]}.")
        for var in var_list:
            if not isinstance(var, Variable):
                raise NotImplementedError(f"Trying to update a {type(var).__name__} ", var)
        with init_scope():
            self._create_slots(var_list)
        with name_scope(name, self.get_name()) as scope:
            self._prepare()
            updates = [self._update(grad, var) for grad, var in pairs if grad is not None]
            if global_step is None:
                train_op = self._finish(updates, scope)
            else:
                with control_dependencies([self._finish(updates, "update")]), colocate_with(global_step):
                    train_op = state.assign_add(global_step, _one_like(global_step), name=scope)
            if isinstance(train_op, Tensor):
                train_op = train_op.op
            train_ops = get_default_graph().get_collection_ref(GraphKeys.TRAIN_OP)
            if train_op not in train_ops:
                train_ops.append(train_op)
            return train_op

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot `name` of `var`, None when there is none."""
        return self._slots.get(name, {}).get(_var_key(var))

    def get_slot_names(self) -> list[str]:
        """The names of all kinds of slots there are, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The optimizer's own variables of the default graph, by name: slots, and others such as Adam's powers."""
        graph = get_default_graph()
        own = [*self._non_slot_variables(), *(slot for named in self._slots.values() for slot in named.values())]
        return sorted((var for var in own if var.graph is graph), key=lambda var: var.name)

    # -- updates of one variable ------------------------------------------------------------------------------------

    def _update(self, grad: Any, var: Any) -> Any:
        """The update of one variable, and after it the variable's constraint."""
        with name_scope("update_" + var.op.name), colocate_with(var):
            if isinstance(grad, IndexedSlices):
                if var.constraint is not None:
                    raise RuntimeError("Cannot use a constraint function on a sparse variable.")
                if is_resource_variable(var):
                    return self._resource_apply_sparse_duplicate_indices(grad.values, var, grad.indices)
                return self._apply_sparse_duplicate_indices(grad, var)
            apply = self._resource_apply_dense if is_resource_variable(var) else self._apply_dense
            update = apply(grad, var)
            if var.constraint is None:
                return update
            with control_dependencies([update]):
                # A new read: the variable's usual one may come before the update.
                return state.assign(var, var.constraint(var.read_value())).op

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        """An operation that updates `var` by a gradient of its shape."""
        raise NotImplementedError()

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        """An operation that updates `var` by rows, of which several may be for the same row: they are added up."""
        values, indices = deduplicate(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        """An operation that updates `var` by rows, each named once."""
        raise NotImplementedError()

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._apply_dense(grad, handle)

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        if type(self)._resource_apply_sparse is Optimizer._resource_apply_sparse:
            return self._apply_sparse_duplicate_indices(IndexedSlices(grad, indices), handle)
        values, unique = deduplicate(grad, indices)
        return self._resource_apply_sparse(values, handle, unique)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._apply_sparse(IndexedSlices(grad, indices), handle)

    # -- what subclasses build on -----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Makes what all updates need, within the optimizer's name scope."""

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Makes the variables that the updates of `var_list` need."""

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        """One operation for all updates, called `name_scope`."""
        return state.group(*update_ops, name=name_scope)

    def _valid_dtypes(self) -> list[Any]:
        return [dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16]

    def _assert_valid_dtypes(self, tensors: Iterable[Any]) -> None:
        """ValueError for a tensor or variable that cannot be optimized."""
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                expected = ", ".join(f"tf.{allowed.name}" for allowed in valid)
                raise ValueError(f"Invalid type tf.{dtype.name} for {tensor.name}, expected: [{expected}].")

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param

    def _hyper(self, value: Any, name: str) -> Any:
        """A hyper-parameter (a number, tensor, or function of no arguments) as a tensor."""
        return convert_to_tensor(self._call_if_callable(value), name=name)

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """The slot `slot_name` of `var`, made of zeros if it is new, as the variable `<var>/<op_name>`."""
        return self._kept(var, slot_name, lambda: slots.create_zeros_slot(var, op_name))

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """The slot `slot_name` of `var`, starting at `val` if it is new."""
        return self._kept(var, slot_name, lambda: slots.create_slot(var, val, op_name))

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        """The slot `slot_name` of `var`, filled by `initializer` if it is new."""
        make = slots.create_slot_with_initializer
        return self._kept(var, slot_name, lambda: make(var, initializer, shape, dtype, op_name))

    def _kept(self, var: Any, slot_name: str, make: Callable[[], Any]) -> Any:
        named, key = self._slot_dict(slot_name), _var_key(var)
        if key not in named:
            named[key] = make()
        return named[key]

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """A variable of the optimizer's own, one a graph; it is the one made before if there is one."""
        key = (name, colocate_with.graph)
        var = self._non_slot_dict.get(key)
        if var is None:
            resource = is_resource_variable(colocate_with)
            var = Variable(initial_value, name=name, trainable=False, use_resource=resource)
            self._non_slot_dict[key] = var
        return var

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slot_dict.get((name, graph))

    def _non_slot_variables(self) -> list[Any]:
        return list(self._non_slot_dict.values())


def _as_gradient(grad: Any) -> Any:
    if grad is None:
        return None
    try:
        grad = convert_to_tensor_or_indexed_slices(grad)
    except TypeError:
        raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {grad}") from None
    return grad


def _one_like(global_step: Any) -> Any:
    return convert_to_tensor(1, dtype=global_step.dtype.base_dtype, name="value")


def _var_key(var: Any) -> Any:
    return var.op.graph, var.op.name
