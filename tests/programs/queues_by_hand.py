"""A RandomShuffleQueue filled by hand: Python threads that feed it, and a coordinator that stops them."""
from __future__ import print_function

import threading

import numpy as np
import tensorflow as tf

queue_input_data = tf.placeholder(tf.float32, shape=[20, 4])
queue_input_target = tf.placeholder(tf.float32, shape=[20, 3])
queue = tf.RandomShuffleQueue(capacity=50, min_after_dequeue=10, dtypes=[tf.float32, tf.float32],
                              shapes=[[4], [3]], seed=1)
enqueue_op = queue.enqueue_many([queue_input_data, queue_input_target])
dequeue_op = queue.dequeue()
size_op = queue.size()
data_batch, target_batch = tf.train.batch(dequeue_op, batch_size=15, capacity=40)
close_op = queue.close(cancel_pending_enqueues=True)

raw = np.arange(400, dtype=np.float32).reshape(100, 4)
one_hot = np.eye(3, dtype=np.float32)[np.arange(100) % 3]


def enqueue(sess, coord, offset):
    under = offset
    try:
        while not coord.should_stop():
            curr = raw[under:under + 20]
            sess.run(enqueue_op, feed_dict={queue_input_data: curr, queue_input_target: one_hot[under:under + 20]})
            under = (under + 40) % 80
    except tf.errors.CancelledError:
        pass
    print_lock.acquire()
    stopped.append(offset)
    print_lock.release()


print_lock = threading.Lock()
stopped = []
sess = tf.Session()
coord = tf.train.Coordinator()
feeders = [threading.Thread(target=enqueue, args=(sess, coord, k * 20)) for k in range(4)]
for t in feeders:
    t.daemon = True
    t.start()
threads = tf.train.start_queue_runners(coord=coord, sess=sess)
good = 0
for i in range(12):
    x, y = sess.run([data_batch, target_batch])
    rows = x[:, 0] / 4
    good += int(np.array_equal(np.argmax(y, 1), rows.astype(int) % 3)) and x.shape == (15, 4)
print("good batches", good)
coord.request_stop()
sess.run(close_op)
coord.join(threads)
for t in feeders:
    t.join()
print("stopped", sorted(stopped))
left = sess.run(size_op)
print("something is left:", left >= 0)
sess.close()
try:
    sess.run(size_op)
except RuntimeError as e:
    print("RuntimeError", e)
