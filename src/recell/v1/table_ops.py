"""Mathematics and arrays: rows of the table (see table.py for their form)."""

from __future__ import annotations

_UNARY = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh digamma erf erfc exp expm1 floor is_finite is_inf is_nan "
    "lgamma log log1p log_sigmoid negative reciprocal rint round rsqrt sigmoid sign sin sinh sqrt square tan tanh"
)
_BINARY = (
    "accumulate_n add add_n atan2 divide floordiv floormod maximum minimum mod pow squared_difference subtract "
    "truediv truncatediv truncatemod multiply"
)
_COMPARISON = (
    "approximate_equal equal greater greater_equal less less_equal logical_and logical_not logical_or logical_xor "
    "not_equal"
)
_REDUCE = (
    "argmax argmin count_nonzero reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min "
    "reduce_prod reduce_sum"
)
_SEGMENT = (
    "segment_max segment_mean segment_min segment_prod segment_sum unsorted_segment_max unsorted_segment_mean "
    "unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n unsorted_segment_sum"
)
_COMPLEX = "angle conj imag real"
_SCAN = "bincount confusion_matrix cumprod cumsum"
_RANDOM = "random_crop random_gamma random_normal random_poisson random_shuffle random_uniform truncated_normal"
_SPARSE = (
    "sparse_concat sparse_placeholder sparse_reduce_max sparse_reduce_sum sparse_reorder sparse_retain sparse_slice "
    "sparse_tensor_dense_matmul sparse_tensor_to_dense sparse_to_dense"
)

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.ops.math_unary": f"{_UNARY} ceiling inv neg",
        "recell.ops.math_binary": f"{_BINARY} div div_no_nan floor_div realdiv mul sub",
        "recell.ops.math_cast": (
            "bitcast cast saturate_cast to_bfloat16 to_complex128 to_complex64 to_double to_float to_int32 to_int64"
        ),
        "recell.ops.math_complex": f"{_COMPLEX} complex",
        "recell.ops.math_scan": f"{_SCAN} histogram_fixed_width",
        "recell.ops.comparison": f"{_COMPARISON} select where",
        "recell.ops.reductions": f"{_REDUCE} arg_max arg_min",
        "recell.ops.segment": _SEGMENT,
        "recell.ops.clip": "clip_by_average_norm clip_by_global_norm clip_by_norm clip_by_value global_norm",
        "recell.ops.linalg": "batch_matmul cross einsum matmul norm tensordot",
        "recell.ops.linalg_matrix": (
            "cholesky diag diag_part eye matrix_band_part matrix_determinant matrix_diag matrix_diag_part "
            "matrix_inverse matrix_set_diag matrix_solve matrix_transpose matrix_triangular_solve svd trace "
            "batch_matrix_diag=matrix_diag batch_matrix_band_part=matrix_band_part"
        ),
        "recell.ops.array_shape": (
            "broadcast_dynamic_shape broadcast_to expand_dims rank reshape shape shape_n size squeeze transpose"
        ),
        "recell.ops.array_join": "concat pack split stack unpack unstack",
        "recell.ops.array_pad": "pad tile",
        "recell.ops.array_make": (
            "fill lin_space linspace meshgrid one_hot ones ones_like range=range_ sequence_mask zeros zeros_like"
        ),
        "recell.ops.array_index": "batch_gather boolean_mask gather gather_nd scatter_nd",
        "recell.ops.array_order": (
            "argsort invert_permutation listdiff reverse reverse_sequence reverse_v2 roll setdiff1d sort unique "
            "unique_with_counts"
        ),
        "recell.graph.shapes": "broadcast_static_shape",
        "recell.ops.slicing": "newaxis slice=slice_ strided_slice",
        "recell.ops.random": f"{_RANDOM} get_seed multinomial",
        "recell.ops.strings": (
            "as_string reduce_join regex_replace string_join string_split string_strip string_to_number substr"
        ),
        "recell.ops.sparse": _SPARSE,
        "recell.graph.sparse_tensor": "SparseTensor SparseTensorValue convert_to_tensor_or_sparse_tensor",
    },
    "math": {
        "recell.ops.math_unary": _UNARY,
        "recell.ops.math_binary": f"{_BINARY} divide_no_nan=div_no_nan xdivy xlogy",
        "recell.ops.math_complex": _COMPLEX,
        "recell.ops.math_scan": _SCAN,
        "recell.ops.comparison": _COMPARISON,
        "recell.ops.reductions": f"{_REDUCE} reduce_euclidean_norm reduce_std reduce_variance",
        "recell.ops.segment": _SEGMENT,
        "recell.ops.array_order": "in_top_k invert_permutation top_k",
    },
    "linalg": {
        "recell.ops.linalg": "cross einsum matmul norm tensordot",
        "recell.ops.linalg_matrix": (
            "band_part=matrix_band_part cholesky det=matrix_determinant diag=matrix_diag diag_part=matrix_diag_part "
            "eye inv=matrix_inverse matrix_transpose set_diag=matrix_set_diag solve=matrix_solve svd "
            "tensor_diag=diag tensor_diag_part=diag_part trace triangular_solve=matrix_triangular_solve"
        ),
    },
    "nn": {
        "recell.ops.array_order": "in_top_k top_k",
        "recell.ops.math_unary": "log_sigmoid",
    },
    "random": {
        "recell.ops.random": (
            "categorical gamma=random_gamma get_seed multinomial normal=random_normal poisson=random_poisson "
            "shuffle=random_shuffle truncated_normal uniform=random_uniform"
        ),
    },
    "dtypes": {"recell.ops.math_cast": "cast saturate_cast"},
    "strings": {
        "recell.ops.strings": (
            "as_string join=string_join length=string_length lower=string_lower reduce_join regex_full_match "
            "regex_replace strip=string_strip substr to_number=string_to_number upper=string_upper"
        ),
    },
    "sparse": {
        "recell.ops.sparse": (
            "concat=sparse_concat placeholder=sparse_placeholder "
            "reduce_max=sparse_reduce_max reduce_sum=sparse_reduce_sum reorder=sparse_reorder retain=sparse_retain "
            "slice=sparse_slice sparse_dense_matmul=sparse_tensor_dense_matmul to_dense=sparse_tensor_to_dense"
        ),
        "recell.graph.sparse_tensor": "SparseTensor",
    },
    "manip": {
        "recell.ops.array_index": "gather_nd scatter_nd",
        "recell.ops.array_pad": "tile",
        "recell.ops.array_order": "reverse roll",
        "recell.ops.array_shape": "reshape",
    },
}
