# -*- coding: utf-8 -*-
"""The model functions of a softmax regression and of a recurrent forecaster, trained by hand with optimize_loss and watched with tf.metrics."""
import numpy as np
import tensorflow as tf

layers = tf.contrib.layers


def iris_model(features, target):
    target = tf.one_hot(target, 3, 1, 0)
    logits = layers.fully_connected(features, 3, tf.nn.softmax)
    loss = tf.losses.softmax_cross_entropy(target, logits)
    train_op = layers.optimize_loss(
        loss, tf.contrib.framework.get_global_step(), optimizer='Adam', learning_rate=0.01)
    return tf.argmax(logits, 1), loss, train_op


def lstm_model(X, y):
    cell = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.BasicLSTMCell(6) for _ in range(2)])
    output, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    output = tf.reshape(output, [-1, 6])
    predictions = layers.fully_connected(output, 1, None)
    labels = tf.reshape(y, [-1])
    predictions = tf.reshape(predictions, [-1])
    loss = tf.losses.mean_squared_error(predictions, labels)
    train_op = layers.optimize_loss(
        loss, tf.contrib.framework.get_global_step(), optimizer="Adagrad", learning_rate=0.1)
    return predictions, loss, train_op


def set_known_values(sess):
    r = np.random.RandomState(7)
    for v in tf.trainable_variables():
        v.load((0.4 * r.randn(*v.shape.as_list())).astype(np.float32), sess)


rng = np.random.RandomState(0)
centers = np.array([[0, 0, 1, 2], [2, 1, 0, 0], [1, 3, 1, 1]], np.float32)
kind = rng.randint(0, 3, 60)
flowers = (centers[kind] + 0.4 * rng.randn(60, 4)).astype(np.float32)

with tf.Graph().as_default(), tf.Session() as sess:
    step = tf.train.get_or_create_global_step()
    x, t = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int64, [None])
    guess, loss, train_op = iris_model(x, t)
    acc, acc_op = tf.metrics.accuracy(t, guess)
    with tf.variable_scope("eval"):
        iou, iou_op = tf.metrics.mean_iou(t, guess, 3)
        per_class, per_class_op = tf.metrics.mean_per_class_accuracy(t, guess, 3)
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    set_known_values(sess)
    print([v.name for v in tf.global_variables()])
    print([v.name for v in tf.local_variables()])
    for epoch in range(40):
        for k in range(0, 60, 20):
            sess.run(train_op, {x: flowers[k:k + 20], t: kind[k:k + 20]})
        if epoch % 10 == 9:
            sess.run(tf.local_variables_initializer())
            for k in range(0, 60, 12):
                sess.run([acc_op, iou_op, per_class_op], {x: flowers[k:k + 12], t: kind[k:k + 12]})
            print("step %d: loss %.5f" % (sess.run(step), sess.run(loss, {x: flowers, t: kind})),
                  "accuracy %.4f iou %.4f per class %.4f" % tuple(sess.run([acc, iou, per_class])))
    print("names", acc.name, acc_op.name, train_op.name, train_op.shape)

wave = np.sin(np.arange(0, 8, 0.05)).astype(np.float32)
X = np.array([wave[i:i + 10] for i in range(len(wave) - 10)])[:, None, :]
Y = wave[10:, None]

with tf.Graph().as_default(), tf.Session() as sess:
    step = tf.train.get_or_create_global_step()
    x, y = tf.placeholder(tf.float32, [None, 1, 10]), tf.placeholder(tf.float32, [None, 1])
    predicted, loss, train_op = lstm_model(x, y)
    rmse, rmse_op = tf.metrics.root_mean_squared_error(y, tf.expand_dims(predicted, 1))
    r, r_op = tf.contrib.metrics.streaming_pearson_correlation(predicted, tf.reshape(y, [-1]))
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    set_known_values(sess)
    print([v.name for v in tf.global_variables()])
    for epoch in range(10):
        for k in range(0, 150, 30):
            sess.run(train_op, {x: X[k:k + 30], y: Y[k:k + 30]})
    for k in range(0, 150, 50):
        sess.run([rmse_op, r_op], {x: X[k:k + 50], y: Y[k:k + 50]})
        print("after %d rows: rmse %.5f r %.5f" % ((k + 50,) + tuple(sess.run([rmse, r]))))
    print("step", sess.run(step), "loss %.6f" % sess.run(loss, {x: X, y: Y}))
