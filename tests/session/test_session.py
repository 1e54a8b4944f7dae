"""Fetches, feeds, errors and threads of sessions; wording and figures from genuine TensorFlow 1.15.0."""

from __future__ import annotations

import collections
import threading

import numpy as np
import pytest

import recell.v1 as tf
from recell.plan import compile as plan_compile
from recell.session import session as session_module


@pytest.fixture(autouse=True)
def _fresh_graph():
    tf.reset_default_graph()


def test_fetches_keep_any_nesting():
    a, b = tf.constant(1), tf.constant([2.0, 3.0])
    Point = collections.namedtuple("Point", ["x", "y"])
    with tf.Session() as session:
        fetched = session.run({"p": Point(a, [b, (a,)]), "op": tf.no_op(), "empty": []})
        assert fetched["p"].x == 1
        assert fetched["p"].y[0].tolist() == [2, 3]
        assert fetched["p"].y[1] == (1,)
        assert fetched["op"] is None
        assert fetched["empty"] == []
        ordered = session.run(collections.OrderedDict([("z", a), ("y", b)]))
        assert list(ordered) == ["z", "y"]
        assert isinstance(ordered, collections.OrderedDict)


def test_scalars_come_as_numpy_scalars_and_strings_as_bytes():
    with tf.Session() as session:
        assert isinstance(session.run(tf.constant(1.5)), np.float32)
        assert isinstance(session.run(tf.constant(3)), np.int32)
        assert isinstance(session.run(tf.constant(True)), np.bool_)
        assert session.run(tf.constant("é")) == "é".encode()
        assert session.run(tf.constant(["a", "b"])).tolist() == [b"a", b"b"]


def test_fetches_by_name_and_repeated():
    a = tf.constant(4, name="a")
    with tf.Session() as session:
        assert session.run(["a:0", a, "a"]) == [4, 4, None]


@pytest.mark.parametrize(
    ("fetch", "error", "text"),
    [
        (3, TypeError, r"Fetch argument 3 has invalid type <class 'int'>, must be a string or Tensor."),
        (None, TypeError, "Fetch argument None has invalid type <class 'NoneType'>"),
        ({"a": None}, TypeError, "Fetch argument None has invalid type"),
        ("zz", ValueError, "Fetch argument 'zz' cannot be interpreted as a Tensor."),
        ("c:9", ValueError, "exists but only has 1 outputs"),
    ],
)
def test_what_cannot_be_fetched(fetch, error, text):
    tf.constant(1, name="c")
    with tf.Session() as session, pytest.raises(error, match=text):
        session.run(fetch)


def test_a_tensor_of_another_graph_is_refused():
    with tf.Graph().as_default():
        other = tf.constant(1)
    tf.constant(2)
    with tf.Session() as session:
        with pytest.raises(ValueError, match="is not an element of this graph"):
            session.run(other)
        with pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor"):
            session.run("Const:0", {other: 1})


def test_an_empty_graph_cannot_run():
    with tf.Session() as session, pytest.raises(RuntimeError, match=r"The Session graph is empty."):
        session.run([])


def test_a_closed_session_cannot_run():
    c = tf.constant(1)
    session = tf.Session()
    call = session.make_callable(c)
    session.close()
    session.close()
    for run in (lambda: session.run(c), call):
        with pytest.raises(RuntimeError, match=r"Attempted to use a closed Session."):
            run()


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (
            np.ones((2, 2)),
            ValueError,
            r"Cannot feed value of shape \(2, 2\) for Tensor 'x:0', which has shape '\(\?, 3\)'",
        ),
        ([["a", "b", "c"]], ValueError, "could not convert string to float"),
        ([[1, 2], [3]], ValueError, "Cannot feed list for Tensor 'x:0'"),
        (3.0, ValueError, r"Cannot feed value of shape \(\) for Tensor 'x:0'"),
    ],
)
def test_bad_feeds(value, error, text):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.Session() as session, pytest.raises(error, match=text):
        session.run(x + 1, {x: value})


def test_a_tensor_is_no_feed_value():
    x = tf.placeholder(tf.float32, name="x")
    with tf.Session() as session, pytest.raises(TypeError, match=r"The value of a feed cannot be a tf.Tensor object."):
        session.run(x + 1, {x: tf.constant(1.0)})


def test_integers_must_fit_and_floats_are_cut_as_numpy_cuts_them():
    x = tf.placeholder(tf.int32, [], name="x")
    with tf.Session() as session:
        assert session.run(x + 1, {x: 1.5}) == 2
        with pytest.raises(TypeError, match="Type of feed value 1099511627776 with type <class 'int'>"):
            session.run(x + 1, {x: 2**40})


def test_any_tensor_may_be_fed_and_the_feed_is_copied_from():
    a = tf.constant([1.0, 2.0])
    b = a * 2
    c = b + 1
    given = np.array([5.0, 6.0], np.float32)
    with tf.Session() as session:
        assert session.run(c, {b: [10, 20]}).tolist() == [11, 21]
        assert session.run(c, {a: [3, 4]}).tolist() == [7, 9]
        fetched = session.run(b, {b: given})
        fetched[0] = -1
        assert given.tolist() == [5, 6]


def test_feeds_may_be_nested_like_the_state_they_are_for():
    state = (tf.placeholder(tf.float32, [1]), {"h": tf.placeholder(tf.float32, [1])})
    with tf.Session() as session:
        total = session.run(state[0] + state[1]["h"], {(state[0], state[1]["h"]): (np.ones(1), np.full(1, 2.0))})
        assert total.tolist() == [3]


