"""Checkpoints by TensorFlow, restored into the graphs that they are of: the same outputs, and the same training on."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.train import wild_models

import recell.v1 as tf

FILES = pathlib.Path(__file__).resolve().parents[1] / "checkpoint" / "files"


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def arrays(folder: str, name: str = "values") -> dict[str, np.ndarray]:
    with np.load(FILES / folder / f"{name}.npz") as file:
        return dict(file)


def prefix_of(folder: str) -> str:
    found = tf.train.latest_checkpoint(str(FILES / folder))
    return found or str(FILES / folder / json.loads((FILES / folder / "info.json").read_text())["prefix"])


def restored(folder: str, saver: Any = None) -> Any:
    """A session that has restored all variables of the graph, each of which the file must hold."""
    session = tf.Session()
    (saver or tf.train.Saver()).restore(session, prefix_of(folder))
    return session


def check_values(session: Any, expected: dict[str, np.ndarray], whole: bool = True) -> None:
    """Every variable of the graph has the value of its name, and with `whole` nothing is left over."""
    held = {variable.op.name: variable for variable in tf.global_variables()}
    assert held
    assert not whole or set(held) == set(expected)
    for name, value in zip(held, session.run(list(held.values())), strict=True):
        assert value.dtype == expected[name].dtype
        assert value.tobytes() == expected[name].tobytes(), name


def lstm_classifier() -> dict[str, Any]:
    x = tf.placeholder(tf.float32, [10, 7, 5])
    lengths, labels = tf.placeholder(tf.int32, [10]), tf.placeholder(tf.int32, [10])
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(8), tf.nn.rnn_cell.BasicLSTMCell(6)])
    outputs, states = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
    with tf.variable_scope("softmax"):
        weights = tf.get_variable("W", [6, 3])
        biases = tf.get_variable("b", [3], initializer=tf.zeros_initializer())
    logits = tf.matmul(states[-1].h, weights) + biases
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    optimizer = tf.train.AdamOptimizer(0.01)
    step = tf.train.get_or_create_global_step()
    gradients = optimizer.compute_gradients(loss)
    return {
        "feed": {x: "in/x", lengths: "in/seqlen", labels: "in/y"},
        "logits": logits,
        "loss": loss,
        "outputs": outputs,
        **{f"state_l{k}_{part}": getattr(states[k], part) for k in range(2) for part in "ch"},
        "train": optimizer.apply_gradients(gradients, step),
        "norm": tf.global_norm([gradient for gradient, _ in gradients]),
        "step": step,
    }


def gru_language_model() -> dict[str, Any]:
    ids = tf.placeholder(tf.int32, [4, 9])
    embedding = tf.get_variable("embedding", [11, 5])
    with tf.variable_scope("lm"):
        x = tf.nn.embedding_lookup(embedding, ids[:, :-1])
        outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(7), x, dtype=tf.float32)
        logits = tf.layers.dense(outputs, 11, name="proj")
    loss = tf.contrib.seq2seq.sequence_loss(logits, ids[:, 1:], tf.ones([4, 8]))
    step = tf.train.get_or_create_global_step()
    variables = tf.trainable_variables()
    gradients, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), 1.0)
    train = tf.train.AdamOptimizer(0.02).apply_gradients(zip(gradients, variables, strict=True), step)
    return {
        "feed": {ids: "in/ids"},
        "logits": logits,
        "loss": loss,
        "state": state,
        "train": train,
        "norm": norm,
        "step": step,
    }


TRAINED: dict[str, Callable[[], dict[str, Any]]] = {
    "basic_lstm_2layer_v1": lstm_classifier,
    "basic_lstm_2layer_v2": lstm_classifier,
    "gru_lm_v2": gru_language_model,
    "gru_lm_sharded_v2": gru_language_model,
}


@pytest.mark.parametrize("folder", TRAINED)
def test_a_trained_model(folder: str) -> None:
    model, io = TRAINED[folder](), arrays(folder, "io")
    session = restored(folder)
    check_values(session, arrays(folder))
    feed = {key: io[name] for key, name in model["feed"].items()}
    outputs = [name.removeprefix("out/") for name in io if name.startswith("out/")]
    for name, value in zip(outputs, session.run([model[name] for name in outputs], feed), strict=True):
        np.testing.assert_allclose(value, io[f"out/{name}"], rtol=2e-6, atol=2e-7, err_msg=name)


@pytest.mark.parametrize("folder", TRAINED)
def test_training_from_the_start_comes_to_the_checkpoint(folder: str) -> None:
    """As many steps as TensorFlow took: its losses, the norms of its gradients, and the values that it saved."""
    model, io, saved = TRAINED[folder](), arrays(folder, "io"), arrays(folder)
    feed = {key: io[name] for key, name in model["feed"].items()}
    with tf.Session() as session:
        for variable in tf.global_variables():
            variable.load(io[f"init/{variable.op.name}"], session)
        seen = [session.run([model["loss"], model["norm"], model["train"]], feed)[:2] for _ in io["train/losses"]]
        values = dict(zip(saved, session.run([f"{name}:0" for name in saved]), strict=True))
    np.testing.assert_allclose([loss for loss, _ in seen], io["train/losses"], rtol=1e-5)
    np.testing.assert_allclose([norm for _, norm in seen], io["train/grad_norms"], rtol=2e-5)
    for name, value in values.items():
        np.testing.assert_allclose(value, saved[name], rtol=2e-4, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("folder", TRAINED)
def test_training_goes_on_as_if_it_had_not_stopped(folder: str, tmp_path: pathlib.Path) -> None:
    """Restored from TensorFlow's file, or from ours of it in either format: the same next steps, to the bit."""
    model, io = TRAINED[folder](), arrays(folder, "io")
    feed = {key: io[name] for key, name in model["feed"].items()}
    session = restored(folder)
    start = int(session.run(model["step"]))
    assert start == len(io["train/losses"])
    copies = [
        tf.train.Saver(write_version=version).save(session, str(tmp_path / f"v{version}"))
        for version in (tf.train.SaverDef.V1, tf.train.SaverDef.V2)
    ]

    def three_steps(from_there: Any) -> list[Any]:
        return [from_there.run([model["train"], model["loss"], model["step"]], feed)[1:] for _ in range(3)]

    seen = three_steps(session)
    assert [int(step) for _, step in seen] == [start + 1, start + 2, start + 3]
    assert [float(loss) for loss, _ in seen] == sorted((float(loss) for loss, _ in seen), reverse=True)
    assert float(seen[0][0]) < float(io["train/losses"][-1])
    for copy in copies:
        with tf.Session() as other:
            tf.train.Saver().restore(other, copy)
            assert str(three_steps(other)) == str(seen)


