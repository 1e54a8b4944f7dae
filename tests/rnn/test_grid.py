"""LSTMs over time and frequency and grids of cells, against TensorFlow 1.15's answers and formulas in NumPy."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.rnn.programs import graph, run

import recell.v1 as tf

__all__ = ["graph"]

FOLDER = pathlib.Path(__file__).parent
CASES = [
    (file, name) for file in ("grid_cases", "grid_rnn_cases") for name in figures.read_cases(FOLDER / f"{file}.txt")
]


@pytest.mark.parametrize(("file", "name"), CASES)
def test_same_as_tensorflow(file: str, name: str) -> None:
    path = FOLDER / f"{file}.txt"
    expected = figures.read_answers(path)[name]
    got = figures.answer(tf, figures.read_cases(path)[name])
    if expected.get("error", [""])[-1] == "in converted code:":  # 1.15 puts a traceback before what is wrong
        assert got["error"][0] == expected["error"][0]
    else:
        figures.check(expected, got)


# -- formulas ---------------------------------------------------------------------------------------------------------


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def step_of_time_and_frequency(
    x: Any, before: Any, size: int, skip: int, weights: dict[str, Any], coupled: bool, clip: float, forget_bias: float
) -> tuple[Any, Any]:
    """Output and new state of a grid of one block. `before` is c and m of each slice, `weights` are by TF's names."""
    units, shared = before[0].shape[1], "W_t_0_0" not in weights
    c = {"freq": np.zeros_like(before[0])}
    m = {"freq": np.zeros_like(before[0])}
    outputs, states = [], []
    for number, begin in enumerate(range(0, x.shape[1] - size + 1, skip)):
        c["time"], m["time"] = before[2 * number], before[2 * number + 1]
        joined = np.concatenate([x[:, begin : begin + size], m["time"], m["freq"]], 1)
        new_c, o = {}, {}
        for lstm in ("freq", "time"):
            kind = "freq" if shared else lstm
            columns = joined @ weights[f"W_{kind[0]}_0_0"] + weights[f"B_{kind[0]}_0"]
            order = ("I", "J", "O") if coupled else ("I", "J", "F", "O")
            gate = {name: columns[:, k * units : (k + 1) * units] for k, name in enumerate(order)}

            def see(name: str, kind: str = kind, memories: dict[str, Any] = c) -> Any:
                pairs = [(weights.get(f"W_{name}_diag_{kind}{d[0]}_0", 0.0), memories[d]) for d in ("freq", "time")]
                return sum(w * memory for w, memory in pairs)

            i = sigmoid(gate["I"] + see("I"))
            f = 1.0 - i if coupled else sigmoid(gate["F"] + forget_bias + see("F"))
            new_c[lstm] = np.clip(f * c[lstm] + i * np.tanh(gate["J"]), -clip, clip)
            o[lstm] = (gate["O"], kind)
        c = new_c
        for lstm, (columns, kind) in o.items():
            seen = sum(weights.get(f"W_O_diag_{kind}{d[0]}_0", 0.0) * c[d] for d in ("freq", "time"))
            m[lstm] = sigmoid(columns + seen) * np.tanh(c[lstm])
        outputs += [m["time"], m["freq"]]
        states += [c["time"], m["time"]]
    return np.concatenate(outputs, 1), states


