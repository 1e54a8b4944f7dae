"""The goldens of tf.contrib.legacy_seq2seq: a program each.

With TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax), in the root of the repository:

    PYTHONPATH=. python -m tests.seq2seq.golden_legacy
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests import golden_program
from tests.rnn.golden_case import Feeds


def _lstm(tf: Any) -> Any:
    return tf.nn.rnn_cell.LSTMCell(4)


def _gru(tf: Any) -> Any:
    return tf.nn.rnn_cell.GRUCell(4)


def _steps(tf: Any, feeds: Feeds, key: str) -> Any:
    return tf.unstack(feeds("in/" + key))


def _answer(tf: Any, found: Any) -> dict[str, Any]:
    outputs, state = found
    return {"out": tf.stack(outputs), "state": state}


def _decoder(tf: Any, feeds: Feeds, make: Callable[[Any], Any], **options: Any) -> dict[str, Any]:
    cell, legacy = make(tf), tf.contrib.legacy_seq2seq
    inputs = _steps(tf, feeds, "dec")
    return _answer(tf, legacy.rnn_decoder(inputs, feeds.state(cell, "in/state"), cell, **options))


def _attention(tf: Any, feeds: Feeds) -> dict[str, Any]:
    cell, legacy = _lstm(tf), tf.contrib.legacy_seq2seq
    inputs, states = _steps(tf, feeds, "dec"), feeds("in/attention_states")
    return _answer(tf, legacy.attention_decoder(inputs, feeds.state(cell, "in/state"), states, cell))


def _embedding_attention(tf: Any, feeds: Feeds) -> dict[str, Any]:
    cell, legacy = _gru(tf), tf.contrib.legacy_seq2seq
    inputs, states = _steps(tf, feeds, "dec"), feeds("in/attention_states")
    return _answer(
        tf,
        legacy.embedding_attention_decoder(
            inputs, feeds.state(cell, "in/state"), states, cell, 6, 3, output_size=6, feed_previous=True
        ),
    )


def _projection(feeds: Feeds, wanted: bool) -> Any:
    return (feeds("in/W"), feeds("in/b")) if wanted else None


def _embedding_decoder(tf: Any, feeds: Feeds, feed: bool, project: bool) -> dict[str, Any]:
    inputs, projection = _steps(tf, feeds, "dec"), _projection(feeds, project)
    cell = _gru(tf) if project else tf.contrib.rnn.OutputProjectionWrapper(_gru(tf), 6)
    state = feeds("in/state/0")
    return _answer(
        tf,
        tf.contrib.legacy_seq2seq.embedding_rnn_decoder(
            inputs, state, cell, 6, 3, output_projection=projection, feed_previous=feed
        ),
    )


def _both(tf: Any, feeds: Feeds, function: str) -> dict[str, Any]:
    model = getattr(tf.contrib.legacy_seq2seq, function)
    return _answer(tf, model(_steps(tf, feeds, "enc"), _steps(tf, feeds, "dec"), _lstm(tf)))


def _embedding(tf: Any, feeds: Feeds, feed: bool, project: bool) -> dict[str, Any]:
    encoder, decoder = _steps(tf, feeds, "enc"), _steps(tf, feeds, "dec")
    return _answer(
        tf,
        tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(
            encoder,
            decoder,
            _lstm(tf),
            5,
            6,
            3,
            output_projection=_projection(feeds, project),
            feed_previous=feed,
        ),
    )


def _tied(tf: Any, feeds: Feeds) -> dict[str, Any]:
    encoder, decoder = _steps(tf, feeds, "enc"), _steps(tf, feeds, "dec")
    model = tf.contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq
    return _answer(tf, model(encoder, decoder, _lstm(tf), 5, 3, num_decoder_symbols=4))


def _attending(tf: Any, feeds: Feeds, feed: bool, initial: bool) -> dict[str, Any]:
    encoder, decoder = _steps(tf, feeds, "enc"), _steps(tf, feeds, "dec")
    return _answer(
        tf,
        tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
            encoder, decoder, _gru(tf), 5, 6, 3, num_heads=2, feed_previous=feed, initial_state_attention=initial
        ),
    )


def _attending_if(tf: Any, feeds: Feeds) -> dict[str, Any]:
    encoder, decoder = _steps(tf, feeds, "enc"), _steps(tf, feeds, "dec")
    feed, projection = feeds("in/feed_previous"), _projection(feeds, True)
    return _answer(
        tf,
        tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
            encoder, decoder, _lstm(tf), 5, 6, 3, feed_previous=feed, output_projection=projection
        ),
    )


def _one_to_many(tf: Any, feeds: Feeds) -> dict[str, Any]:
    encoder = _steps(tf, feeds, "enc")
    decoders = {"a": _steps(tf, feeds, "dec_a"), "b": _steps(tf, feeds, "dec_b")}
    outputs, states = tf.contrib.legacy_seq2seq.one2many_rnn_seq2seq(
        encoder, decoders, _gru(tf), {"a": _gru(tf), "b": _gru(tf)}, 5, {"a": 6, "b": 3}, 3
    )
    results = {}
    for name in "ab":
        results["out/" + name] = tf.stack(outputs[name])
        results["state/" + name] = states[name]
    return results


def _buckets(tf: Any, feeds: Feeds) -> dict[str, Any]:
    legacy = tf.contrib.legacy_seq2seq
    lists = [_steps(tf, feeds, key) for key in ("enc", "dec", "targets", "weights")]
    outputs, losses = legacy.model_with_buckets(
        *lists,
        buckets=[(2, 3), (4, 5)],
        seq2seq=lambda x, y: legacy.embedding_rnn_seq2seq(x, y, _gru(tf), 5, 5, 3),
    )
    results = {}
    for k in (0, 1):
        results[f"out/bucket{k}"] = tf.stack(outputs[k])
        results[f"out/loss{k}"] = losses[k]
    return results


WEIGHTS = [[1.0, 1.0, 0.0], [1.0, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def _losses(tf: Any, feeds: Feeds, time: bool, batch: bool) -> dict[str, Any]:
    legacy = tf.contrib.legacy_seq2seq
    logits, targets = _steps(tf, feeds, "logits"), _steps(tf, feeds, "targets")
    lists = logits, targets, [tf.constant(row) for row in WEIGHTS]
    return {
        "out/by_example": legacy.sequence_loss_by_example(*lists, average_across_timesteps=time),
        "out/loss": legacy.sequence_loss(*lists, average_across_timesteps=time, average_across_batch=batch),
    }


LEGACY: dict[str, golden_program.Program] = {
    "legacy_rnn_decoder": lambda tf, feeds: _decoder(tf, feeds, _lstm),
    "legacy_rnn_decoder_loop": lambda tf, feeds: _decoder(
        tf, feeds, _gru, loop_function=lambda previous, i: tf.tanh(previous) * i
    ),
    "legacy_attention_decoder_h1": _attention,
    "legacy_embedding_attention_decoder": _embedding_attention,
    "legacy_embedding_rnn_decoder_fp0_proj0": lambda tf, feeds: _embedding_decoder(tf, feeds, False, False),
    "legacy_embedding_rnn_decoder_fp0_proj1": lambda tf, feeds: _embedding_decoder(tf, feeds, False, True),
    "legacy_embedding_rnn_decoder_fp1_proj0": lambda tf, feeds: _embedding_decoder(tf, feeds, True, False),
    "legacy_basic_rnn_seq2seq": lambda tf, feeds: _both(tf, feeds, "basic_rnn_seq2seq"),
    "legacy_tied_rnn_seq2seq": lambda tf, feeds: _both(tf, feeds, "tied_rnn_seq2seq"),
    "legacy_embedding_rnn_seq2seq_fp0_proj0": lambda tf, feeds: _embedding(tf, feeds, False, False),
    "legacy_embedding_rnn_seq2seq_fp0_proj1": lambda tf, feeds: _embedding(tf, feeds, False, True),
    "legacy_embedding_rnn_seq2seq_fp1_proj0": lambda tf, feeds: _embedding(tf, feeds, True, False),
    "legacy_embedding_rnn_seq2seq_fp1_proj1": lambda tf, feeds: _embedding(tf, feeds, True, True),
    "legacy_embedding_tied_rnn_seq2seq_fp0": _tied,
    "legacy_embedding_attention_seq2seq_fp0_isa0": lambda tf, feeds: _attending(tf, feeds, False, False),
    "legacy_embedding_attention_seq2seq_fp0_isa1": lambda tf, feeds: _attending(tf, feeds, False, True),
    "legacy_embedding_attention_seq2seq_fp1_isa0": lambda tf, feeds: _attending(tf, feeds, True, False),
    "legacy_embedding_attention_seq2seq_fptensor": _attending_if,
    "legacy_one2many_rnn_seq2seq": _one_to_many,
    "legacy_model_with_buckets_0": _buckets,
    "legacy_sequence_loss_00": lambda tf, feeds: _losses(tf, feeds, False, False),
    "legacy_sequence_loss_01": lambda tf, feeds: _losses(tf, feeds, False, True),
    "legacy_sequence_loss_10": lambda tf, feeds: _losses(tf, feeds, True, False),
    "legacy_sequence_loss_11": lambda tf, feeds: _losses(tf, feeds, True, True),
}

if __name__ == "__main__":
    golden_program.main(LEGACY)
