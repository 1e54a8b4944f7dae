"""Priorities, named components, queues chosen by index, and a pipeline of two queues in one graph."""
from __future__ import print_function

import tensorflow as tf

p = tf.PriorityQueue(20, types=[tf.string], shapes=[[]], name="p")
put = p.enqueue_many([tf.constant([5, 1, 3, 1], tf.int64), ["five", "one", "three", "uno"]])
first = p.dequeue()
others = p.dequeue_many(3)
print([str(t.dtype) for t in first], [str(t.shape) for t in others])

named = tf.FIFOQueue(4, [tf.int32, tf.float32], shapes=[[], [2]], names=["id", "xy"], name="named")
put_named = named.enqueue({"xy": [1.0, 2.0], "id": 7})
get_named = named.dequeue()
print(sorted(get_named), named.names)

queues = [tf.FIFOQueue(9, tf.int32, shapes=[[]], name="lane%d" % k) for k in range(3)]
lane = tf.placeholder(tf.int32, [])
value = tf.placeholder(tf.int32, [])
chosen = tf.QueueBase.from_list(lane, queues)
put_chosen = chosen.enqueue(value)
sizes = [q.size() for q in queues]

# stage one squares, stage two sums pairs
source = tf.train.range_input_producer(6, num_epochs=1, shuffle=False, name="source").dequeue()
squares = tf.train.batch([source * source], 1, name="squares")
pairs = tf.train.batch([tf.squeeze(squares, 0)], 2, name="pairs")
total = tf.reduce_sum(pairs)

with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    sess.run(put)
    n, s = sess.run(first)
    print(n, s in (b"one", b"uno"))
    n, s = sess.run(others)
    print(n.tolist(), s.tolist()[1:])
    sess.run(put_named)
    got = sess.run(get_named)
    print(got["id"], got["xy"].tolist())
    for k in range(7):
        sess.run(put_chosen, {lane: k % 3, value: k})
    print([int(n) for n in sess.run(sizes)])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    try:
        while True:
            print("total", sess.run(total))
    except tf.errors.OutOfRangeError:
        print("end")
    coord.request_stop()
    coord.join(threads)
    print(sess.run(tf.constant("fin")).decode())
