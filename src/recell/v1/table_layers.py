"""Layers, losses, regularizers, initializers: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "layers": {
        "recell.layers.core": "Dense Dropout Flatten dense dropout flatten",
        "recell.ops.layer": "InputSpec Layer",
    },
    "losses": {
        "recell.layers.losses": (
            "Reduction absolute_difference add_loss compute_weighted_loss cosine_distance get_losses "
            "get_regularization_loss get_regularization_losses get_total_loss hinge_loss huber_loss log_loss "
            "mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy softmax_cross_entropy "
            "sparse_softmax_cross_entropy"
        ),
    },
}
