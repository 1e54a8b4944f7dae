"""`tf.metrics`: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "metrics": {
        "recell.metrics.means": (
            "accuracy mean mean_absolute_error mean_cosine_distance mean_relative_error mean_squared_error mean_tensor "
            "percentage_below root_mean_squared_error"
        ),
        "recell.metrics.confusion": ("false_negatives false_positives precision recall true_negatives true_positives"),
    },
}
