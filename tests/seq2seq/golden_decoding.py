"""The goldens of decoders and helpers under `dynamic_decode`, and of `sequence_loss`; one row of DECODERS each.

With TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax), in the root of the repository,

    PYTHONPATH=. python -m tests.seq2seq.golden_decoding

checks the harness itself: the real thing must pass.
"""

from __future__ import annotations

from typing import Any

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
from tests.rnn.golden_drivers import check_driver

START, END = [1, 2, 3], 0


def _decode(tf: Any, feeds: Feeds, helper: Any, cell: Any = None, layer: Any = None, **options: Any) -> dict[str, Any]:
    """`dynamic_decode` of a BasicDecoder with the golden's initial state, or zeros."""
    cell = cell or tf.nn.rnn_cell.GRUCell(4)
    state = _state(tf, feeds, cell)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, state, layer)
    outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, **options)
    return {"out": outputs, "state": state, "lengths": lengths}


def _state(tf: Any, feeds: Feeds, cell: Any) -> Any:
    given = feeds.state(cell, "in/state")
    return cell.zero_state(3, tf.float32) if given is None else given


def _projection(tf: Any, **options: Any) -> Any:
    return tf.layers.Dense(6, name="proj", **options)


def _training(tf: Any, feeds: Feeds, time_major: bool = False, impute: bool = False) -> dict[str, Any]:
    x, lengths = feeds("in/x"), feeds("in/sequence_length")
    helper = tf.contrib.seq2seq.TrainingHelper(x, lengths, time_major=time_major)
    cell = tf.nn.rnn_cell.LSTMCell(4)
    return _decode(tf, feeds, helper, cell, _projection(tf), impute_finished=impute, output_time_major=time_major)


def _training_of_some_length_zero(tf: Any, feeds: Feeds) -> dict[str, Any]:
    helper = tf.contrib.seq2seq.TrainingHelper(feeds("in/x"), feeds("in/sequence_length"))
    return _decode(tf, feeds, helper, impute_finished=True, maximum_iterations=3)


def _greedy(tf: Any, feeds: Feeds) -> dict[str, Any]:
    helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(feeds("in/embedding"), START, END)
    cell, layer = tf.nn.rnn_cell.GRUCell(4), _projection(tf)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, _state(tf, feeds, cell), layer)
    parts = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=8)
    imputed = tf.contrib.seq2seq.dynamic_decode(
        decoder, maximum_iterations=8, impute_finished=True, output_time_major=True
    )
    return dict(
        zip(("out", "state", "lengths", "imputed", "imputed_state", "imputed_lengths"), parts + imputed)  # noqa: B905
    )


def _greedy_callable(tf: Any, feeds: Feeds) -> dict[str, Any]:
    embedding = feeds("in/embedding")
    helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(
        lambda ids: tf.nn.embedding_lookup(embedding, ids) * 2, START, END
    )
    cell, layer = tf.nn.rnn_cell.LSTMCell(4), _projection(tf, use_bias=False)
    return _decode(tf, feeds, helper, cell, layer, maximum_iterations=5, scope="my_decoder")


def _inference(tf: Any, feeds: Feeds) -> dict[str, Any]:
    helper = tf.contrib.seq2seq.InferenceHelper(
        tf.tanh, [4], tf.float32, feeds("in/start"), lambda s: s[:, 0] > 0.6, lambda s: 0.5 * s
    )
    return _decode(tf, feeds, helper, maximum_iterations=7)


def _custom(tf: Any, feeds: Feeds) -> dict[str, Any]:
    x = feeds("in/x")

    def next_inputs(time: Any, outputs: Any, state: Any, sample_ids: Any) -> Any:
        return time + 1 >= tf.constant([6, 2, 4]), x[:, tf.minimum(time + 1, 5)], state

    helper = tf.contrib.seq2seq.CustomHelper(
        lambda: (tf.zeros([3], tf.bool), x[:, 0]),
        lambda time, outputs, state: tf.cast(tf.argmax(outputs, 1), tf.int32) + time,
        next_inputs,
    )
    return _decode(tf, feeds, helper, impute_finished=True)


def _scheduled_embedding(
    tf: Any, feeds: Feeds, probability: float, graph_seed: Any = None, **seeds: Any
) -> dict[str, Any]:
    if graph_seed is not None:
        tf.set_random_seed(graph_seed)
    x, lengths, embedding = feeds("in/x"), feeds("in/sequence_length"), feeds("in/embedding")
    helper = tf.contrib.seq2seq.ScheduledEmbeddingTrainingHelper(x, lengths, embedding, probability, **seeds)
    return _decode(tf, feeds, helper, layer=_projection(tf))


