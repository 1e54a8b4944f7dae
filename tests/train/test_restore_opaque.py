"""cuDNN's one vector of weights, restored into the cells that compute the same, and the other way round."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import recell.v1 as tf
from recell import checkpoint
from recell.checkpoint import TensorInfo, opaque
from recell.checkpoint.renames import plan

UNITS, DEPTH, STEPS, BATCH = 3, 4, 5, 2
KINDS = {"LSTM": "cudnn_compatible_lstm_cell", "GRU": "cudnn_compatible_gru_cell"}


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(STEPS, BATCH, DEPTH)).astype(np.float32)


def network(kind: str, layers: int, bidirectional: bool) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return getattr(torch.nn, kind)(DEPTH, UNITS, layers, bidirectional=bidirectional)


def vector_of(net: Any) -> np.ndarray:
    """cuDNN's vector: all matrices, then all biases, as torch hands them to it."""
    values = list(net.parameters())
    matrices = [v for v in values if v.dim() == 2]
    return torch.cat([v.reshape(-1) for v in matrices + [v for v in values if v.dim() == 1]]).detach().numpy()


def cells(kind: str, layers: int, bidirectional: bool, x: Any) -> Any:
    """The outputs of TensorFlow's cells under their drivers, with names as a cuDNN layer saves them."""
    make = getattr(tf.contrib.cudnn_rnn, f"CudnnCompatible{kind}Cell")
    made = [[make(UNITS) for _ in range(layers)] for _ in range(2)]
    with tf.variable_scope("cudnn_lstm"):
        if bidirectional:
            outputs, *_ = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(*made, x, dtype=tf.float32, time_major=True)
        else:
            cell = tf.nn.rnn_cell.MultiRNNCell(made[0])
            outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, time_major=True)
    return outputs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", ["cudnn_lstm/opaque_kernel", "params"])
def test_a_vector_is_read_into_cells(
    kind: str, layers: int, bidirectional: bool, name: str, tmp_path: pathlib.Path
) -> None:
    """By its place (since 1.4), or by its size alone (programs of before had a variable of their own)."""
    net = network(kind, layers, bidirectional)
    entries = [checkpoint.Entry(name, vector_of(net)), checkpoint.Entry("other", np.ones(3, np.float32))]
    checkpoint.write(str(tmp_path / "m"), entries)
    outputs = cells(kind, layers, bidirectional, tf.constant(inputs()))
    with tf.Session() as session:
        tf.train.Saver().restore(session, str(tmp_path / "m"))
        expected = net(torch.from_numpy(inputs()))[0].detach().numpy()
        np.testing.assert_allclose(session.run(outputs), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_layer_reads_what_cells_have_saved(kind: str, bidirectional: bool, tmp_path: pathlib.Path) -> None:
    """TensorFlow's saveable reads them, and the vector itself, which the file lacks, is made of them too."""
    net = network(kind, 2, bidirectional)
    with tf.Graph().as_default(), tf.Session() as session:
        outputs = cells(kind, 2, bidirectional, tf.constant(inputs()))
        checkpoint.write(str(tmp_path / "torch"), [checkpoint.Entry("params", vector_of(net))])
        tf.train.Saver().restore(session, str(tmp_path / "torch"))
        tf.train.Saver().save(session, str(tmp_path / "m"))
        expected = session.run(outputs)
    direction = "bidirectional" if bidirectional else "unidirectional"
    layer = getattr(tf.contrib.cudnn_rnn, f"Cudnn{kind}")(2, UNITS, direction=direction, name="cudnn_lstm")
    outputs, _ = layer(tf.constant(inputs()))
    with tf.Session() as session:
        tf.train.Saver().restore(session, str(tmp_path / "m"))
        np.testing.assert_allclose(session.run(outputs), expected, rtol=1e-5, atol=1e-6)
        kernel = session.run("cudnn_lstm/opaque_kernel:0")
        tf.train.Saver().save(session, str(tmp_path / "both"))
    assert kernel.shape == vector_of(net).shape
    # TensorFlow saves both forms, and then each is read by its own name.
    held = checkpoint.describe(str(tmp_path / "both"))
    assert "cudnn_lstm/opaque_kernel" in held
    assert len(opaque.networks(held)) == 1


def test_an_optimizer_s_slots_of_the_vector_follow_it(tmp_path: pathlib.Path) -> None:
    """Both biases have the gradient of the one that cells have: their slots are its slots, and not halves of them."""
    net = network("LSTM", 1, False)
    vector = vector_of(net)
    slots = {f"params/{slot}": vector * k for k, slot in enumerate(("Adam", "Adam_1"), 2)}
    values = {"params": vector, "beta1_power": np.float32(0.9), "beta2_power": np.float32(0.99), **slots}
    checkpoint.write(str(tmp_path / "m"), [checkpoint.Entry(name, np.asarray(v)) for name, v in values.items()])
    outputs = cells("LSTM", 1, False, tf.constant(inputs()))
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(outputs))
    with tf.Session() as session:
        tf.train.Saver().restore(session, str(tmp_path / "m"))
        cell = "cudnn_lstm/rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell"
        kernel, bias, kernel_slot, bias_slot = (
            session.run(f"{cell}/{name}:0") for name in ("kernel", "bias", "kernel/Adam_1", "bias/Adam_1")
        )
    np.testing.assert_allclose(kernel_slot, 3 * kernel, rtol=1e-6)
    np.testing.assert_allclose(bias_slot, 3 * bias / 2, rtol=1e-6, atol=1e-6)  # two biases may nearly cancel


