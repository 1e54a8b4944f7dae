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
    "contrib.layers": {"recell.layers.optimize_loss": "OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES optimize_loss"},
    "contrib.layers.optimizers": {
        "recell.layers.optimize_loss": "OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES optimize_loss",
        "recell.layers.adaptive_clipping": "adaptive_clipping_fn",
    },
}
