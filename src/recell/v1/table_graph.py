"""Graphs, shapes, dtypes, errors, nests, sessions: rows of the table (see table.py for their form)."""

from __future__ import annotations

_DTYPES = (
    "DType as_dtype float16 half bfloat16 float32 float64 double complex64 complex128 int8 int16 int32 int64 uint8 "
    "uint16 uint32 uint64 bool string resource variant qint8 quint8 qint16 quint16 qint32"
)
_REFS = (
    "float16_ref half_ref bfloat16_ref float32_ref float64_ref double_ref complex64_ref complex128_ref int8_ref "
    "int16_ref int32_ref int64_ref uint8_ref uint16_ref uint32_ref uint64_ref bool_ref string_ref resource_ref "
    "variant_ref qint8_ref quint8_ref qint16_ref quint16_ref qint32_ref"
)
_ERRORS = (
    "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED "
    "RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS "
    "UNAUTHENTICATED OpError CancelledError UnknownError InvalidArgumentError DeadlineExceededError NotFoundError "
    "AlreadyExistsError PermissionDeniedError ResourceExhaustedError FailedPreconditionError AbortedError "
    "OutOfRangeError UnimplementedError InternalError UnavailableError DataLossError UnauthenticatedError "
    "exception_type_from_error_code error_code_from_exception_type raise_exception_on_not_ok_status"
)

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.graph.core": (
            "Graph Operation Tensor add_to_collection add_to_collections colocate_with container control_dependencies "
            "device get_collection get_collection_ref get_default_graph init_scope name_scope op_scope "
            "reset_default_graph set_random_seed"
        ),
        "recell.graph.keys": "GraphKeys",
        "recell.graph.shapes": "TensorShape",
        "recell.graph.dimensions": "Dimension",
        "recell.graph.dtypes": _DTYPES,
        "recell.graph.errors": "OpError",
        "recell.graph.convert": "convert_to_tensor constant register_tensor_conversion_function",
        "recell.graph.default_session": "get_default_session",
        "recell.session.session": "Session InteractiveSession",
        "recell.session.config": "ConfigProto GPUOptions GraphOptions OptimizerOptions RunOptions RunMetadata",
    },
    "dtypes": {"recell.graph.dtypes": f"{_DTYPES} {_REFS}"},
    "errors": {"recell.graph.errors": _ERRORS},
    "nest": {
        "recell.graph.nest": (
            "assert_same_structure assert_shallow_structure flatten flatten_dict_items flatten_up_to "
            "flatten_with_joined_string_paths flatten_with_tuple_paths flatten_with_tuple_paths_up_to "
            "get_traverse_shallow_structure is_nested is_sequence is_sequence_or_composite map_structure "
            "map_structure_up_to map_structure_with_paths map_structure_with_tuple_paths "
            "map_structure_with_tuple_paths_up_to pack_sequence_as yield_flat_paths"
        ),
    },
    "python.framework.ops": {
        "recell.graph.shapes": "as_shape unknown_shape",
        "recell.graph.dimensions": "as_dimension dimension_value",
        "recell.graph.static": "constant_value constant_value_as_shape",
    },
}
