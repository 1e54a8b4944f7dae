"""batch_join and shuffle_batch_join with a reader for each thread."""
from __future__ import print_function

import os
import tempfile

import tensorflow as tf

folder = tempfile.mkdtemp()
for k in range(4):
    with open(os.path.join(folder, "f%d.txt" % k), "w") as f:
        f.write("".join("%d %d\n" % (k, i) for i in range(k + 2)))

filenames = tf.train.match_filenames_once(os.path.join(folder, "*.txt"))
queue = tf.train.string_input_producer(filenames, num_epochs=1)


def read():
    reader = tf.TextLineReader()
    _, line = reader.read(queue)
    parts = tf.string_split([line]).values
    numbers = tf.string_to_number(parts, tf.int32)
    numbers.set_shape([2])
    return [line, numbers]


examples = [read() for _ in range(3)]
lines, numbers = tf.train.batch_join(examples, batch_size=3, allow_smaller_final_batch=True)
print(lines.shape, numbers.shape)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(tf.local_variables_initializer())
    print(len(sess.run(filenames)), [v.name for v in tf.local_variables()])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    rows = []
    try:
        while not coord.should_stop():
            a, b = sess.run([lines, numbers])
            rows += zip([x.decode() for x in a], b.tolist())
    except tf.errors.OutOfRangeError:
        pass
    coord.request_stop()
    coord.join(threads)
    for row in sorted(rows):
        print(row)
