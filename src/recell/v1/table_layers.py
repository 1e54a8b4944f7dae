"""Layers, losses, regularizers, initializers: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "layers": {
        "recell.layers.convolutional": (
            "Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose SeparableConv2D conv1d conv2d conv2d_transpose conv3d "
            "conv3d_transpose separable_conv2d"
        ),
        "recell.layers.core": "Dense Dropout Flatten dense dropout flatten",
        "recell.layers.normalization": "BatchNormalization batch_normalization",
        "recell.layers.pooling": (
            "AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D "
            "average_pooling1d average_pooling2d average_pooling3d max_pooling1d max_pooling2d max_pooling3d"
        ),
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