@pytest.mark.parametrize("folder", ["lstm_partitioned_v1", "lstm_partitioned_v2"])
@pytest.mark.parametrize("parts", [0, 2, 3])
def test_a_partitioned_model(folder: str, parts: int) -> None:
    """In the parts that it was saved in, in others, and whole."""
    io, saved = arrays(folder, "io"), arrays(folder)
    x = tf.constant(io["in/x"])
    partitioner = tf.fixed_size_partitioner(parts) if parts else None
    with tf.variable_scope("m", partitioner=partitioner):
        cell = tf.nn.rnn_cell.LSTMCell(6, use_peepholes=True, num_proj=4)
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    session = restored(folder)
    got = dict(zip(("outputs", "c", "h"), session.run([outputs, *state]), strict=True))
    for name, value in got.items():
        np.testing.assert_allclose(value, io[f"out/{name}"], rtol=2e-6, atol=2e-7, err_msg=name)
    if not parts:
        check_values(session, saved)
        return
    info = json.loads((FILES / folder / "info.json").read_text())["graph_variables"]
    held = {variable.op.name: variable for variable in tf.global_variables()}
    assert parts != 3 or set(held) == set(info)
    for variable in held.values():
        spec = variable._save_slice_info
        box = tuple(slice(a, a + n) for a, n in zip(spec.var_offset, spec.var_shape, strict=True))
        np.testing.assert_array_equal(session.run(variable), saved[spec.full_name][box])


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("names", ["old", "new"])
def test_names_of_before_1_2(version: str, names: str, caplog: pytest.LogCaptureFixture) -> None:
    """Saved by TensorFlow under the names of 1.1, and as its own converter renamed them."""
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(4), tf.nn.rnn_cell.GRUCell(3)])
    tf.nn.dynamic_rnn(cell, tf.zeros([2, 3, 5]), dtype=tf.float32)
    tf.get_variable("embedding", [5, 2])
    with tf.variable_scope("attention_decoder"):
        tf.get_variable("kernel", [3, 4])
        tf.get_variable("bias", [4])
    with tf.Session() as session:
        tf.train.Saver().restore(session, str(FILES / f"old_names_{version}" / f"{names}.ckpt"))
        check_values(session, arrays(f"old_names_{version}", "values_new"))
    told = [record for record in caplog.records if "names of another release" in record.message]
    assert len(told) == (names == "old")
    if told:
        assert "attention_decoder/kernel <- attention_decoder/Linear/Matrix" in told[0].message
        assert told[0].message.count("<-") == 8


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_new_files_are_read_by_graphs_with_old_names(version: str) -> None:
    old = arrays(f"old_names_{version}", "values_old")
    for name, value in old.items():
        tf.get_variable(name, value.shape)
    with tf.Session() as session:
        tf.train.Saver().restore(session, str(FILES / f"old_names_{version}" / "new.ckpt"))
        check_values(session, old)


WILD = ["cudnn_lstm_v2", "har_v2", "lfads_v2", "ntm_v2", "qeco_v2", "speech_v1"]


@pytest.mark.parametrize("folder", WILD)
def test_every_tensor_of_a_checkpoint_of_somebody(folder: str) -> None:
    expected = arrays(folder)
    for name, value in expected.items():
        tf.get_variable(name, value.shape, value.dtype)
    check_values(restored(folder), expected)