@pytest.mark.parametrize("coupled", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("peepholes", [False, True])
def test_grid_is_its_formula(peepholes: bool, shared: bool, coupled: bool) -> None:
    random = np.random.RandomState(0)
    cell = tf.contrib.rnn.GridLSTMCell(
        3,
        use_peepholes=peepholes,
        share_time_frequency_weights=shared,
        couple_input_forget_gates=coupled,
        cell_clip=0.6,
        forget_bias=0.3,
        feature_size=2,
        frequency_skip=2,
        num_frequency_blocks=[3],
    )
    x, before = random.standard_normal([4, 7]), [random.standard_normal([4, 3]) for _ in range(6)]
    result = cell(tf.constant(x), cell.state_tuple_type(*before))
    weights = {v.op.name.partition("/")[2]: random.uniform(-1.0, 1.0, v.shape.as_list()) for v in tf.global_variables()}
    with tf.Session() as session:
        for variable, value in zip(tf.global_variables(), weights.values(), strict=True):
            variable.load(value, session)
        output, state = session.run(result)
    wanted, states = step_of_time_and_frequency(x, before, 2, 2, weights, coupled, 0.6, 0.3)
    np.testing.assert_allclose(output, wanted, rtol=1e-12)
    np.testing.assert_allclose(state, states, rtol=1e-12)


def test_backwards_is_forwards_of_a_mirrored_spectrum() -> None:
    """With the same weights, and slices of one column, which have no order of their own."""
    options = {"feature_size": 1, "frequency_skip": 1, "num_frequency_blocks": [4]}
    cell = tf.contrib.rnn.BidirectionalGridLSTMCell(2, **options)
    x = np.random.RandomState(0).standard_normal([3, 4])
    zero = cell.zero_state(3, tf.float64)
    with tf.variable_scope("net", initializer=tf.constant_initializer(0.4)) as scope:
        output, _ = cell(tf.constant(x), zero, scope=scope)
        scope.reuse_variables()
        mirrored, _ = cell(tf.constant(x[:, ::-1].copy()), zero, scope=scope)
    one, other = run([output, mirrored])
    assert not np.allclose(one[:, :16], one[:, 16:])
    np.testing.assert_allclose(one[:, :16], other[:, 16:], rtol=1e-12)
    np.testing.assert_allclose(one[:, 16:], other[:, :16], rtol=1e-12)


# -- what runs although TensorFlow 1.15 gives it up -------------------------------------------------------------------


def test_time_freq_takes_an_unknown_batch() -> None:
    cell = tf.contrib.rnn.TimeFreqLSTMCell(2, feature_size=2)
    x, state = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 12])
    output, new_state = cell(x, state)
    assert output.shape.as_list() == [None, 6]
    assert run(new_state, {x: np.zeros([5, 4]), state: np.zeros([5, 12])}).shape == (5, 12)


def test_time_freq_says_that_the_inputs_hold_no_slice() -> None:
    cell = tf.contrib.rnn.TimeFreqLSTMCell(2, feature_size=5)
    with pytest.raises(ValueError, match="no slice of feature_size 5"):
        cell(tf.zeros([2, 4]), tf.zeros([2, 4]))


@pytest.mark.parametrize("name", ["Grid1BasicRNNCell", "Grid2GRUCell"])
def test_joined_states_of_cells_without_c(name: str) -> None:
    make = getattr(tf.contrib.grid_rnn, name)
    parted, joined = make(3), make(3, state_is_tuple=False)
    x, start = tf.constant(figures.ramp(2, 4)), figures.ramp(2, joined.state_size)
    states = tuple(start[:, 3 * k : 3 * k + 3] for k in range(len(parted.state_size)))
    with tf.variable_scope("net", initializer=tf.constant_initializer(0.3)):
        expected = parted(x, states)
    with tf.variable_scope("net", reuse=True):
        got = joined(x, tf.constant(start))
    (outputs, states), (joined_outputs, joined_states) = run([expected, got])
    np.testing.assert_array_equal(outputs[0], joined_outputs[0])
    np.testing.assert_array_equal(np.concatenate(states, 1), joined_states)


def test_joined_state_of_the_default_cell() -> None:
    cell = tf.contrib.grid_rnn.GridRNNCell(3, num_dims=2, state_is_tuple=False)
    _, state = cell(None, tf.ones([2, 12]))
    assert state.shape.as_list() == [2, 12]


