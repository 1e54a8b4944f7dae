"""What the figures of TensorFlow do not show: memory, order within a run, sparse against dense, own subclasses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf
from recell.graph.core import reset_default_graph
from recell.ops import training_rules
from recell.ops.training_op import deduplicate
from recell.train.moving_averages import assign_moving_average


def started():
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


SAME_ON_ROWS = {
    "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "proximal_sgd": lambda: tf.train.ProximalGradientDescentOptimizer(0.1),
}


@pytest.mark.parametrize("kind", SAME_ON_ROWS)
@settings(max_examples=15, deadline=None)
@given(
    indices=st.lists(st.integers(0, 3), max_size=6),
    numbers=st.lists(st.floats(-2, 2, width=32), min_size=12, max_size=12),
)
def test_rows_do_what_zeros_elsewhere_would(kind, indices, numbers):
    """True of these rules: a zero gradient leaves their rows alone, or (Adam) the sparse form is defined so."""
    reset_default_graph()
    values = np.array(numbers[: 2 * len(indices)], np.float32).reshape(len(indices), 2)
    dense = np.zeros((4, 2), np.float32)
    np.add.at(dense, indices, values)
    finals = []
    for gradient in (
        tf.constant(dense),
        tf.IndexedSlices(tf.constant(values, shape=(len(indices), 2)), tf.constant(indices, tf.int64)),
    ):
        var = tf.Variable(np.linspace(-1, 1, 8, dtype=np.float32).reshape(4, 2))
        train = SAME_ON_ROWS[kind]().apply_gradients([(gradient, var)])
        session = started()
        for _ in range(3):
            session.run(train)
        finals.append(session.run(var))
    np.testing.assert_allclose(*finals, rtol=2e-5, atol=2e-6)


@given(st.lists(st.integers(-5, 5), max_size=20))
def test_deduplicate_sums_rows_of_one_index(indices):
    values = torch.arange(2.0 * len(indices)).reshape(-1, 2)
    summed, unique = deduplicate.kernel(values, torch.tensor(indices, dtype=torch.int64))
    assert sorted(unique.tolist()) == sorted(set(indices))
    for row, index in zip(summed, unique.tolist(), strict=True):
        expected = sum(values[k] for k, other in enumerate(indices) if other == index)
        assert row.tolist() == expected.tolist()


def test_updates_write_into_the_variables_own_memory():
    var, m, v = torch.ones(3), torch.zeros(3), torch.zeros(3)
    places = [t.data_ptr() for t in (var, m, v)]
    training_rules.adam(var, m, v, torch.ones(3), 0.1, 0.9, 0.999, 1e-8, False)
    assert [t.data_ptr() for t in (var, m, v)] == places
    assert float(var[0]) < 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_large_variable_is_updated_as_a_small_one(transposed, dtype):
    """Large ones of float64 go through the rule in blocks, the last not full; a slot in another order does not."""
    size = (training_rules.BLOCK // 100 + 7, 103)
    generator = torch.Generator().manual_seed(1)
    tensors = [torch.rand(size[::-1] if transposed else size, generator=generator, dtype=dtype) for _ in range(4)]
    tensors = [t.mT if transposed else t for t in tensors]
    var, m, v, grad = tensors
    whole = [t.clone() for t in (var, m, v)]
    training_rules.adam(*whole, grad, 0.1, 0.875, 0.9921875, 1e-8, False)
    training_rules.apply(training_rules.adam, (var, m, v), grad, 0.1, 0.875, 0.9921875, 1e-8, False)
    for got, expected in zip((var, m, v), whole, strict=True):
        torch.testing.assert_close(got, expected)


def test_a_variable_fetched_with_the_step_is_the_one_after_it_and_a_loss_the_one_before():
    w = tf.Variable([1.0, 2.0])
    loss = tf.reduce_sum(w * w)
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss)
    session = started()
    _, after, at = session.run([train, w, loss])
    assert after.tolist() == [0.5, 1.0]
    assert at == 5.0
    assert session.run([train, w])[1].tolist() == [0.25, 0.5]
    assert after.tolist() == [0.5, 1.0]


def test_a_gradient_that_is_the_variable_itself():
    w = tf.Variable([1.0, -2.0])
    pairs = [(tf.identity(w), w)]
    momentum = tf.train.MomentumOptimizer(0.5, 0.9, use_nesterov=True).apply_gradients(pairs)
    session = started()
    session.run(momentum)
    # Nesterov: w - (lr + lr * momentum) * w
    np.testing.assert_allclose(session.run(w), [0.05, -0.1], rtol=1e-6)


def test_two_optimizers_on_one_graph_take_turns():
    w, u = tf.Variable(1.0, name="w"), tf.Variable(1.0, name="u")
    loss = w * w + u * u
    first = tf.train.AdamOptimizer(0.1).minimize(loss, var_list=[w])
    second = tf.train.AdamOptimizer(0.2).minimize(loss, var_list=[u])
    session = started()
    session.run(first)
    session.run([first, second])
    np.testing.assert_allclose(session.run([w, u]), [0.8004126, 0.8], rtol=1e-5)


def test_global_step_counts_after_the_updates():
    step = tf.train.create_global_step()
    w = tf.Variable(10.0)
    train = tf.train.GradientDescentOptimizer(tf.cast(step, tf.float32)).minimize(w * 1.0, global_step=step)
    session = started()
    seen = []
    for _ in range(3):
        session.run(train)
        seen.append((float(session.run(w)), tf.train.global_step(session, step)))
    assert seen == [(10.0, 1), (9.0, 2), (7.0, 3)]


def test_a_variable_without_a_value_is_named():
    w = tf.Variable([1.0], name="weights")
    train = tf.train.AdamOptimizer().minimize(w * w)
    session = tf.Session()
    session.run(w.initializer)
    with pytest.raises(tf.errors.FailedPreconditionError, match=r"uninitialized value (weights/Adam|beta1_power)"):
        session.run(train)


def test_resource_methods_of_a_subclass_serve_resource_variables():
    class Halving(tf.train.Optimizer):
        def __init__(self):
            super().__init__(False, "Halving")

        def _resource_apply_dense(self, grad, handle):
            return handle.assign(handle * 0.5)

        def _resource_apply_sparse(self, grad, handle, indices):
            return tf.scatter_update(handle, indices, grad)

    w = tf.Variable([4.0], use_resource=True)
    e = tf.Variable([[1.0], [2.0]], use_resource=True)
    slices = tf.IndexedSlices(tf.constant([[3.0], [4.0]]), tf.constant([1, 1]))
    train = Halving().apply_gradients([(tf.constant([1.0]), w), (slices, e)])
    session = started()
    session.run(train)
    assert session.run(w).tolist() == [2.0]
    assert session.run(e).tolist() == [[1.0], [7.0]]


def test_decay_var_list_limits_the_decay():
    w, u = tf.Variable([1.0], name="w"), tf.Variable([1.0], name="u")
    zeros = [(tf.zeros([1]), w), (tf.zeros([1]), u)]
    decayed = tf.contrib.opt.extend_with_decoupled_weight_decay(tf.train.GradientDescentOptimizer)
    train = decayed(weight_decay=0.25, learning_rate=0.1).apply_gradients(zeros, decay_var_list=[w])
    session = started()
    session.run(train)
    assert session.run([w, u]) == [[0.75], [1.0]]


def test_unbiased_average_is_the_mean_of_what_it_saw():
    """Figures of TensorFlow 1.15: names, and 1 and 2 back from a constant input."""
    w = tf.Variable([0.0, 0.0], name="w", trainable=False)
    update = assign_moving_average(w, tf.constant([1.0, 2.0]), 0.9)
    again = assign_moving_average(w, tf.constant([1.0, 2.0]), 0.9)
    plain = assign_moving_average(w, tf.constant([1.0, 2.0]), 0.9, zero_debias=False, name="zz")
    with tf.variable_scope("bn"):
        mean = tf.get_variable("mm", [], initializer=tf.zeros_initializer())
        scoped = assign_moving_average(mean, 2.0, 0.9)
    assert [v.name for v in tf.global_variables()] == [
        *("w:0", "w/biased:0", "w/local_step:0", "w/biased_1:0", "w/local_step_1:0"),
        *("bn/mm:0", "bn/bn/mm/biased:0", "bn/bn/mm/local_step:0"),
    ]
    assert [t.name for t in (update, again, plain, scoped)] == [
        *("AssignMovingAvg:0", "AssignMovingAvg_1:0", "zz:0", "bn/AssignMovingAvg:0")
    ]
    session = started()
    for _ in range(3):
        np.testing.assert_allclose(session.run(update), [1.0, 2.0], rtol=1e-6)
    assert session.run(scoped) == pytest.approx(2.0, rel=1e-6)


def test_noise_of_the_noisy_schedule_has_the_variance_asked_for():
    step = tf.placeholder(tf.int64, [])
    tf.set_random_seed(3)
    rate = tf.train.noisy_linear_cosine_decay(1.0, step, 100, initial_variance=0.04, variance_decay=0.0)
    with tf.Session() as session:
        drawn = [session.run(rate, {step: 0}) for _ in range(400)]
    assert np.mean(drawn) == pytest.approx(1.001, abs=0.04)
    assert np.std(drawn) == pytest.approx(0.2, rel=0.15)


def test_importing_the_room_leaves_torch_alone(tmp_path):
    import subprocess
    import sys

    code = "import sys, recell.train.adam, recell.train.learning_rate_decay; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