@pytest.mark.parametrize("folder", wild_models.MODELS)
def test_a_model_of_somebody_says_what_it_says_under_tensorflow(folder: str) -> None:
    """Restored, and after some steps of training on."""
    expected = json.loads(wild_models.OUTPUTS.read_text())[folder]
    for value, told in zip(wild_models.outputs(tf, folder), expected, strict=True):
        np.testing.assert_allclose(value, told, rtol=1e-5, atol=1e-5)


def test_a_model_of_somebody_with_names_of_before_1_0() -> None:
    """A speech recogniser of 2016: a network with projected outputs, under Adam."""
    expected = arrays("speech_v1")
    for name in ("weightsOutH1", "biasesOutH1", "weightsOutH2", "biasesOutH2", "weightsClasses", "biasesClasses"):
        tf.get_variable(name, expected[name].shape)
    cell = tf.contrib.rnn.OutputProjectionWrapper(tf.nn.rnn_cell.BasicRNNCell(128), 62)
    frames = [tf.constant(wild_models.ramp(2, 39)), tf.constant(wild_models.ramp(4, 39)[2:])]
    outputs, _ = tf.nn.static_rnn(cell, frames, dtype=tf.float32, scope="testRNN")
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(outputs[-1]))
    session = restored("speech_v1")
    renamed = {
        "testRNN/output_projection_wrapper/basic_rnn_cell/kernel": "testRNN/BasicRNNCell/Linear/Matrix",
        "testRNN/output_projection_wrapper/basic_rnn_cell/bias": "testRNN/BasicRNNCell/Linear/Bias",
        "testRNN/output_projection_wrapper/kernel": "testRNN/OutputProjectionWrapper/Linear/Matrix",
        "testRNN/output_projection_wrapper/bias": "testRNN/OutputProjectionWrapper/Linear/Bias",
    }
    slots = {f"{new}/{slot}": f"{old}/{slot}" for new, old in renamed.items() for slot in ("Adam", "Adam_1")}
    names = {variable.op.name: variable.op.name for variable in tf.global_variables()} | renamed | slots
    check_values(session, {new: expected[old] for new, old in names.items()})
    state = np.zeros([2, 128])
    for frame in session.run(frames):
        matrix, bias = expected["testRNN/BasicRNNCell/Linear/Matrix"], expected["testRNN/BasicRNNCell/Linear/Bias"]
        state = np.tanh(np.concatenate([frame, state], 1) @ matrix + bias)
    matrix, bias = (expected[f"testRNN/OutputProjectionWrapper/Linear/{part}"] for part in ("Matrix", "Bias"))
    np.testing.assert_allclose(session.run(outputs[-1]), state @ matrix + bias, rtol=1e-5, atol=1e-5)


def test_slots_of_an_optimizer_in_another_scope() -> None:
    """A neural Turing machine of 2016: its dense layers' `Matrix` and `Bias`, with RMSProp below a scope of its own."""
    expected = arrays("ntm_v2")
    x = tf.constant(wild_models.ramp(1, 130))
    with tf.variable_scope("NTM-copy/controller"):
        gates = [tf.layers.dense(x, 100, name=f"{gate}_gate_0") for gate in ("input", "forget", "output", "update")]
    optimizer = tf.train.RMSPropOptimizer(1e-4, 0.95, 0.9)
    optimizer.minimize(tf.add_n([tf.reduce_sum(gate) for gate in gates]))
    session = restored("ntm_v2")
    wanted: dict[str, np.ndarray] = {}
    for variable in tf.trainable_variables():
        old = variable.op.name.replace("kernel", "Matrix").replace("bias", "Bias")
        wanted[variable.op.name] = expected[old]
        for slot in ("RMSProp", "RMSProp_1"):
            wanted[f"{variable.op.name}/{slot}"] = expected[f"NTM-copy_1/{old}/{slot}"]
    assert len(wanted) == 24
    check_values(session, wanted)


def test_adam_has_the_variables_of_a_checkpoint_of_somebody() -> None:
    """A network of 2017 with weights of its own for cuDNN to beat: everything in the file is a variable here."""
    expected = arrays("cudnn_lstm_v2")
    plain = [name for name in expected if "Adam" not in name and "_power" not in name]
    weights = [tf.get_variable(name, expected[name].shape) for name in plain]
    tf.train.AdamOptimizer().minimize(tf.add_n([tf.nn.l2_loss(value) for value in weights]))
    check_values(restored("cudnn_lstm_v2"), expected)


def test_variables_that_were_given_no_names() -> None:
    """The network that makes LFADS' data: names are numbers, in the order of the program."""
    expected = arrays("lfads_v2")
    for name in ("Variable", *(f"Variable_{k}" for k in range(1, 5))):
        tf.Variable(tf.zeros(expected[name].shape))
    tf.Variable(0, name="global_step", trainable=False)
    check_values(restored("lfads_v2"), expected)
