"""State, placeholders, gradients, branches and loops: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.ops.state": (
            "assign assign_add assign_sub count_up_to group identity identity_n is_variable_initialized no_op "
            "placeholder placeholder_with_default scatter_add scatter_div scatter_max scatter_min scatter_mul "
            "scatter_nd_add scatter_nd_sub scatter_nd_update scatter_sub scatter_update stop_gradient tuple=tuple_"
        ),
        "recell.ops.gradients": "gradients hessians AggregationMethod",
        "recell.ops.custom_gradient": (
            "RegisterGradient custom_gradient NoGradient=no_gradient NotDifferentiable=no_gradient "
            "no_gradient"
        ),
        "recell.ops.control_flow": "cond case while_loop",
        "recell.graph.indexed_slices": (
            "IndexedSlices IndexedSlicesValue convert_to_tensor_or_indexed_slices convert_n_to_tensor_or_indexed_slices"
        ),
    },
    "python.ops.control_flow_ops": {"recell.ops.state": "with_dependencies"},
    "python.framework.ops": {"recell.ops.state": "prevent_gradient"},
}
