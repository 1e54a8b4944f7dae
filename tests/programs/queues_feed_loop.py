"""A queue that the program fills itself, by feed_dict, and empties in steps; and closes it at the end."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

q = tf.PaddingFIFOQueue(100, [tf.int32, tf.string], shapes=[[None], []], name="q")
seq = tf.placeholder(tf.int32, [None], name="seq")
name = tf.placeholder(tf.string, [], name="name")
put = q.enqueue([seq, name])
batch, names = q.dequeue_many(3)
rest, rest_names = q.dequeue_up_to(3)
mean = tf.reduce_mean(tf.to_float(batch))
print(batch.get_shape(), names.get_shape(), rest.get_shape(), put.name, batch.name)
with tf.Session() as sess:
    for k in range(8):
        sess.run(put, feed_dict={seq: np.arange(k % 4), name: "n%d" % k})
    print("size", sess.run(q.size()))
    for _ in range(2):
        b, n, m = sess.run([batch, names, mean])
        print(b.tolist(), n.tolist(), "%.4f" % m)
    sess.run(q.close())
    try:
        sess.run(batch)
    except tf.errors.OutOfRangeError as e:
        print(e.message.split("\n")[0])
    r, rn = sess.run([rest, rest_names])
    print(r.tolist(), rn.tolist())
    for fetch, feed in ((rest, None), (put, {seq: [1], name: "late"})):
        try:
            sess.run(fetch, feed)
        except tf.errors.OpError as e:
            print(type(e).__name__, e.op.name, e.error_code, e.message.split("\n")[0])
    print("closed", sess.run(q.is_closed()), "size", sess.run(q.size()))
