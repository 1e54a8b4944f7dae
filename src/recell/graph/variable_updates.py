"""The methods of a variable that change its value: assignments, and updates of some of its rows."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.dtypes import DType, int32
from recell.graph.tensor import Tensor


class VariableUpdates:
    """Operations that change the variable behind `_variable`; each yields the new value as a reference tensor."""

    _variable: Tensor

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Sets the value. Returns the reference tensor, or only the operation when `read_value` is False.

        `value` has the variable's dtype and shape: TypeError, ValueError otherwise.
        """
        attrs = {"validate_shape": True, "use_locking": use_locking}
        return self._updated("Assign", {"value": value}, attrs, name, read_value)

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Adds `delta`, of the variable's shape."""
        return self._updated("AssignAdd", {"value": delta}, {"use_locking": use_locking}, name, read_value)

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtracts `delta`, of the variable's shape."""
        return self._updated("AssignSub", {"value": delta}, {"use_locking": use_locking}, name, read_value)

    def scatter_add(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        return self._scatter("ScatterAdd", sparse_delta, use_locking, name)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        return self._scatter("ScatterSub", sparse_delta, use_locking, name)

    def scatter_mul(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        return self._scatter("ScatterMul", sparse_delta, use_locking, name)

    def scatter_div(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        return self._scatter("ScatterDiv", sparse_delta, use_locking, name)

    def scatter_min(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        return self._scatter("ScatterMin", sparse_delta, use_locking, name)

    def scatter_max(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        return self._scatter("ScatterMax", sparse_delta, use_locking, name)

    def scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Sets the rows `sparse_delta.indices` to `sparse_delta.values`. TypeError for anything but IndexedSlices."""
        return self._scatter("ScatterUpdate", sparse_delta, use_locking, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        return self._scatter_nd("ScatterNdAdd", indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        return self._scatter_nd("ScatterNdSub", indices, updates, name)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Sets the slices that the last axis of `indices` names, each to its row of `updates`."""
        return self._scatter_nd("ScatterNdUpdate", indices, updates, name)

    def _scatter(self, op_type: str, delta: Any, use_locking: bool, name: str | None) -> Any:
        if not (hasattr(delta, "indices") and hasattr(delta, "values")):
            raise TypeError(f"sparse_delta is not IndexedSlices: {delta}")
        operands = {"indices": delta.indices, "updates": delta.values}
        return self._updated(op_type, operands, {"use_locking": use_locking}, name, True)

    def _scatter_nd(self, op_type: str, indices: Any, updates: Any, name: str | None) -> Any:
        return self._updated(op_type, {"indices": indices, "updates": updates}, {"use_locking": True}, name, True)

    def _updated(
        self, op_type: str, operands: dict[str, Any], attrs: dict[str, Any], name: str | None, read_value: bool
    ) -> Any:
        ref = self._variable
        with name_scope(name, op_type) as scope:
            tensors = [_operand(op_type, label, value, ref.dtype.base_dtype) for label, value in operands.items()]
            groups = dict(zip(("ref", *operands), (ref, *tensors), strict=True))
            op = get_default_graph().create_op(op_type, [ref, *tensors], attrs, scope, groups=groups)
        return op.outputs[0] if read_value else op


def _operand(op_type: str, label: str, value: Any, dtype: DType) -> Tensor:
    """One operand as a tensor: indices keep a dtype of their own, everything else takes the variable's."""
    if label == "indices":
        return convert_to_tensor(value, name=label, preferred_dtype=int32)
    found = getattr(value, "dtype", None)
    is_tensor = isinstance(value, Tensor) or hasattr(value, "_as_tensor")
    if is_tensor and found is not None and found.base_dtype is not dtype:
        raise TypeError(
            f"Input '{label}' of '{op_type}' Op has type {found.base_dtype.name} that does not match type {dtype.name} "
            f"of argument 'ref'. Use tf.cast to bring {value!s} to {dtype.name}."
        )
    return convert_to_tensor(value, dtype, name=label)
