"""Layers, losses, regularizers, initializers: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "layers": {
        "recell.layers.convolutional": (
            "Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose SeparableConv2D conv1d conv2d conv2d_transpose "
            "conv3d conv3d_transpose separable_conv2d"
        ),
        "recell.layers.core": "Dense Dropout Flatten dense dropout flatten",
        "recell.layers.normalization": "BatchNormalization batch_normalization",
        "recell.layers.pooling": (
            "AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D "
            "average_pooling1d average_pooling2d average_pooling3d max_pooling1d max_pooling2d max_pooling3d"
        ),
        "recell.ops.layer": "InputSpec Layer",
    },
    "contrib.layers": {
        "recell.layers.contrib_layers": (
            "avg_pool2d bias_add conv1d conv2d conv3d convolution convolution1d=conv1d convolution2d=conv2d "
            "convolution3d=conv3d dropout embed_sequence flatten fully_connected linear max_pool2d one_hot_encoding "
            "relu relu6 repeat softmax stack unit_norm"
        ),
        "recell.layers.contrib_norm": "batch_norm instance_norm layer_norm",
    },
    "contrib.framework": {
        "recell.layers.arg_scope": (
            "add_arg_scope arg_scope arg_scope_func_key arg_scoped_arguments current_arg_scope has_arg_scope"
        ),
        "recell.ops.with_shape": "with_same_shape with_shape",
    },
    "keras.activations": {
        "recell.ops.keras_activations": "get hard_sigmoid linear serialize",
        "recell.ops.math_unary": "exponential=exp sigmoid tanh",
        "recell.ops.nn_activations": "elu relu selu softmax softplus softsign",
    },
    "keras.layers": {"recell.layers.keras_cells": "GRUCell LSTMCell SimpleRNNCell"},
    "losses": {
        "recell.layers.losses": (
            "Reduction absolute_difference add_loss compute_weighted_loss cosine_distance get_losses "
            "get_regularization_loss get_regularization_losses get_total_loss hinge_loss huber_loss log_loss "
            "mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy softmax_cross_entropy "
            "sparse_softmax_cross_entropy"
        ),
    },
}
