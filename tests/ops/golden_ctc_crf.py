"""The goldens of CTC and of conditional random fields: a program each.

With TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax), in the root of the repository:

    PYTHONPATH=. python -m tests.ops.golden_ctc_crf
"""

from __future__ import annotations

from typing import Any

from tests import golden_program
from tests.rnn.golden_case import Feeds

LABELS = [[0, 1, 2], [1, 1], [3]]


def _sparse(tf: Any, rows: list[list[int]], dtype: Any = None) -> Any:
    indices = [[i, j] for i, row in enumerate(rows) for j in range(len(row))]
    values = tf.constant([label for row in rows for label in row], dtype or tf.int32)
    return tf.SparseTensor(indices, values, [len(rows), max(len(row) for row in rows)])


def _loss(tf: Any, feeds: Feeds, **options: Any) -> dict[str, Any]:
    inputs, lengths = feeds("in/inputs"), feeds("in/sequence_length")
    labels = _sparse(tf, feeds.golden.meta.get("labels", LABELS))
    return {"out/loss": tf.nn.ctc_loss(labels, inputs, lengths, **options)}


def _loss_as_described(tf: Any, feeds: Feeds) -> dict[str, Any]:
    names = ("preprocess_collapse_repeated", "ctc_merge_repeated", "time_major")
    return _loss(tf, feeds, **{name: feeds.golden.meta[name] for name in names})


def _dense_loss(tf: Any, feeds: Feeds, blank: int, unique: bool = False) -> dict[str, Any]:
    logits, logit_length = feeds("in/logits"), feeds("in/logit_length")
    label_length, labels = feeds("in/label_length"), feeds("in/labels")
    known = tf.nn.ctc_unique_labels(labels) if unique else None
    loss = tf.nn.ctc_loss_v2(labels, logits, label_length, logit_length, unique=known, blank_index=blank)
    return {"out/loss": loss}


def _greedy(tf: Any, feeds: Feeds, merge: bool) -> dict[str, Any]:
    inputs, lengths = feeds("in/inputs"), feeds("in/sequence_length")
    (decoded,), score = tf.nn.ctc_greedy_decoder(inputs, lengths, merge_repeated=merge)
    return {"decoded": decoded, "neg_sum_logits": score}


def _decoded(found: Any) -> dict[str, Any]:
    paths, score = found
    results = {f"decoded{k}": path for k, path in enumerate(paths)}
    results["log_probability"] = score
    return results


def _beam(tf: Any, feeds: Feeds, width: int, paths: int, merge: bool) -> dict[str, Any]:
    inputs, lengths = feeds("in/inputs"), feeds("in/sequence_length")
    return _decoded(
        tf.nn.ctc_beam_search_decoder(inputs, lengths, beam_width=width, top_paths=paths, merge_repeated=merge)
    )


def _misc(tf: Any, feeds: Feeds) -> dict[str, Any]:
    inputs, lengths = feeds("in/inputs"), feeds("in/sequence_length")
    results = _decoded(tf.nn.ctc_beam_search_decoder_v2(inputs, lengths, beam_width=8, top_paths=2))
    labels, label_length = feeds("in/labels"), feeds("in/label_len")
    results["collapsed"], results["collapsed_len"] = tf.nn.collapse_repeated(labels, label_length)
    results["unique"], results["unique_idx"] = tf.nn.ctc_unique_labels(labels)
    return results


def _distance(tf: Any, feeds: Feeds) -> dict[str, Any]:
    hypothesis = _sparse(tf, [[1, 2, 3], [1, 1], [3]])
    truth = _sparse(tf, [[1, 3, 3, 4], [1], [2, 2]])
    distance = tf.edit_distance
    return {"normalized": distance(hypothesis, truth), "raw": distance(hypothesis, truth, normalize=False)}


def _crf(tf: Any, feeds: Feeds) -> dict[str, Any]:
    crf = tf.contrib.crf
    inputs, transitions = feeds("in/inputs"), feeds("in/transition_params")
    tags, lengths, bitmap = feeds("in/tag_indices"), feeds("in/sequence_lengths"), feeds("in/tag_bitmap")
    likelihood, same = crf.crf_log_likelihood(inputs, tags, lengths, transitions)
    assert same is transitions
    decoded, best = crf.crf_decode(inputs, transitions, lengths)
    viterbi, score = crf.viterbi_decode(feeds.golden["in/inputs"][0], feeds.golden["in/transition_params"])
    return {
        "out/log_likelihood": likelihood,
        "out/sequence_score": crf.crf_sequence_score(inputs, tags, lengths, transitions),
        "out/log_norm": crf.crf_log_norm(inputs, lengths, transitions),
        "unary": crf.crf_unary_score(tags, lengths, inputs),
        "binary": crf.crf_binary_score(tags, lengths, transitions),
        "multitag": crf.crf_multitag_sequence_score(inputs, bitmap, lengths, transitions),
        "decode_tags": decoded,
        "best_score": best,
        "viterbi_decode_row0": {"tags": viterbi, "score": score},
    }


def _crf_of_its_own(tf: Any, feeds: Feeds) -> dict[str, Any]:
    inputs, tags, lengths = feeds("in/inputs"), feeds("in/tag_indices"), feeds("in/sequence_lengths64")
    likelihood, transitions = tf.contrib.crf.crf_log_likelihood(inputs, tags, lengths)
    assert transitions.op.name == "transitions"
    return {"out/log_likelihood": likelihood}


CTC_CRF: dict[str, golden_program.Program] = {
    "ctc_loss_pc0_mr1_tm0": _loss_as_described,
    "ctc_loss_pc0_mr1_tm1": _loss_as_described,
    "ctc_loss_pc1_mr0_tm1": _loss_as_described,
    "ctc_loss_pc1_mr1_tm1": _loss_as_described,
    "ctc_loss_ignore_longer": lambda tf, feeds: _loss(tf, feeds, ignore_longer_outputs_than_inputs=True),
    "ctc_loss_v2_b-1_u0": lambda tf, feeds: _dense_loss(tf, feeds, -1),
    "ctc_loss_v2_b-1_u1": lambda tf, feeds: _dense_loss(tf, feeds, -1, unique=True),
    "ctc_loss_v2_b0_u0": lambda tf, feeds: _dense_loss(tf, feeds, 0),
    "ctc_loss_v2_b0_u1": lambda tf, feeds: _dense_loss(tf, feeds, 0, unique=True),
    "ctc_loss_v2_b2_u0": lambda tf, feeds: _dense_loss(tf, feeds, 2),
    "ctc_greedy_mr0": lambda tf, feeds: _greedy(tf, feeds, False),
    "ctc_greedy_mr1": lambda tf, feeds: _greedy(tf, feeds, True),
    "ctc_beam_mr0_bw4": lambda tf, feeds: _beam(tf, feeds, 4, 2, False),
    "ctc_beam_mr1_bw4": lambda tf, feeds: _beam(tf, feeds, 4, 2, True),
    "ctc_beam_mr1_bw30": lambda tf, feeds: _beam(tf, feeds, 30, 4, True),
    "ctc_misc": _misc,
    "ctc_edit_distance": _distance,
    "crf_T5": _crf,
    "crf_created_transitions": _crf_of_its_own,
}

if __name__ == "__main__":
    golden_program.main(CTC_CRF)
