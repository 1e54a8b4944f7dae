"""Training that is killed, resumed, watched, evaluated meanwhile; and what it leaves in its folder."""

from __future__ import annotations

import gc
import glob
import logging
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import recell.v1 as tf

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(12, 2)
Y = X.sum(1, keepdims=True) + 1


def data():
    return {"x": tf.constant(X)}, tf.constant(Y)


def model(features, labels, mode):
    w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer())
    p = tf.matmul(features["x"], w)
    if mode == "infer":
        return tf.estimator.EstimatorSpec(mode, predictions=p)
    loss = tf.losses.mean_squared_error(labels, p)
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train, eval_metric_ops={"m": tf.metrics.mean(p)})


def estimator(folder, **config):
    return tf.estimator.Estimator(model, str(folder), tf.estimator.RunConfig(**config))


KILLED = """
    import os, signal, sys
    sys.path.insert(0, {here!r})
    import recell.v1 as tf
    from test_restart import data, estimator
    class Kill(tf.train.SessionRunHook):
        def before_run(self, context):
            return tf.train.SessionRunArgs(tf.train.get_global_step())
        def after_run(self, context, values):
            if values.results == 13:
                os.kill(os.getpid(), signal.SIGKILL)
    estimator({folder!r}, save_checkpoints_steps=5).train(data, steps=100, hooks=[Kill()])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_killed_training_goes_on_from_its_newest_checkpoint(tmp_path):
    program = textwrap.dedent(KILLED.format(here=os.path.dirname(__file__), folder=str(tmp_path / "killed")))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    resumed = estimator(tmp_path / "killed", save_checkpoints_steps=5)
    assert os.path.basename(resumed.latest_checkpoint()) == "model.ckpt-10"
    resumed.train(data, max_steps=20)
    whole = estimator(tmp_path / "whole").train(data, steps=20)
    for name in ("w", "w/Momentum", "global_step"):
        np.testing.assert_array_equal(resumed.get_variable_value(name), whole.get_variable_value(name))


def test_an_error_in_a_step_leaves_the_last_checkpoint(tmp_path):
    class Fail(tf.train.SessionRunHook):
        def after_run(self, context, values):
            self.count = getattr(self, "count", 0) + 1
            if self.count == 8:
                raise RuntimeError("the program's own")

    made = estimator(tmp_path, save_checkpoints_steps=5)
    with pytest.raises(RuntimeError, match="the program's own"):
        made.train(data, steps=100, hooks=[Fail()])
    assert os.path.basename(made.latest_checkpoint()) == "model.ckpt-5"
    assert os.path.basename(made.train(data, steps=2).latest_checkpoint()) == "model.ckpt-7"


def test_evaluation_and_prediction_while_training(tmp_path):
    made = estimator(tmp_path, save_checkpoints_steps=4)
    seen = []

    class Look(tf.train.SessionRunHook):
        def after_run(self, context, values):
            results = made.evaluate(data, steps=1)
            seen.append((int(results["global_step"]), next(made.predict(lambda: {"x": tf.constant(X)})).tolist()))

    made.train(data, steps=9, hooks=[Look()])
    # The hook that saves runs before the program's.
    assert [step for step, _ in seen] == [0, 0, 0, 4, 4, 4, 4, 8, 8]
    alone = estimator(tmp_path / "alone").train(data, steps=9)
    np.testing.assert_array_equal(made.get_variable_value("w"), alone.get_variable_value("w"))


def test_predictions_that_are_left_behind_disturb_nobody(tmp_path):
    made = estimator(tmp_path).train(data, steps=1)
    left = made.predict(data)
    next(left)
    with tf.Graph().as_default() as graph:
        other = made.predict(data)
        next(other)
        assert tf.get_default_graph() is graph
        del left
        gc.collect()
        assert tf.get_default_graph() is graph
        next(other)
        other.close()
        assert tf.get_default_graph() is graph
        assert not graph.get_operations()


def test_hooks_are_told_of_the_end_only_when_it_is_reached(tmp_path):
    made, ended = estimator(tmp_path).train(data, steps=1), []

    class Told(tf.train.SessionRunHook):
        def end(self, session):
            ended.append(session)

    class Interrupted(tf.train.SessionRunHook):
        def after_run(self, run_context, run_values):
            raise KeyboardInterrupt

    left = made.predict(data, hooks=[Told()])
    next(left)
    left.close()
    with pytest.raises(KeyboardInterrupt):
        list(made.predict(data, hooks=[Interrupted(), Told()]))
    assert not ended
    rows = tf.estimator.inputs.numpy_input_fn({"x": X}, num_epochs=1, shuffle=False)
    assert len(list(made.predict(rows, hooks=[Told()]))) == len(X)
    assert len(ended) == 1


def events(folder):
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "events*"))):
        for event in tf.train.summary_iterator(path):
            found += [(event.step, value.tag, value) for value in event.summary.value]
    return found


def test_event_files(tmp_path):
    made = estimator(tmp_path, save_summary_steps=5, log_step_count_steps=5).train(data, steps=11)
    made.evaluate(data, steps=1)
    made.evaluate(data, steps=1, name="held_out")
    trained = events(str(tmp_path))
    assert [step for step, tag, _ in trained if tag == "loss"] == [1, 6, 11]
    assert [step for step, tag, _ in trained if tag == "global_step/sec"] == [6, 11]
    for folder in ("eval", "eval_held_out"):
        evaluated = events(str(tmp_path / folder))
        assert [(step, tag) for step, tag, _ in evaluated] == [(11, "loss"), (11, "m"), (11, "checkpoint_path")]
        assert tf.make_ndarray(evaluated[-1][2].tensor).item().decode().endswith("model.ckpt-11")
    assert (tmp_path / "graph.pbtxt").exists()


def test_a_summary_called_loss_is_not_doubled(tmp_path):
    def own(features, labels, mode):
        spec = model(features, labels, mode)
        tf.summary.scalar("loss", spec.loss)
        return spec

    tf.estimator.Estimator(own, str(tmp_path)).train(data, steps=1)
    assert [tag for _, tag, _ in events(str(tmp_path))] == ["loss"]


@pytest.fixture
def lines():
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            kept.append(record.getMessage())

    logger, handler = tf.get_logger(), Keep()
    level, propagates = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield kept
    logger.removeHandler(handler)
    logger.setLevel(level)
    logger.propagate = propagates


def test_what_is_logged(tmp_path, lines):
    made = estimator(tmp_path)
    assert lines[0].startswith(f"Using config: {{'_model_dir': '{tmp_path}', '_tf_random_seed': None, ")
    del lines[:]
    made.train(data, steps=2)
    loss = float(((X.sum(1, keepdims=True) - Y) ** 2).mean())
    assert lines[:8] == [
        "Calling model_fn.",
        "Done calling model_fn.",
        "Create CheckpointSaverHook.",
        "Graph was finalized.",
        "Running local_init_op.",
        "Done running local_init_op.",
        f"Saving checkpoints for 0 into {tmp_path}/model.ckpt.",
        f"loss = {loss}, step = 1",
    ]
    assert lines[8] == f"Saving checkpoints for 2 into {tmp_path}/model.ckpt."
    assert lines[9].startswith("Loss for final step: 0.")
    del lines[:]
    results = made.evaluate(data, steps=1)
    assert lines[2].startswith("Starting evaluation at ")
    assert lines[4] == f"Restoring parameters from {tmp_path}/model.ckpt-2"
    assert lines[7] == "Evaluation [1/1]"
    assert lines[8].startswith("Finished evaluation at ")
    assert (
        lines[9] == f"Saving dict for global step 2: global_step = 2, loss = {results['loss']!s}, m = {results['m']!s}"
    )
    assert lines[10] == f"Saving 'checkpoint_path' summary for global step 2: {tmp_path}/model.ckpt-2"
    assert len(lines) == 11


def test_a_temporary_folder_is_told(lines):
    made = tf.estimator.Estimator(model)
    assert lines[0] == "Using default config."
    assert lines[1] == f"Using temporary folder as model directory: {made.model_dir}"
    assert os.path.isdir(made.model_dir)


def test_a_training_without_rows_says_so(tmp_path, lines):
    empty = tf.estimator.inputs.numpy_input_fn({"x": X[:0]}, Y[:0], shuffle=False)
    estimator(tmp_path).train(empty)
    assert "Training with estimator made no steps. Perhaps input is empty or misspecified." in lines
    assert lines[-1] == "Loss for final step: None."


def test_a_repeated_run_gives_the_same_numbers(tmp_path):
    def random(features, labels, mode):
        w = tf.get_variable("w", [2, 1], initializer=tf.random_uniform_initializer(-1, 1))
        p = tf.matmul(tf.nn.dropout(features["x"], 0.5), w)
        loss = tf.losses.mean_squared_error(labels, p)
        train = tf.train.AdamOptimizer(0.1).minimize(loss, tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)

    rows = tf.estimator.inputs.numpy_input_fn({"x": X}, Y, batch_size=5, num_epochs=None, shuffle=True)

    def trained(name, seed):
        config = tf.estimator.RunConfig(tf_random_seed=seed)
        made = tf.estimator.Estimator(random, str(tmp_path / name), config).train(rows, steps=5)
        return made.get_variable_value("w").tolist()

    assert trained("a", 4) == trained("b", 4) != trained("c", 5)
    assert trained("d", None) != trained("e", None)


def test_results_of_every_kind_are_written(tmp_path, lines):
    def kinds(features, labels, mode):
        spec = model(features, labels, mode)
        values = {
            "vector": tf.constant([1.0, 2.0]),
            "words": tf.constant(["a", "b"]),
            "whole": tf.constant(3),
            "truth": tf.constant(True),
            "summary": tf.summary.histogram("h", tf.constant([1.0, 2.0])),
            "text": tf.constant("abc"),
        }
        return spec._replace(eval_metric_ops={name: (value, tf.no_op()) for name, value in values.items()})

    results = tf.estimator.Estimator(kinds, str(tmp_path)).evaluate(data, steps=1)
    assert results["vector"].tolist() == [1, 2]
    assert results["text"] == b"abc"
    written = {tag: value.WhichOneof("value") for _, tag, value in events(str(tmp_path / "eval"))}
    assert written == {
        "loss": "simple_value",
        "summary/0": "histo",
        "vector": "tensor",
        "whole": "simple_value",
        "words": "tensor",
    }
    assert any(line.startswith("Skipping summary for truth, must be") for line in lines)
    assert any(line.startswith("Skipping summary for text, cannot parse") for line in lines)


def test_nested_features_sparse_features_and_tuples_of_labels(tmp_path):
    seen = []

    def nested(features, labels, mode):
        seen.append((sorted(features), type(labels).__name__))
        x = tf.reduce_sum(features["inner"]["x"]) + tf.sparse_reduce_sum(features["sparse"])
        train = tf.assign_add(tf.train.get_global_step(), 1)
        return tf.estimator.EstimatorSpec(mode, loss=x, train_op=train, predictions={"x": features["inner"]["x"]})

    def features():
        return {"inner": {"x": tf.constant(X)}, "sparse": tf.SparseTensor([[0, 1]], [2.0], [2, 2])}

    made = tf.estimator.Estimator(nested, str(tmp_path))
    made.train(lambda: (features(), (tf.constant(X), tf.constant(Y))), steps=1)
    made.train(lambda: (features(), {"y": tf.constant(Y)}), steps=1)
    rows = made.predict(features)
    assert next(rows)["x"].tolist() == X[0].tolist()
    rows.close()
    assert seen == [(["inner", "sparse"], "tuple"), (["inner", "sparse"], "dict"), (["inner", "sparse"], "NoneType")]
