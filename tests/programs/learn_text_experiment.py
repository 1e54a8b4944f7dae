"""Text classification with contrib.learn: VocabularyProcessor, a model_fn with ModelFnOps, monitors, learn_runner."""
from __future__ import print_function

import shutil
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.contrib.learn.python.learn import learn_runner
from tensorflow.contrib.learn.python.learn.estimators import model_fn as model_fn_lib

learn = tf.contrib.learn
tf.logging.set_verbosity(tf.logging.ERROR)

TEXTS = ["good movie with a good plot", "terrible acting, terrible script", "I loved it", "I hated every minute",
         "a wonderful, wonderful film", "boring and far too long", "great fun for everyone", "not worth the ticket"]
LABELS = np.array([1, 0, 1, 0, 1, 0, 1, 0])
processor = learn.preprocessing.VocabularyProcessor(6)
X = np.array(list(processor.fit_transform(TEXTS)))
n_words = len(processor.vocabulary_)
print(X.shape, X.dtype, n_words)
print(list(processor.reverse(X[:1])))


def rnn_model(features, target, mode, params):
    embedding = tf.get_variable("embedding", [params["n_words"], 5], initializer=tf.random_uniform_initializer(-1, 1, seed=1))
    word_list = tf.unstack(tf.nn.embedding_lookup(embedding, features), axis=1)
    with tf.variable_scope("gru", initializer=tf.random_uniform_initializer(-.5, .5, seed=2)):
        cell = tf.contrib.rnn.GRUCell(5)
        _, encoding = tf.contrib.rnn.static_rnn(cell, word_list, dtype=tf.float32)
        logits = tf.contrib.layers.fully_connected(
            encoding, 2, activation_fn=None, weights_initializer=tf.random_uniform_initializer(-.5, .5, seed=3))
    predictions = {"class": tf.argmax(logits, 1), "prob": tf.nn.softmax(logits)}
    loss = train_op = None
    metrics = {}
    if mode != learn.ModeKeys.INFER:
        loss = tf.losses.softmax_cross_entropy(tf.one_hot(target, 2, 1, 0), logits)
        metrics = {"accuracy": tf.metrics.accuracy(target, predictions["class"])}
    if mode == learn.ModeKeys.TRAIN:
        train_op = tf.contrib.layers.optimize_loss(
            loss, tf.contrib.framework.get_global_step(), optimizer="Adam", learning_rate=params["rate"], clip_gradients=1.0)
    return model_fn_lib.ModelFnOps(mode=mode, predictions=predictions, loss=loss, train_op=train_op, eval_metric_ops=metrics)


def input_fn():
    return tf.constant(X), tf.constant(LABELS)


class Watch(learn.monitors.EveryN):
    def every_n_step_begin(self, step):
        return ["OptimizeLoss/learning_rate:0", "gru/rnn/gru_cell/gates/bias:0"]

    def every_n_step_end(self, step, outputs):
        print("step", int(step), "rate %.3f" % outputs["OptimizeLoss/learning_rate:0"])
        return False


params = {"n_words": n_words, "rate": 0.05}
folder = tempfile.mkdtemp()
estimator = learn.Estimator(rnn_model, model_dir=folder, params=params)
validation = learn.monitors.ValidationMonitor(input_fn=input_fn, eval_steps=1, every_n_steps=10, early_stopping_rounds=200)
estimator.fit(input_fn=input_fn, steps=25, monitors=[Watch(every_n_steps=10), validation])
print(validation.early_stopped)
results = estimator.evaluate(input_fn=input_fn, steps=1)
print({k: round(float(v), 3) for k, v in sorted(results.items())})
print([int(p["class"]) for p in estimator.predict(X)])
print(["%.3f" % p["prob"][1] for p in estimator.predict(X, batch_size=3, outputs=["prob"])])
shutil.rmtree(folder)


def experiment_fn(run_config, hparams):
    return learn.Experiment(
        learn.Estimator(rnn_model, config=run_config, params=hparams.values()), train_input_fn=input_fn,
        eval_input_fn=input_fn, train_steps=20, eval_steps=1, min_eval_frequency=5)


folder = tempfile.mkdtemp()
config = learn.RunConfig(model_dir=folder, tf_random_seed=5, save_checkpoints_steps=10, save_checkpoints_secs=None)
result, exports = learn_runner.run(
    experiment_fn, run_config=config, schedule="train_and_evaluate", hparams=tf.contrib.training.HParams(**params))
print({k: round(float(v), 3) for k, v in sorted(result.items())}, exports)
shutil.rmtree(folder)