def _scheduled_output(
    tf: Any, feeds: Feeds, probability: float, graph_seed: Any = None, **options: Any
) -> dict[str, Any]:
    if graph_seed is not None:
        tf.set_random_seed(graph_seed)
    helper = tf.contrib.seq2seq.ScheduledOutputTrainingHelper(
        feeds("in/x"),
        feeds("in/sequence_length"),
        probability,
        auxiliary_inputs=feeds.optional("in/aux"),
        **options,
    )
    return _decode(tf, feeds, helper)


def _sampled(tf: Any, feeds: Feeds) -> dict[str, Any]:
    tf.set_random_seed(1234)
    helper = tf.contrib.seq2seq.SampleEmbeddingHelper(
        feeds("in/embedding"), START, END, softmax_temperature=0.7, seed=9
    )
    return _decode(tf, feeds, helper, layer=_projection(tf), maximum_iterations=6)


DECODERS = {
    "decode_custom": _custom,
    "decode_greedy": _greedy,
    "decode_greedy_callable": _greedy_callable,
    "decode_inference": _inference,
    "decode_scheduled_embedding_p0": lambda tf, feeds: _scheduled_embedding(tf, feeds, 0.0),
    "decode_scheduled_output_p0": lambda tf, feeds: _scheduled_output(tf, feeds, 0.0),
    "decode_scheduled_output_p1": lambda tf, feeds: _scheduled_output(tf, feeds, 1.0),
    "decode_scheduled_output_p1_aux": lambda tf, feeds: _scheduled_output(tf, feeds, 1.0),
    "decode_training_impute_False": _training,
    "decode_training_impute_False_tm": lambda tf, feeds: _training(tf, feeds, time_major=True),
    "decode_training_impute_True": lambda tf, feeds: _training(tf, feeds, impute=True),
    "decode_training_maxiter_len0": _training_of_some_length_zero,
    "rng_sample_embedding_helper": _sampled,
    "rng_scheduled_embedding_helper": lambda tf, feeds: _scheduled_embedding(
        tf, feeds, 0.5, graph_seed=1234, seed=9, scheduling_seed=10
    ),
    "rng_scheduled_output_helper": lambda tf, feeds: _scheduled_output(tf, feeds, 0.5, graph_seed=1234, seed=3),
}


def check_decoder(tf: Any, name: str) -> None:
    if name.startswith("rng_"):
        _check_draws(tf, name)
    else:
        check_driver(tf, name, DECODERS)


def _check_draws(tf: Any, name: str) -> None:
    """All results come from one run, as each run draws other numbers."""
    golden = Golden(name)
    names = [v["name"] for v in golden.meta["variables"]]
    with tf.Graph().as_default(), tf.Session() as session:
        feeds = Feeds(tf, golden)
        results = DECODERS[name](tf, feeds)
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, names)
        values = session.run({key: flat(tf, structure) for key, structure in results.items()}, feeds.feed_dict())
        for key, structure in results.items():
            assert describe(structure) == golden.meta["structures"][key], (name, key, describe(structure))
            golden.compare_leaves(key, values[key])


def loss_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("seqloss_*.json"))


def check_loss(tf: Any, name: str) -> None:
    """The loss and its gradient by the logits."""
    golden = Golden(name)
    with tf.Graph().as_default(), tf.Session() as session:
        feeds = Feeds(tf, golden)
        arguments = [feeds("in/logits"), feeds("in/targets"), feeds("in/weights")]
        loss = tf.contrib.seq2seq.sequence_loss(*(arguments + golden.meta["flags"]))
        golden.compare_leaves("out/loss", session.run([loss], feeds.feed_dict()))
        total = weighted_sum(tf, golden, "R/out/loss", flat(tf, loss))
        check_gradients(tf, session, golden, "grad", total, arguments[:1], ["in/logits"], feeds.feed_dict())


def main() -> None:
    """Check this harness against genuine TensorFlow: every golden must reproduce itself.

    Those with draws must do so now and then: TensorFlow may draw for a step before it does for the one ahead of it.
    """
    import tensorflow as tf

    failed = 0
    checks = [(check_decoder, name) for name in sorted(DECODERS)] + [(check_loss, name) for name in loss_names()]
    for check, name in checks:
        for attempts_left in reversed(range(20 if name.startswith("rng_") else 1)):
            try:
                check(tf, name)
                break
            except AssertionError as error:
                if not attempts_left:
                    failed += 1
                    print("FAILED", name, str(error)[:600])
    print(f"{len(checks)} checks, {failed} failed")
    raise SystemExit(failed != 0)


if __name__ == "__main__":
    main()
