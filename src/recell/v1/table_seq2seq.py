"""Sequence to sequence: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "contrib.seq2seq": {
        "recell.seq2seq.beam_search": ("BeamSearchDecoderOutput BeamSearchDecoderState FinalBeamSearchDecoderOutput"),
        "recell.seq2seq.beam_search_decoder": "BeamSearchDecoder",
        "recell.seq2seq.gather_tree": "gather_tree",
        "recell.seq2seq.tile_batch": "tile_batch",
        "recell.seq2seq.alignments": "hardmax monotonic_attention safe_cumprod",
        "recell.seq2seq.attention": "AttentionMechanism",
        "recell.seq2seq.attention_wrapper": "AttentionWrapper AttentionWrapperState",
        "recell.seq2seq.bahdanau_attention": "BahdanauAttention",
        "recell.seq2seq.luong_attention": "LuongAttention",
        "recell.seq2seq.monotonic_attention": "BahdanauMonotonicAttention LuongMonotonicAttention",
        "recell.seq2seq.basic_decoder": "BasicDecoder BasicDecoderOutput",
        "recell.seq2seq.decoder": "Decoder dynamic_decode",
        "recell.seq2seq.helper": "CustomHelper Helper",
        "recell.seq2seq.inference_helpers": "GreedyEmbeddingHelper InferenceHelper SampleEmbeddingHelper",
        "recell.seq2seq.sequence_loss": "sequence_loss",
        "recell.seq2seq.training_helpers": (
            "ScheduledEmbeddingTrainingHelper ScheduledOutputTrainingHelper TrainingHelper"
        ),
    },
    # Names that TensorFlow hides, and programs with a mechanism of their own import all the same.
    "contrib.seq2seq.python.ops.attention_wrapper": {
        "recell.seq2seq.attention": (
            "_BaseAttentionMechanism=BaseAttentionMechanism _maybe_mask_score=maybe_mask_score "
            "_prepare_memory=prepare_memory"
        ),
        "recell.seq2seq.attention_wrapper": "_compute_attention=compute_attention",
        "recell.seq2seq.bahdanau_attention": "_bahdanau_score=bahdanau_score",
        "recell.seq2seq.luong_attention": "_luong_score=luong_score",
        "recell.seq2seq.monotonic_attention": (
            "_BaseMonotonicAttentionMechanism=BaseMonotonicAttentionMechanism "
            "_monotonic_probability_fn=monotonic_probability_fn"
        ),
    },
    "contrib.seq2seq.python.ops.beam_search_decoder": {
        "recell.seq2seq.beam_search": (
            "_beam_search_step=beam_search_step _get_scores=get_scores _length_penalty=length_penalty "
            "_mask_probs=mask_probs attention_probs_from_attn_state=attention_probs_of get_attention_probs"
        ),
        "recell.seq2seq.gather_tree": (
            "_check_batch_beam=check_batch_beam _check_static_batch_beam_maybe=check_static_batch_beam "
            "gather_tree_from_array"
        ),
    },
    "contrib.seq2seq.python.ops.helper": {"recell.seq2seq.sampling": "bernoulli_sample categorical_sample"},
    "contrib.legacy_seq2seq": {
        "recell.seq2seq.legacy_attention": "attention_decoder embedding_attention_decoder",
        "recell.seq2seq.legacy_buckets": "model_with_buckets",
        "recell.seq2seq.legacy_decoders": (
            "_extract_argmax_and_embed=extract_argmax_and_embed embedding_rnn_decoder rnn_decoder"
        ),
        "recell.seq2seq.legacy_losses": "sequence_loss sequence_loss_by_example",
        "recell.seq2seq.legacy_models": (
            "basic_rnn_seq2seq embedding_attention_seq2seq embedding_rnn_seq2seq embedding_tied_rnn_seq2seq "
            "one2many_rnn_seq2seq tied_rnn_seq2seq"
        ),
    },
}
