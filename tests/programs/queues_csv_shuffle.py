"""Rows of CSV files through a reader and shuffle_batch into a linear model, as the reading-data guide has it."""
from __future__ import print_function

import os
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
names = []
for k in range(3):
    path = os.path.join(folder, "part%d.csv" % k)
    with open(path, "w") as f:
        f.write("id,a,b,label\n")
        for i in range(7):
            n = k * 7 + i
            f.write("%d,%.2f,%s,%s\n" % (n, n * 0.5, "" if n % 5 == 0 else str(n * 2), "yes" if n % 2 else "no"))
    names.append(path)


def read_row(filename_queue):
    reader = tf.TextLineReader(skip_header_lines=1)
    key, value = reader.read(filename_queue)
    defaults = [[0], [0.0], [-1], ["none"]]
    number, a, b, label = tf.decode_csv(value, record_defaults=defaults)
    features = tf.stack([a, tf.to_float(b)])
    return key, number, features, tf.to_int32(tf.equal(label, "yes"))


def input_pipeline(filenames, batch_size, num_epochs=None):
    filename_queue = tf.train.string_input_producer(filenames, num_epochs=num_epochs, shuffle=True, seed=3)
    key, number, features, label = read_row(filename_queue)
    min_after_dequeue = 10
    capacity = min_after_dequeue + 3 * batch_size
    return tf.train.shuffle_batch(
        [key, number, features, label], batch_size=batch_size, capacity=capacity,
        min_after_dequeue=min_after_dequeue, allow_smaller_final_batch=True, seed=11)


keys, numbers, features, labels = input_pipeline(names, 4, num_epochs=2)
print(keys.shape, numbers.shape, features.shape, labels.shape)
init_op = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer())
sess = tf.Session()
sess.run(init_op)
coord = tf.train.Coordinator()
threads = tf.train.start_queue_runners(sess=sess, coord=coord)
rows = []
sizes = []
try:
    while not coord.should_stop():
        k, n, f, l = sess.run([keys, numbers, features, labels])
        sizes.append(len(n))
        for one in zip(k, n, f, l):
            name, line = one[0].decode().rsplit(":", 1)
            rows.append((int(one[1]), os.path.basename(name), int(line), [float(x) for x in one[2]], int(one[3])))
except tf.errors.OutOfRangeError:
    print("Done training -- epoch limit reached")
finally:
    coord.request_stop()
coord.join(threads)
sess.close()
print("batches", sizes)
for row in sorted(rows):
    print(row)
