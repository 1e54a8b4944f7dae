# Saving and restoring as the tutorials do it: by steps, by the newest checkpoint, partly, and under other names.
from __future__ import print_function

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
path = os.path.join(folder, "model.ckpt")

x = tf.placeholder(tf.float32, [None, 4, 2], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
with tf.variable_scope("encoder", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(3) for _ in range(2)])
    _, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
with tf.variable_scope("head"):
    w = tf.get_variable("w", [3, 1], initializer=tf.ones_initializer())
    b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
prediction = tf.matmul(state[-1].h, w) + b
loss = tf.reduce_mean(tf.square(prediction - y))
global_step = tf.Variable(0, name="global_step", trainable=False)
train_op = tf.train.RMSPropOptimizer(0.02).minimize(loss, global_step=global_step)
saver = tf.train.Saver(max_to_keep=2)
rng = np.random.RandomState(1)
feed = {x: rng.randn(8, 4, 2), y: rng.randn(8, 1)}

with tf.Session() as sess:
    ckpt = tf.train.get_checkpoint_state(folder)
    print("checkpoint:", ckpt, tf.train.latest_checkpoint(folder))
    sess.run(tf.global_variables_initializer())
    for i in range(30):
        sess.run(train_op, feed)
        if (i + 1) % 10 == 0:
            print("saved", os.path.basename(saver.save(sess, path, global_step=global_step)))
    print("loss %.5f" % sess.run(loss, feed))
print(sorted(f for f in os.listdir(folder) if f.endswith(".index")))

with tf.Session() as sess:
    ckpt = tf.train.get_checkpoint_state(folder)
    if ckpt and ckpt.model_checkpoint_path:
        saver.restore(sess, ckpt.model_checkpoint_path)
        print("at step", ckpt.model_checkpoint_path.split("/")[-1].split("-")[-1], sess.run(global_step))
    print("loss %.5f" % sess.run(loss, feed))
    print([os.path.basename(p) for p in ckpt.all_model_checkpoint_paths])
    saver.restore(sess, os.path.join(folder, "model.ckpt-20"))
    print("loss at 20: %.5f, step %d" % (sess.run(loss, feed), sess.run(global_step)))

with tf.Session() as sess:
    head = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="head/")
    sess.run(tf.variables_initializer([v for v in tf.global_variables() if v not in head]))
    tf.train.Saver([v for v in head if "RMSProp" not in v.name]).restore(sess, tf.train.latest_checkpoint(folder))
    print("only the head: b = %.5f, step %d" % (sess.run(b)[0], sess.run(global_step)))

reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(folder))
for name, shape in sorted(reader.get_variable_to_shape_map().items()):
    print(name, shape)
print("b = %.5f" % reader.get_tensor("head/b")[0])

with tf.Graph().as_default():
    v = tf.get_variable("other", [3, 1])
    c = tf.get_variable("out/b", [1])
    tf.train.init_from_checkpoint(folder, {"head/w": v, "head/": "out/"})
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print("other", " ".join("%.5f" % t for t in sess.run(v)[:, 0]), "b %.5f" % sess.run(c)[0])
    missing = tf.get_variable("missing", [1])
    with tf.Session() as sess:
        for saver, what in ((tf.train.Saver([missing]), folder + "/model.ckpt-30"), (tf.train.Saver({"head/b": v}), folder + "/model.ckpt-30"), (tf.train.Saver(), folder + "/none")):
            try:
                saver.restore(sess, what)
            except Exception as error:
                print(type(error).__name__)
shutil.rmtree(folder)
