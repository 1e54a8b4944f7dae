"""A QueueRunner with several operations, and a counter that they share."""
from __future__ import print_function

import tensorflow as tf

with tf.Graph().as_default():
    counter = tf.Variable(0.0)
    increment = tf.assign_add(counter, 1.0, use_locking=True)
    queue = tf.FIFOQueue(10, [tf.float32], shapes=[[]])
    limited = tf.train.limit_epochs(tf.constant(1.0), 30)
    enqueue_ops = []
    for k in range(3):
        with tf.control_dependencies([increment]):
            enqueue_ops.append(queue.enqueue(limited * (k + 1), name="put_%d" % k))
    runner = tf.train.QueueRunner(queue, enqueue_ops=enqueue_ops)
    tf.train.add_queue_runner(runner)
    value = queue.dequeue()
    print(runner.name, [op.name for op in runner.enqueue_ops], value.shape)
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coord = tf.train.Coordinator()
        threads = runner.create_threads(sess, coord=coord, start=True, daemon=True)
        print("threads", len(threads))
        found = []
        try:
            while True:
                found.append(float(sess.run(value)))
        except tf.errors.OutOfRangeError as e:
            print(type(e).__name__, "is closed and has insufficient elements" in str(e))
        coord.request_stop()
        coord.join(threads, stop_grace_period_secs=10)
        print(len(found), set(found) <= {1.0, 2.0, 3.0})
        print("exceptions", runner.exceptions_raised)
        # a second start in the same session, when the first has ended
        print("closed:", sess.run(queue.is_closed()))