def test_tied_dimensions_share_the_weights_of_the_function() -> None:
    cell = tf.contrib.grid_rnn.GridRNNCell(
        3, 2, input_dims=[0, 1], output_dims=[0, 1], priority_dims=1, non_recurrent_dims=[0, 1], tied=True
    )
    x = tf.constant(figures.ramp(2, 6))
    with tf.variable_scope("net", initializer=tf.constant_initializer(0.3)):
        (first, second), state = cell(x, ())
    assert state == ()
    assert [v.op.name for v in tf.global_variables()][4:] == [
        f"net/GridRNNCell/non_recurrent/fully_connected/{name}" for name in ("weights", "biases")
    ]
    a, b = 0.3 * figures.ramp(2, 6)[:, :3].sum(1), 0.3 * figures.ramp(2, 6)[:, 3:].sum(1)
    early = np.maximum(0.3 * 3 * (a + b), 0.0)
    late = np.maximum(0.3 * 3 * (early + b), 0.0)
    got = run([first, second])
    np.testing.assert_allclose(got[0], np.tile(early[:, None], 3), rtol=1e-5)
    np.testing.assert_allclose(got[1], np.tile(late[:, None], 3), rtol=1e-5)


def test_a_function_without_an_initializer_in_the_scope() -> None:
    """1.15 looks for its own default where it is not."""
    cell = tf.contrib.grid_rnn.Grid2LSTMCell(3, non_recurrent_fn="tanh")
    (output,), _ = cell(tf.zeros([2, 4]), cell.zero_state(2, tf.float32))
    assert np.abs(run(output)).max() < 1.0


def test_no_inputs() -> None:
    """None says what inputs without columns say; its dtype is the state's."""
    cell = tf.contrib.grid_rnn.GridRNNCell(3, 2, input_dims=0, output_dims=[0, 1])
    states = cell.zero_state(2, tf.float64)
    with tf.variable_scope("net"):
        outputs, _ = cell(None, states)
    with tf.variable_scope("net", reuse=True):
        same, _ = cell(tf.zeros([2, 0], tf.float64), states)
    assert outputs[0].dtype == tf.float64
    assert not any("project" in v.op.name for v in tf.global_variables())
    one, other = run([outputs, same])
    np.testing.assert_array_equal(one, other)


def test_one_dimension_of_an_unknown_batch() -> None:
    cell = tf.contrib.grid_rnn.Grid1LSTMCell(3)
    x = tf.placeholder(tf.float32, [None, 4])
    (output,), _ = cell(x, cell.zero_state(tf.shape(x)[0], tf.float32))
    assert run(output, {x: np.zeros([5, 4])}).shape == (5, 3)


def test_weights_of_a_grid() -> None:
    cell = tf.contrib.grid_rnn.Grid2LSTMCell(3, non_recurrent_fn=tf.nn.relu)
    cell(tf.zeros([2, 4]), cell.zero_state(2, tf.float32))
    assert cell.trainable_weights == tf.trainable_variables()


# -- errors -----------------------------------------------------------------------------------------------------------


def test_a_dimension_without_a_value() -> None:
    cell = tf.contrib.grid_rnn.GridRNNCell(3, 2, input_dims=0, non_recurrent_dims=1)
    with pytest.raises(TypeError, match=r"dimension 1 .* put 1 in input_dims"):
        cell(tf.zeros([2, 4]), cell.zero_state(2, tf.float32))


def test_a_cell_that_joins_its_state() -> None:
    make = tf.nn.rnn_cell.BasicLSTMCell
    cell = tf.contrib.grid_rnn.GridRNNCell(3, 2, cell_fn=lambda units: make(units, state_is_tuple=False))
    with pytest.raises(TypeError, match="state_is_tuple=True"):
        cell(tf.zeros([2, 4]), cell.zero_state(2, tf.float32))


def test_an_initializer_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    tf.contrib.rnn.TimeFreqLSTMCell(2, initializer=tf.zeros_initializer(), feature_size=2)
    assert "no effect" in caplog.text
    caplog.clear()
    tf.contrib.rnn.TimeFreqLSTMCell(2, feature_size=2)
    assert not caplog.records


@pytest.mark.parametrize("name", ["Grid1LSTMCell", "Grid2GRUCell", "Grid3LSTMCell"])
def test_configuration_of_named_grids(name: str) -> None:
    cell = getattr(tf.contrib.grid_rnn, name)(3, state_is_tuple=False)
    again = type(cell).from_config(cell.get_config())
    assert again.state_size == cell.state_size
    assert again.get_config() == cell.get_config() | {"name": again.name}
