"""Train a line, keep the last three checkpoints, go on from the newest, restore a subset and a renamed graph."""

from __future__ import print_function
import os, shutil, tempfile
import numpy as np
import tensorflow as tf

logdir = tempfile.mkdtemp()


def build(prefix="model"):
    with tf.variable_scope(prefix):
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        y = tf.placeholder(tf.float32, [None, 1], name="y")
        w = tf.get_variable("w", [2, 1], initializer=tf.constant_initializer(0.5))
        b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
    global_step = tf.Variable(0, name="global_step", trainable=False)
    train_op = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=global_step)
    return x, y, loss, train_op, global_step


rs = np.random.RandomState(0)
X = rs.rand(16, 2).astype(np.float32)
Y = X.dot([[1.0], [-2.0]]).astype(np.float32) + 3

for session in range(2):
    tf.reset_default_graph()
    x, y, loss, train_op, global_step = build()
    saver = tf.train.Saver(max_to_keep=3)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        ckpt = tf.train.get_checkpoint_state(logdir)
        if ckpt and ckpt.model_checkpoint_path:
            saver.restore(sess, ckpt.model_checkpoint_path)
            print("restored", os.path.basename(ckpt.model_checkpoint_path), sess.run(global_step))
            step0 = int(os.path.basename(ckpt.model_checkpoint_path).split("-")[1])
            print("step", step0)
        else:
            print("No checkpoint file found")
        for i in range(20):
            _, l = sess.run([train_op, loss], {x: X, y: Y})
            if (i + 1) % 5 == 0:
                path = saver.save(sess, os.path.join(logdir, "model.ckpt"), global_step=global_step)
                print(os.path.basename(path), "%.4f" % l)
        print([os.path.basename(p) for p in saver.last_checkpoints])
state = tf.train.get_checkpoint_state(logdir)
print([os.path.basename(p) for p in state.all_model_checkpoint_paths])
print(os.path.basename(tf.train.latest_checkpoint(logdir)))
print(sorted(f for f in os.listdir(logdir) if f.endswith(".index")))
print(sorted(f for f in os.listdir(logdir) if f.endswith(".meta")))
print(open(os.path.join(logdir, "checkpoint")).read().replace(logdir, "LOG"))

# a subset, and another name
tf.reset_default_graph()
w = tf.get_variable("kernel", [2, 1])
b = tf.get_variable("bias", [1])
extra = tf.get_variable("extra", [2], initializer=tf.ones_initializer())
saver = tf.train.Saver({"model/w": w, "model/b": b})
with tf.Session() as sess:
    sess.run(extra.initializer)
    saver.restore(sess, tf.train.latest_checkpoint(logdir))
    print("%.3f %.3f" % tuple(sess.run(w)[:, 0]), sess.run(b).round(3), sess.run(extra))
    print(sorted(v.decode() for v in sess.run(tf.report_uninitialized_variables())))
    try:
        tf.train.Saver().restore(sess, tf.train.latest_checkpoint(logdir))
    except tf.errors.NotFoundError as e:
        print("NotFoundError")
    except Exception as e:
        print(type(e).__name__)
reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(logdir))
for name, shape in sorted(reader.get_variable_to_shape_map().items()):
    print(name, shape, reader.has_tensor(name))
for name, shape in tf.train.list_variables(logdir):
    print(name, shape)
print(tf.train.load_variable(logdir, "model/w").round(3))
shutil.rmtree(logdir)
