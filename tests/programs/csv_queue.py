"""The reading-data tutorial of TensorFlow 1: CSV files, a line reader, decode_csv, batches, and a small regression."""
import os
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
rng = np.random.RandomState(0)
for k in range(3):
    with open(os.path.join(folder, "file%d.csv" % k), "w") as f:
        f.write("id,height,weight,name,score\n")
        for n in range(5):
            x, y = rng.rand(2)
            height = "" if n == 3 else "%.3f" % x
            f.write('%d,%s,%.3f,"item, %d",%.3f\n' % (10 * k + n, height, y, n, 2 * x - y + 0.5))


def read_my_file_format(filename_queue):
    reader = tf.TextLineReader(skip_header_lines=1)
    key, value = reader.read(filename_queue)
    # Default values, in case of empty columns. Also specifies the type of the decoded result.
    record_defaults = [[1], [0.5], [0.5], ["none"], [0.0]]
    col1, col2, col3, col4, col5 = tf.decode_csv(value, record_defaults=record_defaults)
    features = tf.stack([col2, col3])
    return key, col1, col4, features, col5


filename_queue = tf.train.string_input_producer(
    tf.train.match_filenames_once(os.path.join(folder, "*.csv")), shuffle=False, num_epochs=3)
key, ident, name, example, label = read_my_file_format(filename_queue)
idents, names, examples, labels = tf.train.batch([ident, name, example, label], batch_size=5)
print(idents, names, examples, labels)

w = tf.get_variable("w", [2, 1], initializer=tf.zeros_initializer())
b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
prediction = tf.squeeze(tf.matmul(examples, w) + b, 1)
loss = tf.reduce_mean(tf.square(prediction - labels))
train = tf.train.GradientDescentOptimizer(0.3).minimize(loss)

with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    # Start populating the filename queue.
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    try:
        step = 0
        while not coord.should_stop():
            got, who, value, _ = sess.run([idents, names, loss, train])
            step += 1
            print(step, got.tolist(), who[-1].decode(), "%.5f" % value)
    except tf.errors.OutOfRangeError as e:
        print("end:", e.message.split("'")[0], e.message.split("has ")[1].split("\n")[0])
    finally:
        coord.request_stop()
        coord.join(threads)
    print(np.round(sess.run(w).ravel(), 4), np.round(sess.run(b), 4))
