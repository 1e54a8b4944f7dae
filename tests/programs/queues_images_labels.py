"""Fixed-length records with augmentation by several threads: the CIFAR tutorial's pipeline, small."""
from __future__ import print_function

import os
import tempfile

import numpy as np
import tensorflow as tf

path = os.path.join(tempfile.mkdtemp(), "data.bin")
records = np.zeros((20, 1 + 12), np.uint8)
records[:, 0] = np.arange(20) % 10
records[:, 1:] = np.arange(240).reshape(20, 12)
records.tofile(path)


class Record(object):
    pass


def read(filename_queue):
    result = Record()
    reader = tf.FixedLengthRecordReader(record_bytes=13)
    result.key, value = reader.read(filename_queue)
    record = tf.decode_raw(value, tf.uint8)
    result.label = tf.cast(tf.strided_slice(record, [0], [1]), tf.int32)
    depth_major = tf.reshape(tf.strided_slice(record, [1], [13]), [3, 2, 2])
    result.image = tf.transpose(depth_major, [1, 2, 0])
    return result


filename_queue = tf.train.string_input_producer([path], num_epochs=2)
read_input = read(filename_queue)
image = tf.cast(read_input.image, tf.float32) / 255.0
image.set_shape([2, 2, 3])
read_input.label.set_shape([1])
images, labels = tf.train.shuffle_batch(
    [image, read_input.label], batch_size=5, num_threads=4, capacity=20 + 3 * 5, min_after_dequeue=20)
print(images, tf.reshape(labels, [5]).shape)
summaries = [s.op.name for s in tf.get_collection(tf.GraphKeys.SUMMARIES)]
print(summaries)
sums = []
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    try:
        while not coord.should_stop():
            x, y = sess.run([images, labels])
            sums += [("%.4f" % a.sum(), int(b[0])) for a, b in zip(x, y)]
    except tf.errors.OutOfRangeError:
        print("batches", len(sums) // 5)
    finally:
        coord.request_stop()
        coord.join(threads)
for row in sorted(sums):
    print(*row)
