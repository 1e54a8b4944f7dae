"""Sequences written as tf.Examples, read by a TFRecordReader, padded by tf.train.batch, fed to dynamic_rnn."""
from __future__ import print_function

import os
import tempfile

import numpy as np
import tensorflow as tf

path = os.path.join(tempfile.mkdtemp(), "train.tfrecords")
writer = tf.python_io.TFRecordWriter(path)
rng = np.random.RandomState(0)
for n in [3, 5, 2, 7, 1, 4]:
    words = rng.randint(1, 9, n)
    example = tf.train.Example(features=tf.train.Features(feature={
        "words": tf.train.Feature(int64_list=tf.train.Int64List(value=words)),
        "length": tf.train.Feature(int64_list=tf.train.Int64List(value=[n])),
        "weights": tf.train.Feature(float_list=tf.train.FloatList(value=words / 10.0)),
        "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"seq%d" % n])),
    }))
    writer.write(example.SerializeToString())
writer.close()


def read_and_decode(filename_queue):
    reader = tf.TFRecordReader()
    _, serialized = reader.read(filename_queue)
    features = tf.parse_single_example(serialized, features={
        "words": tf.VarLenFeature(tf.int64),
        "length": tf.FixedLenFeature([], tf.int64),
        "weights": tf.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
        "name": tf.FixedLenFeature([], tf.string),
    })
    words = tf.sparse_tensor_to_dense(features["words"])
    return words, features["weights"], features["length"], features["name"]


with tf.Graph().as_default():
    queue = tf.train.string_input_producer([path], num_epochs=2)
    words, weights, length, name = read_and_decode(queue)
    words_b, weights_b, length_b, name_b = tf.train.batch(
        [words, weights, length, name], batch_size=4, dynamic_pad=True, allow_smaller_final_batch=True, capacity=8)
    print([str(t.shape) for t in (words_b, weights_b, length_b, name_b)])
    embedding = tf.get_variable("embedding", initializer=(np.arange(50, dtype=np.float32).reshape(10, 5) - 25) / 50)
    inputs = tf.nn.embedding_lookup(embedding, words_b)
    cell = tf.nn.rnn_cell.GRUCell(3, kernel_initializer=tf.constant_initializer(0.1))
    outputs, state = tf.nn.dynamic_rnn(cell, inputs, sequence_length=length_b, dtype=tf.float32)
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(coord=coord)
        try:
            step = 0
            while not coord.should_stop():
                w, ww, l, n, o, s = sess.run([words_b, weights_b, length_b, name_b, outputs, state])
                print("step", step, w.shape, l.tolist(), [x.decode() for x in n])
                print(w.tolist())
                print("weights %.3f outputs %s %.5f state %.5f" % (ww.sum(), o.shape, o.sum(), s.sum()))
                step += 1
        except tf.errors.OutOfRangeError as e:
            print("end:", type(e).__name__)
        finally:
            coord.request_stop()
            coord.join(threads)
    print("alive", sum(t.is_alive() for t in threads))
