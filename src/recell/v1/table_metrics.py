"""`tf.metrics`, `tf.contrib.metrics`, `optimize_loss`: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "metrics": {
        "recell.metrics.means": (
            "accuracy mean mean_absolute_error mean_cosine_distance mean_relative_error mean_squared_error mean_tensor "
            "percentage_below root_mean_squared_error"
        ),
        "recell.metrics.classes": "mean_iou mean_per_class_accuracy",
        "recell.metrics.curves": "auc sensitivity_at_specificity specificity_at_sensitivity",
        "recell.metrics.thresholds": (
            "false_negatives_at_thresholds false_positives_at_thresholds precision_at_thresholds recall_at_thresholds "
            "true_negatives_at_thresholds true_positives_at_thresholds"
        ),
        "recell.metrics.top_k": (
            "average_precision_at_k precision_at_k precision_at_top_k recall_at_k recall_at_top_k "
            "sparse_average_precision_at_k sparse_precision_at_k"
        ),
        "recell.metrics.confusion": ("false_negatives false_positives precision recall true_negatives true_positives"),
    },
    "python.ops.metrics_impl": {
        "recell.metrics.classes": "_streaming_confusion_matrix=streaming_confusion_matrix",
        "recell.metrics.state": "metric_variable",
    },
    "contrib.metrics": {
        "recell.metrics.streaming": (
            "aggregate_metric_map aggregate_metrics sparse_recall_at_top_k streaming_accuracy streaming_auc "
            "streaming_false_negatives streaming_false_positives streaming_mean streaming_mean_absolute_error "
            "streaming_mean_cosine_distance streaming_mean_iou streaming_mean_relative_error "
            "streaming_mean_squared_error streaming_mean_tensor streaming_percentage_less streaming_precision "
            "streaming_precision_at_thresholds streaming_recall streaming_recall_at_k streaming_recall_at_thresholds "
            "streaming_root_mean_squared_error streaming_sensitivity_at_specificity "
            "streaming_sparse_average_precision_at_k streaming_sparse_average_precision_at_top_k "
            "streaming_sparse_precision_at_k streaming_sparse_precision_at_top_k streaming_sparse_recall_at_k "
            "streaming_specificity_at_sensitivity streaming_true_negatives streaming_true_positives"
        ),
        "recell.metrics.contrib_rates": (
            "accuracy count streaming_false_negative_rate streaming_false_negative_rate_at_thresholds "
            "streaming_false_positive_rate streaming_false_positive_rate_at_thresholds "
            "streaming_false_negatives_at_thresholds streaming_false_positives_at_thresholds "
            "streaming_true_negatives_at_thresholds streaming_true_positives_at_thresholds"
        ),
        "recell.metrics.contrib_curves": "f1_score precision_at_recall recall_at_precision streaming_curve_points",
        "recell.metrics.correlation": "streaming_covariance streaming_pearson_correlation",
        "recell.metrics.concatenation": "streaming_concat",
        "recell.metrics.exact_curves": "auc_using_histogram precision_recall_at_equal_thresholds streaming_dynamic_auc",
        "recell.metrics.kappa": "cohen_kappa",
        "recell.ops.math_scan": "confusion_matrix",
        "recell.ops.sets": "set_difference set_intersection set_size set_union",
    },
    "sets": {
        "recell.ops.sets": (
            "difference=set_difference intersection=set_intersection set_difference set_intersection set_size "
            "set_union size=set_size union=set_union"
        ),
    },
    "contrib.framework": {
        "recell.layers.model_variables": "global_variable local_variable model_variable variable",
        "recell.layers.contrib_framework": (
            "assert_same_float_dtype assert_scalar_int get_name_scope is_tensor reduce_sum_n "
            "remove_squeezable_dimensions smart_cond smart_constant_value"
        ),
        "recell.ops.check_shapes": "assert_scalar",
        "recell.ops.array_order": "argsort sort",
        "recell.graph.sparse_tensor": "convert_to_tensor_or_sparse_tensor",
    },
    "": {"recell.layers.contrib_framework": "is_tensor"},
    "debugging": {"recell.layers.contrib_framework": "is_tensor"},
    "contrib.training": {
        "recell.platform.hparams": "HParams parse_values",
        "recell.layers.train_op": (
            "add_gradients_summaries clip_gradient_norms clip_gradient_norms_fn create_train_op multiply_gradients"
        ),
    },
    "contrib.slim.learning": {
        "recell.layers.train_op": (
            "add_gradients_summaries clip_gradient_norms create_train_op=slim_create_train_op multiply_gradients"
        ),
    },
    "contrib.losses": {
        "recell.layers.contrib_losses": (
            "absolute_difference add_loss compute_weighted_loss cosine_distance get_losses get_regularization_losses "
            "get_total_loss hinge_loss log_loss mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy "
            "softmax_cross_entropy sparse_softmax_cross_entropy"
        ),
    },
    "contrib.layers": {
        "recell.layers.contrib_convolution": (
            "conv2d_transpose convolution2d_transpose=conv2d_transpose separable_conv2d "
            "separable_convolution2d=separable_conv2d"
        ),
        "recell.layers.optimize_loss": "OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES optimize_loss",
        "recell.layers.summaries": (
            "summarize_activation summarize_activations summarize_collection summarize_tensor summarize_tensors"
        ),
        "recell.layers.contrib_units": "elu maxout scale_gradient",
        "recell.layers.contrib_words": "bow_encoder dense_to_sparse embedding_lookup_unique",
        "recell.ops.embedding_sparse": "safe_embedding_lookup_sparse",
    },
    "contrib.layers.optimizers": {
        "recell.layers.optimize_loss": "OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES optimize_loss",
        "recell.layers.adaptive_clipping": "adaptive_clipping_fn",
    },
}
