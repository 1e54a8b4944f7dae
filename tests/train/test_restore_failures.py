"""One error tells all that does not fit: class and moment are TensorFlow 1.15's."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

import recell.v1 as tf
from recell import checkpoint


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def saved(tmp_path: pathlib.Path, shapes: dict[str, list[int]]) -> str:
    with tf.Graph().as_default(), tf.Session() as session:
        for name, shape in shapes.items():
            tf.get_variable(name, shape)
        session.run(tf.global_variables_initializer())
        return str(tf.train.Saver().save(session, str(tmp_path / "m")))


def told(path: str, kind: Any, **arguments: Any) -> list[str]:
    """The lines about what does not fit."""
    with tf.Session() as session, pytest.raises(kind) as raised:
        tf.train.Saver(**arguments).restore(session, path)
    assert type(raised.value) is kind
    text = raised.value.message
    assert text.startswith("Restoring from checkpoint failed. ")
    assert path in text.splitlines()[0]
    return text.partition("\n\nOriginal error:\n\n")[0].splitlines()[1:]


def test_everything_at_once(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, {"a": [2], "b": [2], "c": [2], "weights_of_it": [3], "left": [1]})
    for name, shape, dtype in (("a", [3], None), ("b", [2], tf.int32), ("c", [2], None), ("weight_of_it", [3], None)):
        tf.get_variable(name, shape, dtype, initializer=tf.zeros_initializer())
    tf.get_variable("part", [4], partitioner=tf.fixed_size_partitioner(2))
    assert told(path, tf.errors.NotFoundError) == [
        "  Key part not found in checkpoint",
        "  Key weight_of_it not found in checkpoint (nearest: weights_of_it)",
        "  a has shape [2] in the checkpoint, [3] in the graph",
        "  b is float32 in the checkpoint, int32 in the graph",
        "  Not used by the graph: left, weights_of_it",
        "  A Saver of a dict, {name in the checkpoint: variable}, restores under other names; one of a list, fewer.",
    ]


def test_shapes_alone_are_an_invalid_argument(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, {"a": [2], "b": [2, 3], "left": [1]})
    tf.get_variable("a", [4], partitioner=tf.fixed_size_partitioner(2))
    tf.get_variable("b", [3, 2])
    assert told(path, tf.errors.InvalidArgumentError) == [
        "  a has shape [2] in the checkpoint, [4] in the graph",
        "  b has shape [2, 3] in the checkpoint, [3, 2] in the graph",
    ]


def test_a_saver_that_reshapes_minds_the_number_of_elements(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, {"a": [2], "b": [2, 3]})
    tf.get_variable("a", [3])
    tf.get_variable("b", [3, 2])
    expected = ["  a has shape [2] in the checkpoint, [3] in the graph"]
    assert told(path, tf.errors.InvalidArgumentError, reshape=True) == expected


def test_the_name_of_another_release_in_another_shape(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, {"rnn/basic_lstm_cell/weights": [7, 12], "rnn/basic_lstm_cell/biases": [12]})
    tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(4), tf.zeros([2, 3, 3]), dtype=tf.float32)
    bias, kernel, *_ = told(path, tf.errors.NotFoundError)
    name, other = "rnn/basic_lstm_cell/bias", "rnn/basic_lstm_cell/biases"
    assert bias == (
        f"  Key {name} not found in checkpoint; {other}, its name in another release, is float32 [12] there, "
        "float32 [16] in the graph"
    )
    assert kernel.endswith("is float32 [7, 12] there, float32 [7, 16] in the graph")


def test_what_cannot_be_told_apart_is_not_read(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, {"RNN/GRUCell/Gates/Linear/Bias": [4], "rnn/gru_cell/gates/biases": [4]})
    tf.get_variable("rnn/gru_cell/gates/bias", [4])
    assert told(path, tf.errors.NotFoundError)[0] == (
        "  Key rnn/gru_cell/gates/bias not found in checkpoint, which of these it is cannot be told: "
        "RNN/GRUCell/Gates/Linear/Bias, rnn/gru_cell/gates/biases"
    )


def test_nothing_is_changed_when_a_key_is_missing(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, {"a": [2]})
    a = tf.get_variable("a", [2], initializer=tf.constant_initializer(5.0))
    tf.get_variable("other", [2])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.NotFoundError):
            tf.train.Saver().restore(session, path)
        assert session.run(a).tolist() == [5.0, 5.0]


def test_only_the_optimizer_is_missing(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, {"w": [2]})
    w = tf.get_variable("w", [2])
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(w * w))
    lines = told(path, tf.errors.NotFoundError)
    assert [line.split()[1] for line in lines[:4]] == ["beta1_power", "beta2_power", "w/Adam", "w/Adam_1"]
    assert lines[4:] == [
        "  The checkpoint holds nothing else",
        "  Only an optimizer's values are missing: a Saver of tf.trainable_variables() restores the others.",
    ]


def test_its_length_is_bounded(tmp_path: pathlib.Path) -> None:
    shapes = {f"old_{k:03}": [1] for k in range(50)} | {f"same_{k:03}": [1] for k in range(45)}
    path = saved(tmp_path, shapes | {"same_000/Momentum": [1], "old_000/Momentum": [1]})
    for k in range(120):
        tf.get_variable(f"new_{k:03}", [1])
    for k in range(45):
        tf.get_variable(f"same_{k:03}", [2])
    lines = told(path, tf.errors.NotFoundError)
    assert len(lines) == 44
    assert lines[19].startswith("  Key new_019 not found in checkpoint")
    assert lines[20] == "  ... and 100 more"
    assert lines[41] == "  ... and 25 more"
    assert lines[42].endswith("old_018, old_019, ... (50 in all), 2 of an optimizer")


def test_an_empty_checkpoint(tmp_path: pathlib.Path) -> None:
    checkpoint.write(str(tmp_path / "m"), [])
    tf.get_variable("a", [2])
    assert told(str(tmp_path / "m"), tf.errors.NotFoundError)[1] == "  The checkpoint holds nothing"
