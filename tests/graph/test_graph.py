"""Names, scopes, look-up, collections and errors of graphs; figures from genuine TensorFlow 1.15.0."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf


@pytest.fixture(autouse=True)
def _fresh_graph():
    tf.reset_default_graph()


def test_names_are_made_unique_as_tf1_makes_them():
    names = [tf.constant(1, name=name).op.name for name in ["x", "x", "X", "x_1", "x", "y/z", "y/z"]]
    assert names == ["x", "x_1", "X_2", "x_1_1", "x_3", "y/z", "y/z_1"]


def test_name_scopes_nest_reopen_and_restart():
    seen = []
    with tf.name_scope("s") as scope:
        seen += [scope, tf.constant(1).name]
        with tf.name_scope("t") as inner:
            seen += [inner, tf.no_op(name="n").name]
        with tf.name_scope(scope):
            seen.append(tf.constant(1).name)
    with tf.name_scope("s") as second:
        seen += [second, tf.constant(2, name="c").name]
    with tf.name_scope(scope):
        seen.append(tf.constant(2, name="c").name)
    with tf.name_scope(None):
        seen.append(tf.constant(3).name)
    with tf.name_scope(""):
        seen.append(tf.constant(3).name)
    with tf.name_scope(None, "def", [1]) as default:
        seen.append(default)
    with tf.name_scope("q") as named:
        seen.append(tf.constant(3, name=named).name)
    assert seen == [
        *("s/", "s/Const:0", "s/t/", "s/t/n", "s/Const_1:0", "s_1/", "s_1/c:0", "s/c:0"),
        *("Const:0", "Const_1:0", "def/", "q:0"),
    ]


@pytest.mark.parametrize("name", ["_x", "-x", "x y", "/x", "x:0", "a?"])
def test_bad_names_are_refused(name):
    with pytest.raises(ValueError, match="is not a valid node name"):
        tf.constant(1, name=name)
    with pytest.raises(ValueError, match="is not a valid scope name"), tf.name_scope(name):
        pass


@pytest.mark.parametrize(
    ("key", "method", "error", "text"),
    [
        ("c:1", "get_tensor_by_name", KeyError, "exists but only has 1 outputs"),
        ("zz:0", "get_tensor_by_name", KeyError, "The operation, 'zz', does not exist in the graph."),
        ("c", "get_tensor_by_name", ValueError, "refers to an Operation, not a Tensor"),
        ("zz", "get_tensor_by_name", ValueError, r"looks like an \(invalid\) Operation name"),
        ("c:x", "get_tensor_by_name", ValueError, "looks a like a Tensor name, but is not a valid one"),
        ("c:0", "get_operation_by_name", ValueError, "appears to refer to a Tensor, not a Operation."),
        ("zz", "get_operation_by_name", KeyError, "refers to an Operation not in the graph"),
        (3, "get_tensor_by_name", TypeError, r"Tensor names are strings \(or similar\), not int."),
        (None, "get_operation_by_name", TypeError, "Operation names are strings"),
        (3, "as_graph_element", TypeError, "Can not convert a int into a Tensor or Operation."),
    ],
)
def test_look_up_fails_as_tf1_fails(key, method, error, text):
    tf.constant([1.0, 2.0], name="c")
    with pytest.raises(error, match=text):
        getattr(tf.get_default_graph(), method)(key)


def test_look_up_finds_tensors_and_operations():
    c = tf.constant([1.0, 2.0], name="c")
    graph = tf.get_default_graph()
    assert graph.get_tensor_by_name("c:0") is c
    assert graph.get_operation_by_name("c") is c.op
    assert graph.as_graph_element("c") is c.op
    assert graph.as_graph_element("c:0") is c


def test_tensors_print_as_tf1_prints_them():
    c = tf.constant([1.0, 2.0], name="c")
    assert repr(c) == "<tf.Tensor 'c:0' shape=(2,) dtype=float32>"
    assert str(c) == 'Tensor("c:0", shape=(2,), dtype=float32)'
    assert repr(c.op) == "<tf.Operation 'c' type=Const>"
    assert str(tf.placeholder(tf.float32, [None, 3])) == 'Tensor("Placeholder:0", shape=(?, 3), dtype=float32)'
    assert str(tf.placeholder(tf.float32)) == 'Tensor("Placeholder_1:0", dtype=float32)'


def test_a_tensor_is_no_bool_and_no_sequence_and_equals_itself_only():
    c, d = tf.constant([1.0]), tf.constant([1.0])
    with pytest.raises(TypeError, match=r"as a Python `bool` is not allowed"):
        bool(c)
    with pytest.raises(TypeError, match=r"iterating over `tf.Tensor` is not allowed"):
        iter(c)
    assert c == c
    assert c != d
    assert {c: 1}[c] == 1


def test_set_shape_adds_knowledge_and_refuses_contradiction():
    x = tf.placeholder(tf.float32, [None, 3])
    x.set_shape([2, None])
    assert x.shape.as_list() == [2, 3]
    with pytest.raises(ValueError, match=r"Shapes \(2, 3\) and \(2, 4\) are not compatible"):
        x.set_shape([2, 4])


def test_inputs_of_two_graphs_do_not_mix():
    a = tf.constant(1)
    with tf.Graph().as_default():
        b = tf.constant(2)
        with pytest.raises(ValueError, match="must be from the same graph"):
            a + b


def test_a_finalized_graph_takes_no_operation():
    tf.get_default_graph().finalize()
    with pytest.raises(RuntimeError, match=r"Graph is finalized and cannot be modified."):
        tf.constant(1)


def test_collections_keep_order_and_filter_by_scope():
    with tf.name_scope("a"):
        first = tf.constant(1, name="x")
    second = tf.constant(2, name="b")
    for item in (first, second):
        tf.add_to_collection("things", item)
    assert tf.get_collection("things") == [first, second]
    assert tf.get_collection("things", "a/") == [first]
    assert tf.get_collection("nothing") == []
    tf.get_collection_ref("things").pop()
    assert tf.get_collection("things") == [first]


def test_control_dependencies_add_up_and_none_clears_them():
    a, b = tf.no_op(name="a"), tf.no_op(name="b")
    with tf.control_dependencies([a]):
        with tf.control_dependencies([b]):
            both = tf.no_op()
        with tf.control_dependencies(None):
            free = tf.no_op()
    assert both.control_inputs == [a, b]
    assert free.control_inputs == []


def test_devices_are_recorded_and_merged():
    with tf.device("/job:ps/task:1"), tf.device("/gpu:0"):
        merged = tf.constant(1)
        with tf.device(None):
            free = tf.constant(1)
    assert merged.device == "/job:ps/task:1/device:GPU:0"
    assert free.device == ""
    with tf.device(lambda op: "/cpu:0" if op.type == "Const" else "/gpu:1"):
        assert tf.constant(1).device == "/device:CPU:0"
        assert tf.no_op().device == "/device:GPU:1"


def test_reset_is_refused_inside_a_graph():
    with tf.Graph().as_default(), pytest.raises(AssertionError, match=r"Do not use tf.reset_default_graph"):
        tf.reset_default_graph()


def test_an_operation_knows_the_line_that_made_it():
    c = tf.constant(1)
    file, _, function = c.op.traceback[-1]
    assert file == __file__
    assert function == "test_an_operation_knows_the_line_that_made_it"


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (2**40, "int64"),
        (1.5, "float32"),
        ([1, 2.5], "float32"),
        (True, "bool"),
        ("a", "string"),
        (np.float64(1), "float64"),
        (np.arange(2), "int64"),
        ([np.float32(1), 2.0], "float32"),
        (1 + 2j, "complex128"),
        ([], "float32"),
    ],
)
def test_constants_take_tf1s_dtypes(value, dtype):
    assert tf.constant(value).dtype.name == dtype


@pytest.mark.parametrize(
    ("value", "dtype", "error"),
    [
        (1.5, tf.int32, TypeError),
        ("a", tf.float32, TypeError),
        ([np.bool_(True)], tf.int32, TypeError),
        (None, None, ValueError),
        ([[1, 2], [3]], None, ValueError),
        (object(), None, TypeError),
    ],
)
def test_constants_refuse_what_would_be_lost(value, dtype, error):
    with pytest.raises(error):
        tf.constant(value, dtype)


def test_constant_repeats_its_last_element_to_fill_a_shape():
    with tf.Session() as session:
        assert session.run(tf.constant([1, 2], shape=[2, 2])).tolist() == [[1, 2], [2, 2]]
    with pytest.raises(ValueError, match=r"Too many elements provided. Needed at most 2, but received 3"):
        tf.constant([1, 2, 3], shape=[2])


def test_lists_with_tensors_are_packed():
    packed = tf.convert_to_tensor([[tf.constant(1.0), 2], [3, 4]])
    assert packed.shape.as_list() == [2, 2]
    with tf.Session() as session:
        assert session.run(packed).tolist() == [[1, 2], [3, 4]]


def test_converting_a_tensor_to_another_dtype_is_refused():
    with pytest.raises(ValueError, match="Tensor conversion requested dtype int32 for Tensor with dtype float32"):
        tf.convert_to_tensor(tf.constant(1.0), tf.int32)


def test_an_entry_of_stacked_vectors_is_no_known_shape():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.int32, [2])
        zeros = tf.zeros(tf.stack([x, [3, 4]])[1])
        assert zeros.shape.as_list() == [None, None]
        assert session.run(zeros, {x: [1, 1]}).shape == (3, 4)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([np.int8(1)], None, "int8"),
        ([np.uint32(1)], None, "uint32"),
        ([np.int64(1)], None, "int32"),
        ([1, 2**40], None, "int64"),
        (True, tf.float32, "float32"),
        ([True, 2], tf.int32, "int32"),
        ([np.int64(2)], tf.float32, "float32"),
    ],
)
def test_lists_of_numpy_scalars_and_bools(value, dtype, expected):
    found = tf.constant(value, dtype)
    assert found.dtype.name == expected
    with pytest.raises(TypeError, match="Expected int32, got"):
        tf.constant([np.float32(1.5)], tf.int32)


def test_a_list_of_tensors_is_cast_to_the_dtype_asked_for():
    c = tf.constant(3.0)
    packed = tf.convert_to_tensor([1, c, tf.constant(2)], tf.float64)
    with tf.Session() as session:
        assert packed.dtype is tf.float64
        assert session.run(packed).tolist() == [1.0, 3.0, 2.0]
    with pytest.raises(TypeError, match="Cannot convert a list containing a tensor of dtype int32 to float32"):
        tf.convert_to_tensor([c, tf.constant(1)])


def test_the_largest_of_nothing_is_not_known_while_building():
    length = tf.reduce_max(tf.constant([], tf.int32))
    assert tf.zeros(tf.stack([length, 2])).shape.as_list()[0] is None


@pytest.mark.parametrize("names", [("a", "a/"), ("a/", "a/"), ("a/", "a")])
def test_two_operations_of_one_name(names: tuple[str, str]) -> None:
    tf.constant(1, name=names[0])
    with pytest.raises(ValueError, match="Duplicate node name in graph: 'a'"):
        tf.constant(2, name=names[1])
    assert len(tf.get_default_graph().get_operations()) == 1
