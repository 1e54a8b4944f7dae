"""bucket_by_sequence_length feeds dynamic_rnn; whatever the order of the batches, each length is there once an epoch."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

lengths_all = np.array([2, 9, 4, 3, 7, 12, 5, 1, 6, 8, 11, 10], dtype=np.int32)
index = tf.train.range_input_producer(len(lengths_all), num_epochs=2, shuffle=False).dequeue()
length = tf.gather(tf.constant(lengths_all), index)
sequence = tf.to_float(tf.range(length)) + 1.0
sequence = tf.reshape(sequence, [-1, 1])
label = length * 10
lengths, (inputs, labels) = tf.contrib.training.bucket_by_sequence_length(
    input_length=length, tensors=[sequence, label], batch_size=2, bucket_boundaries=[4, 8],
    dynamic_pad=True, allow_smaller_final_batch=True, capacity=16)
print(lengths.shape, inputs.shape, labels.shape)
cell = tf.nn.rnn_cell.BasicRNNCell(1, activation=tf.identity)
with tf.variable_scope("rnn", initializer=tf.constant_initializer(1.0)):
    outputs, state = tf.nn.dynamic_rnn(cell, inputs, sequence_length=lengths, dtype=tf.float32)

results = []
batches = []
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    tf.local_variables_initializer().run()
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    try:
        while not coord.should_stop():
            n, x, y, s = sess.run([lengths, inputs, labels, state])
            assert x.shape[1] == max(n)
            batches.append(tuple(sorted({(k >= 4) + (k >= 8) for k in n.tolist()})))
            results += [(int(a), int(b), float(c)) for a, b, c in zip(n, y, s[:, 0])]
    except tf.errors.OutOfRangeError:
        print("no more")
    finally:
        coord.request_stop()
    coord.join(threads)
for row in sorted(results):
    print("length %d label %d state %.1f" % row)
print("buckets of the batches:", sorted(batches))
