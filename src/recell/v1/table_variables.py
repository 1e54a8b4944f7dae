"""Variables, their scopes, initializers and regularizers: rows of the table (see table.py for their form)."""

from __future__ import annotations

_INITIALIZERS = (
    "constant_initializer glorot_normal_initializer glorot_uniform_initializer ones_initializer "
    "orthogonal_initializer random_normal_initializer random_uniform_initializer truncated_normal_initializer "
    "uniform_unit_scaling_initializer variance_scaling_initializer zeros_initializer"
)
_SCOPES = (
    "AUTO_REUSE VariableScope create_partitioned_variables get_local_variable get_variable get_variable_scope "
    "no_regularizer variable_op_scope variable_scope"
)
_KERAS = (
    "Constant Identity Initializer Ones Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros "
    "constant deserialize get glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform "
    "normal ones orthogonal random_normal random_uniform serialize truncated_normal uniform zeros"
)

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.graph.variables": "Variable VariableV1=Variable variable_creator_scope",
        "recell.graph.variable_options": "VariableAggregation VariableSynchronization",
        "recell.graph.variable_scope": _SCOPES,
        "recell.graph.template": "make_template",
        "recell.graph.partition": (
            "fixed_size_partitioner min_max_variable_partitioner variable_axis_size_partitioner"
        ),
        "recell.graph.variable_collections": (
            "all_variables global_variables global_variables_initializer initialize_all_variables "
            "initialize_local_variables initialize_variables local_variables local_variables_initializer "
            "model_variables moving_average_variables trainable_variables variables_initializer"
        ),
        "recell.ops.variable_ops": "assert_variables_initialized report_uninitialized_variables",
        "recell.ops.initializers": _INITIALIZERS,
        "recell.ops.initializer_matrices": "qr",
    },
    "initializers": {
        "recell.ops.initializers": (
            "constant=Constant glorot_normal=GlorotNormal glorot_uniform=GlorotUniform he_normal he_uniform "
            "identity=Identity lecun_normal lecun_uniform ones=Ones orthogonal=Orthogonal random_normal=RandomNormal "
            "random_uniform=RandomUniform truncated_normal=TruncatedNormal uniform_unit_scaling=UniformUnitScaling "
            "variance_scaling=VarianceScaling zeros=Zeros"
        ),
        "recell.graph.variable_collections": (
            "global_variables=global_variables_initializer local_variables=local_variables_initializer "
            "variables=variables_initializer"
        ),
    },
    "keras.initializers": {"recell.ops.keras_initializers": _KERAS},
    "linalg": {"recell.ops.initializer_matrices": "qr"},
    "contrib.layers": {
        "recell.layers.initializers": "variance_scaling_initializer xavier_initializer xavier_initializer_conv2d",
        "recell.layers.regularizers": (
            "apply_regularization l1_l2_regularizer l1_regularizer l2_regularizer sum_regularizer"
        ),
    },
    "python.ops.init_ops": {
        "recell.ops.initializers": (
            "Constant GlorotNormal GlorotUniform Identity Initializer Ones Orthogonal RandomNormal RandomUniform "
            "TruncatedNormal UniformUnitScaling VarianceScaling Zeros identity_initializer"
        ),
    },
    "python.ops.variables": {"recell.graph.partition": "PartitionedVariable"},
    "python.ops.variable_scope": {"recell.graph.partition": "PartitionedVariable"},
    "python.ops.resource_variable_ops": {
        "recell.graph.variables": "ResourceVariable=Variable is_resource_variable",
    },
}
