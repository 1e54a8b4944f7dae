"""Bags of features in Examples: batches of serialized strings, parsed together into sparse tensors for a wide model."""
import os
import tempfile

import tensorflow as tf

folder = tempfile.mkdtemp()
path = os.path.join(folder, "wide.tfrecords")
ROWS = [
    (1.0, [b"python", b"c"], {3: 0.5, 0: 1.0}),
    (0.0, [], {}),
    (1.0, [b"go"], {9: 2.0}),
    (0.0, [b"c", b"c", b"cobol"], {1: -1.0, 2: 0.25, 8: 1.5}),
    (1.0, [b"python"], {5: 1.0}),
]
with tf.python_io.TFRecordWriter(path) as writer:
    for label, words, numbers in ROWS:
        example = tf.train.Example()
        example.features.feature["label"].float_list.value.append(label)
        if words:
            example.features.feature["words"].bytes_list.value.extend(words)
        if numbers:
            example.features.feature["index"].int64_list.value.extend(list(numbers.keys()))
            example.features.feature["value"].float_list.value.extend(list(numbers.values()))
        writer.write(example.SerializeToString())

spec = {
    "label": tf.FixedLenFeature([1], tf.float32),
    "words": tf.VarLenFeature(tf.string),
    "numbers": tf.SparseFeature(index_key="index", value_key="value", dtype=tf.float32, size=10),
    "padded": tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True, default_value=-1),
}
queue = tf.train.string_input_producer([path], num_epochs=4, shuffle=False)
_, serialized = tf.TFRecordReader().read(queue)
batch = tf.train.batch([serialized], batch_size=5)
parsed = tf.parse_example(batch, spec)
print(sorted(parsed), parsed["label"].shape, parsed["numbers"].indices.shape, parsed["padded"].shape)

table = tf.contrib.lookup.index_table_from_tensor(["python", "c", "go"], num_oov_buckets=1)
ids = tf.SparseTensor(parsed["words"].indices, table.lookup(parsed["words"].values), parsed["words"].dense_shape)
embedding = tf.get_variable("embedding", [4, 2], initializer=tf.constant_initializer([.1, .2, -.1, .3, .2, .1, 0., -.2]))
weights = tf.get_variable("weights", [10, 1], initializer=tf.ones_initializer())
words = tf.nn.embedding_lookup_sparse(embedding, ids, None, combiner="mean")
words = tf.pad(words, [[0, tf.shape(batch)[0] - tf.shape(words)[0]], [0, 0]])
logits = tf.sparse_tensor_dense_matmul(parsed["numbers"], weights) + tf.reduce_sum(words, 1, keepdims=True)
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=parsed["label"], logits=logits))
step = tf.train.AdagradOptimizer(0.5).minimize(loss)

with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer(), tf.tables_initializer()])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    try:
        while not coord.should_stop():
            n, p, value, _ = sess.run([parsed["numbers"], parsed["padded"], loss, step])
            print(n.indices.tolist(), n.values.tolist(), n.dense_shape.tolist(), p.shape, "%.5f" % value)
    except tf.errors.OutOfRangeError:
        pass
    finally:
        coord.request_stop()
    coord.join(threads)
    print(sess.run(weights).ravel().round(4).tolist())
    print(sess.run(embedding).round(4).tolist())
