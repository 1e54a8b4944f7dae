"""ExponentialMovingAverage with variables_to_restore; averages evaluated in another graph."""

import os, tempfile
import numpy as np
import tensorflow as tf

d = tempfile.mkdtemp()


def inference(x):
    with tf.variable_scope("fc"):
        w = tf.get_variable("w", [3, 2], initializer=tf.constant_initializer(0.3))
        b = tf.get_variable("b", [2], initializer=tf.constant_initializer(0.1))
    return tf.nn.xw_plus_b(x, w, b)


X = np.linspace(0, 1, 15).reshape(5, 3).astype(np.float32)
with tf.Graph().as_default():
    step = tf.Variable(0, trainable=False, name="global_step")
    x = tf.placeholder(tf.float32, [None, 3])
    loss = tf.reduce_mean(tf.square(inference(x) - [1.0, -1.0]))
    lr = tf.train.exponential_decay(0.5, step, 5, 0.9)
    apply_op = tf.train.GradientDescentOptimizer(lr).minimize(loss, step)
    ema = tf.train.ExponentialMovingAverage(0.9, step)
    avg = ema.apply(tf.trainable_variables())
    with tf.control_dependencies([apply_op, avg]):
        train = tf.no_op(name="train")
    with tf.control_dependencies([apply_op]):
        train2 = ema.apply([loss])
    saver = tf.train.Saver(tf.global_variables())
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(12):
            if i < 11:
                sess.run(apply_op, {x: X})
                sess.run(avg)
            else:
                sess.run(train2, {x: X})
        print(sess.run(ema.average(tf.trainable_variables()[0])).round(4).tolist())
        print(
            "%.4f" % sess.run(ema.average(loss)), ema.average_name(loss), ema.average_name(tf.trainable_variables()[1])
        )
        print(
            sorted(v.op.name for v in tf.moving_average_variables()), sorted(v.op.name for v in tf.global_variables())
        )
        saver.save(sess, os.path.join(d, "m"), step)
with tf.Graph().as_default():
    x = tf.placeholder(tf.float32, [None, 3])
    logits = inference(x)
    ema = tf.train.ExponentialMovingAverage(0.9)
    names = ema.variables_to_restore()
    print(sorted((k, v.op.name) for k, v in names.items()))
    saver = tf.train.Saver(names)
    with tf.Session() as sess:
        ckpt = tf.train.get_checkpoint_state(d)
        saver.restore(sess, ckpt.model_checkpoint_path)
        print(sess.run(logits, {x: X[:2]}).round(4).tolist())
    with tf.Session() as sess:
        tf.train.Saver().restore(sess, ckpt.model_checkpoint_path)
        print(sess.run(logits, {x: X[:2]}).round(4).tolist())
