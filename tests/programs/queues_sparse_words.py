"""Sparse features and dictionaries in batches: words by VarLenFeature, looked up with embedding_lookup_sparse."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

texts = ["the cat sat", "a dog", "the end of the story", "hm"]
source = tf.train.string_input_producer(texts, num_epochs=2, shuffle=False).dequeue()
words = tf.string_split([source])
row = tf.SparseTensor(words.indices[:, 1:], tf.to_int64(tf.cast(tf.decode_raw(tf.substr(words.values, 0, 1), tf.uint8)[:, 0], tf.int32) % 20), words.dense_shape[1:])
example = {"row": row, "text": source, "count": tf.size(words.values)}
batch = tf.train.batch(example, batch_size=3, allow_smaller_final_batch=True)
print(sorted(batch), type(batch["row"]).__name__, batch["text"].shape, batch["count"].shape)
table = tf.constant(np.arange(40, dtype=np.float32).reshape(20, 2))
mean = tf.nn.embedding_lookup_sparse(table, batch["row"], None, combiner="mean")
dense = tf.sparse_tensor_to_dense(batch["row"], default_value=-1)
many = tf.train.batch([tf.SparseTensor([[0, 0], [1, 2]], [1.0, 2.0], [2, 3])], batch_size=2, enqueue_many=True)
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    try:
        while True:
            b, m, d = sess.run([batch, mean, dense])
            print([t.decode() for t in b["text"]], b["count"].tolist(), b["row"].dense_shape.tolist())
            print(b["row"].indices.tolist(), b["row"].values.tolist())
            print(np.round(m, 3).tolist(), d.shape)
    except tf.errors.OutOfRangeError:
        print("end")
    got = sess.run(many)
    print(got.indices.tolist(), got.values.tolist(), got.dense_shape.tolist())
    coord.request_stop()
    coord.join(threads)
