"""State, placeholders, gradients, branches and loops: rows of the table (see table.py for their form)."""

from __future__ import annotations

_CHECKS = (
    "assert_equal assert_greater assert_greater_equal assert_integer assert_less assert_less_equal assert_near "
    "assert_negative assert_non_negative assert_non_positive assert_none_equal assert_positive assert_proper_iterable "
    "assert_same_float_dtype assert_type is_non_decreasing is_numeric_tensor is_strictly_increasing"
)
_SHAPE_CHECKS = "assert_rank assert_rank_at_least assert_rank_in assert_scalar"

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.ops.state": (
            "assign assign_add assign_sub count_up_to group identity identity_n is_variable_initialized no_op "
            "placeholder placeholder_with_default scatter_add scatter_div scatter_max scatter_min scatter_mul "
            "scatter_nd_add scatter_nd_sub scatter_nd_update scatter_sub scatter_update stop_gradient tuple=tuple_"
        ),
        "recell.ops.gradients": "gradients hessians AggregationMethod UnconnectedGradients",
        "recell.ops.custom_gradient": (
            "RegisterGradient custom_gradient NoGradient=no_gradient NotDifferentiable=no_gradient no_gradient"
        ),
        "recell.ops.branches": "case cond",
        "recell.ops.loops": "while_loop",
        "recell.ops.tensor_array": "TensorArray",
        "recell.ops.functional": "foldl foldr map_fn scan",
        "recell.ops.host": (
            "add_check_numerics_ops check_numerics get_static_value guarantee_const numpy_function py_func timestamp "
            "verify_tensor_all_finite"
        ),
        "recell.ops.logging_ops": "Assert Print print=print_v2",
        "recell.ops.check_ops": _CHECKS,
        "recell.ops.check_shapes": _SHAPE_CHECKS,
        "recell.graph.indexed_slices": (
            "IndexedSlices IndexedSlicesValue convert_to_tensor_or_indexed_slices convert_n_to_tensor_or_indexed_slices"
        ),
    },
    "debugging": {
        "recell.ops.check_ops": _CHECKS,
        "recell.ops.check_shapes": f"{_SHAPE_CHECKS} assert_shapes",
        "recell.ops.logging_ops": "Assert",
        "recell.ops.host": "assert_all_finite=verify_tensor_all_finite check_numerics",
    },
    "python.ops.control_flow_ops": {"recell.ops.state": "with_dependencies"},
    "python.framework.ops": {"recell.ops.state": "prevent_gradient"},
}
