# coding: utf-8
"""Forecasting of a sine with contrib.learn: SKCompat, the old (predictions, loss, train_op) form, optimize_loss."""
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.contrib.learn.python.learn.estimators.estimator import SKCompat

learn = tf.contrib.learn
tf.logging.set_verbosity(tf.logging.ERROR)
HIDDEN_SIZE = 6
NUM_LAYERS = 2
TIMESTEPS = 8


def generate_data(seq):
    X, y = [], []
    for i in range(len(seq) - TIMESTEPS - 1):
        X.append([seq[i: i + TIMESTEPS]])
        y.append([seq[i + TIMESTEPS]])
    return np.array(X, dtype=np.float32), np.array(y, dtype=np.float32)


def lstm_model(X, y):
    def lstm_cell():
        return tf.contrib.rnn.BasicLSTMCell(HIDDEN_SIZE, state_is_tuple=True)
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-.4, .4, seed=11)):
        cell = tf.contrib.rnn.MultiRNNCell([lstm_cell() for _ in range(NUM_LAYERS)])
        output, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
        output = tf.reshape(output, [-1, HIDDEN_SIZE])
        predictions = tf.contrib.layers.fully_connected(
            output, 1, None, weights_initializer=tf.random_uniform_initializer(-.4, .4, seed=12))
    labels = tf.reshape(y, [-1])
    predictions = tf.reshape(predictions, [-1])
    loss = tf.losses.mean_squared_error(predictions, labels)
    train_op = tf.contrib.layers.optimize_loss(
        loss, tf.contrib.framework.get_global_step(), optimizer="Adagrad", learning_rate=0.1)
    return predictions, loss, train_op


folder = tempfile.mkdtemp()
regressor = SKCompat(learn.Estimator(model_fn=lstm_model, model_dir=folder))
train_X, train_y = generate_data(np.sin(np.linspace(0, 30, 300, dtype=np.float32)))
test_X, test_y = generate_data(np.sin(np.linspace(30, 36, 60, dtype=np.float32)))
print(train_X.shape, train_y.shape)
regressor.fit(train_X, train_y, batch_size=32, steps=60)
predicted = regressor.predict(test_X)
print(predicted.shape, predicted.dtype, ["%.4f" % p for p in predicted[:5]])
print("rmse %.4f" % np.sqrt(((predicted - test_y[:, 0]) ** 2).mean()))
score = regressor.score(test_X, test_y, metrics={"mae": learn.MetricSpec(tf.metrics.mean_absolute_error)})
print({k: round(float(v), 4) for k, v in sorted(score.items())})
regressor.fit(train_X, train_y, batch_size=32, steps=40)
print("%.4f" % regressor.score(test_X, test_y)["loss"])
again = learn.Estimator(model_fn=lstm_model, model_dir=folder)
print(sorted(again.get_variable_names()))
print(again.get_variable_value("global_step"))
shutil.rmtree(folder)
