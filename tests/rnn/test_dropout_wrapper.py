"""DropoutWrapper against the masks of TensorFlow 1.15, and its rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.rnn.golden_case import Golden, load_variables
from tests.rnn.programs import Cells, graph, inputs, run

import recell.v1 as tf

__all__ = ["graph"]


@pytest.mark.parametrize("part", ["input", "output", "state", "all"])
def test_seeded_masks_are_tensorflows(part: str) -> None:
    golden = Golden(f"rng_dropoutwrapper_{part}")
    tf.set_random_seed(1234)
    keep = {key: float(value) for key, value in golden.meta["kwargs"].items()}
    cell = Cells.DropoutWrapper(Cells.LSTMCell(4), seed=42, **keep)
    outputs, state = tf.nn.dynamic_rnn(
        cell, tf.constant(golden["in/x"]), tf.constant(golden["in/sequence_length"]), dtype=tf.float32
    )
    with tf.Session() as session:
        load_variables(tf, session, golden, [v["name"] for v in golden.meta["variables"]])
        values = session.run([outputs, state])
    golden.compare_leaves("out", [values[0]])
    golden.compare_leaves("state", list(values[1]))


def test_seeds_are_derived_from_the_wrappers_own() -> None:
    cell = Cells.DropoutWrapper(Cells.LSTMCell(4), seed=42)
    expected = Golden("rng_dropoutwrapper_all").meta["derived_seeds"]
    assert {key: cell._gen_seed(*_split(key)) for key in expected} == expected
    assert Cells.DropoutWrapper(Cells.LSTMCell(4))._gen_seed("input", 0) is None


def _split(key: str) -> tuple[str, int]:
    salt, _, index = key.partition("_")
    return salt, int(index)


def test_memory_is_never_dropped_by_default() -> None:
    cell = Cells.DropoutWrapper(Cells.LSTMCell(50), state_keep_prob=0.5, seed=1)
    _, state = cell(tf.ones([4, 3]), Cells.LSTMStateTuple(tf.ones([4, 50]), tf.ones([4, 50])))
    c, h = run([state.c, state.h])
    assert not (c == 0).any()
    assert 60 < (h == 0).sum() < 140


def test_a_filter_says_what_is_dropped() -> None:
    keep_h = Cells.DropoutWrapper(
        Cells.LSTMCell(50),
        state_keep_prob=0.5,
        dropout_state_filter_visitor=lambda part: (
            Cells.LSTMStateTuple(c=True, h=False) if isinstance(part, Cells.LSTMStateTuple) else True
        ),
    )
    _, state = keep_h(tf.ones([4, 3]), Cells.LSTMStateTuple(tf.ones([4, 50]), tf.ones([4, 50])))
    c, h = run([state.c, state.h])
    assert (c == 0).any()
    assert not (h == 0).any()


def test_masks_differ_from_step_to_step() -> None:
    cell = Cells.DropoutWrapper(Cells.BasicRNNCell(3), output_keep_prob=0.5, seed=3)
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant(inputs()), dtype=tf.float32)
    value = run(outputs)
    assert len({(value[:, t] != 0).tobytes() for t in range(6)}) == 6


def test_variational_masks_are_shared_by_rows_and_steps() -> None:
    cell = Cells.DropoutWrapper(
        Cells.GRUCell(3), output_keep_prob=0.5, variational_recurrent=True, dtype=tf.float32, seed=3
    )
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant(inputs()), dtype=tf.float32)
    value = run(outputs)
    # TensorFlow 1.15 keeps the third unit with this seed, in every row and step.
    assert (value != 0).all(axis=(0, 1)).tolist() == [False, False, True]
    assert (value == 0).all(axis=(0, 1)).tolist() == [True, True, False]


def test_variational_masks_of_nested_inputs_and_states() -> None:
    cell = Cells.DropoutWrapper(
        Cells.LSTMCell(40),
        input_keep_prob=0.5,
        state_keep_prob=0.5,
        variational_recurrent=True,
        input_size=30,
        dtype=tf.float32,
    )
    _, state = cell(tf.ones([2, 30]), Cells.LSTMStateTuple(tf.ones([2, 40]), tf.ones([2, 40])))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second = session.run(state.h), session.run(state.h)
    assert 0 < (first == 0).sum() < first.size
    assert ((first == 0)[0] == (first == 0)[1]).all()
    assert ((first == 0) != (second == 0)).any()


def test_a_probability_may_be_fed() -> None:
    keep = tf.placeholder_with_default(0.5, [])
    cell = Cells.DropoutWrapper(Cells.GRUCell(3), output_keep_prob=keep)
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.ones([4, 6, 3]), dtype=tf.float32)
    assert (run(outputs, {keep: 1.0}) != 0).all()
    assert (run(outputs) == 0).any()


def test_what_is_kept_is_scaled() -> None:
    plain = Cells.GRUCell(30, kernel_initializer=tf.constant_initializer(0.1))
    output, _ = Cells.DropoutWrapper(plain, output_keep_prob=0.25)(tf.ones([5, 3]), tf.ones([5, 30]))
    expected, _ = plain(tf.ones([5, 3]), tf.ones([5, 30]))
    value, full = run([output, expected])
    kept = value != 0
    assert 0 < kept.sum() < kept.size
    np.testing.assert_allclose(value[kept], full[kept] * 4, rtol=1e-6)


def test_a_probability_of_one_adds_nothing() -> None:
    cell = Cells.DropoutWrapper(Cells.GRUCell(3), 1.0, 1, np.float32(1))
    cell(tf.ones([4, 3]), tf.ones([4, 3]))
    assert not [op for op in tf.get_default_graph().get_operations() if op.type == "Dropout"]


@pytest.mark.parametrize("keyword", ["input_keep_prob", "output_keep_prob", "state_keep_prob"])
@pytest.mark.parametrize(("value", "shown"), [(1.5, 1), (-1.0, -1)])
def test_probabilities_out_of_range(keyword: str, value: float, shown: int) -> None:
    with pytest.raises(ValueError, match=f"Parameter {keyword} must be between 0 and 1: {shown}"):
        Cells.DropoutWrapper(Cells.GRUCell(2), **{keyword: value})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"cell": 3}, TypeError, r"The argument 'cell' \(3\) is not an RNNCell: 'output_size' property is missing"),
        ({"variational_recurrent": True}, ValueError, "dtype must be provided"),
        (
            {"variational_recurrent": True, "dtype": tf.float32, "input_keep_prob": 0.5},
            ValueError,
            "input_size must be provided",
        ),
        ({"dropout_state_filter_visitor": 3}, TypeError, "dropout_state_filter_visitor must be callable"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], error: type[Exception], message: str) -> None:
    cell = options.pop("cell", None) or Cells.GRUCell(2)
    with pytest.raises(error, match=message):
        Cells.DropoutWrapper(cell, **options)


def test_the_wrapper_shows_its_cell() -> None:
    inner = Cells.GRUCell(2)
    cell = Cells.DropoutWrapper(inner, 0.5)
    assert cell.wrapped_cell is inner
    assert cell.cell is inner
    assert (cell.state_size, cell.output_size) == (2, 2)
    assert cell.zero_state(4, tf.float32).op.name == "DropoutWrapperZeroState/GRUCellZeroState/zeros"


def test_half_precision() -> None:
    cell = Cells.DropoutWrapper(Cells.GRUCell(2), 0.5, 0.5)
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.ones([4, 6, 3], tf.float16), dtype=tf.float16)
    assert run(outputs).dtype == np.float16


def test_configuration() -> None:
    config = Cells.DropoutWrapper(Cells.GRUCell(2), 0.5, seed=7).get_config()
    assert config["cell"]["class_name"] == "GRUCell"
    assert config["cell"]["config"]["num_units"] == 2
    again = Cells.DropoutWrapper.from_config(config)
    assert again.get_config() == config
    config["cell"] = {"class_name": "Mine", "config": {}}
    with pytest.raises(ValueError, match="'Mine'"):
        Cells.DropoutWrapper.from_config(config)
