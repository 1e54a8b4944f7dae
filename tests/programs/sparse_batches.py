"""Examples with features of any length, parsed one by one and batched as sparse tensors."""
import os, tempfile
import tensorflow as tf
p = os.path.join(tempfile.mkdtemp(), "a")
with tf.python_io.TFRecordWriter(p) as w:
    for k in range(6):
        e = tf.train.Example()
        e.features.feature["x"].int64_list.value.extend(range(k))
        e.features.feature["w"].bytes_list.value.append(b"w%d" % k)
        w.write(e.SerializeToString())
q = tf.train.string_input_producer([p], num_epochs=1, shuffle=False)
_, s = tf.TFRecordReader().read(q)
f = tf.parse_single_example(s, {"x": tf.VarLenFeature(tf.int64), "w": tf.FixedLenFeature([], tf.string), "none": tf.VarLenFeature(tf.float32)})
b = tf.train.batch(f, 4, allow_smaller_final_batch=True)
print(sorted(b), b["x"].dense_shape.shape, b["w"].shape, b["x"].indices.shape)
dense = tf.sparse_tensor_to_dense(b["x"], default_value=-1)
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess, coord)
    try:
        while True:
            d, wv, n = sess.run([dense, b["w"], b["none"]])
            print(d.tolist(), wv.tolist(), n.dense_shape.tolist())
    except tf.errors.OutOfRangeError:
        print("end")
    coord.request_stop(); coord.join(threads)