def info(*shape: int) -> TensorInfo:
    return TensorInfo("float32", shape)


CELL = {
    "rnn/cudnn_compatible_lstm_cell/kernel": info(DEPTH + UNITS, 4 * UNITS),
    "rnn/cudnn_compatible_lstm_cell/bias": info(4 * UNITS),
}
SIZE = 4 * UNITS * (DEPTH + UNITS + 2)


def test_of_two_vectors_of_its_size_none_is_taken() -> None:
    found = plan(CELL, {"params": info(SIZE), "other": info(SIZE)})
    assert not found.sources
    assert found.rivals == dict.fromkeys(CELL, ("params", "other"))
    # The one in the network's own scope is known by its name.
    assert plan(CELL, {"opaque_kernel": info(SIZE), "other": info(SIZE)}).sources.keys() == CELL.keys()


def test_one_vector_is_not_two_networks() -> None:
    both = CELL | {f"b/{name}": shape for name, shape in CELL.items()}
    found = plan(both, {"params": info(SIZE)})
    assert not found.sources
    assert found.rivals == dict.fromkeys(both, ("params",))
    own = {"b/opaque_kernel": info(SIZE), "opaque_kernel": info(SIZE)}
    assert {source.names for source in plan(both, own).sources.values()} == {("b/opaque_kernel",), ("opaque_kernel",)}


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1])
def test_another_size_is_another_network(size: int) -> None:
    assert not plan(CELL, {"opaque_kernel": info(size)}).sources


def test_a_network_that_is_there_in_part_is_left_alone() -> None:
    held = {"opaque_kernel": info(SIZE), "rnn/cudnn_compatible_lstm_cell/bias": info(4 * UNITS)}
    assert not plan(CELL, held).sources


def test_cells_that_are_no_network_of_cudnn_s() -> None:
    prefix = "rnn/multi_rnn_cell/cell_{}/cudnn_compatible_lstm_cell/{}"
    shapes = {
        prefix.format(layer, leaf): shape
        for layer, units in ((0, 3), (1, 2))
        for leaf, shape in (("kernel", info(4 + units, 4 * units)), ("bias", info(4 * units)))
    }
    assert opaque.networks(shapes) == []
    assert opaque.networks({"rnn/cudnn_compatible_lstm_cell/kernel": ("float32", None)}) == []
    missing_layer = {name.replace("cell_1", "cell_2"): shape for name, shape in shapes.items()}
    assert opaque.networks(missing_layer) == []


def test_plain_networks_are_known_by_their_scope_alone() -> None:
    """`basic_rnn_cell` is not cuDNN's alone, so a vector that merely has the size says nothing."""
    cell = {"a/rnn/basic_rnn_cell/kernel": info(7, 3), "a/rnn/basic_rnn_cell/bias": info(3)}
    assert not plan(cell, {"params": info(27)}).sources
    assert plan(cell, {"a/opaque_kernel": info(27)}).sources.keys() == cell.keys()


@pytest.mark.parametrize("scope", ["cudnn_compatible_lstm_cell", "cudnn_compatible_gru_cell", "basic_rnn_cell"])
@pytest.mark.parametrize("slot", ["", "/Adam"])
def test_packing_undoes_unpacking(scope: str, slot: str) -> None:
    kind = next(kind for kind in opaque._KINDS if kind.scope == scope)
    net = opaque.Cells("", slot, kind, ("x/", "y/", "z/", "w/"), UNITS, (DEPTH, DEPTH, 2 * UNITS, 2 * UNITS), "float32")
    rng = np.random.default_rng(1)
    values = {name: rng.normal(size=shape).astype(np.float32) for name, shape in net.shapes().items()}
    vector = net.pack(values)
    assert vector.shape == (net.size,)
    assert vector.dtype == np.float32
    for name, value in net.unpack(vector).items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, values[name], rtol=1e-6, err_msg=name)
