"""Odd corners of Saver that people met: partial restore by shapes, var_list dict, V1, relative paths, deletions, errors."""

import os, shutil, tempfile
import numpy as np
import tensorflow as tf

d = tempfile.mkdtemp()


def ls():
    return sorted(f for f in os.listdir(d) if ".data" not in f)


a = tf.Variable([1.0, 2.0], name="a")
b = tf.Variable([[1, 2]], name="b")
s = tf.Variable(["x", "yy"], name="s")
n = tf.Variable(True, name="n", trainable=False)
with tf.variable_scope("part", partitioner=tf.fixed_size_partitioner(2)):
    p = tf.get_variable("p", [4, 2], initializer=tf.constant_initializer([[0.0, 1.0], [2.0, 3.0]]))
step = tf.train.create_global_step()
saver = tf.train.Saver(max_to_keep=2, pad_step_number=True, save_relative_paths=True)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in [1, 20, 300]:
        print(os.path.relpath(saver.save(sess, d + "/m", global_step=i, write_meta_graph=i < 300), d))
    print(ls())
    print(open(d + "/checkpoint").read())
    print(os.path.relpath(tf.train.latest_checkpoint(d), d))
    print(os.path.relpath(saver.save(sess, d + "/m", global_step=step.assign_add(5)), d) if False else sess.run(step))
    saver.save(sess, os.path.join(d, "final"), write_state=False)
    print(ls())
    moved = d + "2"
    shutil.copytree(d, moved)
    print(tf.train.latest_checkpoint(moved) == os.path.join(moved, "m-00000300"))
    for path in ["/nonexistent/dir/m", d + "/new/m", d + "/checkpoint"]:
        try:
            print("saved", saver.save(sess, path) == path)
        except Exception as e:
            print(type(e).__name__, str(e).replace(d, "D")[:60])
    for path in [None, d + "/nothing", ""]:
        try:
            saver.restore(sess, path)
            print("restored")
        except Exception as e:
            print(type(e).__name__, str(e).replace(d, "D")[:60])
    for f in [
        lambda: tf.train.Saver([a, a]),
        lambda: tf.train.Saver({"q": a, "r": a}),
        lambda: tf.train.Saver([]),
        lambda: tf.train.Saver([tf.identity(a)]),
        lambda: tf.train.Saver({1: a}),
        lambda: tf.train.Saver("a"),
        lambda: tf.train.Saver(a),
    ]:
        try:
            f()
            print("made")
        except Exception as e:
            print(type(e).__name__, str(e)[:50])
    sess.run([a.assign([9.0, 9.0]), p[0].assign(p[0] * 0) if hasattr(p, "__getitem__") and False else tf.no_op()])
    saver.restore(sess, tf.train.latest_checkpoint(d))
    print([v.tolist() for v in sess.run([a, b, s, n])])
    print(
        saver.last_checkpoints == [d + "/m-00000020", d + "/m-00000300"]
        or [os.path.relpath(x, d) for x in saver.last_checkpoints]
    )
    saver.set_last_checkpoints([d + "/m-00000300"])
    print(len(saver.last_checkpoints))
    saver.recover_last_checkpoints([d + "/gone", d + "/m-00000020"])
    print([os.path.relpath(x, d) for x in saver.last_checkpoints])
last = tf.train.latest_checkpoint(d)
print(sorted(tf.train.NewCheckpointReader(last).get_variable_to_dtype_map().items(), key=str)[:3])
print(tf.train.NewCheckpointReader(last).get_tensor("part/p").tolist())
try:
    tf.train.NewCheckpointReader(last).get_tensor("zz")
except Exception as e:
    print(type(e).__name__, str(e)[:40])
# the tutorial on restoring what fits
with tf.Graph().as_default():
    a2 = tf.Variable([0.0, 0.0, 0.0], name="a")
    b2 = tf.Variable([[0, 0]], name="b")
    c2 = tf.Variable(5.0, name="c")
    p2 = tf.get_variable("part/p", [4, 2])
    reader = tf.train.NewCheckpointReader(last)
    shapes = reader.get_variable_to_shape_map()
    fit = [v for v in tf.global_variables() if v.op.name in shapes and shapes[v.op.name] == v.get_shape().as_list()]
    print([v.op.name for v in fit])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        tf.train.Saver(fit).restore(sess, last)
        print(sess.run(b2), sess.run(c2), sess.run(p2)[3])
        for sv in [tf.train.Saver([a2]), tf.train.Saver({"a": a2, "b": b2}), tf.train.Saver({"b": c2})]:
            try:
                sv.restore(sess, last)
                print("ok")
            except Exception as e:
                print(type(e).__name__)
        assign, feed = tf.contrib.framework.assign_from_checkpoint(last, {"b": b2})
        sess.run(assign, feed)
        fn = tf.contrib.framework.assign_from_checkpoint_fn(last, [b2, c2], ignore_missing_vars=True)
        fn(sess)
        print(sess.run(b2))
    # reshape
    with tf.Session() as sess:
        q = tf.Variable(tf.zeros([8]), name="part/p")
        tf.train.Saver({"part/p": q}, reshape=True).restore(sess, last)
        print(sess.run(q))
shutil.rmtree(d)
shutil.rmtree(moved)
