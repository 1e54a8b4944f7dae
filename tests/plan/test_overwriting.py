"""What a plan computes in memory that is there: only where nobody looks at the old values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell.plan.compile import compile_plan
from recell.plan.resources import Resources

OPTIMIZERS = {
    "descent": lambda: tf.train.GradientDescentOptimizer(0.5),
    "momentum": lambda: tf.train.MomentumOptimizer(0.5, 0.9),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "rms": lambda: tf.train.RMSPropOptimizer(0.1),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.1),
}


@pytest.fixture(autouse=True)
def graph() -> Any:
    with tf.Graph().as_default() as made:
        yield made


def called(*fetches: Any, feeds: Any = ()) -> list[str]:
    """The names of what the steps of a plan call, by operation."""
    targets = [f for f in fetches if isinstance(f, tf.Operation)]
    plan, _ = compile_plan([f for f in fetches if f not in targets], targets, list(feeds), Resources())
    return [f"{step.op.type}:{getattr(step.call, '__name__', '')}" for step in plan.steps if step.op is not None]


def in_place(*fetches: Any, feeds: Any = ()) -> bool:
    return any(":_add_to_" in name for name in called(*fetches, feeds=feeds))


def layer(x: Any, bias_first: bool = False) -> tuple[Any, Any]:
    product = tf.matmul(x, tf.ones([3, 4]))
    bias = tf.constant([1.0, 2.0, 3.0, 4.0])
    return product, bias + product if bias_first else product + bias


@pytest.mark.parametrize("bias_first", [False, True])
def test_a_bias_is_added_where_the_product_lies(bias_first: bool) -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    _, y = layer(x, bias_first)
    assert in_place(y, feeds=[x])
    with tf.Session() as session:
        assert session.run(y, {x: [[1.0, 2.0, 3.0]]}).tolist() == [[7.0, 8.0, 9.0, 10.0]]


def test_bias_add_too() -> None:
    y = tf.nn.bias_add(tf.matmul(tf.ones([2, 3]), tf.ones([3, 4])), tf.ones([4]))
    assert in_place(y)
    assert not in_place(tf.nn.bias_add(tf.ones([2, 4]), tf.ones([4])))  # a constant is needed again in the next run


def test_a_product_that_is_fetched_or_used_again_keeps_its_values() -> None:
    product, y = layer(tf.ones([2, 3]))
    again = y * product
    assert not in_place(product, y)
    assert not in_place(again)
    with tf.Session() as session:
        kept, summed = session.run([product, y])
    assert kept[0].tolist() == [3.0] * 4
    assert summed[0].tolist() == [4.0, 5.0, 6.0, 7.0]


def test_a_product_that_is_differentiated_by_keeps_its_values() -> None:
    product, y = layer(tf.ones([2, 3]))
    (gradient,) = tf.gradients(tf.reduce_sum(y * y), product)
    assert not in_place(gradient)
    with tf.Session() as session:
        assert session.run(gradient)[0].tolist() == [8.0, 10.0, 12.0, 14.0]


def test_a_sum_larger_than_the_product_has_memory_of_its_own() -> None:
    product = tf.matmul(tf.ones([1, 3]), tf.ones([3, 4]))
    y = product + tf.ones([5, 4])
    assert not in_place(y)
    assert not in_place(product + tf.placeholder(tf.float32, [None, 4]))
    assert not in_place(product + product)
    with tf.Session() as session:
        assert session.run(y).shape == (5, 4)


def test_gradients_of_first_and_second_order_through_a_sum_in_place() -> None:
    w = tf.get_variable("w", initializer=np.arange(12.0, dtype=np.float32).reshape(3, 4))
    b = tf.get_variable("b", initializer=np.ones(4, np.float32))
    y = tf.nn.sigmoid(tf.matmul(tf.ones([2, 3]), w) * 0.1 @ tf.eye(4) + b)
    first = tf.gradients(y, [w, b])
    second = tf.gradients(tf.reduce_sum(tf.square(first[0])), [w, b])
    assert in_place(*first, *second)
    product = tf.identity(tf.matmul(tf.ones([2, 3]), w) * 0.1 @ tf.eye(4))  # an identity keeps it apart
    apart = tf.gradients(tf.nn.sigmoid(product + b), [w, b])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        ours, plain = session.run([first, apart])
        for got, expected in zip(ours, plain, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-6)
        assert all(np.isfinite(value).all() for value in session.run(second))


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_clipped_gradients_are_scaled_by_their_update(name: str, dtype: Any) -> None:
    """The same values as when the clipped gradients are fetched too, which keeps them."""
    found, products = zip(*(_three_clipped_steps(name, dtype, fetched) for fetched in (False, True)), strict=True)
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2e-6)
    assert products[0] == products[1] - 2


def _three_clipped_steps(name: str, dtype: Any, fetched: bool) -> tuple[list[Any], int]:
    """Norm and variables afterwards, and how many products the plan has."""
    start = np.linspace(-1.0, 1.0, 12).reshape(3, 4)
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", initializer=tf.constant(start, dtype))
        b = tf.get_variable("b", initializer=tf.constant(start[0], dtype))
        loss = tf.reduce_sum(tf.square(tf.matmul(tf.ones([2, 3], dtype), w) + b))
        clipped, norm = tf.clip_by_global_norm(tf.gradients(loss, [w, b]), 1.5)
        train = OPTIMIZERS[name]().apply_gradients(zip(clipped, [w, b], strict=True))
        fetches = [train, norm, *clipped] if fetched else [train, norm]
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            values = session.run(fetches)
        return [values[1], *session.run([w, b])], sum(step.startswith("Mul:") for step in called(*fetches))


def test_a_gradient_that_two_variables_share_is_scaled_once_for_each() -> None:
    a, b = (tf.get_variable(name, initializer=[1.0, 2.0]) for name in "ab")
    clipped, _ = tf.clip_by_global_norm(tf.gradients(tf.reduce_sum((a + b) * 3.0), [a, b]), 1.0)
    train = tf.train.GradientDescentOptimizer(1.0).apply_gradients(zip(clipped, [a, b], strict=True))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_allclose(session.run([a, b]), [[0.5, 1.5]] * 2, rtol=1e-6)


def test_a_step_made_of_the_variables_own_values() -> None:
    """v -= 0.5 * w and w -= 0.5 * v take both values as they were."""
    v, w = tf.get_variable("v", initializer=[4.0, 8.0]), tf.get_variable("w", initializer=[2.0, 2.0])
    half = tf.constant(0.5)
    train = tf.train.GradientDescentOptimizer(1.0).apply_gradients([(w * half, v), (v * half, w), (v * half, v)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        found_v, found_w = session.run([v, w])
    np.testing.assert_allclose(found_w, [0.0, -2.0])
    np.testing.assert_allclose(found_v, [4.0 - 1.0 - 2.0, 8.0 - 1.0 - 4.0])


def test_a_norm_that_is_not_finite_makes_everything_nan() -> None:
    w = tf.get_variable("w", initializer=[1.0, 2.0])
    clipped, _ = tf.clip_by_global_norm([w * np.float32(np.inf)], 1.0)
    train = tf.train.GradientDescentOptimizer(1.0).apply_gradients(zip(clipped, [w], strict=True))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert np.isnan(session.run(w)).all()


def classifier(loss_of: Any, shape: Any, spelled: str = "+") -> tuple[Any, Any, list[Any]]:
    """Logits, losses, and gradients of these by weights and bias."""
    x = tf.placeholder_with_default(np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3), [None, 3])
    w = tf.get_variable("w", initializer=np.linspace(-1, 2, 12, dtype=np.float32).reshape(3, 4))
    b = tf.get_variable("b", initializer=np.linspace(0, 1, np.prod(shape), dtype=np.float32).reshape(shape))
    product = tf.matmul(x, w)
    logits = {"+": lambda: product + b, "b+": lambda: b + product, "add": lambda: tf.nn.bias_add(product, b)}[spelled]()
    losses = loss_of(logits)
    return logits, losses, tf.gradients(losses * tf.constant([1.0, 2.0]), [w, b])


def sparse(logits: Any) -> Any:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 3], logits=logits)


def dense(logits: Any) -> Any:
    labels = tf.constant([[0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.0, 0.5]])
    return tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)


@pytest.mark.parametrize("loss_of", [sparse, dense])
@pytest.mark.parametrize("spelled", ["+", "b+", "add"])
def test_a_bias_of_logits_is_added_by_their_cross_entropy(loss_of: Any, spelled: str) -> None:
    logits, losses, gradients = classifier(loss_of, [4], spelled)
    assert not any(name.startswith(("Add:", "BiasAdd:")) for name in called(losses, *gradients))
    assert any(name.startswith(("Add:", "BiasAdd:")) for name in called(logits, losses, *gradients))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        ours = session.run([losses, *gradients])
        expected = session.run([losses, *gradients, logits])[:-1]
    for got, apart in zip(ours, expected, strict=True):
        np.testing.assert_allclose(got, apart, rtol=1e-5, atol=1e-6)


def test_a_bias_of_logits_over_time_is_added_by_their_cross_entropy() -> None:
    x = tf.placeholder_with_default(np.linspace(-1, 1, 30, dtype=np.float32).reshape(2, 5, 3), [None, None, 3])
    logits = tf.layers.dense(x, 4, bias_initializer=tf.random_normal_initializer())
    loss = tf.contrib.seq2seq.sequence_loss(logits, tf.constant([[0, 1, 2, 3, 0]] * 2), tf.ones([2, 5]))
    fetches = [loss, *tf.gradients(loss, tf.trainable_variables())]
    assert not any(name.startswith(("Add:", "BiasAdd:")) for name in called(*fetches))
    assert in_place(logits)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for got, apart in zip(session.run(fetches), session.run([*fetches, logits]), strict=False):
            np.testing.assert_allclose(got, apart, rtol=1e-5, atol=1e-6)


def test_a_bias_for_each_row_is_added_before() -> None:
    _, losses, gradients = classifier(sparse, [2, 4])
    assert any(name.startswith("Add:") for name in called(losses, *gradients))


def test_second_gradients_through_a_bias_of_logits() -> None:
    results = []
    for fetched in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            logits, _, gradients = classifier(sparse, [4])
            by = tf.trainable_variables()
            second = tf.gradients([tf.square(g) for g in gradients], by)
            session.run(tf.global_variables_initializer())
            results.append(session.run([*second, logits] if fetched else second)[:2])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


def test_a_label_that_is_no_class_is_told_of_the_cross_entropy() -> None:
    logits = tf.matmul(tf.ones([1, 3]), tf.ones([3, 4])) + tf.ones([4])
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[4], logits=logits, name="loss")
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="label value of 4") as caught:
        session.run(loss)
    assert caught.value.op.type == "SparseSoftmaxCrossEntropyWithLogits"
