"""Decorators and questions that copies of TensorFlow's modules bring."""

from __future__ import annotations

import recell.v1 as tf
from recell.v1.python.keras.utils import tf_utils
from recell.v1.python.util.deprecation import deprecated
from recell.v1.python.util.tf_export import tf_export


def test_decorators_of_copied_cells_work():
    @tf_export("nn.rnn_cell.Mine", v1=["nn.rnn_cell.Mine"])
    class Mine(tf.nn.rnn_cell.RNNCell):
        @tf_utils.shape_type_conversion
        def build(self, inputs_shape):
            self.seen = inputs_shape

    cell = Mine()
    cell.build(tf.TensorShape([None, 3]))
    assert cell.seen == (None, 3)
    assert Mine.__name__ == "Mine"


def test_deprecated_warns_once(caplog):
    @deprecated("2020-01-01", "Use the other one.")
    def add(a, b=1):
        return a + b

    assert add(1) == 2
    assert add(1, b=2) == 3
    assert add.__name__ == "add"
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "after 2020-01-01. Use the other one." in said[0]


def test_nothing_runs_eagerly():
    from recell.v1.python.eager import context

    assert tf.executing_eagerly() is False
    assert context.executing_eagerly() is False
