"""The goldens of attention: mechanisms called by themselves, the wrapper under a decoder and under dynamic_rnn.

With TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax), in the root of the repository,

    PYTHONPATH=. python -m tests.seq2seq.golden_attention

checks the harness itself: the real thing must pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.rnn.golden_case import (
    FOLDER,
    Feeds,
    Golden,
    check_gradients,
    check_variables,
    describe,
    flat,
    load_variables,
    weighted_sum,
)

MECHANISMS = {
    "bahdanau": "BahdanauAttention",
    "luong": "LuongAttention",
    "bahdanau_mono": "BahdanauMonotonicAttention",
    "luong_mono": "LuongMonotonicAttention",
}

OF_ANOTHER_KIND = {"attn_gather_tree"}


def attention_names() -> list[str]:
    """All goldens that this file checks."""
    found = {path.stem for pattern in ("attn_*.json", "attnwrap_*.json") for path in FOLDER.glob(pattern)}
    return sorted(found - OF_ANOTHER_KIND)


class WithNaN(Golden):
    """A golden in which some gradients are not numbers: NaN must be where TensorFlow's is, and nowhere else."""

    def compare(self, key: str, actual: Any, tolerance: float) -> None:
        expected = self.arrays[key]
        missing = np.isnan(expected)
        if missing.any():
            np.testing.assert_array_equal(np.isnan(actual), missing, err_msg=f"{self.name}: {key}")
            self.arrays[key] = np.where(missing, 0, expected).astype(expected.dtype)
            actual = np.where(missing, 0, actual).astype(np.asarray(actual).dtype)
        super().compare(key, actual, tolerance)


def check_attention(tf: Any, name: str) -> None:
    """Run the golden `name`: variables, results, structures, gradients."""
    golden = WithNaN(name)
    names = [v["name"] for v in golden.meta["variables"]]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        feeds = Feeds(tf, golden)
        results = _program(golden)(tf, feeds)
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, names)
        feed_dict = feeds.feed_dict()
        for key, expected in golden.meta["structures"].items():
            structure = results[key]
            assert describe(structure) == expected, (name, key, describe(structure))
            golden.compare_leaves(key, session.run(flat(tf, structure), feed_dict))
        differentiated = sorted({key[2:].rpartition("/")[0] for key in golden.arrays if key.startswith("R/")})
        losses = [weighted_sum(tf, golden, "R/" + key, flat(tf, results[key])[:1]) for key in differentiated]
        fed = feeds.differentiable()
        wrt = [feeds.made[key] for key in fed] + tf.trainable_variables()
        keys = fed + ["var/" + n for n in names]
        check_gradients(tf, session, golden, "grad", tf.add_n(losses), wrt, keys, feed_dict)


def _program(golden: Golden) -> Any:
    if "mechanism" in golden.meta:
        return _mechanism
    if "mechanisms" in golden.meta:
        return _decoded
    return {"attnwrap_dynamic_rnn": _under_dynamic_rnn, "attn_functions": _functions}[golden.name]


def _mechanism(tf: Any, feeds: Feeds) -> dict[str, Any]:
    memory, lengths = feeds("in/memory"), feeds.optional("in/memory_sequence_length")
    query, state = feeds("in/query"), feeds("in/state")
    meta = feeds.golden.meta
    options = dict(meta["kwargs"])
    if options.get("probability_fn") == "hardmax":
        options["probability_fn"] = tf.contrib.seq2seq.hardmax
    made = getattr(tf.contrib.seq2seq, MECHANISMS[meta["mechanism"]])
    mechanism = made(memory=memory, memory_sequence_length=lengths, **options)
    alignments, next_state = mechanism(query, state)
    return {
        "out/alignments": alignments,
        "out/context": tf.squeeze(tf.matmul(tf.expand_dims(alignments, 1), mechanism.values), [1]),
        "next_state": next_state,
        "keys": mechanism.keys,
        "values": mechanism.values,
        "initial_alignments": mechanism.initial_alignments(memory.shape[0].value, tf.float32),
    }


def _functions(tf: Any, feeds: Feeds) -> dict[str, Any]:
    p, previous = feeds("in/p"), feeds("in/prev")
    library = tf.contrib.seq2seq
    results = {
        "out/monotonic_" + mode: library.monotonic_attention(p, previous, mode)
        for mode in ("parallel", "recursive", "hard")
    }
    results["out/safe_cumprod"] = library.safe_cumprod(p, axis=1)
    results["out/safe_cumprod_excl_rev"] = library.safe_cumprod(p, axis=1, exclusive=True, reverse=True)
    results["hardmax"] = library.hardmax(p)
    results["tile_batch"] = library.tile_batch((previous, previous[:, 0]), 3)
    return results


def _decoded(tf: Any, feeds: Feeds) -> dict[str, Any]:
    library, meta = tf.contrib.seq2seq, feeds.golden.meta
    memory, memory_lengths = feeds("in/memory"), feeds("in/memory_sequence_length")
    x, lengths = feeds("in/x"), feeds("in/sequence_length")
    several = isinstance(meta["mechanisms"], list)
    made = [
        getattr(library, MECHANISMS[kind])(meta["mechanism_num_units"], memory, memory_lengths)
        for kind in (meta["mechanisms"] if several else [meta["mechanisms"]])
    ]
    options = {key: eval(value) for key, value in meta["kwargs"].items()}
    if meta["extra"]:
        extra = eval(meta["extra"], {"tf": tf, "tanh": tf.tanh})
        options["cell_input_fn" if meta["extra"].startswith("lambda") else "attention_layer"] = extra
    cell = library.AttentionWrapper(tf.nn.rnn_cell.LSTMCell(4), made if several else made[0], **options)
    assert str(cell.state_size) == meta["state_size"], cell.state_size
    assert str(cell.output_size) == meta["output_size"], cell.output_size
    start = cell.zero_state(x.shape[0].value, tf.float32)
    decoder = library.BasicDecoder(cell, library.TrainingHelper(x, lengths), start)
    outputs, state, final = library.dynamic_decode(decoder, impute_finished=meta["impute_finished"])
    results = {"out": outputs, "lengths": final, "state": state._replace(alignment_history=())}
    if options.get("alignment_history"):
        results["state_alignment_history"] = tuple(array.stack() for array in state.alignment_history)
    return results


def _under_dynamic_rnn(tf: Any, feeds: Feeds) -> dict[str, Any]:
    library = tf.contrib.seq2seq
    memory, memory_lengths = feeds("in/memory"), feeds("in/memory_sequence_length")
    x, lengths = feeds("in/x"), feeds("in/sequence_length")
    mechanism = library.BahdanauAttention(4, memory, memory_lengths)
    cell = library.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), mechanism, attention_layer_size=5)
    outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=lengths, dtype=tf.float32)
    return {"out": outputs, "state": state}


def main() -> None:
    """Check this harness against genuine TensorFlow: every golden must reproduce itself."""
    import tensorflow as tf

    failed = 0
    for name in attention_names():
        try:
            check_attention(tf, name)
        except AssertionError as error:
            failed += 1
            print("FAILED", name, str(error)[:400])
    print(f"{len(attention_names())} checks, {failed} failed")
    raise SystemExit(failed != 0)


if __name__ == "__main__":
    main()
