"""Training from one queue and evaluation from another, switched by tf.cond and by from_list; a test by epochs."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

tf.set_random_seed(0)
w_true = np.array([[1.0], [-2.0], [0.5]], np.float32)
data = np.random.RandomState(0).randn(40, 3).astype(np.float32)
target = data.dot(w_true)

train_x, train_y = tf.train.batch(
    tf.train.slice_input_producer([data[:30], target[:30]], shuffle=False), 6)
valid_x, valid_y = tf.train.batch(
    tf.train.slice_input_producer([data[30:], target[30:]], shuffle=False), 10)
is_train = tf.placeholder_with_default(True, [], name="is_train")
x, y = tf.cond(is_train, lambda: (train_x, train_y), lambda: (valid_x, valid_y))
x.set_shape([None, 3])
w = tf.get_variable("w", [3, 1], initializer=tf.zeros_initializer())
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))
step = tf.train.get_or_create_global_step()
train = tf.train.AdamOptimizer(0.1).minimize(loss, global_step=step)

train_q = tf.FIFOQueue(30, [tf.int32], shapes=[[]])
test_q = tf.FIFOQueue(30, [tf.int32], shapes=[[]])
select = tf.placeholder(tf.int32, [])
either = tf.QueueBase.from_list(select, [train_q, test_q]).dequeue()

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    for i in range(60):
        _, = sess.run([train])
        if (i + 1) % 20 == 0:
            print("step %d valid %.5f" % (sess.run(step), sess.run(loss, {is_train: False})))
    sess.run([train_q.enqueue_many([[1, 2, 3]]), test_q.enqueue_many([[10, 20]])])
    print([int(sess.run(either, {select: k})) for k in (0, 1, 0, 1, 0)])
    coord.request_stop()
    coord.join(threads)
    print("w", np.round(sess.run(w).ravel(), 3).tolist())
