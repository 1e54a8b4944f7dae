"""Images in the binary format of CIFAR-10, and raw bytes in Examples, read as the tutorials did."""
import os
import tempfile

import numpy as np
import tensorflow as tf

HEIGHT, WIDTH, DEPTH, COUNT = 4, 3, 2, 6
folder = tempfile.mkdtemp()
images = np.random.RandomState(1).randint(0, 256, [COUNT, DEPTH, HEIGHT, WIDTH]).astype(np.uint8)
labels = np.arange(COUNT).astype(np.uint8)
with open(os.path.join(folder, "data_batch_1.bin"), "wb") as f:
    for label, image in zip(labels, images):
        f.write(label.tobytes() + image.tobytes())


class CIFAR10Record(object):
    pass


def read_cifar10(filename_queue):
    result = CIFAR10Record()
    label_bytes = 1
    result.height, result.width, result.depth = HEIGHT, WIDTH, DEPTH
    image_bytes = result.height * result.width * result.depth
    record_bytes = label_bytes + image_bytes
    reader = tf.FixedLengthRecordReader(record_bytes=record_bytes)
    result.key, value = reader.read(filename_queue)
    record = tf.decode_raw(value, tf.uint8)
    result.label = tf.cast(tf.strided_slice(record, [0], [label_bytes]), tf.int32)
    depth_major = tf.reshape(tf.strided_slice(record, [label_bytes], [label_bytes + image_bytes]),
                             [result.depth, result.height, result.width])
    result.uint8image = tf.transpose(depth_major, [1, 2, 0])
    return result


with tf.Graph().as_default():
    queue = tf.train.string_input_producer([os.path.join(folder, "data_batch_1.bin")], shuffle=False)
    read_input = read_cifar10(queue)
    image = tf.cast(read_input.uint8image, tf.float32)
    image.set_shape([HEIGHT, WIDTH, DEPTH])
    read_input.label.set_shape([1])
    image_batch, label_batch, key_batch = tf.train.batch(
        [image, read_input.label, read_input.key], batch_size=4, num_threads=1, capacity=12)
    print(image_batch.shape, label_batch.shape, read_input.uint8image.dtype)
    with tf.Session() as sess:
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess=sess, coord=coord)
        for _ in range(3):
            i, l, k = sess.run([image_batch, tf.reshape(label_batch, [-1]), key_batch])
            print(l.tolist(), [os.path.basename(x.decode()) for x in k], "%.1f" % i.mean(),
                  all((i[n] == images[l[n]].transpose(1, 2, 0)).all() for n in range(4)))
        coord.request_stop()
        coord.join(threads)


# -- the same images as Examples ------------------------------------------------------------------------------------

def _int64_feature(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def _bytes_feature(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


filename = os.path.join(folder, "train.tfrecords")
options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.ZLIB)
with tf.python_io.TFRecordWriter(filename, options=options) as writer:
    for index in range(COUNT):
        example = tf.train.Example(features=tf.train.Features(feature={
            "height": _int64_feature(HEIGHT),
            "label": _int64_feature(int(labels[index])),
            "image_raw": _bytes_feature(images[index].transpose(1, 2, 0).tobytes())}))
        writer.write(example.SerializeToString())

for index, string_record in enumerate(tf.python_io.tf_record_iterator(filename, options)):
    example = tf.train.Example()
    example.ParseFromString(string_record)
    if index < 2:
        raw = example.features.feature["image_raw"].bytes_list.value[0]
        print(int(example.features.feature["label"].int64_list.value[0]), len(raw), np.frombuffer(raw, np.uint8)[:4])

with tf.Graph().as_default():
    queue = tf.train.string_input_producer([filename], num_epochs=1)
    reader = tf.TFRecordReader(options=options)
    _, serialized = reader.read_up_to(queue, 4)
    features = tf.parse_example(serialized, features={
        "image_raw": tf.FixedLenFeature([], tf.string),
        "label": tf.FixedLenFeature([], tf.int64),
        "missing": tf.VarLenFeature(tf.float32)})
    decoded = tf.decode_raw(features["image_raw"], tf.uint8)
    decoded.set_shape([None, HEIGHT * WIDTH * DEPTH])
    scaled = tf.cast(decoded, tf.float32) * (1. / 255) - 0.5
    print(scaled.shape, features["label"].shape, features["missing"].dense_shape.shape)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess=sess, coord=coord)
        try:
            while True:
                s, l, m = sess.run([scaled, features["label"], features["missing"]])
                print(s.shape, "%.4f" % s.mean(), l.tolist(), m.dense_shape.tolist())
        except tf.errors.OutOfRangeError:
            print("no more examples")
        coord.request_stop()
        coord.join(threads)
