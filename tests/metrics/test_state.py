"""What single answers of TensorFlow's cannot show of metrics: formulas, sessions, threads, and what works beyond it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf

counts = st.integers(0, 12)


def updated(pair, batches, feeds):
    """The value after each of `batches`, every one a tuple of values for `feeds`."""
    value, update = pair
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        found = []
        for batch in batches:
            new = session.run(update, dict(zip(feeds, batch, strict=True)))
            found.append(session.run(value))
            np.testing.assert_allclose(new, found[-1], rtol=1e-6)
        return found


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=6), min_size=1, max_size=4))
def test_accuracy_over_batches_is_that_of_all_of_them(batches):
    with tf.Graph().as_default():
        feeds = [tf.placeholder(tf.int64, [None]) for _ in range(2)]
        rows = [tuple(np.array(column, np.int64) for column in zip(*batch, strict=True)) for batch in batches]
        rows = [row or (np.zeros(0, np.int64),) * 2 for row in rows]
        found = updated(tf.metrics.accuracy(*feeds), rows, feeds)
    seen = [pair for batch in batches for pair in batch]
    expected = sum(a == b for a, b in seen) / len(seen) if seen else 0.0
    assert found[-1] == pytest.approx(expected, abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_area_is_how_often_a_yes_scores_above_a_no(count, seed):
    rng = np.random.RandomState(seed)
    scores = (rng.choice(19, count) * 0.05 + 0.025).astype(np.float32)
    labels = rng.rand(count) < 0.5
    with tf.Graph().as_default():
        feeds = [tf.placeholder(tf.bool, [None]), tf.placeholder(tf.float32, [None])]
        thresholds = [0.05 * k for k in range(1, 20)]
        found = updated(tf.metrics.auc(*feeds, thresholds=thresholds), [(labels, scores)], feeds)[0]
    yes, no = scores[labels], scores[~labels]
    if len(yes) and len(no):
        pairs = (yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()
        assert found == pytest.approx(pairs, abs=1e-5)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 30), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_counts_at_thresholds_are_those_of_comparing_every_score(count, bounds, seed):
    rng = np.random.RandomState(seed)
    scores, labels = rng.rand(count).astype(np.float32), rng.rand(count) < 0.5
    weights, thresholds = rng.rand(count).astype(np.float32), list(rng.rand(bounds).astype(np.float32))
    scores[: min(count, bounds)] = thresholds[: min(count, bounds)]  # equal ones are not above
    with tf.Graph().as_default():
        pairs = [
            getattr(tf.metrics, f"{kind}_at_thresholds")(labels, scores, [float(t) for t in thresholds], weights)
            for kind in ("true_positives", "false_positives", "true_negatives", "false_negatives")
        ]
        with tf.Session() as session:
            session.run(tf.local_variables_initializer())
            tp, fp, tn, fn = session.run([update for _, update in pairs])
    above = scores > np.array(thresholds, np.float32)[:, None]
    for got, chosen in ((tp, above & labels), (fp, above & ~labels), (tn, ~above & ~labels), (fn, ~above & labels)):
        np.testing.assert_allclose(got, (chosen * weights).sum(1), rtol=1e-5, atol=1e-6)


def test_value_and_update_of_one_run_are_before_and_after():
    values = tf.placeholder(tf.float32, [None])
    pair = tf.metrics.mean(values)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for _ in range(20):
            before = session.run(pair[0])
            found = session.run(pair, {values: np.random.rand(3)})
            assert found[0] == before
            assert found[1] == session.run(pair[0])


def test_sessions_keep_metrics_of_their_own():
    value, update = tf.metrics.mean([1.0, 3.0])
    with tf.Session() as one, tf.Session() as other:
        one.run(tf.local_variables_initializer())
        other.run(tf.local_variables_initializer())
        one.run(update)
        assert (one.run(value), other.run(value)) == (2.0, 0.0)


def test_updates_of_several_threads_are_all_counted():
    _, update = tf.metrics.true_positives([1, 1, 0], [1, 1, 1])
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        threads = [threading.Thread(target=lambda: [session.run(update) for _ in range(25)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.run(tf.local_variables()[0]) == 200.0


def test_without_initializing_the_error_names_the_variable():
    _, update = tf.metrics.accuracy([1], [1])
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match="accuracy/"):
        session.run(update)


def test_global_variables_initializer_leaves_metrics_alone():
    value, update = tf.metrics.accuracy([1], [1])
    with tf.Session() as session:
        session.run([tf.local_variables_initializer()])
        session.run(update)
        session.run(tf.global_variables_initializer())
        assert session.run(value) == 1.0


def test_scores_are_checked_in_every_run():
    labels, scores = tf.placeholder(tf.bool, [None]), tf.placeholder(tf.float32, [None])
    _, update = tf.metrics.auc(labels, scores)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(update, {labels: [True], scores: [1.0]})
        for bad in (-0.1, 1.1, float("nan")):
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"predictions must be in \[0, 1\]"):
                session.run(update, {labels: [True], scores: [bad]})


@pytest.mark.parametrize("metric", ["mean_iou", "mean_per_class_accuracy"])
def test_measures_of_classes_take_labels_of_unknown_rank(metric):
    labels, predictions = (tf.placeholder(tf.int32, None) for _ in range(2))
    pair = getattr(tf.metrics, metric)(labels, predictions, 3)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(pair[1], {labels: [[0, 1], [2, 2]], predictions: [[0, 1], [2, 1]]})
        assert session.run(pair[0]) == pytest.approx({"mean_iou": 2 / 3, "mean_per_class_accuracy": 2.5 / 3}[metric])


def test_a_label_beyond_the_classes_is_an_error():
    labels = tf.placeholder(tf.int32, [None])
    _, update = tf.metrics.mean_per_class_accuracy(labels, tf.zeros_like(labels), 3)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"is not in \[0, 3\)"):
            session.run(update, {labels: [0, 3]})


def test_average_precision_takes_scores_of_unknown_rank():
    labels, scores = tf.placeholder(tf.int64, None), tf.placeholder(tf.float32, None)
    pair = tf.metrics.average_precision_at_k(labels, scores, 2)
    feed = {labels: [[1, 7]], scores: [[0.1, 0.7, 0.2]]}  # 7 is no class
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert session.run(pair[1], feed) == 1.0


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: tf.metrics.recall_at_thresholds([1], [0.5], tf.constant([0.5])), TypeError),
        (lambda: tf.metrics.average_precision_at_k(np.zeros([1, 1], np.int32), [[0.5, 0.1]], 1), TypeError),
        (lambda: tf.metrics.precision_at_k(np.zeros([1, 1], np.int64), [[0.5, 0.1]], tf.constant(1)), TypeError),
        (lambda: tf.metrics.mean(None), ValueError),
    ],
)
def test_wrong_arguments_fail_while_building(build, error):
    with pytest.raises(error):
        build()


def test_gradients_stop_at_the_variables():
    x = tf.get_variable("x", initializer=[1.0, 3.0])
    value, _ = tf.metrics.mean(x)
    assert tf.gradients(value, x) == [None]
    assert tf.trainable_variables() == [x]


def test_the_confusion_matrix_that_programs_borrow():
    borrowed = tf.python.ops.metrics_impl
    total, update = borrowed._streaming_confusion_matrix([0, 1, 2], [0, 2, 2], 3, weights=[1.0, 2.0, 3.0])
    assert (total.name, update.name, update.dtype) == ("total_confusion_matrix:0", "AssignAdd:0", tf.float64._as_ref)
    extra = borrowed.metric_variable([2], tf.float32, name="extra")
    assert tf.get_collection("metric_variables") == tf.local_variables() == [total, extra]
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(update)
        np.testing.assert_array_equal(session.run(total), [[1, 0, 0], [0, 0, 2], [0, 0, 3]])


def test_covariance_without_any_weight_waits_for_values():
    predictions, weights = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
    value, update = tf.contrib.metrics.streaming_covariance(predictions, predictions * 2.0, weights)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(update, {predictions: [5.0, 6.0], weights: [0.0, 0.0]})
        session.run(update, {predictions: [1.0, 3.0], weights: [1.0, 1.0]})
        assert session.run(value) == pytest.approx(4.0)


def test_correlation_of_ints_is_that_of_numbers():
    value, update = tf.contrib.metrics.streaming_pearson_correlation([1, 2, 4, 3], [2, 1, 6, 5])
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(update)
        assert session.run(value) == pytest.approx(np.corrcoef([1, 2, 4, 3], [2, 1, 6, 5])[0, 1], rel=1e-5)


def test_module_paths_that_programs_import():
    assert tf.python.ops.metrics.mean is tf.metrics.mean
    assert tf.contrib.metrics.python.ops.metric_ops.streaming_mean is tf.contrib.metrics.streaming_mean
    assert tf.contrib.slim.metrics.streaming_auc is tf.contrib.metrics.streaming_auc
    assert tf.contrib.slim.losses.log_loss is tf.contrib.losses.log_loss
    assert tf.python.ops.losses.losses.log_loss is tf.losses.log_loss
