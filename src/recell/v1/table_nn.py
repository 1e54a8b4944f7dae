"""Operations of neural networks: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "nn": {
        "recell.ops.candidate_sampling": (
            "compute_accidental_hits log_uniform_candidate_sampler uniform_candidate_sampler"
        ),
        "recell.ops.conv": "atrous_conv2d conv1d conv2d conv3d convolution depthwise_conv2d separable_conv2d",
        "recell.ops.conv_transpose": "conv1d_transpose conv2d_transpose conv3d_transpose",
        "recell.ops.ctc": "ctc_loss",
        "recell.ops.ctc_dense": "ctc_loss_v2",
        "recell.ops.ctc_labels": "collapse_repeated ctc_unique_labels",
        "recell.ops.ctc_decode": "ctc_beam_search_decoder ctc_beam_search_decoder_v2 ctc_greedy_decoder",
        "recell.ops.pool": ("avg_pool avg_pool1d avg_pool2d avg_pool3d max_pool max_pool1d max_pool2d max_pool3d pool"),
        "recell.ops.embedding": "embedding_lookup",
        "recell.ops.embedding_sparse": "embedding_lookup_sparse safe_embedding_lookup_sparse",
        "recell.ops.math_unary": "sigmoid tanh",
        "recell.ops.nn_activations": (
            "crelu elu leaky_relu log_softmax relu relu6 selu softmax softplus softsign swish"
        ),
        "recell.ops.nn_cross_entropy": (
            "log_poisson_loss sigmoid_cross_entropy_with_logits softmax_cross_entropy_with_logits "
            "softmax_cross_entropy_with_logits_v2 sparse_softmax_cross_entropy_with_logits "
            "weighted_cross_entropy_with_logits"
        ),
        "recell.ops.nn_dense": "bias_add l2_loss l2_normalize relu_layer xw_plus_b zero_fraction",
        "recell.ops.nn_dropout": "dropout",
        "recell.ops.sampled_loss": "nce_loss sampled_softmax_loss",
        "recell.ops.nn_norm": (
            "batch_norm_with_global_normalization batch_normalization fused_batch_norm local_response_normalization "
            "lrn=local_response_normalization moments normalize_moments sufficient_statistics weighted_moments"
        ),
    },
    "": {
        "recell.ops.ctc_decode": "edit_distance",
        "recell.ops.lookup": "initialize_all_tables tables_initializer",
    },
    "initializers": {"recell.ops.lookup": "tables_initializer"},
    "contrib.lookup": {
        "recell.ops.lookup": (
            "HashTable KeyValueTensorInitializer MutableHashTable TextFileIndex TextFileInitializer "
            "index_table_from_file index_table_from_tensor index_to_string_table_from_file "
            "index_to_string_table_from_tensor"
        ),
    },
    "python.ops.lookup_ops": {
        "recell.ops.lookup": (
            "HashTable KeyValueTensorInitializer MutableHashTable StaticHashTable StaticVocabularyTable TextFileIndex "
            "TextFileInitializer index_table_from_file index_table_from_tensor index_to_string_table_from_file "
            "index_to_string_table_from_tensor tables_initializer"
        ),
    },
    "distributions": {
        "recell.ops.distribution": "Distribution kl_divergence",
        "recell.ops.distribution_continuous": "Normal Uniform",
        "recell.ops.distribution_discrete": "Bernoulli Categorical",
    },
    "contrib.distributions": {
        "recell.ops.distribution": "Distribution kl_divergence",
        "recell.ops.distribution_continuous": "Normal Uniform",
        "recell.ops.distribution_discrete": "Bernoulli Categorical",
    },
    "lookup": {
        "recell.ops.lookup": (
            "KeyValueTensorInitializer StaticHashTable StaticVocabularyTable TextFileIndex TextFileInitializer"
        ),
    },
    "contrib.crf": {
        "recell.ops.crf": (
            "crf_binary_score crf_decode crf_log_likelihood crf_log_norm crf_multitag_sequence_score "
            "crf_sequence_score crf_unary_score viterbi_decode"
        ),
    },
    "math": {
        "recell.ops.nn_activations": "log_softmax softmax softplus softsign",
        "recell.ops.nn_dense": "l2_normalize zero_fraction",
    },
    "linalg": {"recell.ops.nn_dense": "l2_normalize"},
}
