"""Sequences of different lengths from a Python generator, padded, bucketed and classified."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

tf.set_random_seed(1)
np.random.seed(3)
DATA = [(np.random.randint(1, 9, size=n).tolist(), n % 3) for n in np.random.randint(1, 12, size=50)]


def gen():
    for tokens, label in DATA:
        yield tokens, label, len(tokens)


def input_fn(batch_size, epochs):
    ds = tf.data.Dataset.from_generator(
        gen, (tf.int32, tf.int32, tf.int32), (tf.TensorShape([None]), tf.TensorShape([]), tf.TensorShape([])))
    ds = ds.shuffle(buffer_size=20, seed=13)
    ds = ds.map(lambda t, l, n: ({"tokens": t, "length": n}, l), num_parallel_calls=2)
    ds = ds.padded_batch(batch_size, padded_shapes=({"tokens": [None], "length": []}, []),
                         padding_values=({"tokens": 0, "length": 0}, -1))
    ds = ds.repeat(epochs).prefetch(2)
    return ds.make_one_shot_iterator().get_next()


features, labels = input_fn(16, 3)
print(features["tokens"], labels)
emb = tf.get_variable("emb", initializer=np.cos(np.arange(36)).astype(np.float32).reshape(9, 4))
cell = tf.contrib.rnn.LSTMCell(5, initializer=tf.constant_initializer(0.15))
_, state = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(emb, features["tokens"]), features["length"], dtype=tf.float32)
logits = tf.layers.dense(state.h, 3, kernel_initializer=tf.constant_initializer(0.3))
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
train_op = tf.train.GradientDescentOptimizer(0.3).minimize(loss, global_step=tf.train.get_or_create_global_step())

with tf.train.MonitoredTrainingSession() as sess:
    while not sess.should_stop():
        l, shape, n, _ = sess.run([loss, features["tokens"], features["length"], train_op])
        print(shape.shape, n.tolist()[:6], "%.4f" % l)
print("done")

ds = tf.data.Dataset.from_generator(gen, (tf.int64, tf.int64, tf.int32), ([None], [], []))
ds = ds.apply(tf.data.experimental.bucket_by_sequence_length(
    lambda t, l, n: n, bucket_boundaries=[4, 8], bucket_batch_sizes=[8, 4, 2], drop_remainder=True))
tokens, _, lengths = ds.make_one_shot_iterator().get_next()
with tf.Session() as sess:
    try:
        while True:
            t, n = sess.run([tokens, lengths])
            print(t.shape, sorted(n.tolist()), t.sum())
    except tf.errors.OutOfRangeError:
        print("end")