def test_a_placeholder_without_a_value_is_named_with_its_shape_and_line():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session.run(x + 1)
    text = str(caught.value)
    assert "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,3]" in text
    assert __file__ in text
    assert caught.value.op is x.op


def test_an_uninitialized_variable_is_named():
    v = tf.Variable([1.0, 2.0], name="v")
    with tf.Session() as session:
        for fetch in (v, v + 1):
            with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value v"):
                session.run(fetch)
        session.run(v.initializer)
        assert session.run(v + 1).tolist() == [2, 3]


def test_an_error_inside_a_kernel_names_operation_shapes_and_line():
    x = tf.placeholder(tf.float32, [None, None], name="x")
    y = tf.placeholder(tf.float32, [None, None], name="y")
    product = tf.matmul(x, y, name="product")
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session.run(product, {x: np.ones((2, 3)), y: np.ones((2, 3))})
    assert "product" in str(caught.value)
    assert __file__ in str(caught.value)
    assert caught.value.op is product.op


def test_variables_live_in_their_session():
    v = tf.Variable(1.0)
    bump = tf.assign_add(v, 1.0)
    with tf.Session() as first, tf.Session() as second:
        first.run(v.initializer)
        second.run(v.initializer)
        first.run(bump)
        assert (first.run(v), second.run(v)) == (2, 1)


def test_fetched_values_are_the_callers_own():
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as session:
        session.run(v.initializer)
        for fetch in (v, tf.identity(v), tf.reshape(v, [2, 1]), tf.constant([1.0, 2.0])):
            session.run(fetch)[0] = 9
        assert session.run(v).tolist() == [1, 2]
        value = session.run(v)
        session.run(tf.assign_add(v, [1.0, 1.0]))
        assert value.tolist() == [1, 2]
        a, b = session.run([v * 2, tf.reshape(v * 2, [2])])
        a[0] = 7
        assert b.tolist() == [4, 6]


def test_interactive_session_is_the_default_until_it_closes():
    c = tf.constant(2)
    session = tf.InteractiveSession()
    assert c.eval() == 2
    assert tf.get_default_session() is session
    session.close()
    with pytest.raises(ValueError, match=r"Cannot evaluate tensor.*No default session is registered"):
        c.eval()


def test_default_sessions_nest_and_graphs_must_match():
    c = tf.constant(2)
    with tf.Session() as outer:
        with tf.Session() as inner:
            assert tf.get_default_session() is inner
        assert tf.get_default_session() is outer
        with tf.Graph().as_default(), pytest.raises(ValueError, match="the graph is different"):
            tf.constant(1).eval()
        assert c.eval() == 2
        assert c.op.run() is None


def test_make_callable_takes_values_in_order():
    x, y = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    with tf.Session() as session:
        call = session.make_callable([x - y, x], [x, y])
        assert call(5, 3) == [2, 5]
        with pytest.raises(ValueError, match="Expected 2 feed values, but got 1"):
            call(5)


def test_a_second_run_makes_no_second_plan(monkeypatch):
    made = []
    original = plan_compile.compile_plan
    monkeypatch.setattr(session_module, "compile_plan", lambda *args: made.append(args) or original(*args))
    x = tf.placeholder(tf.float32, [])
    y = x + 1
    with tf.Session() as session:
        for value in range(3):
            assert session.run([y, y], {x: value}) == [value + 1, value + 1]
        assert len(made) == 1
        session.run(y, {x: 0})
        assert len(made) == 2
        for _ in range(50):
            tf.constant(1)
        session.run([y, y], {x: 0})
        assert len(made) == 2


def test_a_changed_operation_is_planned_anew():
    v = tf.Variable(0.0)
    bump = tf.assign_add(v, 1.0)
    read = tf.identity(v.initialized_value())
    with tf.Session() as session:
        session.run(v.initializer)
        session.run(read)
        read.op._add_control_input(bump.op)
        session.run(read)
        assert session.run(v) == 1


def test_config_messages_accept_what_programs_set_and_refuse_the_rest():
    config = tf.ConfigProto(
        allow_soft_placement=True, device_count={"GPU": 0}, gpu_options=tf.GPUOptions(allow_growth=True)
    )
    config.gpu_options.per_process_gpu_memory_fraction = 0.5
    config.graph_options.optimizer_options.global_jit_level = tf.OptimizerOptions.ON_1
    assert config.gpu_options.allow_growth is True
    with pytest.raises(AttributeError, match="ConfigProto has no"):
        config.alow_growth = True
    with pytest.raises(ValueError, match="GPUOptions has no"):
        tf.GPUOptions(grow=True)
    with pytest.raises(TypeError, match=r"config must be a tf.ConfigProto"):
        tf.Session(config={"a": 1})


def test_threads_share_a_session_and_lose_no_update():
    v = tf.Variable(np.zeros(100, np.float32))
    x = tf.placeholder(tf.float32, [])
    bump = tf.assign_add(v, tf.ones([100]) * x)
    total = tf.reduce_sum(v * v)
    grad = tf.gradients(total, v)[0]
    with tf.Session() as session:
        session.run(v.initializer)
        failures = []

        def work():
            try:
                for _ in range(40):
                    session.run(bump, {x: 1.0})
                    session.run(grad)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert session.run(v).tolist() == [240.0] * 100
