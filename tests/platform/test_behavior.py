"""Programs written for `tensorflow.compat.v1` switch version 2 off first; then all is as it was, as under 1.15.0."""

from __future__ import annotations

import recell.v1 as tf
from recell.platform import behavior


def test_a_program_for_both_tensorflows() -> None:
    from recell.v1.compat import v1 as old  # type: ignore[import-not-found] # it comes from a table

    with tf.Graph().as_default():
        old.disable_v2_behavior()
        old.disable_eager_execution()
        old.disable_v2_tensorshape()
        old.disable_tensor_equality()
        old.disable_resource_variables()
        old.disable_control_flow_v2()
        x = old.placeholder(old.float32, [None, 3])
        v = old.Variable(2.0)
        assert isinstance(x.shape[1], tf.Dimension)
        assert (x == x) is True
        assert not old.executing_eagerly()
        assert not old.resource_variables_enabled()
        assert not old.control_flow_v2_enabled()
        assert v.op.type == "VariableV2"
        with old.Session() as sess:
            sess.run(old.global_variables_initializer())
            assert sess.run(v) == 2.0


def test_what_would_turn_it_on_is_not_there() -> None:
    for name in behavior.__all__:
        assert hasattr(tf, name)
        assert not hasattr(tf, name.replace("disable", "enable")) or "disable" not in name


def test_look_ups_by_their_module() -> None:
    from recell.v1.python.ops import embedding_ops  # type: ignore[import-not-found] # it comes from a table

    assert embedding_ops.embedding_lookup is tf.nn.embedding_lookup
