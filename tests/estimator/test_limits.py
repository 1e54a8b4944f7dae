"""What is refused with a clear text, and small things that cases cannot say."""

from __future__ import annotations

import json
import pathlib
import tempfile

import numpy as np
import pytest

import recell.v1 as tf

HERE = pathlib.Path(__file__).parent
learn = tf.contrib.learn


@pytest.mark.parametrize("name", ["train_distribute", "eval_distribute", "experimental_distribute"])
def test_models_run_in_one_process(name):
    with pytest.raises(ValueError, match=f"{name} must be None"):
        tf.estimator.RunConfig(**{name: object()})


def test_a_cluster_in_the_environment(monkeypatch):
    described = {"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(described))
    for kind in (tf.estimator.RunConfig, learn.RunConfig):
        with pytest.raises(ValueError, match="TF_CONFIG describes a cluster"):
            kind()
    monkeypatch.setenv("TF_CONFIG", '{"session_master": "grpc://x"}')
    with pytest.raises(ValueError, match="session_master of TF_CONFIG must be empty"):
        tf.estimator.RunConfig()
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(ValueError, match="must hold a JSON object"):
        tf.estimator.RunConfig()


def test_fields_of_a_configuration_are_read_only():
    with pytest.raises(AttributeError):
        tf.estimator.RunConfig().model_dir = "/x"


def test_masters_are_refused():
    with pytest.raises(ValueError, match="master must be empty"):
        learn.RunConfig(master="grpc://x")


def test_models_are_not_exported():
    def model(features, labels):
        return features, tf.reduce_sum(features), tf.no_op()

    estimator = learn.Estimator(model, tempfile.mkdtemp())
    with pytest.raises(NotImplementedError, match="not exported"):
        estimator.export("/x")
    with pytest.raises(NotImplementedError, match="not exported"):
        learn.Experiment(estimator, None, None, export_strategies=[3])
    with pytest.raises(NotImplementedError, match="not exported"):
        tf.estimator.EvalSpec(lambda: 1, exporters=[object()])
    with pytest.raises(AttributeError, match="export_savedmodel"):
        _ = tf.estimator.Estimator(lambda features: 1, tempfile.mkdtemp()).export_savedmodel


def test_experiments_of_tf_estimator_bring_their_own_metrics():
    estimator = tf.estimator.Estimator(lambda features: 1, tempfile.mkdtemp())
    with pytest.raises(ValueError, match="`eval_metrics` must be `None`"):
        learn.Experiment(estimator, None, None, eval_metrics={"a": 1})


def test_monitors_called_out_of_order():
    with pytest.raises(ValueError, match="step_end expected None but got 1"):
        learn.monitors.BaseMonitor().step_end(1, {})
    monitor = learn.monitors.BaseMonitor()
    monitor.epoch_begin(0)
    with pytest.raises(ValueError, match="epoch_end expected 0 but got 1"):
        monitor.epoch_end(1)
    with pytest.raises(ValueError, match="Invalid epoch -1"):
        learn.monitors.BaseMonitor().epoch_begin(-1)


def test_rows_of_lists_are_fed():
    from recell.estimator.learn_data import setup_train_data_feeder

    with tf.Graph().as_default():
        feeder = setup_train_data_feeder([[1.0, 2.0], [3.0, 4.0]], [0, 1], None, shuffle=False)
        x, y = feeder.input_builder()
        fed = feeder.get_feed_dict_fn()()
        assert fed[x].tolist() == [[1, 2], [3, 4]]
        assert fed[y].tolist() == [0, 1]
        with pytest.raises(ValueError, match="iterator of rows is empty"):
            setup_train_data_feeder(iter([]), None, None)


def test_placeholders_of_ones_own_are_fed():
    from recell.estimator.learn_feeder import DataFeeder

    with tf.Graph().as_default():
        x, y = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.int64, [None])
        feeder = DataFeeder(np.ones([3, 2], np.float32), np.arange(3), None, shuffle=False)
        feeder.set_placeholders(x, y)
        with tf.Session() as session:
            assert (
                session.run(tf.reduce_sum(x) + tf.cast(tf.reduce_sum(y), tf.float32), feeder.get_feed_dict_fn()()) == 9
            )


def test_a_vocabulary_that_tensorflow_has_saved():
    read = learn.preprocessing.VocabularyProcessor.restore(str(HERE / "vocabulary_of_tensorflow.pickle"))
    assert read.max_document_length == 5
    assert len(read.vocabulary_) == 8
    assert [row.tolist() for row in read.transform(["the dog sat on a zebra"])] == [[1, 7, 3, 4, 6]]
    assert list(read.reverse([[1, 2, 0]])) == ["the cat <UNK>"]


def test_a_vocabulary_is_saved_and_restored(tmp_path):
    made = learn.preprocessing.VocabularyProcessor(4).fit(["a b a", "c"])
    made.save(str(tmp_path / "vocabulary"))
    again = learn.preprocessing.VocabularyProcessor.restore(str(tmp_path / "vocabulary"))
    assert [row.tolist() for row in again.transform(["c b z"])] == [row.tolist() for row in made.transform(["c b z"])]


def test_old_module_paths():
    from recell.v1.contrib.learn.python.learn import learn_runner, metric_spec, monitors
    from recell.v1.contrib.learn.python.learn.estimators import model_fn, run_config
    from recell.v1.contrib.learn.python.learn.estimators.estimator import Estimator, SKCompat
    from recell.v1.python.estimator import estimator as core
    from recell.v1.python.estimator.inputs import numpy_io

    assert learn_runner.run is learn.learn_runner.run
    assert metric_spec.MetricSpec is learn.MetricSpec
    assert monitors.ValidationMonitor is learn.monitors.ValidationMonitor
    assert (model_fn.ModeKeys, model_fn.ModelFnOps) == (learn.ModeKeys, learn.ModelFnOps)
    assert run_config.RunConfig is learn.RunConfig
    assert (Estimator, SKCompat) == (learn.Estimator, learn.SKCompat)
    assert core.Estimator is tf.estimator.Estimator
    assert numpy_io.numpy_input_fn is tf.estimator.inputs.numpy_input_fn


def test_canned_estimators_are_not_there():
    with pytest.raises(AttributeError, match="DNNClassifier"):
        _ = tf.estimator.DNNClassifier
    with pytest.raises(AttributeError, match="DNNClassifier"):
        _ = learn.DNNClassifier


def test_numbers_of_cores_are_threads():
    assert learn.RunConfig(num_cores=2).tf_config.intra_op_parallelism_threads == 2
    assert learn.RunConfig(tf_random_seed=3).uid() == learn.RunConfig(tf_random_seed=4).uid()
    assert learn.RunConfig(model_dir="/a").uid() != learn.RunConfig(model_dir="/b").uid()


def test_an_evaluation_of_ones_own_stops_after_some_steps():
    with tf.Graph().as_default():
        count = tf.get_variable("count", [], tf.int32, initializer=tf.zeros_initializer())
        step = tf.assign_add(count, 1)
        hook = tf.contrib.training.StopAfterNEvalsHook(3)
        for _ in range(2):
            with tf.train.MonitoredSession(hooks=[hook]) as session:
                while not session.should_stop():
                    reached = session.run(step)
            assert reached == 3
