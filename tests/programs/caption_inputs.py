"""Input of an image captioner: sharded SequenceExamples, several readers, a queue of strings, padded and joined batches."""
import os
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
rng = np.random.RandomState(5)
for shard in range(3):
    with tf.python_io.TFRecordWriter(os.path.join(folder, "train-%d" % shard)) as writer:
        for n in range(8):
            caption = [1] + rng.randint(3, 20, rng.randint(2, 7)).tolist() + [2]
            context = tf.train.Features(feature={
                "image/id": tf.train.Feature(int64_list=tf.train.Int64List(value=[10 * shard + n])),
                "image/data": tf.train.Feature(bytes_list=tf.train.BytesList(value=[bytes(bytearray([shard, n, 255]))]))})
            feature_lists = tf.train.FeatureLists(feature_list={
                "image/caption_ids": tf.train.FeatureList(
                    feature=[tf.train.Feature(int64_list=tf.train.Int64List(value=[v])) for v in caption])})
            writer.write(tf.train.SequenceExample(context=context, feature_lists=feature_lists).SerializeToString())


def prefetch_input_data(file_pattern, batch_size, values_per_shard, num_reader_threads):
    data_files = []
    for pattern in file_pattern.split(","):
        data_files.extend(tf.gfile.Glob(pattern))
    filename_queue = tf.train.string_input_producer(
        data_files, shuffle=True, capacity=16, name="filename_queue", num_epochs=2)
    min_queue_examples = values_per_shard
    capacity = min_queue_examples + 100 * batch_size
    values_queue = tf.RandomShuffleQueue(
        capacity=capacity, min_after_dequeue=min_queue_examples, dtypes=[tf.string], name="random_input_queue")
    enqueue_ops = []
    for _ in range(num_reader_threads):
        _, value = tf.TFRecordReader().read(filename_queue)
        enqueue_ops.append(values_queue.enqueue([value]))
    tf.train.queue_runner.add_queue_runner(tf.train.queue_runner.QueueRunner(values_queue, enqueue_ops))
    tf.summary.scalar("queue/%s/fraction_of_%d_full" % (values_queue.name, capacity),
                      tf.cast(values_queue.size(), tf.float32) * (1. / capacity))
    return values_queue


def parse_sequence_example(serialized):
    context, sequence = tf.parse_single_sequence_example(
        serialized,
        context_features={"image/data": tf.FixedLenFeature([], dtype=tf.string),
                          "image/id": tf.FixedLenFeature([], dtype=tf.int64)},
        sequence_features={"image/caption_ids": tf.FixedLenSequenceFeature([], dtype=tf.int64)})
    return context["image/id"], context["image/data"], sequence["image/caption_ids"]


def batch_with_dynamic_pad(images_and_captions, batch_size, queue_capacity):
    enqueue_list = []
    for ident, image, caption in images_and_captions:
        caption_length = tf.shape(caption)[0]
        input_length = tf.expand_dims(tf.subtract(caption_length, 1), 0)
        input_seq = tf.slice(caption, [0], input_length)
        target_seq = tf.slice(caption, [1], input_length)
        indicator = tf.ones(input_length, dtype=tf.int32)
        enqueue_list.append([ident, image, input_seq, target_seq, indicator])
    return tf.train.batch_join(enqueue_list, batch_size=batch_size, capacity=queue_capacity, dynamic_pad=True,
                               allow_smaller_final_batch=True, name="batch_and_pad")


input_queue = prefetch_input_data(os.path.join(folder, "train-?"), 4, 6, 2)
images_and_captions = []
for thread_id in range(2):
    serialized_sequence_example = input_queue.dequeue()
    ident, encoded_image, caption = parse_sequence_example(serialized_sequence_example)
    image = tf.cast(tf.decode_raw(encoded_image, tf.uint8), tf.float32) / 255.
    image.set_shape([3])
    images_and_captions.append([ident, image, caption])
idents, images, input_seqs, target_seqs, mask = batch_with_dynamic_pad(images_and_captions, 5, 20)
print(idents.shape, images.shape, input_seqs.shape, target_seqs.shape, mask.shape)

lstm_cell = tf.contrib.rnn.BasicLSTMCell(num_units=4)
with tf.variable_scope("lstm", initializer=tf.constant_initializer(.1)) as scope:
    embedding = tf.get_variable("map", [20, 4])
    _, initial_state = lstm_cell(tf.layers.dense(images, 4), lstm_cell.zero_state(tf.shape(images)[0], tf.float32))
    scope.reuse_variables()
    outputs, _ = tf.nn.dynamic_rnn(cell=lstm_cell, inputs=tf.nn.embedding_lookup(embedding, input_seqs),
                                   sequence_length=tf.reduce_sum(mask, 1), initial_state=initial_state, scope=scope)

seen, tokens, total, sizes = [], 0, 0.0, set()
with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    try:
        while not coord.should_stop():
            i, seq, target, m, out = sess.run([idents, input_seqs, target_seqs, mask, outputs])
            assert (m.sum(1) > 0).all() and (seq[:, 0] == 1).all() and m.shape == seq.shape == out.shape[:2]
            assert all(target[k, n - 1] == 2 for k, n in enumerate(m.sum(1)))
            seen.extend(i.tolist())
            tokens += int(m.sum())
            total += float(out.sum())
            sizes.add(len(i))
    except tf.errors.OutOfRangeError:
        pass
    finally:
        coord.request_stop()
    coord.join(threads)
print(len(seen), sorted(seen) == sorted(2 * [10 * s + n for s in range(3) for n in range(8)]), tokens, sorted(sizes))
print("%.2f" % total)
